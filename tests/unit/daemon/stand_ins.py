"""A store, channels, clients and an evaluator for tests of the threads around them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace

from monitor.core.delivery import Delivered, Delivery, DeliveryState, Outcome
from monitor.core.sample import Collected, Snapshot
from monitor.errors import StoreUnavailable
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.pressure import Need
from monitor.pipeline.evaluate import Instant, Settled

SOON_S = 5.0


class StandInStore:
    """Outbox and ledger in memory, for several threads; the next `broken` questions fail."""

    def __init__(self, *deliveries: Delivery) -> None:
        self._lock = threading.Lock()
        self._rows = {delivery.id: delivery for delivery in deliveries}
        self.broken = 0
        self.error: Exception = StoreUnavailable("the database is locked")
        self.asked = threading.Semaphore(0)

    def add(self, delivery: Delivery) -> None:
        with self._lock:
            self._rows[delivery.id] = delivery

    def state_of(self, delivery_id: str) -> DeliveryState:
        with self._lock:
            return self._rows[delivery_id].state

    def due(self, channel: str, now: datetime) -> Sequence[Delivery]:
        self.asked.release()
        with self._lock:
            if self.broken:
                self.broken -= 1
                raise self.error
            return [row for row in self._due(channel) if row.next_at <= now]

    def next_due_at(self, channel: str, _now: datetime) -> datetime | None:
        with self._lock:
            return min((row.next_at for row in self._due(channel)), default=None)

    def begin_attempt(self, delivery: Delivery, _now: datetime) -> bool:
        return self.state_of(delivery.id) is DeliveryState.DUE

    def end_attempt(self, delivery: Delivery, _now: datetime) -> None:
        self.add(delivery)

    def _due(self, channel: str) -> list[Delivery]:
        return [
            row
            for row in self._rows.values()
            if row.channel == channel and row.state is DeliveryState.DUE
        ]


class StandInChannel:
    """Notes what it is given; `answer` may wait, raise or refuse."""

    def __init__(
        self, answer: Callable[[Delivery], Outcome] = lambda _delivery: Delivered()
    ) -> None:
        self._answer = answer
        self.begun = threading.Semaphore(0)
        self.done = threading.Semaphore(0)
        self.sent: list[str] = []
        self.threads: set[str] = set()

    def send(self, delivery: Delivery) -> Outcome:
        self.threads.add(threading.current_thread().name)
        self.sent.append(delivery.id)
        self.begun.release()
        outcome = self._answer(delivery)
        self.done.release()
        return outcome


@dataclass
class StandInClient:
    """Polls without a network; each ends as the collector of the test says."""

    closed: threading.Event = field(default_factory=threading.Event)
    deadlines: list[float] = field(default_factory=list)

    @contextmanager
    def poll(self, deadline_s: float, _need: Need) -> Iterator[SimpleNamespace]:
        self.deadlines.append(deadline_s)
        yield SimpleNamespace(requests=2)

    def close(self) -> None:
        self.closed.set()


@dataclass
class StandInEvaluator:
    """Settles what it is given, unless `error` is set."""

    settled: Settled = field(default_factory=Settled)
    restored: Settled = field(default_factory=Settled)
    ticked: Settled = field(default_factory=Settled)
    attempted: Settled = field(default_factory=Settled)
    next_at: datetime | None = None
    looks: list[Instant] = field(default_factory=list)
    ticks: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    error: Exception | None = None
    doubted: Snapshot | None = None
    snapshots: list[Snapshot] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    def restore(self, _at: Instant) -> Settled:
        self.steps.append("restore")
        return self.restored

    def believed(self, snapshot: Snapshot, _now: datetime) -> Snapshot:
        return self.doubted or snapshot

    def settle(self, snapshot: Snapshot, _at: Instant) -> Settled:
        if self.error is not None:
            raise self.error
        self.snapshots.append(snapshot)
        self.steps.append(f"settle {snapshot.collector}")
        return self.settled

    def tick(self, at: Instant) -> Settled:
        self.looks.append(at)
        self.ticks.release()
        if self.error is not None:
            raise self.error
        return self.ticked

    def begin_attempt(self, delivery: Delivery, _now: datetime) -> bool:
        self.steps.append(f"begin {delivery.id}")
        return True

    def end_attempt(self, delivery: Delivery, _now: datetime) -> Settled:
        self.steps.append(f"end {delivery.id} {delivery.state}")
        return self.attempted


class Script:
    """A collector that does one thing after the other, the last one for ever."""

    def __init__(self, *outcomes: Collected | Exception) -> None:
        self._outcomes = list(outcomes)

    def __call__(self, _poll: Poll) -> Collected:
        outcome = self._outcomes.pop(0) if len(self._outcomes) > 1 else self._outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
