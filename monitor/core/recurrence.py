"""Windows that start again and again, or once, and last for a length of elapsed time.

A start that the clock shows twice is the first of the two. One that the clocks jump over is the
instant after the jump, or falls out. The length is elapsed time: six hours are six hours also in a
night in which the clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from monitor.core.calendar import EVERY_DAY, Days
from monitor.core.occurrences import SearchedWindow, Span
from monitor.core.wall_clock import FOREVER, first_shown, is_skipped, wall_time

ORIGIN = date(2024, 1, 1)
"""A Monday, from which intervals are counted that have no day of their own."""

_ONE_DAY = timedelta(days=1)
# A start may be at 24:00, and a jump of the clocks may move it by a day.
_LOOK_BACK = timedelta(days=3)
_WEEK_DAYS = 7
_YEAR_MONTHS = 12


class Every(StrEnum):
    """How often a window starts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Gap(StrEnum):
    """What becomes of a start that the clocks jump over."""

    SHIFT = "shift"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringWindow(SearchedWindow):
    """Starts at a time of day on certain days, and lasts `duration`.

    `start` is the time since midnight on the wall. Of the `days`, those count that are in every
    `interval`-th day, week or month from the day `origin` on. Weeks are counted in blocks of seven
    days from that day, months by the calendar from its month.
    """

    every: Every
    start: timedelta
    duration: timedelta
    interval: int = 1
    origin: date = ORIGIN
    days: Days = EVERY_DAY
    gap: Gap = Gap.SHIFT

    def raw_spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Yield the occurrence of each day on which one starts."""
        day = (wall_time(after - self.duration, self.zone) - _LOOK_BACK).date()
        last = wall_time(until, self.zone).date()
        while day <= last:
            if self._starts_on(day):
                wall = datetime.combine(day, time()) + self.start
                yield from _occurrence(wall, self.duration, self.gap, self.zone)
            day += _ONE_DAY

    def _starts_on(self, day: date) -> bool:
        return day in self.days and (self.interval == 1 or self._counted(day) % self.interval == 0)

    def _counted(self, day: date) -> int:
        """Return by how many days, weeks or months a day is after the first that counts."""
        match self.every:
            case Every.DAY:
                return (day - self.origin).days
            case Every.WEEK:
                return (day - self.origin).days // _WEEK_DAYS
            case _:
                years = day.year - self.origin.year
                return years * _YEAR_MONTHS + day.month - self.origin.month


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleWindow(SearchedWindow):
    """Starts once, at a wall time, and lasts `duration`."""

    start: datetime
    duration: timedelta
    gap: Gap = Gap.SHIFT

    def raw_spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Yield the one occurrence, when it is near enough."""
        for start, end in _occurrence(self.start, self.duration, self.gap, self.zone):
            if start < until and end > after:
                yield start, end


def _occurrence(wall: datetime, duration: timedelta, gap: Gap, zone: ZoneInfo) -> Iterator[Span]:
    if gap is Gap.SKIP and is_skipped(wall, zone):
        return
    start = first_shown(wall, zone)
    yield start, start + min(duration, FOREVER - start)
