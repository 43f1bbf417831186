from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("2m", 120),
        ("1h30m", 5400),
        ("7d", 604800),
        ("0s", 0),
        (" 90s ", 90),
        ("1d1s", 86401),
    ],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("30", 'has no unit: write "30s"'),
        ("", "is not a duration"),
        ("1.5h", '"1h30m"'),
        ("-5m", "is not a duration"),
        ("5 m", "is not a duration"),
        ("30m1h", "is not a duration"),
        ("1w", "is not a duration"),
        ("٣s", "is not a duration"),
        ("9999d", 'at most "3660d"'),
        ("9" * 500 + "s", "is not a duration"),
    ],
)
def test_a_wrong_duration_is_refused_with_a_cure(text: str, cure: str) -> None:
    with pytest.raises(ValueError, match=r"duration|unit|long") as caught:
        parse_duration(text)
    assert cure in str(caught.value)


@given(st.integers(0, 3600 * 24 * 3660))
def test_what_is_written_is_read_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


def test_durations_are_written_as_short_as_can_be() -> None:
    assert format_duration(timedelta(minutes=90)) == "1h30m"
    assert format_duration(timedelta()) == "0s"
    assert format_duration(timedelta(seconds=2.9)) == "2s"
