"""A recorded past: robots that work and at times fall silent, queues that fill by day, outages."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.instants import NEVER_US, posix_us
from monitor.store import Store
from tests.builders import shown

START = datetime(2026, 1, 5, tzinfo=UTC)
SESSIONS_EVERY = timedelta(seconds=30)
QUEUES_EVERY = timedelta(minutes=1)
BATCH = 2000
"""So many polls are recorded in a transaction: how fast they get there is not what is measured."""

COLLECTOR_KINDS = {"sessions": ("session", "machine"), "queues": ("queue",)}

_ROBOTS_OF_A_HOST = 4
_SILENT = timedelta(minutes=2)
_JUST_NOW = NEVER_US
"""When a robot that lives reported last, whenever it is looked at: its age is 0 then."""
_OPENING, _CLOSING, _SUNDAY_EVE = 7, 19, 5


@dataclass(slots=True)
class _Robot:
    subject: Subject
    sample: Sample
    busy: bool = False
    silent_since: datetime | None = None
    until: datetime = START

    def at(self, now: datetime, chance: random.Random) -> Sample:
        """Return how the robot is; while nothing changes it is the same object."""
        if self.silent_since is not None and now < self.until:
            since_us, is_silent = posix_us(self.silent_since), now - self.silent_since > _SILENT
            values = (since_us, float(is_silent), 0.0, 0.0, float(self.busy), 0.0)
            return Sample(self.subject, values)
        if now < self.until:
            return self.sample
        self.silent_since = None
        if chance.random() < 0.002:
            self.silent_since = now
            self.until = now + timedelta(seconds=chance.expovariate(1 / 600))
            return self.at(now, chance)
        self.busy = not self.busy and _is_open(now)
        rest = 480 if _is_open(now) else 7200
        self.until = now + timedelta(seconds=chance.expovariate(1 / rest))
        state = "Busy" if self.busy else "Available"
        labels = {**self.subject.labels, "state": state}
        self.subject = Subject(
            tenant=self.subject.tenant,
            kind="session",
            key=self.subject.key,
            name=self.subject.name,
            labels=labels,
        )
        values = (_JUST_NOW, 0.0, 0.0, float(not self.busy), float(self.busy), 0.0)
        self.sample = Sample(self.subject, values)
        return self.sample


@dataclass(slots=True)
class _Queue:
    subject: Subject
    always: bool
    pace: float
    new: int = 0
    done: int = 0
    failed: int = 0
    worked_at: datetime = START

    def at(self, now: datetime, chance: random.Random) -> Sample:
        if self.always or _is_open(now):
            if chance.random() < self.pace:
                self.new += chance.randrange(4)
            if self.new and chance.random() < self.pace:
                worked = min(self.new, chance.randrange(1, 5))
                failed = sum(chance.random() < 0.04 for _ in range(worked))
                self.new -= worked
                self.done += worked - failed
                self.failed += failed
                self.worked_at = now
        values = (
            float(self.new),
            float(min(self.new, 1)),
            float(self.done),
            float(self.failed),
            float(self.failed),
            0.0,
            42.0,
            posix_us(self.worked_at),
            None,
            None,
            None,
            None,
        )
        return Sample(self.subject, values)


class _Hosts:
    """The hosts of four robots each; one on which nothing changed is the same object."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Sample, ...], Sample]] = {}

    def at(self, robots: tuple[Sample, ...], now: datetime) -> tuple[Sample, ...]:
        found = []
        for place in range(0, len(robots), _ROBOTS_OF_A_HOST):
            there = robots[place : place + _ROBOTS_OF_A_HOST]
            known = self._known.get(place)
            if known is None or any(a is not b for a, b in zip(known[0], there, strict=True)):
                known = self._known[place] = (there, _host(there, now))
            found.append(known[1])
        return tuple(found)


def _host(there: tuple[Sample, ...], now: datetime) -> Sample:
    labels = there[0].subject.labels
    subject = Subject(
        tenant=there[0].subject.tenant,
        kind="machine",
        key=f"{labels['machine']}/{labels['host']}",
        name=labels["host"],
        labels={
            "machine": labels["machine"],
            "host": labels["host"],
            "robot_type": "Unattended",
            "license_type": "Unattended",
        },
    )
    silent, count = sum(one.values[1] or 0.0 for one in there), float(len(there))
    busy = sum(one.values[4] or 0.0 for one in there)
    late = float(sum((shown(one, now)[0] or 0.0) > 75 for one in there)) if silent else 0.0
    return Sample(subject, (count, busy, count, silent, 0.0, late))


def _is_open(now: datetime) -> bool:
    return now.weekday() < _SUNDAY_EVE and _OPENING <= now.hour < _CLOSING


def polls(days: float, robots: int, queues: int, seed: int = 7) -> Iterator[Snapshot]:
    """Yield the polls of some days, every half minute and every minute, in the order of time."""
    chance = random.Random(seed)
    fleet = []
    for number in range(robots):
        labels = {
            "robot": f"Robot {number}",
            "robot_type": "Unattended",
            "machine": f"Pool {number // 20}",
            "host": f"host-{number // 4}",
            "folder": f"Folder {number % 20}",
            "state": "Available",
            "version": "25.10",
        }
        subject = Subject(
            tenant="production",
            kind="session",
            key=f"{number}",
            name=f"Robot {number}",
            labels=labels,
        )
        fleet.append(_Robot(subject, Sample(subject, (_JUST_NOW, 0.0, 0.0, 1.0, 0.0, 0.0))))
    lines = [
        _Queue(
            Subject(
                tenant="production",
                kind="queue",
                key=f"{number}",
                name=f"Queue {number}",
                labels={"queue": f"Queue {number}", "folder": f"Folder {number % 20}"},
            ),
            always=number % 10 < 3,
            pace=0.3 + 0.5 * chance.random(),
        )
        for number in range(queues)
    ]
    hosts = _Hosts()
    steps = round(timedelta(days=days) / SESSIONS_EVERY)
    dark_until = START
    for step in range(steps):
        now = START + step * SESSIONS_EVERY
        if chance.random() < 1 / (3 * 2880):
            dark_until = now + timedelta(minutes=10)
        robots_now = tuple(one.at(now, chance) for one in fleet)
        yield _poll("sessions", [robots_now, hosts.at(robots_now, now)], now, dark_until)
        if step % 2 == 0:
            yield _poll("queues", [tuple(one.at(now, chance) for one in lines)], now, dark_until)


def _poll(
    collector: str, samples: Sequence[tuple[Sample, ...]], now: datetime, dark_until: datetime
) -> Snapshot:
    outcome: Collected | Failed
    if now < dark_until:
        outcome = Failed(kind="unreachable", message="no answer")
    else:
        outcome = Collected(
            kinds=COLLECTOR_KINDS[collector],
            samples=tuple(chain.from_iterable(samples)),
            observed_at=now,
            counts=tuple(map(len, samples)),
        )
    return Snapshot(
        tenant="production",
        collector=collector,
        started_at=now,
        took_s=0.25,
        requests=1,
        outcome=outcome,
    )


def record(store: Store, snapshots: Iterator[Snapshot]) -> None:
    """Record polls as the daemon does, many in a transaction."""
    is_over = False
    while not is_over:
        with store.writing() as write:
            for _ in range(BATCH):
                snapshot = next(snapshots, None)
                if snapshot is None:
                    is_over = True
                    break
                write.snapshot(snapshot)
