"""A month of an estate, straight into the history: robots that work by day, queues that fill.

What is written is what the daemon would have written by polling each minute: closed stretches of
days that are over where they are sealed, the polls, what is open. Hours and days are then made by
the monitor's own upkeep. The values can be had minute by minute too, for a reference.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from monitor.core.rollup import DAY_MS
from monitor.store import Store, bulk
from monitor.store.instants import to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.retention import Retention, Round
from monitor.store.rolling import Watch
from monitor.store.rollup_tables import SEALS
from monitor.store.tables import COLLECTOR_STATES, POLLS, SIGHTS, SUBJECTS

TENANT = "production"
MINUTE_MS = 60_000
MINUTES = 1440
START = datetime(2026, 1, 5, tzinfo=UTC)
QUEUE_METRICS = ("new_items", "in_progress_items", "successful_items", "failed_items")
KEPT = Retention(
    full=timedelta(days=40),
    hourly=timedelta(days=400),
    daily=timedelta(days=1830),
    alerts=timedelta(days=400),
    watches={
        "session": Watch("sessions", timedelta(minutes=1)),
        "queue": Watch("queues", timedelta(minutes=1)),
    },
)

Values = tuple[float, ...]
Change = tuple[int, Values]
"""From which minute on, and what."""


@dataclass(slots=True)
class Robot:
    """Works in office hours, now and then; is silent about once a week."""

    number: int
    chance: random.Random
    changes: list[Change] = field(default_factory=list)
    busy: bool = False
    until: int = 0

    def live(self, end: int) -> None:
        """Go on to a minute."""
        while self.until < end:
            at = self.until
            if self.chance.random() < 0.004:
                self.changes.append((at, (600.0, 1.0, 0.0, 0.0, 0.0, 0.0)))
                self.until += self.chance.randrange(3, 40)
                continue
            is_open = 420 <= at % MINUTES < 1140
            self.busy = not self.busy and is_open
            age = round(self.chance.uniform(1, 30), 3)
            state = (age, 0.0, 0.0, float(not self.busy), float(self.busy), 0.0)
            self.changes.append((at, state))
            longest = 10 if self.busy else 30 if is_open else 400
            self.until += self.chance.randrange(longest // 3, longest)


@dataclass(slots=True)
class Queue:
    """Fills by day in batches and is worked off."""

    number: int
    chance: random.Random
    changes: list[Change] = field(default_factory=list)
    values: Values = (0.0, 0.0, 0.0, 0.0)
    until: int = 0

    def live(self, end: int) -> None:
        """Go on to a minute."""
        chance = self.chance
        for at in range(self.until, end):
            is_open = 420 <= at % MINUTES < 1140
            new, _, done, failed = self.values
            if is_open:
                new += chance.choice((0, 0, 0, 0, 0, 8, 20))
            worked = min(new, chance.choice((0, 0, 1, 2, 3))) if is_open or new > 50 else 0.0
            broken = float(worked > 0 and chance.random() < 0.03)
            now = (new - worked, worked, done + worked - broken, failed + broken)
            if now != self.values or not self.changes:
                self.values = now
                self.changes.append((at, now))
        self.until = end


@dataclass(slots=True)
class Estate:
    """Robots and queues, their changes so far."""

    robots: list[Robot]
    queues: list[Queue]

    @classmethod
    def of(cls, robots: int, queues: int, seed: int = 3) -> "Estate":
        """Return a new one."""
        return cls(
            [Robot(n, random.Random(f"{seed}-r{n}")) for n in range(robots)],
            [Queue(n, random.Random(f"{seed}-q{n}")) for n in range(queues)],
        )

    @property
    def series(self) -> int:
        """Return how many there are: a robot's state, four metrics of a queue."""
        return len(self.robots) + len(QUEUE_METRICS) * len(self.queues)


def instant_ms(minute: int) -> int:
    """Return when the poll of a minute saw."""
    return to_ms(START) + minute * MINUTE_MS


def fill(store: Store, estate: Estate, days: int) -> int:
    """Write so many days; return how many samples that is (a value of a series in a minute)."""
    _write_subjects(store, estate)
    for day in range(days):
        end = (day + 1) * MINUTES
        for robot in estate.robots:
            robot.live(end)
        for queue in estate.queues:
            queue.live(end)
        _write_polls(store, range(day * MINUTES, end))
        _write_stretches(store, estate)
    _write_open(store, estate, days * MINUTES)
    before_day = instant_ms(days * MINUTES) // DAY_MS
    with store.writing() as write:
        seals: list[bulk.Row] = [(kind, before_day) for kind in ("session", "queue")]
        bulk.upsert(write.connection, SEALS, seals, ("before_day",))
    keep_up(store, days)
    return estate.series * days * MINUTES


def keep_up(store: Store, days: int) -> None:
    """Let the monitor make hours and days of it."""
    work = Round(store, replace(KEPT), START + timedelta(days=days, hours=2))
    while work.step():
        pass


def by_minute(changes: list[Change], minutes: int) -> Iterator[Values]:
    """Yield what each minute's poll saw."""
    for (at, values), (end, _) in pairwise([*changes, (minutes, ())]):
        for _ in range(at, min(end, minutes)):
            yield values


def _write_subjects(store: Store, estate: Estate) -> None:
    def row(number: int, kind: str, name: str, labels: str) -> bulk.Row:
        return number, TENANT, kind, name, name, labels, to_ms(START), None

    rows = [row(1 + r.number, "session", f"Robot {r.number}", "{}") for r in estate.robots]
    rows += [row(queue_id(q), "queue", f"Queue {q.number}", "{}") for q in estate.queues]
    with store.writing() as write:
        bulk.insert(write.connection, SUBJECTS, rows)


def queue_id(queue: Queue) -> int:
    """Return a queue's id as a subject."""
    return 100_001 + queue.number


def _write_polls(store: Store, minutes: range) -> None:
    rows: list[bulk.Row] = []
    for minute in minutes:
        at = instant_ms(minute)
        for collector in ("sessions", "queues"):
            seen = (0, 0, 1, at, at * 1000, 0)
            rows.append((TENANT, collector, at, 0.25, "ok", None, *seen))
    with store.writing() as write:
        bulk.insert(write.connection, POLLS, rows)


def _write_stretches(store: Store, estate: Estate) -> None:
    """Write what has ended, and forget it."""
    for kind, ended in (
        ("session", [(1 + r.number, r.changes, True) for r in estate.robots]),
        ("queue", [(queue_id(q), q.changes, False) for q in estate.queues]),
    ):
        rows: list[bulk.Row] = []
        for subject_id, changes, is_robot in ended:
            for (at, values), (end, _) in pairwise(changes):
                until = instant_ms(end)
                key = until // DAY_MS, subject_id, until, instant_ms(at)
                rows.append((*key, *_measured(values, is_robot=is_robot)))
            del changes[:-1]
        rows.sort(key=lambda row: row[:3])
        with store.writing() as write:
            bulk.insert(write.connection, KIND_TABLES[kind].sealed, rows)


def _measured(values: Values, *, is_robot: bool) -> tuple[object, ...]:
    if not is_robot:
        return (*values, *[None] * 8)
    state = "Unresponsive" if values[1] else "Busy" if values[4] else "Available"
    return (state, values[0], *map(int, values[1:]))


def _write_open(store: Store, estate: Estate, minutes: int) -> None:
    seen = instant_ms(minutes - 1) + MINUTE_MS
    with store.writing() as write:
        connection = write.connection
        for kind, collector in (("session", "sessions"), ("queue", "queues")):
            state = (TENANT, collector, "ok", to_ms(START), seen, seen, None, "", 0, 0)
            bulk.upsert(connection, SIGHTS, [(TENANT, kind, seen)], ("observed_at",))
            bulk.upsert(connection, COLLECTOR_STATES, [state], ("outcome",))
        robots = [
            (
                1 + r.number,
                instant_ms(r.changes[-1][0]),
                *_measured(r.changes[-1][1], is_robot=True),
            )
            for r in estate.robots
        ]
        queues = [
            (
                queue_id(q),
                instant_ms(q.changes[-1][0]),
                *_measured(q.changes[-1][1], is_robot=False),
            )
            for q in estate.queues
        ]
        bulk.insert(connection, KIND_TABLES["session"].latest, robots)
        bulk.insert(connection, KIND_TABLES["queue"].latest, queues)
    _write_polls(store, range(minutes, minutes + 1))
