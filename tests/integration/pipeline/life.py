"""One life of the daemon without threads and network: polls and time go in, messages come out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from monitor.config.compose import Configuration
from monitor.config.load import load_text
from monitor.core.alert import AlertEvent
from monitor.core.delivery import Delivered, Delivery, DeliveryState, Outcome
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.pipeline.deliver import deliver_due
from monitor.pipeline.evaluate import Evaluator, Instant, Settled
from monitor.store import Store
from monitor.store.queries import deliveries
from tests.builders import a_sample, a_subject, after

HEAD = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "token-of-a-test" }
[tenants.staging]
url = "https://cloud.uipath.com/acme/Staging/orchestrator_"
auth = { type = "access-token", token = "token-of-another" }
[channels.ops]
url = "json://localhost/ops"
[channels.mail]
url = "json://localhost/mail"
"""
BACKLOG = """
[rules.backlog]
type = "queue-backlog"
above = 100
for = "2m"
"""
QUICK = """
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
"""
TO_OPS = (
    QUICK
    + """
[[routes]]
channels = ["ops"]
group_by = ["name"]
group_wait = "0s"
repeat_every = "1h"
"""
)
AT_ONCE = """
[[routes]]
channels = ["ops", "mail"]
group_wait = "0s"
group_interval = "0s"
"""
"""Where a test says nothing of routes: everything is told at once, to everybody."""
CHANNELS = ("ops", "mail")
Kinds = tuple[str, ...]
KINDS: Mapping[str, Kinds] = {"queues": ("queue",), "sessions": ("session",)}

Act = Callable[[], object]


def _nothing() -> None:
    """Nothing happens meanwhile."""


@dataclass
class Life:
    """The time between a start and a stop; instants are seconds after `NOW`.

    With `is_sending` every message is accepted at once.
    """

    store: Store
    rules: str = BACKLOG
    head: str = HEAD
    started_at: float = 0.0
    is_sending: bool = True
    clock_is_ahead_s: float = 0.0
    evaluator: Evaluator = field(init=False)
    restored: Settled = field(init=False)
    followed: list[Settled] = field(default_factory=list)

    def __post_init__(self) -> None:
        configuration = self._read(self.rules, self.head)
        self.evaluator = Evaluator(
            store=self.store,
            plan=configuration.plan,
            collector_kinds=KINDS,
            tenants={name: tenant.labels for name, tenant in configuration.tenants.items()},
            expiries=_expiries(configuration),
        )
        self.restored = self._sent(
            self.evaluator.restore(self.instant(self.started_at)), self.started_at
        )

    def instant(self, at: float) -> Instant:
        now = after(at) + timedelta(seconds=self.clock_is_ahead_s)
        return Instant(now=now, elapsed_s=5000.0 + at - self.started_at)

    def sees(
        self,
        *samples: Sample,
        at: float,
        tenant: str = "production",
        collector: str = "queues",
        partial: bool = False,
    ) -> Settled:
        """A good poll; the server's clock is right whatever ours says."""
        outcome = Collected(
            kinds=KINDS[collector], samples=samples, observed_at=after(at), partial=partial
        )
        return self._settle(outcome, at, tenant, collector)

    def fails(
        self,
        *,
        at: float,
        tenant: str = "production",
        collector: str = "queues",
        message: str = "no answer",
    ) -> Settled:
        return self._settle(Failed(kind="unreachable", message=message), at, tenant, collector)

    def reload(
        self, rules: str, *, at: float, head: str = HEAD, collectors: Mapping[str, Kinds] = KINDS
    ) -> Settled:
        """What SIGHUP does with a changed configuration."""
        found = self._read(rules, head)
        tenants = {name: tenant.labels for name, tenant in found.tenants.items()}
        settled = self.evaluator.reload(
            found.plan, collectors, tenants, self.instant(at), _expiries(found)
        )
        return self._sent(settled, at)

    def tick(self, at: float) -> Settled:
        """What the ticker does."""
        return self._sent(self.evaluator.tick(self.instant(at)), at)

    def delivers(
        self, channel: str, *, at: float, answer: Outcome | None = None, during: Act = _nothing
    ) -> list[str]:
        """What the courier of a channel does: who was sent what; `during` happens meanwhile.

        What followed from the attempts is added to `followed`.
        """
        there = _Channel(answer or Delivered(), during)
        clock = _Clock(self.instant(at))
        deliver_due(self.store, self, channel, there, clock=clock, jitter=lambda: 0.0)
        return there.sent

    def begin_attempt(self, delivery: Delivery, now: datetime) -> bool:
        return self.evaluator.begin_attempt(delivery, now)

    def end_attempt(self, delivery: Delivery, now: datetime) -> None:
        self.followed.append(self.evaluator.end_attempt(delivery, now))

    def _settle(
        self, outcome: Collected | Failed, at: float, tenant: str, collector: str
    ) -> Settled:
        instant = self.instant(at)
        snapshot = Snapshot(
            tenant=tenant,
            collector=collector,
            started_at=instant.now,
            took_s=0.5,
            requests=1,
            outcome=outcome,
        )
        return self._sent(self.evaluator.settle(snapshot, instant), at)

    @staticmethod
    def _read(rules: str, head: str) -> Configuration:
        routes = "" if "[[routes]]" in rules else AT_ONCE
        return load_text(head + rules + routes, Path("config.toml"))

    def _sent(self, settled: Settled, at: float) -> Settled:
        for channel in CHANNELS if self.is_sending else ():
            self.delivers(channel, at=at)
        return settled


def a_queue(
    new: float, name: str = "Invoices", *, tenant: str = "production", **metrics: float
) -> Sample:
    labels = {"queue": name, "folder": "Finance"}
    return a_sample(a_subject(name, tenant=tenant, labels=labels), new_items=new, **metrics)


@dataclass
class _Channel:
    answer: Outcome
    during: Act
    sent: list[str] = field(default_factory=list)

    def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(saying(delivery))
        self.during()
        return self.answer


@dataclass(frozen=True)
class _Clock:
    at: Instant

    def now(self) -> datetime:
        return self.at.now

    def monotonic(self) -> float:
        return self.at.elapsed_s


def saying(delivery: Delivery) -> str:
    """What a message says: `opened Invoices, still open Mail`."""
    return ", ".join(f"{item.what} {item.name}" for item in delivery.message.items)


def told(settled: Settled) -> list[str]:
    """Who hears what: `ops: opened Invoices`."""
    return [
        f"{delivery.channel}: {item.what} {item.name}"
        for delivery in settled.deliveries
        for item in delivery.message.items
    ]


def happened(events: Sequence[AlertEvent]) -> list[str]:
    return [f"{event.alert.rule} {event.kind} {event.alert.subject.name}" for event in events]


def states(store: Store) -> list[DeliveryState]:
    """How all messages stand, oldest first."""
    return [one.delivery.state for one in reversed(deliveries(store))]


def ticks(life: Life, *instants: float) -> list[tuple[float, str]]:
    """Return what is told when nothing but time goes by."""
    return [(at, line) for at in instants for line in told(life.tick(at))]


def _expiries(configuration: Configuration) -> dict[str, datetime]:
    stated = {name: tenant.auth.expires_at for name, tenant in configuration.tenants.items()}
    return {name: at for name, at in stated.items() if at is not None}
