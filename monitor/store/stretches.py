"""Closed stretches of history, wherever they are by now: see `kind_tables.py`."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Subquery,
    func,
    select,
    type_coerce,
    union_all,
)

from monitor.core.kinds import Kind
from monitor.core.rollup import DAY_MS
from monitor.store.kind_tables import KindTables
from monitor.store.rollup_tables import SEALS

FOREVER_MS = 2**62
"""The end of a stretch that is open."""
_SEALS_LOCK = 0x6F6D736C
MANY_IDS = 500
"""More ids than this are not put into a statement: rows are filtered as they come."""


def closed(
    connection: Connection,
    tables: KindTables,
    names: Sequence[str] | None = None,
    *,
    after_ms: int | None = None,
    ids: Collection[int] | None = None,
) -> Subquery:
    """Return what ended after an instant, to select from: in no order.

    Its columns are `subject_id`, `valid_from`, `valid_to`, and of labels and metrics those of
    `names` (None: all). `ids` narrow it to these subjects, unless they are many.
    """
    if names is None:
        kind = tables.kind
        names = (*kind.moving, *(metric.name for metric in kind.metrics))
    wanted = ("subject_id", "valid_from", "valid_to", *names)
    moved, here = tables.sealed.c, tables.stretches.c
    before_day = sealed_before(connection, tables.kind)
    past = select(*(moved[name] for name in wanted)).where(moved.day < before_day)
    recent = select(*(here[name] for name in wanted)).where(
        as_number(here.valid_to) >= before_day * DAY_MS
    )
    if after_ms is not None:
        past = past.where(as_number(moved.valid_to) > after_ms, moved.day >= after_ms // DAY_MS)
        recent = recent.where(as_number(here.valid_to) > after_ms)
    if ids is not None and len(ids) <= MANY_IDS:
        # Day by day, since within a day each subject stands together.
        days = _days(connection, moved.day, after_ms, before_day)
        past = past.where(moved.day.in_(days), moved.subject_id.in_(ids))
        recent = recent.where(here.subject_id.in_(ids))
    return union_all(past, recent).subquery("closed")


def as_number(column: ColumnElement[Any]) -> ColumnElement[int]:
    """Return an instant as the number that it is kept as: to make a `datetime` takes longer."""
    return type_coerce(column, BigInteger)


def sealed_before(connection: Connection, kind: Kind) -> int:
    """Return the first day whose stretches are not sealed; 0 where none are."""
    day = select(SEALS.c.before_day).where(SEALS.c.kind == kind.name)
    return connection.scalar(day) or 0


def hold_seals(connection: Connection, *, alone: bool = False) -> None:
    """Let nobody seal until the end of the transaction; `alone`: nor rely on what is sealed.

    Whoever writes where a stretch belongs and whoever seals may be two processes. SQLite has one
    writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
        connection.exec_driver_sql(f"SELECT {lock}({_SEALS_LOCK}, hashtext(current_schema()))")


def _days(connection: Connection, day: Column[int], after_ms: int | None, before_day: int) -> range:
    """Return the days of which something may be sealed."""
    first = connection.scalar(select(func.min(day)))
    if first is None:
        return range(0)
    return range(first if after_ms is None else max(first, after_ms // DAY_MS), before_day)
