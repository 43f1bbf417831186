"""Tells on the standard error how far a replay has come, when it takes above a second."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from monitor.clock import SystemClock

if TYPE_CHECKING:
    from monitor.core.happening import Happening

_LOOK_EVERY = 500
_PATIENCE_S = 1.0


def watched(past: Iterable["Happening"], polls: int) -> Iterator["Happening"]:
    """Yield what happened; on a terminal say each second how much of it there was."""
    if not sys.stderr.isatty():
        yield from past
        return
    clock = SystemClock()
    told_at = clock.monotonic()
    has_told = False
    for number, happening in enumerate(past, start=1):
        yield happening
        if number % _LOOK_EVERY == 0 and clock.monotonic() - told_at > _PATIENCE_S:
            percent = min(99, 100 * number // max(1, polls))
            sys.stderr.write(f"\r{percent} % of {polls:,} polls replayed, {happening.at:%b %d} …")
            sys.stderr.flush()
            told_at, has_told = clock.monotonic(), True
    if has_told:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
