from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config.digest import EXAMPLE, CronSchedule

BUCHAREST = ZoneInfo("Europe/Bucharest")
SANTIAGO = ZoneInfo("America/Santiago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(cron: str, zone: ZoneInfo, start: str, count: int) -> list[datetime]:
    schedule, found = CronSchedule(cron, zone), [at(start)]
    for _ in range(count):
        found.append(schedule.next_after(found[-1]))
    return found[1:]


def test_the_example_comes_on_working_days_at_eight_by_the_clock_of_its_zone() -> None:
    # Saturday, 3 January 2026; Bucharest is two hours ahead of UTC.
    assert times(EXAMPLE, BUCHAREST, "2026-01-03T12:00", 2) == [
        at("2026-01-05T06:00"),
        at("2026-01-06T06:00"),
    ]


def test_the_next_time_is_later_than_now_by_however_little() -> None:
    daily = CronSchedule("0 8 * * *", ZoneInfo("UTC"))

    assert daily.next_after(at("2026-01-05T07:59:59.999999")) == at("2026-01-05T08:00")
    assert daily.next_after(at("2026-01-05T08:00")) == at("2026-01-06T08:00")
    assert daily.next_after(at("2026-01-05T08:00:00.000001")) == at("2026-01-06T08:00")


def test_an_instant_may_come_in_any_zone_and_the_answer_is_in_utc() -> None:
    found = CronSchedule("0 8 * * *", BUCHAREST).next_after(
        datetime(2026, 1, 5, 7, tzinfo=BUCHAREST)
    )

    assert found == at("2026-01-05T06:00")
    assert found.tzinfo is UTC


def test_a_time_that_the_clocks_jump_over_comes_once_at_the_end_of_the_jump() -> None:
    # On 29 March 2026 at 03:00 (01:00 UTC) the clocks of Bucharest are set to 04:00.
    assert times("30 3 * * *", BUCHAREST, "2026-03-28T12:00", 2) == [
        at("2026-03-29T01:00"),
        at("2026-03-30T00:30"),
    ]


def test_a_time_in_a_repeated_hour_comes_the_first_time_only() -> None:
    # On 25 October 2026 at 04:00 (01:00 UTC) the clocks of Bucharest are set back to 03:00.
    assert times("30 3 * * *", BUCHAREST, "2026-10-24T12:00", 2) == [
        at("2026-10-25T00:30"),
        at("2026-10-26T01:30"),
    ]


def test_within_the_second_turn_of_a_repeated_hour_nothing_comes_that_is_past() -> None:
    late = CronSchedule("45 3 * * *", BUCHAREST)

    assert late.next_after(at("2026-10-25T01:10")) == at("2026-10-26T01:45")


def test_an_hourly_time_follows_the_hours_that_pass() -> None:
    assert times("0 * * * *", BUCHAREST, "2026-10-24T23:30", 4) == [
        at("2026-10-25T00:00"),
        at("2026-10-25T01:00"),
        at("2026-10-25T02:00"),
        at("2026-10-25T03:00"),
    ]


def test_a_midnight_that_does_not_exist_comes_an_hour_later() -> None:
    # On 6 September 2026 at 00:00 (04:00 UTC) the clocks of Santiago are set to 01:00.
    assert times("0 0 * * *", SANTIAGO, "2026-09-05T12:00", 2) == [
        at("2026-09-06T04:00"),
        at("2026-09-07T03:00"),
    ]


@given(
    cron=st.sampled_from(["0 8 * * *", "30 3 * * *", "*/20 * * * *", "0 */6 * * sun", "5 0 1 * *"]),
    zone=st.sampled_from([ZoneInfo("UTC"), BUCHAREST, SANTIAGO, ZoneInfo("Australia/Lord_Howe")]),
    instant=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis wants bounds without a zone
)
def test_the_next_time_is_the_same_from_everywhere_before_it(
    cron: str, zone: ZoneInfo, instant: datetime
) -> None:
    schedule = CronSchedule(cron, zone)

    found = schedule.next_after(instant)

    assert found > instant
    assert schedule.next_after(found - timedelta(microseconds=1)) == found
    assert schedule.next_after(instant + (found - instant) / 2) == found


def test_a_time_that_never_comes_is_told() -> None:
    with pytest.raises(ValueError, match="never comes"):
        CronSchedule("0 0 */31 2 mon#5", BUCHAREST).next_after(at("2026-01-01T00:00"))
