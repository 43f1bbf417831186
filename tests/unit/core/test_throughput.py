import pytest

from monitor.core.spans import SeenTime
from monitor.core.throughput import QueueLedger, QueueTally, of_all

Row = tuple[
    int,
    int,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
]


def row(
    begin: int,
    end: int,
    waiting: float | None = 0,
    *,
    good: float | None = 0,
    bad: float | None = 0,
    postponed: float | None = None,
    handling_s: float | None = 10,
) -> Row:
    return begin, end, waiting, postponed, good, bad, bad, 0.0, handling_s


def tallied(*rows: Row, unseen: tuple[tuple[int, int], ...] = ()) -> QueueTally:
    before, now = QueueTally(0, 1000), QueueTally(1000, 2000)
    ledger = QueueLedger([before, now], SeenTime(unseen))
    for one in rows:
        ledger.add(*one)
    return now


def test_what_grows_is_finished_and_a_drop_counts_nothing() -> None:
    found = tallied(
        row(900, 1100, good=100, bad=5),
        row(1100, 1200, good=107, bad=6),
        row(1200, 1300, good=50, bad=6),
        row(1300, 3000, good=52, bad=6),
    )

    assert (found.finished, found.successful, found.failed, found.application) == (10, 9, 1, 1)
    assert found.failure_share == 0.1


def test_an_item_counts_in_the_period_in_which_it_was_seen_to_be_finished() -> None:
    rows = [row(0, 1000, good=1), row(1000, 2000, good=2), row(2000, 3000, good=4)]

    assert tallied(*rows).finished == 1


def test_handling_time_is_weighted_by_items() -> None:
    found = tallied(
        row(1000, 1100),
        row(1100, 1200, good=1, handling_s=10),
        row(1200, 1300, good=4, handling_s=20),
        row(1300, 1400, good=9, handling_s=None),
    )

    assert found.handling_s == pytest.approx(17.5)
    assert tallied(row(0, 3000)).handling_s is None


def test_a_backlog_is_the_mean_by_seen_time_and_its_peak() -> None:
    found = tallied(row(0, 1500, 4), row(1500, 1600, 9), row(1600, 5000, 0), unseen=((1000, 1300),))

    assert found.mean_waiting == pytest.approx((200 * 4 + 100 * 9) / 700)
    assert (found.peak, found.peak_at) == (9, 1500)
    assert found.seen == 700


def test_what_was_only_true_while_nobody_looked_is_no_peak() -> None:
    assert tallied(row(0, 1200, 99), row(1200, 3000, 1), unseen=((900, 1200),)).peak == 1
    assert tallied(row(0, 1200, 99), row(1200, 1200, 50), unseen=((900, 1200),)).peak == 50


def test_idle_is_the_longest_time_in_which_items_waited_and_none_was_finished() -> None:
    found = tallied(
        row(0, 1100, 5),
        row(1100, 1200, 6),
        row(1200, 1300, 6, good=1),
        row(1300, 1350, 3, postponed=3, good=1),
        row(1350, 1400, 3, good=1),
        row(1400, 3000, None, good=1),
    )

    assert found.longest_idle_s == 0.2


def test_time_unseen_is_taken_off_the_idle_time() -> None:
    assert tallied(row(0, 3000, 5), unseen=((1200, 1900),)).longest_idle_s == 0.3


def test_a_queue_that_was_gone_begins_anew() -> None:
    found = tallied(row(1000, 1200, 5, good=1), row(1300, 1500, 5, good=9))

    assert found.finished == 0
    assert found.longest_idle_s == 0.2


def test_what_is_not_known_is_not_zero() -> None:
    unknown = tallied(row(0, 3000, None, good=None, bad=None))

    assert unknown.finished is None
    assert unknown.failure_share is None
    assert unknown.mean_waiting is None
    assert unknown.peak is None
    assert tallied(row(0, 3000, good=7, bad=None)).finished == 0
    assert tallied(row(0, 500), row(2500, 3000)).finished is None


def test_a_total_that_becomes_known_counts_nothing() -> None:
    assert tallied(row(1000, 1100, good=None), row(1100, 1200, good=500)).finished == 0


def test_several_queues_add_up() -> None:
    one = tallied(row(0, 1500, 4), row(1500, 3000, 4, good=3))
    two = tallied(row(0, 1500, 2), row(1500, 3000, 2, bad=1, handling_s=30), unseen=((1000, 1400),))

    both = of_all([one, two, tallied()])

    assert (both.finished, both.failure_share) == (4, 0.25)
    assert both.handling_s == 15
    assert both.mean_waiting == 6
    assert both.peak is None
    assert of_all([]).finished is None
    assert of_all([]).mean_waiting is None
