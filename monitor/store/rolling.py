"""Makes hours and days of what is recorded of days that are over: see `core/rollup.py`."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from monitor.core.rollup import DAY_MS, Row
from monitor.core.sightings import Sightings
from monitor.core.spans import SeenTime
from monitor.core.unseen import UnseenTimes
from monitor.store import bulk
from monitor.store.day_ledgers import DAY_LEDGERS
from monitor.store.day_rows import hours_and_days, ledger_rows
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.kind_tables import KindTables
from monitor.store.pruned_history import Gone
from monitor.store.rollup_tables import DAYS, GAPS, HOURS, METRICS, ROLLED
from monitor.store.sightings import sightings
from monitor.store.store import Store
from monitor.store.stretches import FOREVER_MS, as_number, closed
from monitor.store.tables import SIGHTS, SUBJECTS

ROWS_OF_A_DAY = 40
"""About so many rows come of a subject and a day: what a slice is measured by."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Which collector looks at a kind, and how often."""

    collector: str
    every: timedelta


@dataclass(frozen=True, slots=True)
class Pending:
    """The days of a tenant's kind that are over and have not been rolled up: half-open.

    `is_first`: none was before them.
    """

    tenant: str
    since_day: int
    until_day: int
    is_first: bool


def pending(connection: Connection, kind: str, before_day: int) -> list[Pending]:
    """Return what is to be rolled up of a kind, tenant by tenant.

    A day is over for a tenant when something was seen after it; or at the latest a day after, for
    one that is not seen any more.
    """
    done = {
        row.tenant: row.until_day
        for row in connection.execute(select(ROLLED).where(ROLLED.c.kind == kind))
    }
    first_seen = as_number(SUBJECTS.c.first_seen_at)
    oldest = (
        select(SUBJECTS.c.tenant, func.min(first_seen))
        .where(SUBJECTS.c.kind == kind)
        .group_by(SUBJECTS.c.tenant)
    )
    first: dict[str, int] = {tenant: at or 0 for tenant, at in connection.execute(oldest)}
    found = []
    sights = select(SIGHTS.c.tenant, as_number(SIGHTS.c.observed_at)).where(SIGHTS.c.kind == kind)
    for tenant, seen_ms in connection.execute(sights):
        if tenant not in first:
            continue
        seen_day = seen_ms // DAY_MS
        until = before_day if seen_day < before_day - 1 else min(seen_day, before_day)
        since = done.get(tenant, first[tenant] // DAY_MS)
        found.append(Pending(tenant, min(since, until), until, is_first=tenant not in done))
    return found


class Rolling:
    """One kind, of all tenants, slice by slice: some subjects, all of their days.

    How far a tenant has come is noted when all of its subjects have. Broken off before, they are
    rolled up again: with the same result.
    """

    def __init__(self, tables: KindTables, watch: Watch, before_day: int) -> None:
        """Prepare to look."""
        self._tables = tables
        self._watch = watch
        self._before_day = before_day
        self._rows = 0
        self._slices: Iterator[None] | None = None

    def step(self, store: Store, rows: int) -> Gone | None:
        """Write about `rows` rows; None when all is rolled up."""
        self._rows = rows
        if self._slices is None:
            self._slices = self._work(store)
        try:
            next(self._slices)
        except StopIteration:
            return None
        except BaseException:
            # A generator that raised is over: begin anew where the record says.
            self._slices = None
            raise
        return {}

    def count(self, connection: Connection) -> Gone:  # noqa: ARG002 - nothing goes by this
        """Return nothing: what is rolled up stays."""
        return {}

    def _work(self, store: Store) -> Iterator[None]:
        kind = self._tables.kind
        with store.reading() as connection:
            waiting = pending(connection, kind.name, self._before_day)
        waiting = [one for one in waiting if one.since_day < one.until_day]
        if not waiting:
            return
        numbers = _metric_ids(store, self._tables)
        until = _begin(max(one.until_day for one in waiting))
        with store.reading() as connection:
            seen = sightings(
                connection,
                self._watch.collector,
                every=self._watch.every,
                since=_begin(min(one.since_day for one in waiting)),
                until=until,
            )
        for one in waiting:
            unseen = _unseen(seen.get(one.tenant), to_ms(until))
            self._write_gaps(store, one, unseen)
            # A ledger leaves out what came after the newest poll, be the next overdue or not.
            blind = _blind(seen.get(one.tenant), to_ms(until))
            yield from self._tenant(store, one, numbers, unseen, SeenTime(blind))

    def _write_gaps(self, store: Store, one: Pending, unseen: UnseenTimes) -> None:
        """Keep when nobody looked: the polls that tell are kept for a shorter time.

        That there is no older poll says that nobody looked before, only where no day was before.
        """
        since_ms, until_ms = one.since_day * DAY_MS, one.until_day * DAY_MS
        rows: list[bulk.Row] = [
            (
                one.tenant,
                self._watch.collector,
                begin if begin or one.is_first else since_ms,
                end,
            )
            for begin, end in unseen
            if begin < until_ms and end > since_ms
        ]
        with store.writing() as write:
            bulk.upsert(write.connection, GAPS, rows, ("ended_at",))

    def _tenant(
        self,
        store: Store,
        one: Pending,
        numbers: Sequence[int],
        unseen: UnseenTimes,
        seen: SeenTime,
    ) -> Iterator[None]:
        ledger = DAY_LEDGERS.get(self._tables.kind.name)
        subject = SUBJECTS.c
        there = (
            select(subject.id)
            .where(
                subject.tenant == one.tenant,
                subject.kind == self._tables.kind.name,
                as_number(subject.first_seen_at) < one.until_day * DAY_MS,
                or_(
                    subject.gone_at.is_(None),
                    as_number(subject.gone_at) > one.since_day * DAY_MS,
                ),
            )
            .order_by(subject.id)
        )
        with store.reading() as connection:
            ids = connection.scalars(there).all()
        days = range(one.since_day, one.until_day)
        place = 0
        while place < len(ids):
            some = ids[place : place + max(1, self._rows // (ROWS_OF_A_DAY * len(days)))]
            place += len(some)
            with store.reading() as connection:
                rows = _rows(connection, self._tables, some, one)
            hours, whole = hours_and_days(rows, days, numbers, unseen)
            kept = [] if ledger is None else list(ledger_rows(rows, days, ledger, seen))
            with store.writing() as write:
                bulk.upsert(write.connection, HOURS, hours, _values(HOURS.columns.keys()))
                bulk.upsert(write.connection, DAYS, whole, _values(DAYS.columns.keys()))
                if ledger is not None:
                    bulk.upsert(write.connection, ledger.table, kept, ledger.values)
            yield
        with store.writing() as write:
            row = one.tenant, self._tables.kind.name, self._watch.collector, one.until_day
            bulk.upsert(write.connection, ROLLED, [row], ("collector", "until_day"))
        yield


def _rows(
    connection: Connection, tables: KindTables, ids: Sequence[int], days: Pending
) -> Mapping[int, list[Row]]:
    """Return the stretches of these subjects that reach into the days, each in order of time."""
    since_ms, until_ms = days.since_day * DAY_MS, days.until_day * DAY_MS
    names = [metric.name for metric in tables.kind.metrics]
    past = closed(connection, tables, names, after_ms=since_ms - DAY_MS, ids=ids)
    begin, end = as_number(past.c.valid_from), as_number(past.c.valid_to)
    ended = (
        select(past.c.subject_id, begin, end, *(past.c[name] for name in names))
        .where(begin < until_ms)
        .order_by(past.c.subject_id, past.c.valid_to)
    )
    latest = tables.latest.c
    # What is open was seen until after these days, or it is unseen for the rest of them.
    begun = as_number(latest.valid_from)
    going_on = select(latest.subject_id, begun, *(latest[name] for name in names)).where(
        begun < until_ms, latest.subject_id.in_(ids)
    )
    found: dict[int, list[Row]] = defaultdict(list)
    for subject_id, since, until, *values in connection.execute(ended):
        found[subject_id].append((since, until, values))
    for subject_id, since, *values in connection.execute(going_on):
        found[subject_id].append((since, FOREVER_MS, values))
    return found


def _values(columns: Sequence[str]) -> tuple[str, ...]:
    keys = {"day", "metric_id", "subject_id", "hour"}
    return tuple(name for name in columns if name not in keys)


def _unseen(seen: Sightings | None, until_ms: int) -> UnseenTimes:
    """Return when nobody looked. So it was before the first poll: those before may be too old."""
    if seen is None or seen.first_seen is None:
        return [(0, until_ms)]
    return [(0, seen.first_seen), *seen.unseen(until_ms)]


def _blind(seen: Sightings | None, until_ms: int) -> UnseenTimes:
    """Return when nobody looked, all of the time since the newest poll with it."""
    return [(0, until_ms)] if seen is None else seen.blind(0, until_ms)


def _metric_ids(store: Store, tables: KindTables) -> list[int]:
    """Return the numbers of a kind's metrics in their order; new ones are numbered."""
    kind = tables.kind
    with store.writing() as write:
        rows = write.connection.execute(select(METRICS)).all()
        known = {row.name: row.id for row in rows if row.kind == kind.name}
        following = max((row.id for row in rows), default=0) + 1
        missing = [metric.name for metric in kind.metrics if metric.name not in known]
        for number, name in enumerate(missing, following):
            known[name] = number
            write.connection.execute(METRICS.insert().values(id=number, kind=kind.name, name=name))
    return [known[metric.name] for metric in kind.metrics]


def _begin(day: int) -> datetime:
    return EPOCH + day * DAY_MS * MILLISECOND
