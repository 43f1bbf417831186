"""The daemon as it is wired, without its threads and network: polls see what a test says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from structlog.testing import capture_logs
from structlog.typing import EventDict

from monitor.clock import Clock
from monitor.config.load import load_text
from monitor.core.delivery import Delivered, Delivery, Outcome
from monitor.core.message import Message
from monitor.core.sample import Collected, Sample
from monitor.daemon.poller import Poller
from monitor.daemon.watchdog import Watchdog
from monitor.daemon.wiring import build_service, expectations
from monitor.orchestrator.poll import Poll
from monitor.store import Store, open_store
from tests.builders import NOW, a_sample, a_subject, after, collected

CONFIGURATION = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "token-of-a-test" }
[channels.ops]
url = "json://localhost/ops"
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
[[routes]]
channels = ["ops"]
group_by = ["name"]
group_wait = "0s"
group_interval = "0s"
"""


@dataclass
class HandClock(Clock):
    """Shows the time that a test sets, in seconds after NOW."""

    at: float = 0.0

    def now(self) -> datetime:
        return after(self.at)

    def monotonic(self) -> float:
        return 5000.0 + self.at


@dataclass
class Vigil:
    """One life of a daemon on a database. `sent` is what reached the channel, `log` what was said."""

    store: Store
    clock: HandClock = field(default_factory=HandClock)
    sent: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    log: list[EventDict] = field(default_factory=list)
    during_send: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        configuration = load_text(CONFIGURATION, Path("config.toml"))
        self.watchdog = Watchdog(self.told.append, self.clock, timedelta(seconds=60))
        self.service = build_service(
            configuration,
            self.store,
            clock=self.clock,
            completed=self.watchdog.completed,
            failed=self.watchdog.failed,
        )
        for work, allowance in expectations(configuration).items():
            if work == self._poller.name:
                self.watchdog.expect(work, allowance)
        (self.courier,) = self.service.couriers
        self.courier._channel = _Letters(self)
        self.service.evaluator.restore(self.service.instant())

    @property
    def _poller(self) -> Poller:
        return next(one for one in self.service.pollers if one.collector == "queues")

    def polls(self, *samples: Sample, at: float) -> None:
        """One poll, what is delivered after it, what time alone brings, and a beat."""
        self.sees(*samples, at=at)
        self.delivers(at=at)

    def sees(self, *samples: Sample, at: float) -> None:
        """One poll, and nothing is delivered yet."""
        self.clock.at = at

        def ask(_poll: Poll) -> Collected:
            return collected(*samples, at=after(at))

        self._poller.ask = ask
        with capture_logs() as said:
            self._poller.poll()
        self.log += said

    def delivers(self, *, at: float) -> None:
        """What the threads beside the polls do."""
        self.clock.at = at
        with capture_logs() as said:
            self.service.ticker.tick()
            self.courier.deliver_now()
            self.watchdog.beat()
        self.log += said

    def said(self, event: str) -> list[EventDict]:
        return [line for line in self.log if line["event"] == event]

    def loud(self) -> list[str]:
        """What somebody who reads warnings and errors sees."""
        return [line["event"] for line in self.log if line["log_level"] in {"warning", "error"}]

    def close(self) -> None:
        for client in {id(one.client): one.client for one in self.service.pollers}.values():
            client.close()
        self.store.close()


@contextmanager
def vigil(database: str | Store, *, at: float = 0) -> Iterator[Vigil]:
    """Keep watch on a database until the end of the block."""
    store = database if isinstance(database, Store) else open_store(database)
    watching = Vigil(store, HandClock(at))
    try:
        yield watching
    finally:
        watching.close()


@dataclass
class _Letters:
    vigil: Vigil

    def send(self, delivery: Delivery) -> Outcome:
        self.vigil.sent += [f"{item.what} {item.name}" for item in delivery.message.items]
        if self.vigil.during_send is not None:
            self.vigil.during_send()
        return Delivered()


def a_queue(new: float, name: str = "Invoices") -> Sample:
    return a_sample(a_subject(name, labels={"queue": name, "folder": "Finance"}), new_items=new)


def many_queues(new: float, count: int = 400) -> list[Sample]:
    """An estate whose every change takes some pages."""
    return [
        a_queue(new + i / 1000, f"Queue {i:04} of a name that takes space") for i in range(count)
    ]


def a_letter(name: str) -> Delivery:
    return Delivery(
        id=name,
        channel="ops",
        message=Message(at=NOW, items=()),
        created_at=NOW,
        next_at=NOW,
        about=(),
    )


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    with store.reading() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def polled_at(store: Store) -> list[float]:
    """When the recorded polls began, in seconds after NOW."""
    epoch_ms = NOW.timestamp() * 1000
    found = rows(store, "SELECT started_at FROM polls WHERE collector = 'queues' ORDER BY id")
    return [(int(str(row[0])) - epoch_ms) / 1000 for row in found]
