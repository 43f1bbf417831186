from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.moment import parse_moment
from tests.builders import NOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7d", NOW - timedelta(days=7)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("0s", NOW),
        ("2026-01-05T07:30:00Z", datetime(2026, 1, 5, 7, 30, tzinfo=UTC)),
        ("2026-01-05T09:30+02:00", datetime(2026, 1, 5, 7, 30, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 5).astimezone(UTC)),
        ("2026-01-05T03:30", datetime(2026, 1, 5, 3, 30).astimezone(UTC)),
    ],
)
def test_a_moment_is_how_long_ago_or_when(text: str, expected: datetime) -> None:
    assert parse_moment(text).before(NOW) == expected


@pytest.mark.parametrize("text", ["yesterday", "", "7", "2026-13-01", "0001-01-01", "-7d"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be how long ago"):
        parse_moment(text)
