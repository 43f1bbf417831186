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
    Select,
    Table,
    case,
    func,
    literal,
    select,
    type_coerce,
)

from monitor.core.availability import How
from monitor.core.sample import Subject
from monitor.store.instants import to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.queries import name_matches
from monitor.store.store import Store
from monitor.store.tables import SUBJECTS

FOREVER_MS = 2**62
"""The end of a stretch that is open."""

Row = Sequence[Any]
"""A subject's id, from when and to when, and values."""

# More ids than this are not put into a statement: rows are filtered as they come.
_MANY_IDS = 500
_AT_ONCE = 10_000


def subjects(
    store: Store, kind: str, *, name_glob: str | None = None, tenant: str | None = None
) -> Mapping[int, Subject]:
    """Return the subjects of a kind, gone ones included, by their ids in the rows."""
    statement = select(SUBJECTS).where(SUBJECTS.c.kind == kind)
    if tenant is not None:
        statement = statement.where(SUBJECTS.c.tenant == tenant)
    with store.reading() as connection:
        return {
            row["id"]: Subject(
                tenant=row["tenant"],
                kind=kind,
                key=row["key"],
                name=row["name"],
                labels=row["labels"],
            )
            for row in connection.execute(statement).mappings()
            if name_matches(row["name"], name_glob)
        }


def session_rows(
    store: Store, ids: Collection[int], since: datetime, until: datetime
) -> Iterator[Row]:
    """Yield (id, from, to, how it was) of sessions in a period.

    `UP` is all of the time in which one was there, in pieces that may adjoin; the others are the
    parts of it in which it was not simply up. Of a session whose closed stretches leave no gap the
    database adds them up, which is most of them; only of the others each stretch is read.
    """
    tables = KIND_TABLES["session"]
    closed, still_open = tables.stretches, tables.latest
    begin, end = _number(closed.c.valid_from), _number(closed.c.valid_to)
    first, last = func.min(begin), func.max(end)
    pieces = (
        select(closed.c.subject_id, first, last, last - first == func.sum(end - begin))
        .where(end > to_ms(since), begin < to_ms(until))
        .group_by(closed.c.subject_id)
    )
    wanted = frozenset(ids)
    up = [literal(int(How.UP))]
    with store.reading() as connection:
        broken = []
        for one, begins, ends, is_whole in connection.execute(pieces):
            if is_whole and one in wanted:
                yield one, begins, ends, How.UP
            elif one in wanted:
                broken.append(one)
        yield from _read(connection, _closed(closed, up, since, until), closed, frozenset(broken))
        yield from _read(connection, _open(still_open, up, until), still_open, wanted)
        for table, statement in (
            (closed, _closed(closed, [_how(closed)], since, until)),
            (still_open, _open(still_open, [_how(still_open)], until)),
        ):
            yield from _read(connection, statement.where(_is_troubled(table)), table, wanted)


def queue_rows(
    store: Store, ids: Collection[int], since: datetime, until: datetime
) -> Iterator[Row]:
    """Yield the stretches of queues in a period: the id, and what `QueueLedger.add` takes."""
    names = (
        "new_items",
        "deferred_items",
        "successful_items",
        "failed_items",
        "application_exceptions",
        "business_exceptions",
        "mean_processing_s",
    )
    return _stretches(store, "queue", names, ids, since, until)


def license_rows(
    store: Store, ids: Collection[int], since: datetime, until: datetime
) -> Iterator[Row]:
    """Yield the stretches of license types in a period: the id, and a `LicenseRow`'s values."""
    return _stretches(store, "license", ("allowed", "used", "used_ratio"), ids, since, until)


def _stretches(
    store: Store,
    kind: str,
    names: Sequence[str],
    ids: Collection[int],
    since: datetime,
    until: datetime,
) -> Iterator[Row]:
    closed, still_open = KIND_TABLES[kind].stretches, KIND_TABLES[kind].latest
    wanted = frozenset(ids)
    past = _closed(closed, [closed.c[name] for name in names], since, until)
    now = _open(still_open, [still_open.c[name] for name in names], until)
    with store.reading() as connection:
        yield from _read(connection, past.order_by(*closed.primary_key.columns), closed, wanted)
        yield from _read(connection, now, still_open, wanted)


def _closed(
    table: Table, columns: Sequence[ColumnElement[Any]], since: datetime, until: datetime
) -> Select[Any]:
    begin, end = _number(table.c.valid_from), _number(table.c.valid_to)
    rows = select(table.c.subject_id, begin, end, *columns)
    return rows.where(end > to_ms(since), begin < to_ms(until))


def _open(table: Table, columns: Sequence[ColumnElement[Any]], until: datetime) -> Select[Any]:
    begin, end = _number(table.c.valid_from), literal(FOREVER_MS, BigInteger)
    return select(table.c.subject_id, begin, end, *columns).where(begin < to_ms(until))


def _read(
    connection: Connection, statement: Select[Any], table: Table, wanted: frozenset[int]
) -> Iterator[Row]:
    if len(wanted) <= _MANY_IDS:
        statement = statement.where(table.c.subject_id.in_(wanted))
        wanted = frozenset()
    result = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
    for part in result.partitions():
        yield from part if not wanted else [row for row in part if row[0] in wanted]


def _how(table: Table) -> ColumnElement[int]:
    return case(
        (table.c.in_maintenance == 1, int(How.MAINTAINED)),
        (_is_down(table), int(How.DOWN)),
        else_=int(How.UNKNOWN),
    )


def _is_troubled(table: Table) -> ColumnElement[bool]:
    is_untold = table.c.is_unresponsive.is_(None)
    return (table.c.in_maintenance == 1) | _is_down(table) | is_untold


def _is_down(table: Table) -> ColumnElement[bool]:
    return (table.c.is_unresponsive == 1) | (table.c.is_disconnected == 1)


def _number(column: ColumnElement[Any]) -> ColumnElement[int]:
    """Return an instant as the number that it is in the database."""
    return type_coerce(column, BigInteger)
