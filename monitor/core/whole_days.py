"""A time as whole days of UTC, and what is left of it before, between and after them.

Instants are milliseconds since 1970; a time has its start and not its end.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from monitor.core.rollup import DAY_MS

Time = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a time: whole days of which something is kept, or any other."""

    begin: int
    end: int
    is_days: bool


def parts(begin: int, end: int, days: Container[int]) -> Iterator[Part]:
    """Yield the parts of a time in order, as long as can be; `days` are those that are kept."""
    at = begin
    first = -(-begin // DAY_MS)
    last = end // DAY_MS
    day = first
    while day < last:
        if day not in days:
            day += 1
            continue
        run = day
        while run < last and run in days:
            run += 1
        if at < day * DAY_MS:
            yield Part(at, day * DAY_MS, is_days=False)
        at = run * DAY_MS
        yield Part(day * DAY_MS, at, is_days=True)
        day = run
    if at < end:
        yield Part(at, end, is_days=False)


def answered(period: Time, kept_since: int) -> tuple[Time, Time]:
    """Return of which time can be told, and of which time before it, to compare.

    Each change is kept since an instant, and of the time before whole days only. What of the period
    is less than a day there is left out. The time before is as long as the period; where that does
    not do, it is the whole days that come nearest to it.
    """
    begin, end = period
    if not _is_kept(begin, kept_since):
        begin = min(-(-begin // DAY_MS) * DAY_MS, kept_since)
    if not _is_kept(end, kept_since):
        end = end // DAY_MS * DAY_MS
    if begin >= end:
        begin, end = period
    length = end - begin
    since, until = begin - length, begin
    if not (_is_kept(since, kept_since) and _is_kept(until, kept_since)):
        until = begin // DAY_MS * DAY_MS
        since = until - max(1, round(length / DAY_MS)) * DAY_MS
    return (begin, end), (since, until)


def _is_kept(at: int, since: int) -> bool:
    return at >= since or at % DAY_MS == 0
