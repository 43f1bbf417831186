"""A stretch of history, cut where nobody looked: what was seen of it, and what was not.

A value that is recorded as unchanged runs through an outage of the monitor, because nothing was
there to see it change. What of that time counts is told from the record of polls.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

UnseenTimes = Sequence[tuple[int, int]]
"""Spans between two good polls that are too far apart: in order, none overlapping another.

Both ends were seen, what lies between was not. Whole numbers: milliseconds since 1970.
"""


def pieces(
    begin: int, end: int, unseen: UnseenTimes, *, goes_on: bool = False
) -> Iterator[tuple[int, int, bool]]:
    """Yield (from, to, seen) in order: together they are the time from `begin` to `end`.

    A poll that saw a value just before nothing was seen is a piece without length, and so is a
    stretch without length that was seen. `goes_on` says that the value was seen at `end` as well,
    where that is the end of an unseen time: the stretch is open.
    """
    at = begin
    last_stop = None
    place = bisect_right(unseen, begin, key=_stop)
    for start, stop in unseen[place:]:
        if start >= end:
            break
        if start >= at:
            yield at, start, True
        low, at, last_stop = max(start, at), min(stop, end), stop
        yield low, at, False
    if at < end or last_stop is None or (goes_on and last_stop == end):
        yield at, end, True


def unseen_of(begin: int, end: int, unseen: UnseenTimes) -> Iterator[tuple[int, int]]:
    """Yield what of the time from `begin` to `end` was not seen."""
    return ((start, stop) for start, stop, is_seen in pieces(begin, end, unseen) if not is_seen)


def _stop(span: tuple[int, int]) -> int:
    return span[1]
