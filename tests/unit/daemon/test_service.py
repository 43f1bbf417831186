"""The daemon's life with real threads around stand-ins."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import cast

import pytest
from structlog.testing import capture_logs

from monitor.clock import SystemClock
from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason
from monitor.core.delivery import Delivered, Delivery, DeliveryState, Outcome
from monitor.core.sample import Collected, Snapshot
from monitor.core.severity import Severity
from monitor.daemon.courier import Courier
from monitor.daemon.poller import Poller
from monitor.daemon.pruner import Pruner
from monitor.daemon.scheduler import Scheduler
from monitor.daemon.service import Service
from monitor.daemon.ticker import Ticker
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.poll import Poll
from monitor.pipeline.evaluate import Evaluator, Settled
from monitor.store.store import Store
from tests.builders import NOW, a_subject, collected
from tests.message_builders import a_delivery
from tests.unit.daemon.stand_ins import (
    SOON_S,
    StandInChannel,
    StandInClient,
    StandInEvaluator,
    StandInStore,
)

GOOD = collected()


@dataclass
class Bench:
    """A service of one tenant with one channel; `ask` is its collector."""

    ask: Callable[[Poll], Collected] = lambda _poll: GOOD
    answer: Callable[[Delivery], Outcome] = lambda _delivery: Delivered()
    evaluator: StandInEvaluator = field(default_factory=StandInEvaluator)
    client: StandInClient = field(default_factory=StandInClient)
    store: StandInStore = field(default_factory=StandInStore)
    heard: list[Snapshot] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    polled: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        clock = SystemClock()
        self.channel = StandInChannel(self.answer)
        pollers: list[Poller] = []
        courier = Courier(
            name="ops",
            channel=self.channel,
            store=cast(Store, self.store),
            ledger=self.store,
            clock=clock,
        )
        self.service = Service(
            evaluator=cast(Evaluator, self.evaluator),
            pollers=pollers,
            couriers=[courier],
            scheduler=Scheduler(threads=2),
            ticker=Ticker(evaluator=cast(Evaluator, self.evaluator), clock=clock),
            clock=clock,
            heard=self._hear,
            completed=self.completed.append,
            grace_s=SOON_S,
        )
        self.service.ticker.decided = self.service.decided
        pollers.append(
            Poller(
                tenant="production",
                collector="queues",
                every=timedelta(seconds=1),
                ask=self.ask,
                client=cast(OrchestratorClient, self.client),
                evaluator=cast(Evaluator, self.evaluator),
                clock=clock,
                settled=self.service.settled,
                stopping=self.service.stopping.is_set,
            )
        )

    def _hear(self, snapshot: Snapshot, _settled: Settled) -> None:
        self.heard.append(snapshot)
        self.polled.release()


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """What a hanging part of a test waits for; let go at the end."""
    event = threading.Event()
    yield event
    event.set()


def an_event(kind: EventKind) -> AlertEvent:
    alert = Alert(
        id="ABCDEFGHIJ",
        rule="backlog",
        subject=a_subject(),
        severity=Severity.WARNING,
        phase=Phase.FIRING,
        started_at=NOW,
        updated_at=NOW,
        summary="900 items wait",
        value=900,
        limit=100,
    )
    return AlertEvent(alert=alert, kind=kind, reason=Reason.BREACHED, at=NOW)


def test_it_takes_up_where_it_ended_before_it_polls() -> None:
    bench = Bench()
    bench.evaluator.restored = Settled(events=(an_event(EventKind.RESOLVED),))
    with capture_logs() as logs:
        bench.service.start()
        assert bench.polled.acquire(timeout=SOON_S)
        assert bench.service.stop()

    assert bench.evaluator.steps[:2] == ["restore", "settle queues"]
    assert "alert.resolved" in [line["event"] for line in logs]
    assert set(bench.completed) == {"collect:production/queues"}
    assert bench.heard == bench.evaluator.snapshots


def test_news_of_a_poll_wakes_the_couriers() -> None:
    bench = Bench()
    delivery = a_delivery()
    bench.evaluator.settled = Settled(deliveries=(delivery,))

    def with_news(_poll: Poll) -> Collected:
        # The courier has looked by now, and rests for half a minute.
        assert bench.store.asked.acquire(timeout=SOON_S)
        bench.store.add(delivery)
        bench.service.pollers[0].ask = lambda _poll: GOOD
        return GOOD

    bench.service.pollers[0].ask = with_news
    bench.service.start()

    assert bench.channel.done.acquire(timeout=SOON_S)
    assert bench.service.stop()
    assert bench.store.state_of(delivery.id) is DeliveryState.SENT


@pytest.mark.parametrize(
    ("kind", "level"),
    [
        (EventKind.OPENED, "warning"),
        (EventKind.WORSENED, "warning"),
        (EventKind.FLAPPING, "warning"),
        (EventKind.RESOLVED, "info"),
        (EventKind.PENDING, "info"),
        (EventKind.MUTED, "info"),
    ],
)
def test_what_happened_to_alerts_is_logged(kind: EventKind, level: str) -> None:
    bench = Bench()
    bench.evaluator.settled = Settled(events=(an_event(kind),))
    with capture_logs() as logs:
        bench.service.pollers[0].poll()

    (line,) = [line for line in logs if line["event"].startswith("alert.")]
    assert {
        "event": f"alert.{kind}",
        "log_level": level,
        "alert": "ABCDEFGHIJ",
        "rule": "backlog",
        "tenant": "production",
        "name": "Invoices",
        "reason": "breached",
    }.items() <= line.items()


def test_what_the_time_alone_decides_is_logged_and_wakes_the_couriers() -> None:
    bench = Bench()
    delivery = a_delivery()
    bench.service.start()
    # The courier has looked by now, and rests for half a minute.
    assert bench.store.asked.acquire(timeout=SOON_S)
    bench.store.add(delivery)
    event = replace(an_event(EventKind.UNMUTED), detail="silence: S1 by anna: patch night")
    with capture_logs() as logs:
        bench.evaluator.ticked = Settled(events=(event,), deliveries=(delivery,))
        assert bench.channel.done.acquire(timeout=SOON_S)
        assert bench.service.stop()

    assert bench.store.state_of(delivery.id) is DeliveryState.SENT
    told = next(line for line in logs if line["event"] == "alert.unmuted")
    assert told["detail"] == "silence: S1 by anna: patch night"


def test_only_the_couriers_whose_channel_is_to_hear_are_woken() -> None:
    bench = Bench()
    woken: list[str] = []
    bench.service.couriers = [
        cast(Courier, SimpleNamespace(name=name, wake=partial(woken.append, name)))
        for name in ("ops", "mail")
    ]

    bench.service.decided(Settled())
    assert woken == []
    bench.service.decided(Settled(deliveries=(a_delivery(channel="mail"),)))
    assert woken == ["mail"]


def test_one_round_restores_polls_and_delivers_here_and_now() -> None:
    bench = Bench(store=StandInStore(a_delivery()))
    bench.service.once()

    assert bench.evaluator.steps == ["restore", "settle queues"]
    assert bench.channel.sent == ["delivery-1"]
    assert bench.channel.threads == {threading.current_thread().name}


def test_stopping_ends_the_poll_and_the_message_in_hand(hold: threading.Event) -> None:
    begun = threading.Event()

    def slow_poll(_poll: Poll) -> Collected:
        begun.set()
        assert hold.wait(SOON_S)
        return GOOD

    def slow_send(_delivery: Delivery) -> Outcome:
        assert hold.wait(SOON_S)
        return Delivered()

    bench = Bench(ask=slow_poll, answer=slow_send, store=StandInStore(a_delivery()))
    bench.service.start()
    assert begun.wait(SOON_S)
    assert bench.channel.begun.acquire(timeout=SOON_S)
    threading.Timer(0.05, hold.set).start()

    assert bench.service.stop()
    assert bench.client.closed.is_set()
    assert bench.evaluator.snapshots
    assert bench.store.state_of("delivery-1") is DeliveryState.SENT


@pytest.mark.parametrize("what", ["poll", "message"])
def test_what_hangs_holds_up_stopping_for_the_grace_time_only(
    hold: threading.Event, what: str
) -> None:
    begun = threading.Event()

    def hang() -> None:
        begun.set()
        hold.wait(SOON_S)

    def ask(_poll: Poll) -> Collected:
        if what == "poll":
            hang()
        return GOOD

    def answer(_delivery: Delivery) -> Outcome:
        if what == "message":
            hang()
        return Delivered()

    bench = Bench(ask=ask, answer=answer, store=StandInStore(a_delivery()))
    bench.service.grace_s = 0.1
    bench.service.start()
    assert begun.wait(SOON_S)
    started = time.monotonic()

    assert not bench.service.stop()
    assert time.monotonic() - started < 2


def test_it_beats_while_it_watches_and_ends_when_asked_to() -> None:
    bench = Bench()
    beats = []

    def beat() -> None:
        beats.append(1)
        bench.service.stopping.set()

    bench.service.beat = beat
    bench.service.watch()

    assert beats == [1]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_asks_it_to_stop_and_a_hangup_does_not(name: str) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    bench = Bench()
    try:
        bench.service.stop_on_signals()
        os.kill(os.getpid(), signal.SIGHUP)
        assert not bench.service.stopping.is_set()
        with capture_logs() as logs:
            os.kill(os.getpid(), signal.Signals[name])
            assert bench.service.stopping.wait(SOON_S)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    stops = [line for line in logs if line["event"].startswith("daemon.")]
    assert [(line["event"], line["signal"]) for line in stops] == [("daemon.stopping", name)]


def test_what_is_too_old_goes_beside_the_polls_and_nothing_waits_for_it() -> None:
    bench = Bench()
    worked = threading.Event()
    bench.service.pruner = cast(Pruner, SimpleNamespace(work=worked.set))

    bench.service.start()
    assert worked.wait(SOON_S)
    assert bench.polled.acquire(timeout=SOON_S)

    assert bench.service.stop()


def test_one_round_of_everything_lets_go_of_what_is_too_old() -> None:
    bench = Bench()
    worked: list[int] = []
    bench.service.pruner = cast(
        Pruner, SimpleNamespace(work=lambda: worked.append(len(bench.heard)))
    )

    bench.service.once()

    assert worked == [1]
