"""One life of the daemon, reduced to its judging part: polls go in, what follows comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from monitor.config.load import load_text
from monitor.core.alert import AlertEvent
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.pipeline.evaluate import Evaluator, Instant, Settled
from monitor.store import Store
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
KINDS = {"queues": ("queue",), "sessions": ("session",)}


@dataclass
class Life:
    """The time between a start and a stop; instants are seconds after `NOW`."""

    store: Store
    rules: str = BACKLOG
    started_at: float = 0.0
    clock_is_ahead_s: float = 0.0
    evaluator: Evaluator = field(init=False)
    restored: Settled = field(init=False)

    def __post_init__(self) -> None:
        configuration = load_text(HEAD + self.rules, Path("config.toml"))
        self.evaluator = Evaluator(
            store=self.store,
            rules=configuration.rules,
            routes=configuration.routes,
            collector_kinds=KINDS,
            tenants={name: tenant.labels for name, tenant in configuration.tenants.items()},
        )
        self.restored = self.evaluator.restore(self.instant(self.started_at))

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
        return self.evaluator.settle(snapshot, instant)


def a_queue(
    new: float, name: str = "Invoices", *, tenant: str = "production", **metrics: float
) -> Sample:
    labels = {"queue": name, "folder": "Finance"}
    return a_sample(a_subject(name, tenant=tenant, labels=labels), new_items=new, **metrics)


def told(settled: Settled) -> list[str]:
    """Who hears what: `ops: opened Invoices`."""
    return [
        f"{delivery.channel}: {item.what} {item.name}"
        for delivery in settled.deliveries
        for item in delivery.message.items
    ]


def happened(events: Sequence[AlertEvent]) -> list[str]:
    return [f"{event.alert.rule} {event.kind} {event.alert.subject.name}" for event in events]
