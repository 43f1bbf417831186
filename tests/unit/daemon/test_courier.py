"""Couriers with real threads, an outbox in memory and a clock that runs fast."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol, cast

import pytest
from structlog.testing import capture_logs

from monitor.clock import FastClock
from monitor.core.delivery import Delivered, Delivery, DeliveryState, Outcome, Retryable
from monitor.daemon.courier import Courier
from monitor.store.store import Store
from tests.message_builders import NOW, a_delivery, an_item
from tests.unit.daemon.stand_ins import SOON_S, StandInChannel, StandInStore

PACE = 200.0  # a wait of 5 s takes 25 ms


class MakeCourier(Protocol):
    def __call__(
        self,
        name: str,
        channel: StandInChannel,
        store: StandInStore,
        completed: Callable[[str], None] = ...,
    ) -> Courier: ...


@pytest.fixture
def make() -> Iterator[MakeCourier]:
    made: list[Courier] = []

    def make(
        name: str,
        channel: StandInChannel,
        store: StandInStore,
        completed: Callable[[str], None] = lambda _work: None,
    ) -> Courier:
        courier = Courier(
            name=name,
            channel=channel,
            store=cast(Store, store),
            ledger=store,
            clock=FastClock(PACE, start=NOW),
            pace=PACE,
            completed=completed,
        )
        made.append(courier)
        return courier

    yield make
    for courier in made:
        courier.stop()


def due(name: str, channel: str = "ops") -> Delivery:
    return a_delivery(an_item(alert_id=f"ALERT-{name}"), id=name, channel=channel)


def test_what_the_last_run_left_is_delivered_at_once_and_told_as_work(make: MakeCourier) -> None:
    channel, store = StandInChannel(), StandInStore(due("one"), due("two"), due("x", "mail"))
    worked = threading.Semaphore(0)
    told: list[str] = []

    def completed(work: str) -> None:
        told.append(work)
        worked.release()

    courier = make("ops", channel, store, completed)
    courier.start()

    assert worked.acquire(timeout=SOON_S)
    assert channel.sent == ["one", "two"]
    assert store.state_of("one") is store.state_of("two") is DeliveryState.SENT
    assert store.state_of("x") is DeliveryState.DUE
    assert told == ["deliver:ops"]


def test_news_is_delivered_when_it_is_woken_for(make: MakeCourier) -> None:
    channel, store = StandInChannel(), StandInStore()
    courier = make("ops", channel, store)
    courier._pace = 1.0  # nothing but being woken ends a rest of 30 s
    courier.start()
    assert store.asked.acquire(timeout=SOON_S)
    store.add(due("news"))
    courier.wake()

    assert channel.done.acquire(timeout=SOON_S)
    assert channel.sent == ["news"]


def test_a_channel_that_hangs_or_is_dead_delays_no_other(make: MakeCourier) -> None:
    release = threading.Event()

    def hang(_delivery: Delivery) -> Outcome:
        release.wait(SOON_S)
        return Delivered()

    def die(_delivery: Delivery) -> Outcome:
        raise ConnectionError("https://hooks.example/secret-path")

    store = StandInStore(due("a", "hanging"), due("b", "dead"), due("c", "well"), due("d", "well"))
    hanging, dead, well = StandInChannel(hang), StandInChannel(die), StandInChannel()
    with capture_logs() as logs:
        for name, channel in (("hanging", hanging), ("dead", dead), ("well", well)):
            make(name, channel, store).start()
        assert hanging.begun.acquire(timeout=SOON_S)
        assert dead.begun.acquire(timeout=SOON_S)
        assert well.done.acquire(timeout=SOON_S)
        assert well.done.acquire(timeout=SOON_S)
        store.add(due("e", "well"))
        assert well.done.acquire(timeout=SOON_S)

        assert store.state_of("a") is DeliveryState.DUE
        release.set()
        assert hanging.done.acquire(timeout=SOON_S)
    assert "secret-path" not in repr(logs)


def test_a_refused_message_is_tried_again_when_its_time_has_come(make: MakeCourier) -> None:
    refusals = [Retryable("busy"), Retryable("busy", retry_after_s=8)]

    def answer(_delivery: Delivery) -> Outcome:
        return refusals.pop(0) if refusals else Delivered()

    channel, store = StandInChannel(answer), StandInStore(due("one"))
    make("ops", channel, store).start()

    assert all(channel.done.acquire(timeout=SOON_S) for _ in range(3))
    assert channel.sent == ["one", "one", "one"]


def test_a_failing_store_is_survived_and_said_at_its_edges(make: MakeCourier) -> None:
    channel, store = StandInChannel(), StandInStore(due("one"))
    store.broken = 3
    recovered = threading.Event()
    with capture_logs() as logs:
        courier = make("ops", channel, store)
        courier.start()
        assert channel.done.acquire(timeout=SOON_S)
        while not recovered.wait(0.005):
            if any(line["event"] == "delivery.store_recovered" for line in logs):
                recovered.set()

    levels = [line["log_level"] for line in logs if line["event"] == "delivery.store_failed"]
    assert levels == ["warning", "debug", "debug"]


def test_a_fault_of_our_own_does_not_silence_the_channel(make: MakeCourier) -> None:
    channel, store = StandInChannel(), StandInStore(due("one"))
    store.broken, store.error = 1, ZeroDivisionError("a bug")
    with capture_logs() as logs:
        make("ops", channel, store).start()
        assert channel.done.acquire(timeout=SOON_S)

    assert logs[0]["event"] == "delivery.crashed"


def test_stopping_finishes_the_message_in_hand_and_begins_no_other(make: MakeCourier) -> None:
    release = threading.Event()

    def slow(_delivery: Delivery) -> Outcome:
        release.wait(SOON_S)
        return Delivered()

    channel, store = StandInChannel(slow), StandInStore(due("one"), due("two"))
    courier = make("ops", channel, store)
    courier.start()
    assert channel.begun.acquire(timeout=SOON_S)
    courier.stop()

    assert not courier.join(0.02)
    release.set()
    assert courier.join(SOON_S)
    assert channel.sent == ["one"]
    assert store.state_of("one") is DeliveryState.SENT
    assert store.state_of("two") is DeliveryState.DUE


def test_an_idle_courier_stops_at_once(make: MakeCourier) -> None:
    store = StandInStore()
    courier = make("ops", StandInChannel(), store)
    courier._pace = 1.0
    courier.start()
    assert store.asked.acquire(timeout=SOON_S)
    courier.stop()

    assert courier.join(SOON_S)


def test_a_single_round_delivers_in_the_thread_of_the_caller(make: MakeCourier) -> None:
    late = replace(due("late"), next_at=NOW.replace(year=2030))
    channel, store = StandInChannel(), StandInStore(due("one"), late)

    make("ops", channel, store).deliver_now()

    assert channel.sent == ["one"]
    assert channel.threads == {threading.current_thread().name}
