"""Upkeep of the history: what is over is sealed and rolled up, what is too old goes.

All of it slice by slice, so that no poll waits for it.
Each slice looks for what is too old in a transaction of its own, which only reads and holds up
nobody, and deletes it in a short one, which looks again. A round that is broken off between two
slices leaves a whole history, only some of it older than it need be.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from monitor.core.rollup import DAY_MS
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.pruned_alerts import PrunedAlerts, PrunedDeliveries
from monitor.store.pruned_history import (
    PrunedByKey,
    PrunedGaps,
    PrunedPolls,
    PrunedSilences,
    PrunedSubjects,
    Sweep,
)
from monitor.store.rolling import Rolling, Watch, pending
from monitor.store.rollup_tables import DAYS, HOURS, QUEUE_DAYS
from monitor.store.sealing import Sealing
from monitor.store.space import Space, give_back, measure
from monitor.store.store import Store
from monitor.store.tables import SIGHTS
from monitor.store.trace_tables import ABSENCES, SUBJECT_NAMES, TURNS

MOST_ROWS = 2000
"""So many rows in a slice at most: about 2 ms on SQLite, 10 ms on Postgres."""
PAGES_FOR_ROWS = 4
"""A page is given back by moving another one: as much work as so many rows."""
DAY_IS_OVER_AFTER = timedelta(hours=1)
RESERVE_SHARE = 0.1
RESERVE_BYTES = 8 * 1024 * 1024
"""Room that the daemon leaves in the file: what comes next would only take it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long things are kept: `full` is for the history, `alerts` for alerts and messages.

    `hourly` and `daily` are for what the history came to; `watches` says by kind who looked, and
    how often, so that it can be told when nobody did.
    """

    full: timedelta
    hourly: timedelta
    daily: timedelta
    alerts: timedelta
    watches: Mapping[str, Watch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoffs:
    """What had ended at these instants is not kept. `over` is the first day that is not over."""

    history: datetime
    hours: datetime
    days: datetime
    alerts: datetime
    over: int


def cutoffs(store: Store, retention: Retention, now: datetime) -> Cutoffs:
    """Return what is too old, counted from the newest good poll, or from `now` if that is earlier.

    A clock that is set far ahead must not delete everything, and while nothing can be seen the
    past is all there is.
    """
    with store.reading() as connection:
        newest = connection.scalar(select(func.max(SIGHTS.c.observed_at)))
        end = now if newest is None else min(now, newest)
        over = to_ms(end - DAY_IS_OVER_AFTER) // DAY_MS
        waiting = [
            one.until_day for kind in retention.watches for one in pending(connection, kind, over)
        ]
    # What is not rolled up yet is not too old.
    rolled = EPOCH + min(waiting, default=over) * DAY_MS * MILLISECOND
    return Cutoffs(
        history=min(end - retention.full, rolled),
        hours=end - retention.hourly,
        days=end - retention.daily,
        alerts=end - retention.alerts,
        over=over,
    )


class Round:
    """One round over everything; `gone` counts what went so far, by what it was."""

    def __init__(
        self, store: Store, retention: Retention, now: datetime, *, keeps_reserve: bool = True
    ) -> None:
        """Begin at an instant; `keeps_reserve`: leave some room in the file for what comes next."""
        self.retention = retention
        self.cutoffs = cutoffs(store, retention, now)
        self.gone: Counter[str] = Counter()
        self.pages = 0
        self._store = store
        self._sweeps = deque((*_upkeep(retention, self.cutoffs), *_sweeps(self.cutoffs)))
        self._keeps_reserve = keeps_reserve

    def step(self, rows: int = MOST_ROWS) -> bool:
        """Let about `rows` rows go in one short transaction; False when the round is over.

        Raises:
            StoreError: this slice stays; the next step tries again.
        """
        while self._sweeps:
            gone = self._sweeps[0].step(self._store, rows)
            if gone is not None:
                self.gone.update(gone)
                return True
            self._sweeps.popleft()
        return self._give_back(max(1, rows // PAGES_FOR_ROWS))

    def _give_back(self, pages: int) -> bool:
        space = measure(self._store)
        if space is None or not space.gives_back:
            return False
        surplus = space.free_pages - (_reserve(space) if self._keeps_reserve else 0)
        if surplus <= 0:
            return False
        given = give_back(self._store, min(pages, surplus))
        self.pages += given
        return given > 0


def preview(store: Store, retention: Retention, now: datetime) -> tuple[Cutoffs, Counter[str]]:
    """Return what a round would let go, and change nothing."""
    found = cutoffs(store, retention, now)
    gone: Counter[str] = Counter()
    with store.reading() as connection:
        for sweep in _sweeps(found):
            gone.update(sweep.count(connection))
    return found, gone


def _upkeep(retention: Retention, until: Cutoffs) -> Iterator[Sweep]:
    """Yield what is made of days that are over: first sealed, which is what makes it quick."""
    for kind, watch in retention.watches.items():
        yield Sealing(KIND_TABLES[kind], until.over)
        yield Rolling(KIND_TABLES[kind], watch, until.over)


def _sweeps(until: Cutoffs) -> Iterator[Sweep]:
    """Yield what is looked through, in order: nothing goes before what refers to it."""
    for tables in KIND_TABLES.values():
        yield PrunedByKey(name="stretches", table=tables.stretches, until=until.history)
        ended = tables.sealed.c.valid_to, until.history
        day = _day(until.history)
        yield PrunedByKey(name="stretches", table=tables.sealed, until=day, ended=ended)
    yield PrunedByKey(name="hours", table=HOURS, until=_day(until.hours) - 1)
    for table in (DAYS, QUEUE_DAYS):
        yield PrunedByKey(name="days", table=table, until=_day(until.days) - 1)
    yield PrunedGaps(until.days)
    subjects = min(until.history, min(until.hours, until.days) - timedelta(days=1))
    for tables in KIND_TABLES.values():
        yield PrunedSubjects(tables, subjects)
    yield PrunedPolls(until.history)
    ended = ABSENCES.c.ended_at, until.history
    yield PrunedByKey(name="absences", table=ABSENCES, until=until.history, ended=ended)
    yield PrunedByKey(name="names", table=SUBJECT_NAMES, until=until.history)
    yield PrunedByKey(name="turns", table=TURNS, until=until.history)
    yield PrunedDeliveries(until.alerts)
    yield PrunedAlerts(until.alerts)
    yield PrunedSilences(until.alerts)


def _day(at: datetime) -> int:
    return to_ms(at) // DAY_MS


def _reserve(space: Space) -> int:
    return max(int(space.pages * RESERVE_SHARE), RESERVE_BYTES // space.page_bytes)
