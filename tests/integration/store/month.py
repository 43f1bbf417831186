"""A generated month: robots, queues and licenses that move, outages, subjects that vanish."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from tests.builders import NOW, a_sample, a_subject

STEP = timedelta(minutes=30)
STEPS = 30 * 48
COLLECTORS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "sessions": (("session",), 1),
    "queues": (("queue",), 2),
    "licenses": (("license", "subscription"), 8),
}
"""The kinds of each collector, and so many steps its interval lasts."""
TENANTS = ("production", "staging")

Identity = tuple[str, str, str]


@dataclass(slots=True)
class Month:
    """What was seen at each good poll, and where a collector saw nothing for too long."""

    seed: int
    polled: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    seen: dict[Identity, dict[datetime, Sample]] = field(default_factory=dict)
    missed: dict[Identity, list[datetime]] = field(default_factory=dict)

    def polls(self) -> Iterator[Snapshot]:
        """Yield the polls in the order of time, and take note of what they saw."""
        chance = random.Random(self.seed)
        things = {tenant: _things(tenant) for tenant in TENANTS}
        dark: dict[tuple[str, str], int] = {}
        for step in range(STEPS):
            now = NOW + step * STEP
            for tenant in TENANTS:
                for thing in things[tenant]:
                    thing.live(step, chance)
                for collector, (kinds, interval) in COLLECTORS.items():
                    if step % interval:
                        continue
                    until = dark.get((tenant, collector), 0)
                    if step >= until and chance.random() < 0.012:
                        until = dark[tenant, collector] = step + interval * chance.randint(1, 9)
                    if step < until:
                        # A daemon that stands still leaves no poll; one that fails leaves its own.
                        if until % 2:
                            yield _failed(tenant, collector, now)
                        continue
                    yield self._good(tenant, collector, kinds, things[tenant], now)

    def _good(
        self,
        tenant: str,
        collector: str,
        kinds: tuple[str, ...],
        there: list["_Thing"],
        at: datetime,
    ) -> Snapshot:
        self.polled.setdefault((tenant, collector), []).append(at)
        samples = []
        for thing in there:
            if thing.kind not in kinds:
                continue
            if thing.is_there:
                sample = thing.sample(at)
                samples.append(sample)
                self.seen.setdefault(sample.subject.identity, {})[at] = sample
            else:
                self.missed.setdefault((tenant, thing.kind, thing.name), []).append(at)
        return Snapshot(
            tenant=tenant,
            collector=collector,
            started_at=at - timedelta(seconds=1),
            took_s=0.25,
            requests=1,
            outcome=Collected(kinds=kinds, samples=tuple(samples), observed_at=at),
        )


@dataclass(slots=True)
class _Thing:
    """One subject. It changes now and then, and now and then it is away."""

    tenant: str
    kind: str
    name: str
    number: int
    metrics: dict[str, float] = field(default_factory=dict)
    aged_since: datetime | None = None
    state: str = "Available"
    away_until: int = 0
    is_there: bool = True

    def live(self, step: int, chance: random.Random) -> None:
        now = NOW + step * STEP
        if step >= self.away_until and chance.random() < 0.004:
            self.away_until = step + chance.randint(1, 60)
        self.is_there = step >= self.away_until
        match self.kind:
            case "session":
                if chance.random() < 0.1:
                    self.state = chance.choice(("Available", "Busy", "Unresponsive"))
                    self.aged_since = now if self.state == "Unresponsive" else None
            case "queue":
                if chance.random() < 0.2:
                    self.metrics["new_items"] = float(chance.randint(0, 1000))
                    self.metrics["mean_processing_s"] = chance.random() * 100
                    self.aged_since = now
            case "license":
                if chance.random() < 0.1:
                    used = chance.randint(0, 10)
                    self.metrics |= {"allowed": 10, "used": used, "used_ratio": used / 10}
            case _:
                self.metrics["days_to_expiry"] = 100 - step / 48

    def sample(self, now: datetime) -> Sample:
        labels = {"folder": f"Folder {self.number}"}
        age = 12.5 if self.aged_since is None else (now - self.aged_since).total_seconds()
        match self.kind:
            case "session":
                is_silent = float(self.state == "Unresponsive")
                subject = self._subject({**labels, "state": self.state})
                return a_sample(subject, now, heartbeat_age_s=age, is_unresponsive=is_silent)
            case "queue":
                return a_sample(
                    self._subject(labels), now, seconds_since_processed=age, **self.metrics
                )
            case _:
                return a_sample(self._subject({}), now, **self.metrics)

    def _subject(self, labels: Mapping[str, str]) -> Subject:
        return a_subject(
            self.name, kind=self.kind, tenant=self.tenant, key=self.name, labels=labels
        )


def _things(tenant: str) -> list[_Thing]:
    many = {"session": 4, "queue": 3, "license": 2, "subscription": 1}
    return [
        _Thing(tenant, kind, f"{kind} {number}", number)
        for kind, count in many.items()
        for number in range(count)
    ]


def _failed(tenant: str, collector: str, at: datetime) -> Snapshot:
    return Snapshot(
        tenant=tenant,
        collector=collector,
        started_at=at,
        took_s=30.0,
        requests=2,
        outcome=Failed(kind="unreachable", message="no answer"),
    )
