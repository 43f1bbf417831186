"""Each change in a part of the past: one after the other, or added up by the database."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    case,
    func,
    literal,
    select,
    union_all,
)

from monitor.store.kind_tables import KIND_TABLES
from monitor.store.rolled import Summed
from monitor.store.stretches import FOREVER_MS, MANY_IDS, as_number, closed

_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read: metrics of a kind, of some subjects, in a time (milliseconds)."""

    kind: str
    names: Sequence[str]
    ids: Collection[int]
    begin_ms: int
    end_ms: int


def changes(connection: Connection, wanted: Wanted) -> Iterator[Any]:
    """Yield (subject, from, to, metrics) of what reaches into a time, each in order of time."""
    ended, going_on = _statements(connection, wanted)
    for statement in (ended.order_by("valid_to"), going_on):
        rows = connection.execute(statement.execution_options(yield_per=_AT_ONCE))
        for some in rows.partitions():
            yield from (row for row in some if row[0] in wanted.ids)


def changes_summed(
    connection: Connection, wanted: Wanted, seen_ms: int, *, is_first: bool
) -> Iterator[Summed]:
    """Yield what metrics came to in a time all of which was seen, as one step.

    `seen_ms` is when something was seen last: what is open is told up to then. `is_first`: what was
    seen last at the very beginning counts here, and not in a step before.
    """
    names, begin_ms, end_ms = wanted.names, wanted.begin_ms, wanted.end_ms
    # From a moment before: one without length may be at the beginning.
    ended, going_on = _statements(connection, replace(wanted, begin_ms=begin_ms - 1))
    rows = union_all(ended, going_on).subquery("changes")
    begin = as_number(rows.c.valid_from)
    end = _lesser(as_number(rows.c.valid_to), _greater(begin, literal(seen_ms, BigInteger)))
    low, high = (
        _greater(begin, literal(begin_ms, BigInteger)),
        _lesser(end, literal(end_ms, BigInteger)),
    )
    there = (end > begin_ms) | (begin >= begin_ms)
    if is_first:
        there |= (rows.c.valid_to == FOREVER_MS) & (end == begin_ms)
    each = select(
        rows.c.subject_id, (high - low).label("length"), *(rows.c[name] for name in names)
    ).where(there)
    for subject_id, *found in connection.execute(_added_up(each.subquery("parts"), names)):
        for place in range(len(names)):
            known_ms, least, greatest, area = found[4 * place : 4 * place + 4]
            if least is not None:
                yield Summed(
                    subject_id=subject_id,
                    metric=place,
                    at_ms=begin_ms,
                    span_ms=end_ms - begin_ms,
                    count=1,
                    known_ms=int(known_ms),
                    least=float(least),
                    greatest=float(greatest),
                    area=float(area),
                    p95=None,
                )


def _added_up(parts: Subquery, names: Sequence[str]) -> Select[Any]:
    sums: list[ColumnElement[Any]] = []
    for name in names:
        value = parts.c[name]
        known = case((value.is_not(None), parts.c.length))
        sums += [func.sum(known), func.min(value), func.max(value), func.sum(value * known)]
    return select(parts.c.subject_id, *sums).group_by(parts.c.subject_id)


def _statements(connection: Connection, wanted: Wanted) -> tuple[Select[Any], Select[Any]]:
    """Return what ended after the beginning, and what is open; of what began before the end."""
    tables, names, ids = KIND_TABLES[wanted.kind], wanted.names, wanted.ids
    past = closed(connection, tables, names, after_ms=wanted.begin_ms, ids=ids).c
    began = as_number(past.valid_from)
    ended = select(
        past.subject_id,
        began.label("valid_from"),
        as_number(past.valid_to).label("valid_to"),
        *(past[name] for name in names),
    ).where(began < wanted.end_ms)
    latest = tables.latest.c
    begun = as_number(latest.valid_from)
    going_on = select(
        latest.subject_id,
        begun.label("valid_from"),
        literal(FOREVER_MS, BigInteger).label("valid_to"),
        *(latest[name] for name in names),
    ).where(begun < wanted.end_ms)
    if len(ids) <= MANY_IDS:
        going_on = going_on.where(latest.subject_id.in_(ids))
    return ended, going_on


def _lesser(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, one), else_=other)


def _greater(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)
