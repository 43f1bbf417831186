"""Stretches that reach into a part of the past, read without all that came after it.

What ended within the part is at known places. What went on at its end has ended on some later day:
these are looked through until each subject is found; busy ones are on the first of them.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Table,
    func,
    literal,
    select,
)

from monitor.core.rollup import DAY_MS
from monitor.store.kind_tables import KindTables
from monitor.store.stretches import FOREVER_MS, MANY_IDS, as_number, sealed_before

Row = Sequence[Any]
"""A subject's id, from when and to when, and values."""

_AT_ONCE = 10_000


def part_rows(
    connection: Connection,
    tables: KindTables,
    names: Sequence[str],
    ids: Collection[int],
    begin_ms: int,
    end_ms: int,
) -> Iterator[Row]:
    """Yield what of some subjects reaches into a part, and what ended just as it began.

    Each subject's stretches are in the order of time; those of different ones are not.
    """
    read = _Reading(connection, tables, names, begin_ms, end_ms)
    wanted = frozenset(ids)
    yield from read.ended(wanted)
    missing = set(wanted)
    for row in read.ended_later(missing):
        missing.discard(row[0])
        if row[1] < end_ms:
            yield row
    yield from read.still_open(missing)


class _Reading:
    """One part: the places of its stretches, in the order of time."""

    def __init__(
        self,
        connection: Connection,
        tables: KindTables,
        names: Sequence[str],
        begin_ms: int,
        end_ms: int,
    ) -> None:
        self._connection = connection
        self._tables = tables
        self._names = names
        self._begin = begin_ms
        self._end = end_ms
        self._before_day = sealed_before(connection, tables.kind)
        first = connection.scalar(select(func.min(tables.sealed.c.day)))
        self._first_day = self._before_day if first is None else first

    def ended(self, ids: Collection[int]) -> Iterator[Row]:
        """Yield what ended in the part, or as it began."""
        sealed, recent = self._tables.sealed, self._tables.stretches
        at = as_number(sealed.c.valid_to)
        for day in self._days(self._begin, self._end):
            of_day = self._select(sealed).where(
                sealed.c.day == day, at >= self._begin, at <= self._end
            )
            for some in _slices(ids):
                few = of_day.where(sealed.c.subject_id.in_(some))
                yield from self._read(few.order_by(sealed.c.subject_id, sealed.c.valid_to))
        at = as_number(recent.c.valid_to)
        since = max(self._begin, self._before_day * DAY_MS)
        later = self._select(recent).where(at >= since, at <= self._end)
        in_order = later.order_by(recent.c.valid_to, recent.c.subject_id)
        yield from self._read_some(in_order, recent, ids)

    def ended_later(self, missing: Collection[int]) -> Iterator[Row]:
        """Yield of each the first that ended after the part; found ones leave `missing`."""
        sealed, recent = self._tables.sealed, self._tables.stretches
        for day in self._days(self._end, self._before_day * DAY_MS):
            for some in _slices(missing):
                yield from self._firsts(sealed, sealed.c.day == day, sealed.c.subject_id.in_(some))
            if not missing:
                return
        limits = [as_number(recent.c.valid_to) >= self._before_day * DAY_MS]
        if len(missing) <= MANY_IDS:
            limits.append(recent.c.subject_id.in_(list(missing)))
        wanted = frozenset(missing)
        yield from (row for row in self._firsts(recent, *limits) if row[0] in wanted)

    def still_open(self, ids: Collection[int]) -> Iterator[Row]:
        """Yield what goes on."""
        latest = self._tables.latest
        begin = as_number(latest.c.valid_from)
        end = literal(FOREVER_MS, BigInteger)
        statement = select(latest.c.subject_id, begin, end, *self._values(latest))
        yield from self._read_some(statement.where(begin < self._end), latest, ids)

    def _firsts(self, table: Table, *limits: ColumnElement[bool]) -> Iterator[Row]:
        at = as_number(table.c.valid_to)
        first = (
            select(table.c.subject_id, func.min(table.c.valid_to).label("valid_to"))
            .where(at > self._end, *limits)
            .group_by(table.c.subject_id)
            .subquery("firsts")
        )
        is_first = (table.c.subject_id == first.c.subject_id) & (
            table.c.valid_to == first.c.valid_to
        )
        yield from self._read(self._select(table).join(first, is_first).where(*limits))

    def _days(self, begin_ms: int, end_ms: int) -> range:
        """Return the days on which sealed stretches ended, from one instant to another."""
        first = max(begin_ms // DAY_MS, self._first_day)
        return range(first, min(end_ms // DAY_MS + 1, self._before_day))

    def _select(self, table: Table) -> Select[Any]:
        column = table.c
        begin, end = as_number(column.valid_from), as_number(column.valid_to)
        return select(column.subject_id, begin, end, *self._values(table))

    def _values(self, table: Table) -> list[ColumnElement[Any]]:
        return [table.c[name] for name in self._names]

    def _read(self, statement: Select[Any]) -> Iterator[Row]:
        result = self._connection.execute(statement.execution_options(yield_per=_AT_ONCE))
        for some in result.partitions():
            yield from some

    def _read_some(
        self, statement: Select[Any], table: Table, ids: Collection[int]
    ) -> Iterator[Row]:
        """Read the rows of these subjects; where they are many, they are picked here."""
        if len(ids) <= MANY_IDS:
            yield from self._read(statement.where(table.c.subject_id.in_(list(ids))))
        else:
            yield from (row for row in self._read(statement) if row[0] in ids)


def _slices(ids: Collection[int]) -> Iterator[Sequence[int]]:
    """Yield the ids in order, as many at once as a statement may name."""
    all_of_them = sorted(ids)
    for place in range(0, len(all_of_them), MANY_IDS):
        yield all_of_them[place : place + MANY_IDS]
