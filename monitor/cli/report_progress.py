"""Tells on the standard error how far a command has read, when it takes above a second."""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from monitor.clock import SystemClock

_T = TypeVar("_T")
_LOOK_EVERY = 20_000
_PATIENCE_S = 1.0


def watched(rows: Iterable[_T], what: str) -> Iterator[_T]:
    """Yield the rows; on a terminal say each second how many there were, and wipe it at the end."""
    if not sys.stderr.isatty():
        yield from rows
        return
    clock = SystemClock()
    told_at = clock.monotonic()
    has_told = False
    for number, row in enumerate(rows, start=1):
        yield row
        if number % _LOOK_EVERY == 0 and clock.monotonic() - told_at > _PATIENCE_S:
            sys.stderr.write(f"\r{number:,} {what} read …")
            sys.stderr.flush()
            told_at, has_told = clock.monotonic(), True
    if has_told:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
