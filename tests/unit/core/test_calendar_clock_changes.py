"""Walks minute by minute through the changes of the clocks, beside an oracle that only walks.

The oracle knows no offsets and no repeated hours: it looks at what the clock shows at each minute.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from monitor.core.calendar import Days
from monitor.core.occurrences import Window
from monitor.core.recurrence import Every, Gap
from tests.unit.core.some_windows import SAT, a_calendar, a_recurrence, minutes, utc

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CHANGES = {
    "Europe/Bucharest": ("2027-03-28T01:00", "2027-10-31T01:00"),
    "America/New_York": ("2027-03-14T07:00", "2027-11-07T06:00"),
    "Australia/Sydney": ("2027-04-03T16:00", "2027-10-02T16:00"),
    "Asia/Kolkata": ("2027-03-28T01:00", "2027-10-31T01:00"),  # none: nothing may happen
}
PLACES = [(zone, change) for zone, changes in CHANGES.items() for change in changes]
RANGES = [
    "00:00..24:00",
    "00:30..01:30",
    "01:00..02:00",
    "01:15..01:45",
    "01:30..02:30",
    "02:00..03:00",
    "02:15..02:45",
    "02:30..03:30",
    "03:15..03:45",
    "03:30..04:30",
    "22:00..02:30",
    "22:00..03:30",
    "03:00..01:00",
]


@dataclass(frozen=True)
class Walk:
    """Every minute around a change: what the clock shows, and the latest that it has shown.

    The minutes that are judged are those in the middle.
    """

    instants: tuple[datetime, ...]
    shown: tuple[datetime, ...]
    latest: tuple[datetime, ...]

    def first_showing(self, wall: datetime) -> datetime:
        """Walk on until the clock has shown a time or a later one."""
        return self.instants[bisect_left(self.latest, wall)]

    def showing(self, at: datetime) -> datetime:
        return self.shown[bisect_left(self.instants, at)]

    def judged(self) -> tuple[datetime, ...]:
        middle = len(self.instants) // 2
        return self.instants[middle - 9 * 60 : middle + 9 * 60]

    def days(self) -> list[datetime]:
        return [datetime.combine(day, time()) for day in sorted({w.date() for w in self.shown})]


@cache
def walk(zone: str, change: str) -> Walk:
    where = ZoneInfo(zone)
    begin = utc(change) - 3 * DAY
    instants = tuple(begin + n * MINUTE for n in range(6 * 24 * 60))
    shown = tuple(at.astimezone(where).replace(tzinfo=None) for at in instants)
    return Walk(instants, shown, tuple(accumulate(shown, max)))


def ranges_by_walking(way: Walk, times: str, weekday: int | None) -> Iterator[tuple[datetime, ...]]:
    """By the wall clock, each range once: from its first start to the first end after that."""
    start, _, end = times.partition("..")
    length = timedelta(minutes=minutes(end) - minutes(start))
    length = length if length > timedelta() else length + DAY
    for midnight in way.days()[1:-2]:
        if weekday is not None and midnight.weekday() != weekday:
            continue
        begin = midnight + timedelta(minutes=minutes(start))
        opened = way.first_showing(begin)
        closed = way.first_showing(begin + length)
        if closed == opened:
            closed = way.first_showing(way.showing(opened) + length)
        yield opened, closed


def starts_by_walking(
    way: Walk, start: str, length: timedelta, gap: Gap
) -> Iterator[tuple[datetime, ...]]:
    """From the first start, for an elapsed time."""
    for midnight in way.days()[1:-2]:
        begin = midnight + timedelta(minutes=minutes(start))
        if gap is Gap.SHIFT or begin in way.shown:
            opened = way.first_showing(begin)
            yield opened, opened + length


def agree(window: Window, way: Walk, spans: list[tuple[datetime, ...]]) -> bool:
    """Compare them at each minute; tell whether the window is open in any."""
    judged = way.judged()
    expected = [any(start <= at < end for start, end in spans) for at in judged]
    changes = [
        at
        for at, before, now in zip(judged[1:], expected, expected[1:], strict=False)
        if before != now
    ]

    assert [
        at for at, is_in in zip(judged, expected, strict=True) if window.contains(at) != is_in
    ] == []
    for at in judged[::17]:
        place = bisect_right(changes, at)
        if place < len(changes):
            assert window.next_change(at) == changes[place]
    for one in window.occurrences(judged[0], 4):
        if judged[0] < one.start <= judged[-1]:
            assert one.start in changes
        if one.end is not None and one.end <= judged[-1]:
            assert one.end in changes
    return any(expected)


@pytest.mark.parametrize(("zone", "change"), PLACES)
def test_the_changes_are_where_this_file_says(zone: str, change: str) -> None:
    way = walk(zone, change)
    steps = {b - a for a, b in zip(way.shown, way.shown[1:], strict=False)}
    before, now = way.showing(utc(change) - MINUTE), way.showing(utc(change))

    assert (now - before != MINUTE) == (zone != "Asia/Kolkata")
    assert len(steps) == (1 if zone == "Asia/Kolkata" else 2)


@pytest.mark.parametrize(("zone", "change"), PLACES)
@pytest.mark.parametrize("times", RANGES)
def test_a_range_of_times_is_as_the_wall_clock_shows_it(times: str, zone: str, change: str) -> None:
    way = walk(zone, change)
    if times == "00:00..24:00":  # otherwise it has no end
        weekday = way.days()[3].weekday()
        window = a_calendar(times, zone=ZoneInfo(zone), days=Days(weekdays=frozenset({weekday})))
        assert agree(window, way, list(ranges_by_walking(way, times, weekday)))
    else:
        window = a_calendar(times, zone=ZoneInfo(zone))
        assert agree(window, way, list(ranges_by_walking(way, times, None)))


@pytest.mark.parametrize(("zone", "change"), PLACES)
def test_saturday_night_is_as_the_wall_clock_shows_it(zone: str, change: str) -> None:
    way = walk(zone, change)
    window = a_calendar("22:00..04:00", zone=ZoneInfo(zone), days=Days(weekdays=frozenset({SAT})))

    assert agree(window, way, list(ranges_by_walking(way, "22:00..04:00", SAT)))


@pytest.mark.parametrize(("zone", "change"), PLACES)
@pytest.mark.parametrize("gap", Gap)
@pytest.mark.parametrize(
    ("start", "hours"), [("01:30", 1), ("02:30", 1), ("03:30", 2), ("22:00", 6)]
)
def test_a_start_and_its_length_are_as_the_clock_shows_them(
    start: str, hours: int, gap: Gap, zone: str, change: str
) -> None:
    way = walk(zone, change)
    length = timedelta(hours=hours)
    window = a_recurrence(start, length, every=Every.DAY, zone=ZoneInfo(zone), gap=gap)

    is_open = agree(window, way, list(starts_by_walking(way, start, length, gap)))

    assert is_open or gap is Gap.SKIP
