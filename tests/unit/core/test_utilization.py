import pytest

from monitor.core.utilization import LicenseRow, LicenseTally


def tallied(*rows: tuple[int, int, float | None, float | None, float | None]) -> LicenseTally:
    tally = LicenseTally(1000, 2000)
    for begin, end, allowed, used, ratio in rows:
        seen = min(end, 2000) - max(begin, 1000)
        tally.add(LicenseRow(begin, end, allowed, used, ratio), seen)
    return tally


def test_use_is_the_mean_by_time_and_its_peak() -> None:
    found = tallied((0, 1200, 10, 4, 0.4), (1200, 1300, 10, 9, 0.9), (1300, 5000, 8, 8, 1.0))

    assert found.mean_used == pytest.approx((200 * 4 + 100 * 9 + 700 * 8) / 1000)
    assert (found.peak, found.peak_at, found.peak_ratio) == (9, 1200, 1.0)
    assert (found.scarce, found.full) == (800, 700)
    assert found.allowed == 8


def test_where_nothing_is_allowed_there_is_no_share() -> None:
    found = tallied((0, 5000, 0, 3, None))

    assert (found.peak, found.peak_ratio, found.scarce) == (3, None, 0)


def test_what_is_not_known_is_not_zero() -> None:
    found = tallied((0, 1500, None, None, None))

    assert (found.allowed, found.peak, found.mean_used) == (None, None, None)


def test_what_nobody_saw_in_the_period_says_nothing() -> None:
    tally = LicenseTally(1000, 2000)
    tally.add(LicenseRow(0, 1500, 10, 99, 9.9), 0)
    tally.add(LicenseRow(1500, 1500, 10, 5, 0.5), 0)

    assert (tally.peak, tally.peak_at, tally.mean_used) == (5, 1500, None)
