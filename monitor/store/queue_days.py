"""What queues achieved on days that are over: written as days are made, read by reports."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from monitor.core.kinds import KINDS
from monitor.core.rollup import DAY_MS, Row
from monitor.core.spans import SeenTime
from monitor.core.throughput import QueueLedger, QueueTally
from monitor.store import bulk
from monitor.store.rollup_tables import QUEUE_DAYS, ROLLED
from monitor.store.store import Store
from monitor.store.stretches import MANY_IDS, as_number
from monitor.store.tables import SUBJECTS

KIND = "queue"
METRICS = (
    "new_items",
    "deferred_items",
    "successful_items",
    "failed_items",
    "application_exceptions",
    "business_exceptions",
    "mean_processing_s",
)
"""What a ledger takes of a stretch, in its order."""

_PLACES = [
    [metric.name for metric in KINDS[KIND].metrics].index(name) for name in METRICS
]  # of each in the values of a stretch
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDays:
    """Of which days something of a tenant's queues is kept; `first` may be before those."""

    first: int
    days: frozenset[int]


def queue_day(rows: Sequence[Row], day: int, subject_id: int, seen: SeenTime) -> bulk.Row | None:
    """Return the row of a queue's day; None where nothing is to be told.

    `rows` are its stretches in the order of time, with the one that ended as the day began.
    """
    tally = QueueTally(day * DAY_MS, (day + 1) * DAY_MS)
    ledger = QueueLedger([tally], seen)
    for begin, end, values in rows:
        ledger.add(begin, end, *[values[place] for place in _PLACES])
    if not tally.is_known and tally.idle_at_first is None:
        return None
    totals = tally.successful, tally.failed, tally.application, tally.business
    return (
        day,
        subject_id,
        *(totals if tally.is_counted else (None,) * len(totals)),
        tally.handled,
        tally.handling_sum_s,
        tally.seen,
        tally.waiting_sum,
        tally.peak,
        tally.peak_at,
        tally.longest_idle,
        tally.idle_at_first,
        tally.idle_at_last,
    )


def queue_days(
    store: Store, ids: Collection[int], since_day: int, until_day: int
) -> Iterator[tuple[int, QueueTally]]:
    """Yield (id, what it achieved) of queues, day by day; a day without anything is left out."""
    column = QUEUE_DAYS.c
    statement = (
        select(
            column.day,
            column.subject_id,
            column.successful,
            column.failed,
            column.application,
            column.business,
            column.handled,
            column.handling_sum_s,
            column.seen_ms,
            column.waiting_sum,
            column.peak,
            as_number(column.peak_at),
            column.longest_idle_ms,
            column.idle_at_first_ms,
            column.idle_at_last_ms,
        )
        # Each by itself: so a few queues are looked up, where they are asked for.
        .where(column.day.in_(range(since_day, until_day)))
        .order_by(column.day, column.subject_id)
    )
    wanted = frozenset(ids)
    if len(wanted) <= MANY_IDS:
        statement = statement.where(column.subject_id.in_(wanted))
    with store.reading() as connection:
        rows = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
        for row in rows:
            if row.subject_id in wanted:
                yield row.subject_id, _tally(row)


def kept_days(store: Store, since_day: int, until_day: int) -> Mapping[str, KeptDays]:
    """Return by tenant of which days from one to another (not with it) something is kept.

    A day is told of all queues of a tenant or of none.
    """
    column, subject, rolled = QUEUE_DAYS.c, SUBJECTS.c, ROLLED.c
    with store.reading() as connection:
        done = select(rolled.tenant, rolled.until_day).where(rolled.kind == KIND)
        until = {row.tenant: row.until_day for row in connection.execute(done)}
        of_tenants = (
            select(subject.tenant, column.day)
            .distinct()
            .join_from(QUEUE_DAYS, SUBJECTS, subject.id == column.subject_id)
            .where(column.day >= since_day, column.day < until_day)
        )
        days: dict[str, set[int]] = {}
        for tenant, day in connection.execute(of_tenants):
            if day < until.get(tenant, 0):
                days.setdefault(tenant, set()).add(day)
        return {
            tenant: KeptDays(first=_first(connection, tenant), days=frozenset(found))
            for tenant, found in days.items()
        }


def _first(connection: Connection, tenant: str) -> int:
    """Return the first day of which something is kept."""
    column, subject = QUEUE_DAYS.c, SUBJECTS.c
    oldest = (
        select(column.day)
        .join_from(QUEUE_DAYS, SUBJECTS, subject.id == column.subject_id)
        .where(subject.tenant == tenant)
        .order_by(column.day)
        .limit(1)
    )
    return int(connection.execute(oldest).scalar_one())


def _tally(row: Any) -> QueueTally:  # noqa: ANN401  # a row of the statement above
    return QueueTally(
        since=row.day * DAY_MS,
        until=(row.day + 1) * DAY_MS,
        successful=row.successful or 0.0,
        failed=row.failed or 0.0,
        application=row.application or 0.0,
        business=row.business or 0.0,
        is_counted=row.successful is not None,
        handled=row.handled,
        handling_sum_s=row.handling_sum_s,
        seen=row.seen_ms,
        waiting_sum=row.waiting_sum,
        peak=row.peak,
        peak_at=row.peak_at,
        longest_idle=row.longest_idle_ms,
        idle_at_first=row.idle_at_first_ms,
        idle_at_last=row.idle_at_last_ms,
    )
