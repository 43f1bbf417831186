"""Some days of a few queues, poll by poll, with all that makes adding up days difficult."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.store import Store
from monitor.store.retention import Retention, Round
from monitor.store.rolling import Watch
from tests.builders import a_sample, a_subject

EVERY = timedelta(minutes=10)
BEGIN = datetime(2026, 1, 5, 13, 20, tzinfo=UTC)
DAYS = 7
END = BEGIN + timedelta(days=DAYS)
TENANTS = ("production", "staging")
NAMES = ("Busy", "Calm", "Idle", "Fickle", "Odd")
KEPT = Retention(
    full=timedelta(days=30),
    hourly=timedelta(days=400),
    daily=timedelta(days=800),
    alerts=timedelta(days=400),
    watches={"queue": Watch("queues", EVERY)},
)
_AT_ONCE = 100


def record(reopen: Callable[[], Store], seed: int) -> Store:
    """Record all of it; now and then the daemon is started again."""
    store = reopen()
    polls = list(_polls(seed))
    for place in range(0, len(polls), _AT_ONCE):
        with store.writing() as write:
            for snapshot in polls[place : place + _AT_ONCE]:
                write.snapshot(snapshot)
        if place // _AT_ONCE % 4 == 1:
            store = reopen()
    return store


def keep_up(store: Store, now: datetime, retention: Retention = KEPT, rows: int = 150) -> None:
    """Let days be made of what is over, and what is too old go."""
    work = Round(store, retention, now)
    while work.step(rows):
        pass


def _polls(seed: int) -> Iterator[Snapshot]:
    chance = random.Random(seed)
    queues = {tenant: [_Queue(name, tenant) for name in NAMES] for tenant in TENANTS}
    dark = dict.fromkeys(TENANTS, 0)
    for step in range(int(timedelta(days=DAYS) / EVERY) + 1):
        at = BEGIN + step * EVERY
        for tenant in TENANTS:
            for queue in queues[tenant]:
                queue.live(at, chance)
            if step > dark[tenant] and chance.random() < 0.01:
                dark[tenant] = step + chance.choice((1, 2, 5, 30))
            # One of them begins later, and is not seen for a day and a half.
            if tenant == "staging" and (step < 100 or 500 < step < 720):
                continue
            if step <= dark[tenant]:
                if dark[tenant] % 2:
                    yield _snapshot(tenant, at, None)
                continue
            yield _snapshot(tenant, at, [one.sample() for one in queues[tenant] if one.is_there])


class _Queue:
    """One queue: it fills and is worked off, or rests; what is old is removed at night."""

    def __init__(self, name: str, tenant: str) -> None:
        self._subject = a_subject(name, tenant=tenant, labels={"folder": name[:1]})
        self._name = name
        self._waiting, self._deferred = 3.0, 0.0
        self._good, self._app, self._business = 100.0, 4.0, 2.0
        self._handling: float | None = 12.5
        self._is_known = True
        self._away = 0
        self.is_there = True

    def live(self, at: datetime, chance: random.Random) -> None:
        is_midnight = (at.hour, at.minute) == (0, 0)
        self._away = max(0, self._away - 1)
        if self._name == "Fickle" and chance.random() < 0.01:
            self._away = chance.choice((1, 2, 4, 40, 200))
        self.is_there = not self._away
        if self._name == "Odd":
            self._is_known = chance.random() < 0.9
        often = {"Busy": 0.7, "Calm": 0.03, "Idle": 0.004}.get(self._name, 0.2)
        if is_midnight and self._name != "Idle":
            # Just as the day begins something is finished, or removed.
            self._good += chance.choice((-40, 1, 5))
        if chance.random() >= often:
            return
        self._waiting = float(chance.choice((0, 1, 7, 60)))
        self._deferred = float(chance.choice((0, 0, 1, 7)))
        self._good += chance.choice((0, 0, 1, 3))
        self._app += chance.choice((0, 0, 0, 1))
        self._business += chance.choice((0, 0, 0, 2))
        self._handling = chance.choice((None, 12.5, 0.1, 70.3))

    def sample(self) -> Sample:
        values = {"new_items": self._waiting, "deferred_items": self._deferred}
        if self._is_known:
            values |= {
                "successful_items": max(0.0, self._good),
                "failed_items": self._app + self._business,
                "application_exceptions": self._app,
                "business_exceptions": self._business,
            }
        elif self._handling is None:
            del values["new_items"]
        if self._handling is not None:
            values["mean_processing_s"] = self._handling
        return a_sample(self._subject, **values)


def _snapshot(tenant: str, at: datetime, samples: list[Sample] | None) -> Snapshot:
    outcome: Collected | Failed = Failed(kind="unreachable", message="no answer")
    if samples is not None:
        outcome = Collected(kinds=("queue",), samples=tuple(samples), observed_at=at)
    return Snapshot(
        tenant=tenant,
        collector="queues",
        started_at=at,
        took_s=0.1,
        requests=1,
        outcome=outcome,
    )
