import io
import itertools
import sys

import pytest

from monitor.cli import report_progress
from monitor.cli.report_progress import watched


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class HastyClock:
    """Ten seconds pass between two looks."""

    def __init__(self) -> None:
        self._seconds = itertools.count(step=10)

    def monotonic(self) -> float:
        return float(next(self._seconds))


def test_on_a_terminal_it_is_told_how_far_it_is_and_wiped_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(report_progress, "SystemClock", HastyClock)

    assert sum(watched(range(50_000), "stretches")) == sum(range(50_000))
    told = terminal.getvalue().split("\r")
    assert told == ["", "20,000 stretches read …", "40,000 stretches read …", "\x1b[K"]


def test_what_is_quick_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    assert list(watched(range(3), "stretches")) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_in_a_pipe_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setattr(report_progress, "SystemClock", HastyClock)

    assert len(list(watched(range(50_000), "stretches"))) == 50_000
    assert pipe.getvalue() == ""
