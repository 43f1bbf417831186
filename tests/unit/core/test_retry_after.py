from datetime import UTC, datetime

import pytest

from monitor.core.retry_after import asked_wait_s

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0.75", 0.75),
        ("999999999", 999_999_999.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("nan", None),
        ("٣", None),
        ("5, 10", None),
        ("1000000000", None),
        ("Mon, 99 Foo 2026", None),
        ("Mon, 05 Jan 2026 99:00:00 GMT", None),
    ],
)
def test_a_wait_is_seconds_or_nothing(text: str | None, expected: float | None) -> None:
    assert asked_wait_s(text, None, NOW) == expected


def test_a_date_counts_from_the_answers_own_date() -> None:
    until, date = "Sun, 06 Nov 1994 08:51:07 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"
    assert asked_wait_s(until, date, NOW) == 90


@pytest.mark.parametrize("date", [None, "", "yesterday"])
def test_a_date_counts_from_now_when_the_answer_has_none(date: str | None) -> None:
    assert asked_wait_s("Mon, 05 Jan 2026 09:00:30 GMT", date, NOW) == 30


def test_a_date_without_a_zone_is_utc_and_one_with_is_converted() -> None:
    assert asked_wait_s("Mon, 05 Jan 2026 09:00:30 -0000", None, NOW) == 30
    assert asked_wait_s("Mon, 05 Jan 2026 10:00:30 +0100", None, NOW) == 30


def test_a_date_in_the_past_asks_for_no_wait() -> None:
    assert asked_wait_s("Mon, 05 Jan 2026 08:00:00 GMT", None, NOW) == 0
