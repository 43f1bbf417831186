"""Tells on the standard error how far a command has come, when it takes above a second."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TypeVar

_T = TypeVar("_T")
_PATIENCE_S = 1.0
_JOIN_S = 5.0


def watched(rows: Iterable[_T], told: str | Callable[[int, _T], str]) -> Iterator[_T]:
    """Yield the rows; on a terminal say each second how many there were, and wipe it at the end.

    `told` names the rows (`stretches`), or says how far it is, given their number and the newest.
    """
    if not sys.stderr.isatty():
        yield from rows
        return
    number = 0
    newest: list[_T] = []

    def how_far() -> str:
        if not newest:
            return "reading"
        return f"{number:,} {told} read" if isinstance(told, str) else told(number, newest[0])

    with _telling(how_far):
        for number, row in enumerate(rows, start=1):  # noqa: B007 - read by the one who tells
            newest[:] = (row,)
            yield row


@contextmanager
def _telling(how_far: Callable[[], str]) -> Iterator[None]:
    """Say each second how far it is, also while the database works and no row comes."""
    stop = Event()
    teller = Thread(target=_tell, args=(how_far, stop), name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        stop.set()
        teller.join(_JOIN_S)


def _tell(how_far: Callable[[], str], stop: Event) -> None:
    has_told = False
    while not stop.wait(_PATIENCE_S):
        sys.stderr.write(f"\r\x1b[K{how_far()} …")
        sys.stderr.flush()
        has_told = True
    if has_told:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
