from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.calendar import CalendarWindow, Days
from monitor.core.occurrences import HORIZON, Occurrence, SearchedWindow, merged
from monitor.core.recurrence import Every, Gap, RecurringWindow, SingleWindow
from monitor.core.window_set import WindowSet
from tests.unit.core.some_windows import BUCHAREST, FRI, MON, SAT, a_calendar, shown, utc, wall

NOON = utc("2027-01-06T12:00")
TICK = timedelta.resolution

ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Bucharest",
        "America/New_York",
        "Australia/Lord_Howe",
        "Antarctica/Troll",
        "America/Havana",
        "Atlantic/Azores",
        "Africa/Casablanca",
        "Asia/Kolkata",
    ]
).map(ZoneInfo)
WALLS = st.datetimes(wall("2026-06-01T00:00"), wall("2028-06-01T00:00")).map(
    lambda time: time.replace(second=0, microsecond=0)
)
# The days around changes of the clocks more often than others.
INSTANTS = st.one_of(
    st.datetimes(wall("2026-06-01T00:00"), wall("2028-06-01T00:00")),
    st.builds(
        lambda change, away: datetime.fromisoformat(change) + away,
        st.sampled_from(["2027-03-28T01:00", "2027-10-31T01:00", "2027-03-14T07:00"]),
        st.timedeltas(timedelta(hours=-30), timedelta(hours=30)),
    ),
).map(lambda at: at.replace(tzinfo=UTC))
MONTHS = st.frozensets(st.integers(1, 12), min_size=1)
WEEKDAYS = st.frozensets(st.integers(0, 6), min_size=1)
DAYS_OF_MONTH = st.lists(
    st.tuples(st.integers(1, 20), st.integers(-8, -1)) | st.integers(1, 31).map(lambda d: (d, d)),
    max_size=2,
).map(tuple)
DAYS = st.builds(
    Days,
    weekdays=WEEKDAYS | st.just(frozenset(range(7))),
    days_of_month=DAYS_OF_MONTH,
    months=MONTHS | st.just(frozenset(range(1, 13))),
    years=st.sampled_from([(), ((2027, 2027),), ((2020, 2026), (2028, 2030))]),
)
TIMES = (
    st.tuples(st.integers(0, 95), st.integers(0, 95))
    .filter(lambda t: t[0] != t[1])
    .map(lambda quarters: (quarters[0] * 15, quarters[1] * 15))
)
VALIDITY = {"valid_from": st.none() | WALLS, "valid_until": st.none() | WALLS}
LENGTHS = st.timedeltas(timedelta(minutes=1), timedelta(hours=40))
CALENDARS = st.builds(
    CalendarWindow,
    zone=ZONES,
    days=DAYS,
    times=st.lists(TIMES, max_size=3).map(tuple),
    **VALIDITY,
)
RECURRING = st.builds(
    RecurringWindow,
    zone=ZONES,
    every=st.sampled_from(Every),
    interval=st.integers(1, 5),
    origin=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    days=st.builds(Days, weekdays=WEEKDAYS, days_of_month=DAYS_OF_MONTH),
    start=st.integers(0, 24 * 60).map(lambda minute: timedelta(minutes=minute)),
    duration=LENGTHS,
    gap=st.sampled_from(Gap),
    **VALIDITY,
)
SINGLE = st.builds(SingleWindow, zone=ZONES, start=WALLS, duration=LENGTHS, **VALIDITY)
PLAIN = st.one_of(CALENDARS, RECURRING, SINGLE)
SETS = st.builds(
    WindowSet,
    zone=ZONES,
    include=st.lists(PLAIN, min_size=1, max_size=3).map(tuple),
    exclude=st.lists(PLAIN, max_size=2).map(tuple),
    **VALIDITY,
)
WINDOWS = st.one_of(PLAIN, SETS)
PATIENTLY = settings(deadline=None, max_examples=150)


@PATIENTLY
@given(window=WINDOWS, at=INSTANTS, parts=st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_the_next_change_is_where_being_inside_changes_and_not_before(
    window: SearchedWindow, at: datetime, parts: list[float]
) -> None:
    change = window.next_change(at)
    inside = window.contains(at)
    until = at + HORIZON if change is None else change

    assert all(
        window.contains(at + (until - TICK - at) * part) == inside for part in (*parts, 0, 1)
    )
    if change is not None:
        assert change > at
        assert window.contains(change) != inside


@PATIENTLY
@given(window=WINDOWS, at=INSTANTS)
def test_occurrences_are_ordered_apart_and_exact(window: SearchedWindow, at: datetime) -> None:
    found = window.occurrences(at, 4)

    assert all(a.end is not None and a.end < b.start for a, b in pairwise(found))
    assert bool(found and found[0].start <= at) == window.contains(at)
    for one in found:
        assert window.contains(one.start)
        assert one.start < at - HORIZON + timedelta(days=9) or not window.contains(one.start - TICK)
        assert one.end is None or (one.end > at and window.contains(one.end - TICK))
        assert one.end is None or not window.contains(one.end)
    if found:
        first = found[0]
        assert window.next_change(at) == (first.end if first.start <= at else first.start)


def test_an_instant_may_be_given_in_any_zone() -> None:
    window = a_calendar("09:00..12:00")
    local = datetime(2027, 1, 6, 13, tzinfo=BUCHAREST)

    assert window.contains(local)
    assert window.next_change(local) == utc("2027-01-06T12:00")
    assert shown(window, local, 1) == ["Wed 01-06 09:00 - Wed 01-06 12:00"]


def test_what_is_always_open_began_long_ago_and_never_ends() -> None:
    window = a_calendar()
    (one,) = window.occurrences(NOON, 5)

    assert window.contains(NOON)
    assert window.next_change(NOON) is None
    assert one.start <= NOON - HORIZON
    assert one.end is None


def test_an_occurrence_that_began_months_ago_is_told_with_its_start() -> None:
    window = a_calendar(days=Days(years=((2026, 2027),)))

    assert window.occurrences(NOON, 2) == (
        Occurrence(utc("2026-01-01T00:00"), utc("2028-01-01T00:00")),
    )


def test_what_does_not_come_within_ten_years_never_comes() -> None:
    window = a_calendar(days=Days(years=((2040, 2040),)))

    assert window.next_change(NOON) is None
    assert window.occurrences(NOON, 1) == ()
    assert window.contains(utc("2040-05-05T05:05"))


def test_an_occurrence_that_goes_beyond_ten_years_has_its_end_nevertheless() -> None:
    window = a_calendar(days=Days(years=((2036, 2038),)))

    assert window.occurrences(NOON, 1) == (
        Occurrence(utc("2036-01-01T00:00"), utc("2039-01-01T00:00")),
    )
    assert window.next_change(NOON) == utc("2036-01-01T00:00")


def test_before_its_validity_a_window_waits_and_after_it_has_no_more() -> None:
    window = a_calendar(valid_from="2027-02-01", valid_until="2027-03-01")

    assert window.next_change(NOON) == utc("2027-02-01T00:00")
    assert window.next_change(utc("2027-02-01T00:00")) == utc("2027-03-01T00:00")
    assert window.next_change(utc("2027-03-01T00:00")) is None
    assert a_calendar(valid_from="2040-01-01").occurrences(NOON, 1) == ()


def test_a_window_without_a_day_in_it_is_never_open() -> None:
    window = a_calendar(
        days=Days(weekdays=frozenset({SAT}), days_of_month=()), valid_until="2020-01-01"
    )

    assert window.occurrences(NOON, 3) == ()
    assert window.next_change(NOON) is None


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([], []),
        ([(1, 2), (3, 4)], [(1, 2), (3, 4)]),
        ([(1, 2), (2, 3), (2, 5), (4, 5), (7, 8)], [(1, 5), (7, 8)]),
        ([(1, 9), (2, 3)], [(1, 9)]),
    ],
)
def test_spans_that_touch_or_overlap_become_one(
    hours: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    def spans(pairs: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        return [(NOON.replace(hour=a), NOON.replace(hour=b)) for a, b in pairs]

    assert list(merged(spans(hours))) == spans(expected)


def test_a_search_ends_soon_also_where_there_is_nothing_to_find() -> None:
    # Counted, not timed: each look at a day asks for the span of one.
    class Counted(CalendarWindow):
        looks = 0

        def _span(self, begin: datetime, end: datetime) -> tuple[datetime, datetime]:
            Counted.looks += 1
            return super()._span(begin, end)

    workdays = Days(weekdays=frozenset(range(MON, FRI + 1)))
    window = Counted(zone=BUCHAREST, days=workdays, times=((9 * 60, 17 * 60),))

    window.contains(NOON)
    window.next_change(NOON)

    assert 0 < Counted.looks <= 20
