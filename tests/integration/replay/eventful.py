"""An estate in which everything happens that can: what its collectors would bring home, by the hour.

Robots work, fall silent, sign off and come back; queues fill, stall, are renamed and vanish for a
poll or for good; folders are refused, rows unreadable, the server slow or away, its clock set back.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core.kinds import Values
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.instants import NEVER_US, posix_us
from tests.builders import shown

KINDS: Mapping[str, tuple[str, ...]] = {
    "sessions": ("session", "machine"),
    "queues": ("queue",),
    "licenses": ("license", "subscription"),
}
DAY_S = 86_400.0
FAILURES = (
    ("unreachable", "/odata/Queues: no answer"),
    ("unauthorized", "sign-in: refused"),
    ("throttled", "/odata/Queues: slow down"),
)


def at_server(now: datetime, ahead: timedelta) -> datetime:
    """The server's now in whole milliseconds, as a poll tells it."""
    at = now + ahead
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@dataclass
class Robot:
    tenant: str
    number: int
    beat_at: datetime
    state: str = "Available"
    folder: str = "Finance"
    until: datetime | None = None
    _subject: Subject | None = None

    def move(self, now: datetime, chance: random.Random) -> None:
        if self.until is None or now >= self.until:
            self.state = chance.choices(
                ["Available", "Busy", "Unresponsive", "Disconnected", "Late"], [5, 5, 1, 1, 1]
            )[0]
            self.until = now + timedelta(seconds=chance.expovariate(1 / 1500))
        if self.state in ("Available", "Busy"):
            self.beat_at = max(self.beat_at, now - timedelta(seconds=chance.uniform(0, 31)))
        elif self.state == "Late" and chance.random() < 0.5:
            self.beat_at = max(self.beat_at, now - timedelta(seconds=chance.uniform(55, 130)))

    def sample(self, now: datetime) -> Sample:
        age = max(0.0, (now - self.beat_at).total_seconds())
        silent = self.state == "Unresponsive" and age > 120
        off = self.state == "Disconnected"
        shown = "Unresponsive" if silent else self.state.replace("Late", "Available")
        labels = {
            "robot": f"Robot {self.number}",
            "robot_type": "Unattended" if self.number % 4 else "Attended",
            "machine": f"Pool {self.number % 2}",
            "host": f"host-{self.number // 3}",
            "folder": self.folder,
            "state": shown,
            "version": "25.10",
        }
        subject = self._subject
        if subject is None or subject.labels != labels:
            subject = self._subject = Subject(
                tenant=self.tenant,
                kind="session",
                key=str(self.number),
                name=f"Robot {self.number}",
                labels=labels,
            )
        working = float(shown == "Available"), float(self.state == "Busy")
        since_us = None if off else posix_us(self.beat_at)
        return Sample(subject, (since_us, float(silent), float(off), *working, 0.0))


@dataclass
class Queue:
    tenant: str
    number: int
    worked_at: datetime
    name: str
    folder: str = "Finance"
    new: int = 0
    done: int = 0
    failed: int = 0
    is_stuck: bool = False
    oldest_at: datetime | None = None
    away: int = 0
    _subject: Subject | None = None

    def move(self, now: datetime, chance: random.Random) -> None:
        self.away = max(0, self.away - 1)
        if chance.random() < 0.004:
            self.away = chance.choice([1, 2, 3, 6])
        if chance.random() < 0.01:
            self.is_stuck = not self.is_stuck
        if chance.random() < 0.3:
            self.new += chance.randrange(9)
        if self.new and not self.is_stuck and chance.random() < 0.5:
            worked = min(self.new, chance.randrange(1, 12))
            bad = sum(chance.random() < 0.15 for _ in range(worked))
            self.new, self.done, self.failed = (
                self.new - worked,
                self.done + worked - bad,
                self.failed + bad,
            )
            self.worked_at = now - timedelta(microseconds=chance.randrange(40_000_000))
        if chance.random() < 0.002:
            self.done, self.failed = 0, 0
        if not self.new:
            self.oldest_at = None
        elif self.oldest_at is None or chance.random() < 0.1:
            self.oldest_at = now - timedelta(microseconds=chance.randrange(90_000_000))
        if chance.random() < 0.001:
            self.name += "'"
        if chance.random() < 0.002:
            self.folder = chance.choice(["Finance", "Sales", "Sales/East"])

    def sample(self, now: datetime) -> Sample:
        labels = {"queue": self.name, "folder": self.folder, "process": "P"}
        subject = self._subject
        if subject is None or subject.labels != labels:
            subject = self._subject = Subject(
                tenant=self.tenant,
                kind="queue",
                key=str(self.number),
                name=self.name,
                labels=labels,
            )
        oldest_us = NEVER_US if self.oldest_at is None else posix_us(self.oldest_at)
        return Sample(
            subject,
            (
                float(self.new),
                float(self.new % 3),
                float(self.done),
                float(self.failed),
                float(self.failed),
                0.0,
                1.5 * (self.done % 7),
                posix_us(self.worked_at),
                None,
                None,
                oldest_us,
                None,
            ),
        )


@dataclass
class Tenant:
    """One tenant: `at` tells what a collector brings home."""

    name: str
    start: datetime
    chance: random.Random
    ahead: timedelta = timedelta(milliseconds=1234)
    dark_until: dict[str, datetime] = field(default_factory=dict)
    robots: list[Robot] = field(default_factory=list)
    queues: list[Queue] = field(default_factory=list)
    is_empty_until: datetime | None = None
    used: float = 3.0
    licensed_until: float = 0.0

    def __post_init__(self) -> None:
        self.robots = [Robot(self.name, number, self.start) for number in range(9)]
        self.queues = [
            Queue(self.name, number, self.start, f"Queue {number}") for number in range(8)
        ]
        self.licensed_until = float(int(self.start.timestamp() + 30.3 * DAY_S))

    def at(self, collector: str, now: datetime) -> Snapshot:
        chance = self.chance
        if chance.random() < 0.0015:
            # The server's clock is set, back or ahead.
            self.ahead = timedelta(milliseconds=chance.randrange(-90_000, 90_000))
        outcome = self._failed(collector, now) or self._collected(collector, now)
        return Snapshot(
            tenant=self.name,
            collector=collector,
            started_at=now - timedelta(milliseconds=250),
            took_s=0.25,
            requests=1,
            outcome=outcome,
        )

    def _failed(self, collector: str, now: datetime) -> Failed | None:
        chance = self.chance
        for scope in (collector, "everything"):
            until = self.dark_until.get(scope)
            if until is not None and now < until:
                return Failed(kind=FAILURES[0][0], message=FAILURES[0][1])
        if chance.random() < 0.004:
            scope = chance.choice([collector, "everything"])
            self.dark_until[scope] = now + timedelta(seconds=chance.expovariate(1 / 900))
        if chance.random() < 0.01:
            kind, message = chance.choice(FAILURES)
            return Failed(kind=kind, message=message)
        return None

    def _collected(self, collector: str, now: datetime) -> Collected:
        chance, seen_at = self.chance, at_server(now, self.ahead)
        if self.is_empty_until is None and chance.random() < 0.001:
            self.is_empty_until = now + timedelta(minutes=40)
        is_empty = self.is_empty_until is not None and now < self.is_empty_until
        if not is_empty:
            self.is_empty_until = None
        partial, skipped = False, 0
        groups: list[list[Sample]]
        if collector == "queues":
            for queue in self.queues:
                queue.move(seen_at, chance)
            there = [queue for queue in self.queues if not queue.away]
            if chance.random() < 0.03:
                partial, there = True, [queue for queue in there if queue.folder != "Sales"]
            elif chance.random() < 0.01 and there:
                partial, skipped, there = True, 1, there[1:]
            groups = [[] if is_empty else [queue.sample(seen_at) for queue in there]]
        elif collector == "sessions":
            for robot in self.robots:
                robot.move(seen_at, chance)
            robots = [robot.sample(seen_at) for robot in self.robots]
            groups = [[], []] if is_empty else [robots, list(_hosts(robots, seen_at))]
        else:
            self.used = max(0.0, min(6.0, self.used + chance.choice([-1.0, 0.0, 0.0, 1.0])))
            groups = [[self._license()], [self._subscription(seen_at)]]
        return Collected(
            kinds=KINDS[collector],
            samples=tuple(sample for group in groups for sample in group),
            counts=tuple(map(len, groups)),
            observed_at=seen_at,
            partial=partial,
            skipped=skipped,
        )

    def _license(self) -> Sample:
        labels = {"license_type": "Unattended"}
        subject = Subject(
            tenant=self.name, kind="license", key="Unattended", name="Unattended", labels=labels
        )
        return Sample(subject, (5.0, self.used, 5.0 - self.used, self.used / 5.0))

    def _subscription(self, now: datetime) -> Sample:
        subject = Subject(tenant=self.name, kind="subscription", key=self.name, name=self.name)
        left_s = self.licensed_until - now.timestamp()
        return Sample(subject, (left_s / DAY_S, float(left_s < 0)))


def _hosts(robots: Sequence[Sample], now: datetime) -> Iterator[Sample]:
    by_host: dict[tuple[str, str], list[Values]] = {}
    for robot in robots:
        labels = robot.subject.labels
        by_host.setdefault((labels["machine"], labels["host"]), []).append(shown(robot, now))
    for (machine, host), values in by_host.items():
        silent, off = (sum(one[index] or 0.0 for one in values) for index in (1, 2))
        late = sum((one[0] or 0.0) > 75 for one in values) if silent else 0
        subject = Subject(
            tenant=robots[0].subject.tenant,
            kind="machine",
            key=f"{machine}/{host}",
            name=host,
            labels={
                "machine": machine,
                "host": host,
                "robot_type": "Unattended",
                "license_type": "",
            },
        )
        count = float(len(values))
        busy = sum(one[4] or 0.0 for one in values)
        yield Sample(subject, (count, busy, count, silent, off, float(late)))
