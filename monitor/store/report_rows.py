"""The rows of history that reports add up: plain numbers, as they stream.

A month of hundreds of busy subjects is millions of rows, and a report looks at each of them once:
so instants stay milliseconds since 1970, and what can be left to the database is. Closed stretches
come in the order of their ends, then the open ones; so each subject's are in the order of time.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    case,
    func,
    literal,
    select,
)

from monitor.core.availability import How
from monitor.core.sample import Subject
from monitor.store import queue_days
from monitor.store.instants import to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.part_rows import Row, part_rows
from monitor.store.queries import subjects_of
from monitor.store.store import Store
from monitor.store.stretches import FOREVER_MS, MANY_IDS, as_number, closed

_HOW = ("is_unresponsive", "is_disconnected", "in_maintenance")
_AT_ONCE = 10_000


def subjects(
    store: Store, kind: str, *, name_glob: str | None = None, tenant: str | None = None
) -> Mapping[int, Subject]:
    """Return the subjects of a kind, gone ones included, by their ids in the rows."""
    with store.reading() as connection:
        return subjects_of(connection, kind, name_glob=name_glob, tenant=tenant)


def session_rows(
    store: Store, ids: Collection[int], since: datetime, until: datetime
) -> Iterator[Row]:
    """Yield (id, from, to, how it was) of sessions in a period.

    `UP` is all of the time in which one was there, in pieces that may adjoin; the others are the
    parts of it in which it was not simply up. Of a session whose closed stretches leave no gap the
    database adds them up, which is most of them; only of the others each stretch is read.
    """
    tables = KIND_TABLES["session"]
    still_open = tables.latest
    wanted = frozenset(ids)
    up = [literal(int(How.UP))]
    with store.reading() as connection:
        past = closed(connection, tables, _HOW, after_ms=to_ms(since), ids=ids)
        begin, end = as_number(past.c.valid_from), as_number(past.c.valid_to)
        first, last = func.min(begin), func.max(end)
        pieces = (
            select(past.c.subject_id, first, last, last - first == func.sum(end - begin))
            .where(begin < to_ms(until))
            .group_by(past.c.subject_id)
        )
        broken = []
        for one, begins, ends, is_whole in connection.execute(pieces):
            if is_whole and one in wanted:
                yield one, begins, ends, How.UP
            elif one in wanted:
                broken.append(one)
        yield from _read(connection, _closed(past, up, until), past, frozenset(broken))
        yield from _read(connection, _open(still_open, up, until), still_open, wanted)
        for table, statement in (
            (past, _closed(past, [_how(past)], until)),
            (still_open, _open(still_open, [_how(still_open)], until)),
        ):
            yield from _read(connection, statement.where(_is_troubled(table)), table, wanted)


def queue_rows(store: Store, ids: Collection[int], begin_ms: int, end_ms: int) -> Iterator[Row]:
    """Yield the stretches of queues in a time: the id, and what `QueueLedger.add` takes.

    What ended just as it began is among them: by it can be told what was finished then.
    """
    with store.reading() as connection:
        yield from part_rows(
            connection, KIND_TABLES[queue_days.KIND], queue_days.METRICS, ids, begin_ms, end_ms
        )


def license_rows(
    store: Store, ids: Collection[int], since: datetime, until: datetime
) -> Iterator[Row]:
    """Yield the stretches of license types in a period: the id, and a `LicenseRow`'s values."""
    tables = KIND_TABLES["license"]
    names = ("allowed", "used", "used_ratio")
    wanted = frozenset(ids)
    now = _open(tables.latest, [tables.latest.c[name] for name in names], until)
    with store.reading() as connection:
        past = closed(connection, tables, names, after_ms=to_ms(since), ids=ids)
        ended = _closed(past, [past.c[name] for name in names], until)
        in_order = ended.order_by(past.c.valid_to, past.c.subject_id)
        yield from _read(connection, in_order, past, wanted)
        yield from _read(connection, now, tables.latest, wanted)


def _closed(
    past: FromClause, columns: Sequence[ColumnElement[Any]], until: datetime
) -> Select[Any]:
    begin, end = as_number(past.c.valid_from), as_number(past.c.valid_to)
    return select(past.c.subject_id, begin, end, *columns).where(begin < to_ms(until))


def _open(table: Table, columns: Sequence[ColumnElement[Any]], until: datetime) -> Select[Any]:
    begin, end = as_number(table.c.valid_from), literal(FOREVER_MS, BigInteger)
    return select(table.c.subject_id, begin, end, *columns).where(begin < to_ms(until))


def _read(
    connection: Connection, statement: Select[Any], table: FromClause, wanted: frozenset[int]
) -> Iterator[Row]:
    if len(wanted) <= MANY_IDS:
        statement = statement.where(table.c.subject_id.in_(wanted))
        wanted = frozenset()
    result = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
    for part in result.partitions():
        yield from part if not wanted else [row for row in part if row[0] in wanted]


def _how(table: FromClause) -> ColumnElement[int]:
    return case(
        (table.c.in_maintenance == 1, int(How.MAINTAINED)),
        (_is_down(table), int(How.DOWN)),
        else_=int(How.UNKNOWN),
    )


def _is_troubled(table: FromClause) -> ColumnElement[bool]:
    is_untold = table.c.is_unresponsive.is_(None)
    return (table.c.in_maintenance == 1) | _is_down(table) | is_untold


def _is_down(table: FromClause) -> ColumnElement[bool]:
    return (table.c.is_unresponsive == 1) | (table.c.is_disconnected == 1)
