from datetime import date, datetime, timedelta

import pytest

from monitor.core.calendar import Days
from monitor.core.recurrence import ORIGIN, Every, Gap, SingleWindow
from tests.unit.core.some_windows import (
    BUCHAREST,
    MON,
    SAT,
    SUN,
    TUE,
    a_recurrence,
    shown,
    utc,
)

HOUR = timedelta(hours=1)
NEW_YEAR = utc("2027-01-01T00:00")


def test_the_day_from_which_intervals_count_by_default_is_a_monday() -> None:
    assert ORIGIN.weekday() == MON


def test_every_second_day_counts_from_its_origin() -> None:
    window = a_recurrence("10:00", HOUR, interval=2, origin=date(2026, 12, 31))

    assert shown(window, NEW_YEAR, 2) == [
        "Sat 01-02 10:00 - Sat 01-02 11:00",
        "Mon 01-04 10:00 - Mon 01-04 11:00",
    ]


def test_every_second_week_is_the_second_block_of_seven_days_from_its_origin() -> None:
    window = a_recurrence(
        "22:00",
        every=Every.WEEK,
        interval=2,
        origin=date(2027, 1, 6),  # a Wednesday
        days=Days(weekdays=frozenset({SAT, TUE})),
    )

    assert shown(window, utc("2027-01-06T00:00"), 4) == [
        "Sat 01-09 22:00 - Sun 01-10 04:00",
        "Tue 01-12 22:00 - Wed 01-13 04:00",
        "Sat 01-23 22:00 - Sun 01-24 04:00",
        "Tue 01-26 22:00 - Wed 01-27 04:00",
    ]


def test_every_week_starts_on_each_of_its_days() -> None:
    window = a_recurrence(every=Every.WEEK, days=Days(weekdays=frozenset({SAT, SUN})))

    assert shown(window, NEW_YEAR, 3) == [
        "Sat 01-02 22:00 - Sun 01-03 04:00",
        "Sun 01-03 22:00 - Mon 01-04 04:00",
        "Sat 01-09 22:00 - Sun 01-10 04:00",
    ]


def test_every_third_month_counts_by_the_calendar() -> None:
    window = a_recurrence(
        "00:00",
        HOUR,
        every=Every.MONTH,
        interval=3,
        origin=date(2026, 11, 15),
        days=Days(days_of_month=((-1, -1),)),
    )

    assert shown(window, NEW_YEAR, 3) == [
        "Sun 02-28 00:00 - Sun 02-28 01:00",
        "Mon 05-31 00:00 - Mon 05-31 01:00",
        "Tue 08-31 00:00 - Tue 08-31 01:00",
    ]


def test_weekdays_and_days_of_the_month_together_are_the_second_tuesday() -> None:
    days = Days(weekdays=frozenset({TUE}), days_of_month=((8, 14),))
    window = a_recurrence("20:00", HOUR, every=Every.MONTH, days=days)

    assert shown(window, NEW_YEAR, 2) == [
        "Tue 01-12 20:00 - Tue 01-12 21:00",
        "Tue 02-09 20:00 - Tue 02-09 21:00",
    ]


def test_the_length_is_elapsed_time_when_the_clocks_change() -> None:
    window = a_recurrence("22:00", 6 * HOUR, zone=BUCHAREST)

    assert shown(window, utc("2027-03-27T12:00"), 1, BUCHAREST) == [
        "Sat 03-27 22:00 - Sun 03-28 05:00"
    ]
    assert shown(window, utc("2027-10-30T12:00"), 1, BUCHAREST) == [
        "Sat 10-30 22:00 - Sun 10-31 03:00"
    ]


def test_a_start_that_the_clocks_jump_over_is_shifted_or_skipped() -> None:
    shifted = a_recurrence("03:30", HOUR, zone=BUCHAREST)
    skipping = a_recurrence("03:30", HOUR, zone=BUCHAREST, gap=Gap.SKIP)
    before = utc("2027-03-27T12:00")

    assert shown(shifted, before, 2, BUCHAREST) == [
        "Sun 03-28 04:00 - Sun 03-28 05:00",
        "Mon 03-29 03:30 - Mon 03-29 04:30",
    ]
    assert shown(skipping, before, 1, BUCHAREST) == ["Mon 03-29 03:30 - Mon 03-29 04:30"]


def test_a_start_that_is_shown_twice_is_the_first() -> None:
    window = a_recurrence("03:30", HOUR, zone=BUCHAREST)

    found = window.occurrences(utc("2027-10-30T12:00"), 2)

    assert [one.start for one in found] == [utc("2027-10-31T00:30"), utc("2027-11-01T01:30")]


def test_a_length_over_several_days_is_seen_to_its_end() -> None:
    window = a_recurrence(
        "00:00", timedelta(days=20), every=Every.MONTH, days=Days(days_of_month=((1, 1),))
    )

    assert window.contains(utc("2027-01-20T23:59"))
    assert not window.contains(utc("2027-01-21T00:00"))


def test_occurrences_that_adjoin_are_one_that_never_ends() -> None:
    window = a_recurrence("12:00", timedelta(days=1))
    (one,) = window.occurrences(NEW_YEAR, 5)

    assert one.end is None
    assert window.next_change(NEW_YEAR) is None


def test_a_start_at_the_end_of_a_day_is_the_next_midnight() -> None:
    window = a_recurrence("24:00", HOUR, every=Every.WEEK, days=Days(weekdays=frozenset({SAT})))

    assert shown(window, NEW_YEAR, 1) == ["Sun 01-03 00:00 - Sun 01-03 01:00"]


def once(start: str, *, gap: Gap = Gap.SHIFT, duration: timedelta = HOUR) -> SingleWindow:
    return SingleWindow(
        zone=BUCHAREST, start=datetime.fromisoformat(start), duration=duration, gap=gap
    )


def test_a_single_window_comes_once() -> None:
    window = once("2027-01-02T22:00")

    assert window.next_change(NEW_YEAR) == utc("2027-01-02T20:00")
    assert window.contains(utc("2027-01-02T20:00"))
    assert window.next_change(utc("2027-01-02T20:00")) == utc("2027-01-02T21:00")
    assert window.next_change(utc("2027-01-02T21:00")) is None
    assert window.occurrences(utc("2027-01-02T21:00"), 5) == ()


@pytest.mark.parametrize(("gap", "count"), [(Gap.SHIFT, 1), (Gap.SKIP, 0)])
def test_a_single_window_in_a_jump_is_shifted_or_skipped(gap: Gap, count: int) -> None:
    window = once("2027-03-28T03:30", gap=gap)

    assert len(window.occurrences(NEW_YEAR, 5)) == count
    assert window.contains(utc("2027-03-28T01:00")) is bool(count)


def test_a_single_window_at_the_end_of_all_times_breaks_nothing() -> None:
    window = once("9999-12-31T22:00", duration=timedelta(days=100))

    assert window.occurrences(NEW_YEAR, 5) == ()
    assert not window.contains(NEW_YEAR)
