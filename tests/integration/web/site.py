"""A database, what fills it, and the page over it on a real socket."""

import http.client
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from monitor.config.load import load_text
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.errors import StoreUnavailable
from monitor.pipeline.evaluate import Evaluator, Instant
from monitor.store import Store
from monitor.store.states import CollectorState
from monitor.web.server import StatusPage
from tests.builders import NOW, a_sample, a_subject

CONFIGURATION = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
[channels.ops]
url = "json://localhost/hook-secret"
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
severity = "critical"
[rules.slow]
type = "queue-backlog"
above = 10
for = "1h"
"""
KINDS_OF = {
    "queues": ("queue",),
    "sessions": ("session", "machine"),
    "licenses": ("license", "subscription"),
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it is
        return json.loads(self.body)


@dataclass
class StoodClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class BreakableStore(Store):
    is_broken = False

    def collector_states(self) -> tuple[CollectorState, ...]:
        if self.is_broken:
            raise StoreUnavailable("history.db: the disk is gone")
        return super().collector_states()


@dataclass
class Site:
    """A database, what fills it, and the page over it."""

    store: BreakableStore
    clock: StoodClock = field(default_factory=StoodClock)
    overdue: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    port: int = 0

    def __post_init__(self) -> None:
        self.configuration = load_text(CONFIGURATION, Path("config.toml"))
        self.evaluator = Evaluator(
            store=self.store,
            plan=self.configuration.plan,
            collector_kinds=KINDS_OF,
        )
        self.evaluator.restore(self.instant())
        self.page = StatusPage(
            self.configuration,
            self.store,
            self.clock,
            overdue=lambda: self.overdue,
            troubles=lambda: self.troubles,
        )

    def sees(self, collector: str, *samples: Sample, error: str = "") -> None:
        """Settle one poll, a second after the last."""
        self.clock.at += timedelta(seconds=1)
        now = self.clock.at
        good = Collected(kinds=KINDS_OF[collector], samples=samples, observed_at=now)
        snapshot = Snapshot(
            tenant="production",
            collector=collector,
            started_at=now,
            took_s=0.1,
            requests=1,
            outcome=Failed(kind="unreachable", message=error) if error else good,
        )
        self.evaluator.settle(snapshot, self.instant())

    def instant(self) -> Instant:
        return Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())

    def ask(self, path: str, method: str = "GET") -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read().decode())
        finally:
            connection.close()

    def metrics(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        families = text_string_to_metric_families(self.ask("/metrics").body)
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in families:
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found


def a_queue(new: float, name: str = "Invoices", **metrics: float) -> Sample:
    labels = {"queue": name, "folder": "Finance/AP", "process": "Post"}
    return a_sample(a_subject(name, labels=labels), new_items=new, **metrics)


def all_well(site: Site) -> None:
    site.sees("sessions")
    site.sees("licenses")
    site.sees("queues", a_queue(5))
