from datetime import date, timedelta
from itertools import pairwise

import pytest

from monitor.core.calendar import Days, in_month
from tests.unit.core.some_windows import (
    BUCHAREST,
    FRI,
    MON,
    SAT,
    THU,
    TUE,
    WED,
    a_calendar,
    shown,
    utc,
)

WORKDAYS = Days(weekdays=frozenset({MON, TUE, WED, THU, FRI}))
SATURDAYS = Days(weekdays=frozenset({SAT}))


@pytest.mark.parametrize(
    ("days", "inside", "outside"),
    [
        (Days(), ["2027-02-28", "2028-02-29"], []),
        (SATURDAYS, ["2027-01-02"], ["2027-01-01", "2027-01-03"]),
        (Days(months=frozenset({1, 11})), ["2027-01-31", "2027-11-01"], ["2027-02-01"]),
        (Days(years=((2026, 2027), (2029, 2029))), ["2027-12-31", "2029-05-01"], ["2028-01-01"]),
        (Days(days_of_month=((1, 1),)), ["2027-02-01"], ["2027-02-02", "2027-01-31"]),
        (Days(days_of_month=((-3, -1),)), ["2027-02-26", "2028-02-29"], ["2027-02-25"]),
        (Days(days_of_month=((10, -1),)), ["2027-04-10", "2027-04-30"], ["2027-04-09"]),
        # what the month does not have is the nearest day that it has
        (Days(days_of_month=((31, 31),)), ["2027-04-30", "2027-02-28"], ["2027-05-30"]),
        (Days(days_of_month=((-31, -31),)), ["2027-02-01", "2027-05-01"], ["2027-05-02"]),
        # the second Tuesday
        (
            Days(weekdays=frozenset({TUE}), days_of_month=((8, 14),)),
            ["2027-06-08"],
            ["2027-06-01", "2027-06-15", "2027-06-09"],
        ),
    ],
)
def test_a_day_is_one_of_them_when_every_field_allows_it(
    days: Days, inside: list[str], outside: list[str]
) -> None:
    assert [day for day in inside if date.fromisoformat(day) not in days] == []
    assert [day for day in outside if date.fromisoformat(day) in days] == []


def test_runs_of_days_are_found_as_by_looking_at_each_day() -> None:
    first, last = date(2026, 11, 3), date(2029, 2, 7)
    for days in (
        Days(),
        WORKDAYS,
        Days(months=frozenset({2, 3, 12})),
        Days(years=((2028, 2028),)),
        Days(days_of_month=((30, 31), (1, 2))),
        Days(weekdays=frozenset({SAT}), months=frozenset({1}), years=((2027, 2028),)),
    ):
        every_day = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        in_runs = {
            began + timedelta(days=n)
            for began, ended in days.runs(first, last)
            for n in range((ended - began).days + 1)
        }
        runs = list(days.runs(first, last))

        assert in_runs == {day for day in every_day if day in days}
        assert all(a[1] + timedelta(days=1) < b[0] for a, b in pairwise(runs))


@pytest.mark.parametrize(
    ("day", "length", "counted"), [(1, 28, 1), (31, 30, 30), (-1, 29, 29), (-31, 28, 1)]
)
def test_a_day_is_counted_from_the_start_of_its_month(day: int, length: int, counted: int) -> None:
    assert in_month(day, length) == counted


def test_a_range_is_half_open() -> None:
    window = a_calendar("09:00..12:00")

    assert window.contains(utc("2027-01-05T09:00"))
    assert window.contains(utc("2027-01-05T11:59:59.999999"))
    assert not window.contains(utc("2027-01-05T12:00"))
    assert not window.contains(utc("2027-01-05T08:59:59.999999"))


def test_after_midnight_a_window_belongs_to_its_start_day() -> None:
    window = a_calendar("22:00..04:00", days=SATURDAYS)

    assert window.contains(utc("2027-01-02T22:00"))
    assert window.contains(utc("2027-01-03T03:59"))  # Sunday
    assert not window.contains(utc("2027-01-02T03:00"))  # Saturday, but Friday's night
    assert not window.contains(utc("2027-01-03T22:00"))


def test_the_last_night_of_a_month_and_of_a_year_goes_on_after_them() -> None:
    month = a_calendar("22:00..04:00", days=Days(days_of_month=((-1, -1),)))
    year = a_calendar("22:00..04:00", days=Days(years=((2026, 2026),), months=frozenset({12})))

    assert month.contains(utc("2027-03-01T03:00"))
    assert not month.contains(utc("2027-02-28T03:00"))
    assert year.contains(utc("2027-01-01T03:00"))
    assert not year.contains(utc("2027-01-01T22:00"))


def test_without_times_the_days_are_whole_and_those_in_a_row_are_one_occurrence() -> None:
    window = a_calendar(days=WORKDAYS)

    assert shown(window, utc("2027-01-06T12:00"), 2) == [
        "Mon 01-04 00:00 - Sat 01-09 00:00",
        "Mon 01-11 00:00 - Sat 01-16 00:00",
    ]


def test_ranges_that_touch_or_overlap_are_one() -> None:
    window = a_calendar("12:00..13:00", "09:00..12:00", "12:30..12:45", "20:00..24:00")

    assert shown(window, utc("2027-01-06T00:00"), 2) == [
        "Wed 01-06 09:00 - Wed 01-06 13:00",
        "Wed 01-06 20:00 - Thu 01-07 00:00",
    ]


def test_nights_and_the_next_mornings_are_one_occurrence() -> None:
    window = a_calendar("20:00..24:00", "00:00..06:00", days=WORKDAYS)

    assert shown(window, utc("2027-01-07T12:00"), 3) == [
        "Thu 01-07 20:00 - Fri 01-08 06:00",
        "Fri 01-08 20:00 - Sat 01-09 00:00",
        "Mon 01-11 00:00 - Mon 01-11 06:00",
    ]


def test_a_range_may_start_at_the_end_of_its_day() -> None:
    window = a_calendar("24:00..02:00", days=SATURDAYS)

    assert shown(window, utc("2027-01-01T00:00"), 1) == ["Sun 01-03 00:00 - Sun 01-03 02:00"]


def test_validity_is_in_the_zone_and_cuts_through_an_occurrence() -> None:
    window = a_calendar(
        "22:00..04:00",
        zone=BUCHAREST,
        valid_from="2027-01-02T23:00",
        valid_until="2027-01-05",
    )

    assert shown(window, utc("2027-01-01T00:00"), 9, BUCHAREST) == [
        "Sat 01-02 23:00 - Sun 01-03 04:00",
        "Sun 01-03 22:00 - Mon 01-04 04:00",
        "Mon 01-04 22:00 - Tue 01-05 00:00",
    ]
    assert not window.contains(utc("2027-01-02T20:59"))
    assert window.contains(utc("2027-01-02T21:00"))
    assert not window.contains(utc("2027-01-04T22:00"))
    assert window.next_change(utc("2027-01-04T21:59")) == utc("2027-01-04T22:00")
    assert window.next_change(utc("2027-01-04T22:00")) is None


@pytest.mark.parametrize(
    ("times", "spring", "autumn"),
    [
        # The clocks jump from 3 to 4 on March 28, and go back from 4 to 3 on October 31.
        ("03:15..03:45", ("04:00", "04:30", 30), ("03:15", "03:45", 30)),
        ("03:15..04:00", ("04:00", "04:45", 45), ("03:15", "04:00", 105)),
        ("02:30..03:30", ("02:30", "04:00", 30), ("02:30", "03:30", 60)),
        ("03:30..04:30", ("04:00", "04:30", 30), ("03:30", "04:30", 120)),
        ("02:00..05:00", ("02:00", "05:00", 120), ("02:00", "05:00", 240)),
        ("04:00..05:00", ("04:00", "05:00", 60), ("04:00", "05:00", 60)),
        ("02:00..03:00", ("02:00", "04:00", 60), ("02:00", "03:00", 60)),
    ],
)
def test_a_range_goes_by_the_wall_clock_on_the_days_of_a_change(
    times: str, spring: tuple[str, str, int], autumn: tuple[str, str, int]
) -> None:
    window = a_calendar(times, zone=BUCHAREST)

    for start_of_day, (start, end, lasts) in (
        (utc("2027-03-27T22:00"), spring),
        (utc("2027-10-30T21:00"), autumn),
    ):
        (one,) = window.occurrences(start_of_day, 1)
        assert one.end is not None
        assert f"{one.start.astimezone(BUCHAREST):%H:%M}" == start
        assert f"{one.end.astimezone(BUCHAREST):%H:%M}" == end
        assert one.end - one.start == timedelta(minutes=lasts)


def test_the_repeated_hour_opens_a_window_once() -> None:
    window = a_calendar("03:15..03:45", zone=BUCHAREST)

    assert shown(window, utc("2027-10-30T12:00"), 2, BUCHAREST) == [
        "Sun 10-31 03:15 - Sun 10-31 03:45",
        "Mon 11-01 03:15 - Mon 11-01 03:45",
    ]
