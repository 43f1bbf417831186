"""Maintenance, and its windows by the calendar: certain days, at certain times on the wall clock.

A range of times belongs to the day on which it starts, also after midnight. It opens when the
clock first shows its start or a later time, and closes when the clock first shows its end or a
later time. So on the days on which the clocks change:

- a repeated hour does not open it twice: 01:15 to 01:45 is open the first time only, and 00:30 to
  02:30 goes through both hours without a break;
- a start that the clocks jump over is the instant after the jump, and so is such an end;
- a range of which nothing is left opens at the instant after the jump, for as long as it would
  have been: 02:15 to 02:45 becomes 03:00 to 03:30.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from monitor.core.matching import Where
from monitor.core.occurrences import SearchedWindow, Span, Window
from monitor.core.wall_clock import first_shown, wall_time

Range = tuple[int, int]
"""First and last, both included: days of a month, years."""

TimeRange = tuple[int, int]
"""Start and end in minutes since midnight; an end that is not after its start is the next day's."""

EVERY_WEEKDAY = frozenset(range(7))
EVERY_MONTH = frozenset(range(1, 13))
DAY_MINUTES = 24 * 60

_ONE_DAY = timedelta(days=1)
# A jump of the clocks may move a range by a day: so it was where the date line was moved.
_LONGEST_JUMP = _ONE_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A window of time with a name, for the alerts that `where` covers."""

    name: str
    window: Window
    where: Where
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Which days: those that every field allows. Weekdays count from 0 (Monday), months from 1.

    Days of the month count from 1, or from -1 backwards from the month's end; a day that a month
    does not have is the nearest one that it has. No ranges of days or years: all of them.
    """

    weekdays: frozenset[int] = EVERY_WEEKDAY
    days_of_month: tuple[Range, ...] = ()
    months: frozenset[int] = EVERY_MONTH
    years: tuple[Range, ...] = ()

    def __contains__(self, day: date) -> bool:
        """Tell whether a day is one of them."""
        return self._alike(day)[0]

    def runs(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """Yield the runs of days in a row among them, between two days (both included)."""
        began: date | None = None
        day = first
        while day <= last:
            is_one, through = self._alike(day)
            if is_one and began is None:
                began = day
            elif not is_one and began is not None:
                yield began, day - _ONE_DAY
                began = None
            day = through + _ONE_DAY
        if began is not None:
            yield began, last

    def _alike(self, day: date) -> tuple[bool, date]:
        """Tell of a day whether it is one of them, and up to which day this holds at least."""
        if self.years and not any(low <= day.year <= high for low, high in self.years):
            return False, date(day.year, 12, 31)
        length = _length_of_month(day.year, day.month)
        if day.month not in self.months:
            return False, day.replace(day=length)
        if len(self.weekdays) == len(EVERY_WEEKDAY) and not self.days_of_month:
            return True, day.replace(day=length)
        return day.weekday() in self.weekdays and self._is_day_of_month(day.day, length), day

    def _is_day_of_month(self, day: int, length: int) -> bool:
        return not self.days_of_month or any(
            in_month(low, length) <= day <= in_month(high, length)
            for low, high in self.days_of_month
        )


EVERY_DAY = Days()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWindow(SearchedWindow):
    """Ranges of times on certain days; without any the whole of these days."""

    days: Days = EVERY_DAY
    times: tuple[TimeRange, ...] = ()
    _ranges: tuple[TimeRange, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put the times in order; ranges that touch or overlap become one."""
        SearchedWindow.__post_init__(self)
        object.__setattr__(self, "_ranges", _joined(self.times or ((0, DAY_MINUTES),)))

    def raw_spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Yield the ranges of each day, and whole days in a row as one."""
        reach = timedelta(minutes=max(end for _, end in self._ranges)) + _LONGEST_JUMP
        first = (wall_time(after, self.zone) - reach).date()
        last = wall_time(until, self.zone).date()
        for began, ended in self.days.runs(first, last):
            if self._ranges == ((0, DAY_MINUTES),):
                begin, end = _midnight(began), _midnight(ended) + _ONE_DAY
                yield self._span(begin, end)
            else:
                for number in range((ended - began).days + 1):
                    midnight = _midnight(began) + number * _ONE_DAY
                    for start, stop in self._ranges:
                        yield self._span(
                            midnight + timedelta(minutes=start), midnight + timedelta(minutes=stop)
                        )

    def _span(self, begin: datetime, end: datetime) -> Span:
        """Return the instants of two wall times; see the module for the changes of the clocks."""
        start, stop = first_shown(begin, self.zone), first_shown(end, self.zone)
        if start < stop:
            return start, stop
        return start, first_shown(wall_time(start, self.zone) + (end - begin), self.zone)


def in_month(day: int, length: int) -> int:
    """Return the day counted from the start of a month of `length` days, clamped to it."""
    return min(max(day if day > 0 else length + day + 1, 1), length)


def _length_of_month(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - _ONE_DAY).day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _joined(times: tuple[TimeRange, ...]) -> tuple[TimeRange, ...]:
    """Return the ranges in order, each with an end after its start, apart from each other."""
    joined: list[TimeRange] = []
    for start, end in sorted((a, b if a < b else b + DAY_MINUTES) for a, b in times):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
