from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.web.wording import ago, clock_time, count, iso, number, span
from tests.builders import NOW, after


def test_times_for_scripts_are_utc_to_the_second_with_z() -> None:
    bucharest = timezone(timedelta(hours=2))

    assert iso(datetime(2026, 1, 5, 11, 0, 0, 999_000, tzinfo=bucharest)) == "2026-01-05T09:00:00Z"
    assert iso(None) is None


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (NOW, "09:00:00"),
        (NOW - timedelta(hours=10), "Jan 04 23:00:00"),
        (datetime(2025, 12, 31, 8, 0, tzinfo=UTC), "2025-12-31 08:00:00"),
    ],
)
def test_a_time_of_another_day_has_its_date(at: datetime, shown: str) -> None:
    assert clock_time(at, NOW) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (3, "3 s"),
        (59.6, "1 min"),
        (150, "2 min 30 s"),
        (600, "10 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (86_400, "1 d"),
        (3 * 86_400 + 4 * 3600 + 59, "3 d 4 h"),
    ],
)
def test_lengths_of_time_are_told_in_their_largest_units(seconds: float, shown: str) -> None:
    assert span(timedelta(seconds=seconds)) == shown


def test_what_never_happened_is_called_so() -> None:
    assert ago(None, NOW) == "never"
    assert ago(NOW, after(3)) == "3 s ago"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (float("nan"), "-"), (42.0, "42"), (0.8512, "0.851"), (1234.56, "1234.6")],
)
def test_numbers_are_as_short_as_they_may_be(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_things_are_counted_in_words() -> None:
    assert count(0, "rule") == "no rules"
    assert count(1, "rule") == "1 rule"
    assert count(2, "license type") == "2 license types"
