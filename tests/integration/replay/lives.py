"""A daemon's life over days: polls, reloads, restarts, people; and the replay of what it recorded."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from monitor.config.compose import Configuration
from monitor.config.load import load_text
from monitor.core.alert import Phase
from monitor.core.delivery import Delivered, Delivery, Outcome, Retryable
from monitor.core.matching import parse_where
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.replay import Replay
from monitor.pipeline.deliver import deliver_due
from monitor.pipeline.evaluate import Evaluator, Instant
from monitor.store import Store
from monitor.store.replay import recorded_since, recording
from monitor.store.tables import ALERT_EVENTS, ALERTS
from tests.builders import NOW
from tests.integration.replay.eventful import KINDS, Tenant

EVERY = {
    "sessions": timedelta(minutes=4),
    "queues": timedelta(minutes=5),
    "licenses": timedelta(minutes=30),
}
TENANTS = ("production", "staging")
CHANNELS = ("ops", "mail")

CONFIGURATION = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "token-of-a-test", expires = 2026-01-30T09:00:00Z }
labels = { stage = "prod" }
[tenants.staging]
url = "https://cloud.uipath.com/acme/Staging/orchestrator_"
auth = { type = "access-token", token = "token-of-another" }
[channels.ops]
url = "json://localhost/ops"
[channels.mail]
url = "json://localhost/mail"

[maintenance.nightly]
times = ["02:00..03:30", "10:00..11:30"]
where = { folder = "Finance/**" }

[[routes]]
where = { kind = "session" }
channels = ["ops"]
group_by = ["host"]
group_wait = "30s"
group_interval = "5m"
repeat_every = "4h"
[[routes]]
channels = ["ops", "mail"]
group_by = ["rule"]
group_wait = "10s"
repeat_every = "6h"

[rules.robot-unresponsive]
type = "session-unresponsive"
after = "2m"
[rules.robot-offline]
type = "session-offline"
after = "5m"
[rules.host-offline]
type = "host-offline"
[rules.queue-failures]
type = "queue-failures"
[rules.queue-stalled]
type = "queue-stalled"
after = "30m"
[rules.backlog]
type = "queue-backlog"
above = 20
clear_below = 12
for = "6m"
severity = "critical"
[rules.license-overuse]
type = "license-usage"
above = "90%"
keep_open = "40m"
[rules.license-expiry]
type = "license-expiry"
before = "30d"
[rules.credential-expiry]
type = "credential-expiry"
before = "25d"
[rules.collector-failing]
type = "collector-failing"
polls = 2
[rules.channel-failing]
type = "channel-failing"
attempts = 2
[rules.long-silent]
type = "expression"
subject = "session"
when = "heartbeat_age_s > 75"
clear_when = "heartbeat_age_s < 61"
[rules.idle]
type = "expression"
subject = "queue"
when = "seconds_since_processed > 1000 and not new_items == 0"
for_count = 2
[rules.waits]
type = "expression"
subject = "queue"
when = "oldest_new_s > 700"
keep_open_count = 2
[rules.busy]
type = "expression"
subject = "queue"
when = "avg(new_items, '45m') > 8"
[rules.still]
type = "expression"
subject = "queue"
when = "seconds_since_change(new_items) > 900"
where = { folder = "Sales/**" }
[rules.rate]
type = "expression"
subject = "queue"
when = "rate(successful_items, '15m') > 0.01 and min(new_items, '10m') > 2"
[rules.missed]
type = "queue-backlog"
above = 100000
no_data = "alert"
[rules.absent-is-fine]
type = "queue-backlog"
above = 3
no_data = "resolve"
[rules.blind-for-long]
type = "expression"
subject = "collector"
when = "seconds_since_success > 400"
"""

BY_AGE = ("robot-unresponsive", "robot-offline", "long-silent", "was-silent", "waits", "idle")
MINUTE_S = 60

Event = tuple[Any, ...]

LOOKS_BACK_ON_AGES = (
    CONFIGURATION
    + """
[rules.was-silent]
type = "expression"
subject = "session"
when = "max(heartbeat_age_s, '20m') > 150"
"""
)
"""What an age below a minute was is not known later: when a clock is set back it matters here."""


@dataclass
class Life:
    """Days of a daemon: everything that happens follows from the seed."""

    store: Store
    reopen: Callable[[], Store]
    seed: int
    days: float
    has_people: bool = True
    has_steps: bool = False
    has_outages: bool = False
    configuration: str = CONFIGURATION
    evaluator: Evaluator = field(init=False)
    now: datetime = NOW
    stepped: timedelta = timedelta()
    polls: int = 0
    chance: random.Random = field(init=False)

    def live(self) -> None:
        """Play all of it."""
        self.chance = random.Random(self.seed)
        self._start()
        estates = {
            name: Tenant(name, NOW, random.Random(self.seed * 31 + place))
            for place, name in enumerate(TENANTS)
        }
        due = {
            (tenant, collector): NOW + timedelta(seconds=7 * place + 11 * number)
            for place, tenant in enumerate(TENANTS)
            for number, collector in enumerate(EVERY)
        }
        end = NOW + timedelta(days=self.days)
        while True:
            key = min(due, key=lambda one: (due[one], one))
            at = due[key]
            if at >= end:
                return
            tenant, collector = key
            due[key] = (
                at + EVERY[collector] + timedelta(microseconds=self.chance.randrange(2_000_000))
            )
            self._tick_to(at)
            self.now = max(self.now + timedelta(milliseconds=1), at)
            self._settle(estates[tenant], collector)
            self._deliver()
            self._something_else(due)

    def _start(self) -> None:
        found = self._read()
        self.evaluator = Evaluator(
            store=self.store,
            plan=found.plan,
            collector_kinds=KINDS,
            tenants={name: tenant.labels for name, tenant in found.tenants.items()},
            expiries=expiries(found),
        )
        self.evaluator.restore(self._instant())
        self._deliver()

    def _settle(self, estate: Tenant, collector: str) -> None:
        instant = self._instant()
        snapshot = self.evaluator.believed(estate.at(collector, instant.now), instant.now)
        self.evaluator.settle(snapshot, instant)

    def _something_else(self, due: dict[tuple[str, str], datetime]) -> None:
        chance = self.chance
        self.polls += 1
        if self.polls % 171 == 0:
            # The daemon is stopped, or dies, and comes back with nothing in mind.
            self.store.close()
            self.store = self.reopen()
            self.now += timedelta(seconds=chance.choice([5, 200, 4000]))
            for key, at in due.items():
                due[key] = max(at, self.now + timedelta(seconds=chance.uniform(1, 20)))
            self._start()
        elif self.polls % 117 == 0:
            self._pass(1.5)
            found = self._read()
            tenants = {name: tenant.labels for name, tenant in found.tenants.items()}
            self.evaluator.reload(found.plan, KINDS, tenants, self._instant(), expiries(found))
            self._deliver()
        elif self.has_steps and self.polls % 97 == 0:
            self._pass(1.375)
            self.stepped += timedelta(seconds=chance.choice([-600, 45]))
            self._tick()
        elif self.has_people and chance.random() < 0.004:
            self._pass(1.125)
            self._silence()
        elif self.has_people and chance.random() < 0.01:
            self._pass(1.25)
            self._acknowledge()

    def _silence(self) -> None:
        chance, now = self.chance, self._instant().now
        where = chance.choice([{"folder": "Sales"}, {"kind": "session"}, {"rule": "busy"}])
        self.store.add_silence(
            Silence(
                id=f"S{chance.randrange(10**9)}",
                where=parse_where([f"{name}={value}" for name, value in where.items()]),
                starts_at=now,
                ends_at=now + timedelta(seconds=chance.uniform(60, 9000)),
                author="me",
                comment="",
            ),
            now,
        )
        self._tick()

    def _acknowledge(self) -> None:
        now = self._instant().now
        firing = [one for one in self.store.load_alerts() if one.phase is Phase.FIRING]
        if firing:
            alert = self.chance.choice(firing)
            self.store.acknowledge(
                Acknowledgement(
                    alert_id=alert.id,
                    severity=alert.severity,
                    at=now,
                    expires_at=now + timedelta(hours=3),
                    author="me",
                )
            )
            self._tick()

    def _tick_to(self, to: datetime) -> None:
        """Do what time brings about, at the very instants at which it is due."""
        while True:
            instants = [self.evaluator.next_at]
            if self.has_outages:
                instants += [self.store.next_due_at(one, self._instant().now) for one in CHANNELS]
            at = min((one for one in instants if one is not None), default=None)
            if at is None or at - self.stepped >= to:
                return
            self.now = max(self.now, at - self.stepped)
            self._tick()

    def _tick(self) -> None:
        self.evaluator.tick(self._instant())
        self._deliver()

    def _pass(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def _deliver(self) -> None:
        clock = _Clock(self._instant())
        for name in CHANNELS:
            is_down = self.has_outages and (self.now - NOW) % timedelta(hours=9) < timedelta(
                minutes=50
            )
            channel = _Channel(
                Retryable("it is down") if is_down and name == "mail" else Delivered()
            )
            deliver_due(self.store, self.evaluator, name, channel, clock=clock, jitter=lambda: 0.0)

    def _instant(self) -> Instant:
        return Instant(
            now=self.now + self.stepped, elapsed_s=5000.0 + (self.now - NOW).total_seconds()
        )

    def _read(self) -> Configuration:
        return load_text(self.configuration, Path("config.toml"))


@dataclass
class _Channel:
    answer: Outcome

    def send(self, _delivery: Delivery) -> Outcome:
        return self.answer


@dataclass(frozen=True)
class _Clock:
    at: Instant

    def now(self) -> datetime:
        return self.at.now

    def monotonic(self) -> float:
        return self.at.elapsed_s


def expiries(found: Configuration) -> dict[str, datetime]:
    stated = {name: tenant.auth.expires_at for name, tenant in found.tenants.items()}
    return {name: at for name, at in stated.items() if at is not None}


def recorded(store: Store) -> list[Event]:
    """The log of alerts as the daemon wrote it."""
    event, alert = ALERT_EVENTS.c, ALERTS.c
    statement = (
        select(
            event.at,
            event.kind,
            event.reason,
            alert.rule,
            alert.tenant,
            alert.kind,
            alert.key,
            event.severity,
            event.value,
            event.name,
            event.detail,
            event.alert_id,
        )
        .join_from(ALERT_EVENTS, ALERTS)
        .order_by(event.id)
    )
    with store.reading() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def replayed(store: Store, configuration: str = CONFIGURATION) -> tuple[list[Event], Replay]:
    """The log of alerts as a replay of the database has it."""
    found = load_text(configuration, Path("config.toml"))
    since = recorded_since(store)
    assert since is not None
    spoken_of = frozenset().union(*(rule.metrics for rule in found.rules))
    until = since + timedelta(days=400)
    events: list[Event] = []
    with recording(store, KINDS, since - timedelta(minutes=1), until, spoken_of) as past:
        replay = Replay(
            plan=found.plan,
            collector_kinds=KINDS,
            started_at=since,
            tenants={name: tenant.labels for name, tenant in found.tenants.items()},
            expiries=expiries(found),
            silences=past.silences,
        )
        for happening in past.happenings:
            for one in replay.go_on(happening):
                a = one.alert
                events.append(
                    (
                        one.at,
                        one.kind.value,
                        one.reason.value,
                        a.rule,
                        *a.subject.identity,
                        a.severity.value,
                        a.value,
                        a.subject.name,
                        one.detail,
                        a.id,
                    )
                )
    return events, replay


def of_life(events: Sequence[Event]) -> list[Event]:
    """What became of alerts, whoever was told of it: without mutes and ids."""
    return [one[:10] for one in events if one[1] not in ("muted", "unmuted")]


def by_time(events: Sequence[Event]) -> list[Event]:
    """In one order: at one instant several alerts may change, and none of them is the first.

    An age below a minute is all one: that is not recorded.
    """
    told = [
        (*one[:8], "young" if one[3] in BY_AGE and one[8] < MINUTE_S else one[8], *one[9:])
        if isinstance(one[8], float)
        else one
        for one in events
    ]
    return sorted(told, key=lambda one: tuple(str(part) for part in one))
