"""The ticker and the bookkeeper around a stand-in for the evaluator."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import cast

import pytest
from structlog.testing import capture_logs

from monitor.clock import Clock, FastClock, SystemClock
from monitor.core.delivery import Delivered, after_attempt
from monitor.daemon.ticker import Bookkeeper, Ticker
from monitor.errors import StoreUnavailable
from monitor.pipeline.evaluate import Evaluator, Instant, Settled
from tests.builders import NOW
from tests.message_builders import a_delivery
from tests.unit.daemon.stand_ins import SOON_S, StandInEvaluator

NEWS = Settled(deliveries=(a_delivery(),))
MakeTicker = Callable[..., Ticker]


class StoppedClock:
    """Always nine o'clock."""

    now = staticmethod(lambda: NOW)
    monotonic = staticmethod(lambda: 1000.0)


@pytest.fixture
def make() -> Iterator[MakeTicker]:
    made: list[Ticker] = []

    def make(evaluator: StandInEvaluator, clock: Clock | None = None, pace: float = 1.0) -> Ticker:
        ticker = Ticker(
            evaluator=cast(Evaluator, evaluator), clock=clock or SystemClock(), pace=pace
        )
        made.append(ticker)
        return ticker

    yield make
    for ticker in made:
        ticker.stop()


def test_what_a_look_decides_is_passed_on(make: MakeTicker) -> None:
    ticker = make(StandInEvaluator(ticked=NEWS))
    decided: list[Settled] = []
    ticker.decided = decided.append

    ticker.tick()

    assert decided == [NEWS]


def test_a_look_is_at_one_moment_of_both_clocks(make: MakeTicker) -> None:
    evaluator = StandInEvaluator()

    make(evaluator, StoppedClock()).tick()

    assert evaluator.looks == [Instant(now=NOW, elapsed_s=1000.0)]


def test_a_store_that_fails_is_said_at_the_edge_and_the_next_look_goes_on(
    make: MakeTicker,
) -> None:
    evaluator = StandInEvaluator(ticked=NEWS, error=StoreUnavailable("the disk is full"))
    ticker = make(evaluator)
    decided: list[Settled] = []
    ticker.decided = decided.append
    with capture_logs() as logs:
        for _ in range(3):
            ticker.tick()
        evaluator.error = None
        ticker.tick()
        evaluator.error = StoreUnavailable("the disk is full again")
        ticker.tick()

    assert decided == [NEWS]
    assert {line["event"] for line in logs} == {"tick.store_failed"}
    assert [line["log_level"] for line in logs] == ["warning", "debug", "debug", "warning"]
    assert logs[0]["error"] == "the disk is full"


def test_a_fault_of_our_own_does_not_end_all_waiting(make: MakeTicker) -> None:
    evaluator = StandInEvaluator(error=ZeroDivisionError("a bug"))
    ticker = make(evaluator, FastClock(20, start=NOW))
    # Due always: it looks as often as it ever does.
    evaluator.next_at = NOW
    with capture_logs() as logs:
        ticker.start()
        assert all(evaluator.ticks.acquire(timeout=SOON_S) for _ in range(2))
        ticker.stop()

    assert {line["event"] for line in logs} == {"tick.crashed"}


def test_it_looks_again_when_the_next_wait_is_over(make: MakeTicker) -> None:
    evaluator = StandInEvaluator()
    clock = SystemClock()
    evaluator.next_at = clock.now() + timedelta(seconds=0.1)
    started = time.monotonic()
    make(evaluator, clock).start()

    assert evaluator.ticks.acquire(timeout=SOON_S)
    assert 0.05 <= time.monotonic() - started < 0.9


@pytest.mark.parametrize(
    ("left_s", "pace", "rest_s"),
    [
        pytest.param(None, 1.0, 1.0, id="nothing waits"),
        pytest.param(0.5, 1.0, 0.5, id="soon"),
        pytest.param(90.0, 1.0, 1.0, id="later: people may say something before"),
        pytest.param(0.0, 1.0, 0.05, id="due: never without a pause"),
        pytest.param(-3600.0, 1.0, 0.05, id="overdue"),
        pytest.param(30.0, 60.0, 0.5, id="a clock that runs fast"),
    ],
)
def test_it_rests_until_the_next_wait_is_over_but_a_second_at_most(
    make: MakeTicker, left_s: float | None, pace: float, rest_s: float
) -> None:
    evaluator = StandInEvaluator()
    if left_s is not None:
        evaluator.next_at = NOW + timedelta(seconds=left_s)

    assert make(evaluator, StoppedClock(), pace)._rest_s() == pytest.approx(rest_s)


def test_stopping_finishes_the_look_and_begins_no_other(make: MakeTicker) -> None:
    begun, release = threading.Event(), threading.Event()
    finished: list[Settled] = []
    evaluator = StandInEvaluator()
    evaluator.next_at = NOW

    def slow(settled: Settled) -> None:
        begun.set()
        release.wait(SOON_S)
        finished.append(settled)

    ticker = make(evaluator, StoppedClock())
    ticker.decided = slow
    ticker.start()
    assert begun.wait(SOON_S)
    threading.Timer(0.05, release.set).start()
    ticker.stop()

    assert finished == [Settled()]
    assert not ticker._thread.is_alive()


def test_one_that_never_began_can_be_stopped(make: MakeTicker) -> None:
    make(StandInEvaluator()).stop()


def test_the_bookkeeper_keeps_account_and_passes_on_what_follows() -> None:
    evaluator = StandInEvaluator(attempted=NEWS)
    bookkeeper = Bookkeeper(cast(Evaluator, evaluator))
    decided: list[Settled] = []
    bookkeeper.decided = decided.append
    delivery = a_delivery()

    assert bookkeeper.begin_attempt(delivery, NOW)
    assert decided == []
    bookkeeper.end_attempt(after_attempt(delivery, Delivered(), NOW, 0.0), NOW)

    assert evaluator.steps == ["begin delivery-1", "end delivery-1 sent"]
    assert decided == [NEWS]
