from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.wall_clock import (
    BEGINNING,
    FOREVER,
    first_shown,
    is_repeated,
    is_skipped,
    wall_time,
)
from tests.unit.core.some_windows import utc, wall

ZONES = [
    "UTC",
    "Europe/Bucharest",
    "America/New_York",
    "Australia/Lord_Howe",  # by half an hour
    "Antarctica/Troll",  # by two hours
    "America/Havana",  # at midnight
    "Atlantic/Azores",  # at midnight
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
]


@pytest.mark.parametrize(
    ("zone", "shown", "instant"),
    [
        ("Europe/Bucharest", "2027-01-10T12:00", "2027-01-10T10:00"),
        ("Europe/Bucharest", "2027-03-28T02:59", "2027-03-28T00:59"),
        # the clocks jump from 3 to 4
        ("Europe/Bucharest", "2027-03-28T03:00", "2027-03-28T01:00"),
        ("Europe/Bucharest", "2027-03-28T03:30", "2027-03-28T01:00"),
        ("Europe/Bucharest", "2027-03-28T04:00", "2027-03-28T01:00"),
        ("Europe/Bucharest", "2027-03-28T04:01", "2027-03-28T01:01"),
        # the clocks go back from 4 to 3
        ("Europe/Bucharest", "2027-10-31T02:59", "2027-10-30T23:59"),
        ("Europe/Bucharest", "2027-10-31T03:00", "2027-10-31T00:00"),
        ("Europe/Bucharest", "2027-10-31T03:59", "2027-10-31T00:59"),
        ("Europe/Bucharest", "2027-10-31T04:00", "2027-10-31T02:00"),
        ("Australia/Lord_Howe", "2027-10-03T02:10", "2027-10-02T15:30"),
        ("Antarctica/Troll", "2027-03-28T02:30:07.5", "2027-03-28T01:00"),
        # a whole day is jumped over
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),
    ],
)
def test_a_wall_time_is_the_first_instant_that_shows_it_or_a_later_one(
    zone: str, shown: str, instant: str
) -> None:
    found = first_shown(wall(shown), ZoneInfo(zone))

    assert found == utc(instant)
    assert found.tzname() == "UTC"


def test_times_that_are_skipped_or_repeated_are_known() -> None:
    zone = ZoneInfo("Europe/Bucharest")

    assert is_skipped(wall("2027-03-28T03:30"), zone)
    assert not is_skipped(wall("2027-03-28T04:00"), zone)
    assert is_repeated(wall("2027-10-31T03:30"), zone)
    assert not is_repeated(wall("2027-10-31T04:00"), zone)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_years_that_no_zone_can_be_applied_to_stand_for_always_and_never(zone: str) -> None:
    assert first_shown(wall("0001-01-01T00:00"), ZoneInfo(zone)) == BEGINNING
    assert first_shown(wall("9999-12-31T23:59"), ZoneInfo(zone)) == FOREVER


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    time=st.datetimes(wall("2005-01-01T00:00"), wall("2040-01-01T00:00")),
    later=st.timedeltas(timedelta(), timedelta(days=2)),
)
def test_the_order_of_wall_times_is_kept_and_none_is_shown_before(
    zone: ZoneInfo, time: datetime, later: timedelta
) -> None:
    found = first_shown(time, zone)

    assert found <= first_shown(time + later, zone)
    assert wall_time(found, zone) >= time
    assert wall_time(found - timedelta.resolution, zone) < time
