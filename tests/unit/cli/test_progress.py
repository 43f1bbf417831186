import io
import sys
import threading
from collections.abc import Iterator

import pytest

from monitor.cli import progress
from monitor.cli.progress import watched

LONG_S = 10.0


class Terminal(io.StringIO):
    """A terminal; `told` is set when something was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.told = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        length = super().write(text)
        self.told.set()
        return length


def rows_until_told(terminal: Terminal) -> Iterator[int]:
    """Two rows, and a third when it was told how far it is."""
    yield 1
    yield 2
    terminal.told.clear()
    assert terminal.told.wait(LONG_S)
    yield 3


def a_terminal(monkeypatch: pytest.MonkeyPatch, patience_s: float = 0.001) -> Terminal:
    """Be on a terminal; a fixture could not, as pytest takes the streams anew for each phase."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "_PATIENCE_S", patience_s)
    return terminal


def test_on_a_terminal_it_is_told_how_far_it_is_and_wiped_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = a_terminal(monkeypatch)

    assert list(watched(rows_until_told(terminal), "stretches")) == [1, 2, 3]
    assert "\r\x1b[K2 stretches read …" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_it_may_be_told_in_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)

    for _ in watched(rows_until_told(terminal), lambda number, newest: f"{number} of {newest}"):
        pass
    assert "\r\x1b[K2 of 2 …" in terminal.getvalue()


def test_before_the_first_row_it_is_told_that_something_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow() -> Iterator[int]:
        assert terminal.told.wait(LONG_S)
        yield 1

    terminal = a_terminal(monkeypatch)

    assert list(watched(slow(), "stretches")) == [1]
    assert terminal.getvalue().startswith("\r\x1b[Kreading …")


def test_who_stops_early_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch, LONG_S)
    rows = watched(iter(range(1000)), "stretches")

    assert next(rows) == 0
    rows.close()  # type: ignore[attr-defined]  # it is a generator
    assert terminal.getvalue() == ""
    assert not [one for one in threading.enumerate() if one.name == "progress"]


def test_what_is_quick_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch, LONG_S)

    assert list(watched(range(3), "stretches")) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_in_a_pipe_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(progress, "_PATIENCE_S", 0.0)

    assert len(list(watched(range(50_000), "stretches"))) == 50_000
    assert pipe.getvalue() == ""
