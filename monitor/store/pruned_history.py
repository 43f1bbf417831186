"""Which rows of the history go by age: closed stretches, polls, subjects that are long gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    func,
    literal,
    select,
    tuple_,
)

from monitor.store.kind_tables import KindTables
from monitor.store.rollup_tables import GAPS
from monitor.store.store import Store
from monitor.store.tables import POLLS, SILENCES, SUBJECTS

Gone = Mapping[str, int]
"""How many rows went, by what they were."""


class Sweep(Protocol):
    """Looks through one kind of rows, slice by slice."""

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let about `rows` rows go; None when nothing is left that is too old."""
        ...

    def count(self, connection: Connection) -> Gone:
        """Return how many rows are too old."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedByKey:
    """Rows of a table whose key begins with an instant, from the oldest on.

    Of stretches that is their end: one that ended later stays whole, whenever it began. `until` is
    the last key that goes, an instant or a day; `ended` is another column, and up to when what it
    says is too old.
    """

    name: str
    table: Table
    until: datetime | int
    ended: tuple[Column[datetime], datetime] | None = None

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let the oldest go: they stand at the beginning of the table."""
        columns = self.table.primary_key.columns
        with store.reading() as connection:
            found = connection.execute(
                select(*columns).where(self._is_old).order_by(*columns).limit(rows)
            ).all()
        if not found:
            return None
        last = [literal(at, column.type) for at, column in zip(found[-1], columns, strict=True)]
        first = tuple_(*columns) <= tuple_(*last)
        with store.writing() as write:
            done = write.connection.execute(delete(self.table).where(first, self._is_old))
        return {self.name: done.rowcount}

    def count(self, connection: Connection) -> Gone:
        """Return how many are too old."""
        counted = select(func.count()).select_from(self.table).where(self._is_old)
        return {self.name: connection.scalar(counted) or 0}

    @property
    def _is_old(self) -> ColumnElement[bool]:
        begin = next(iter(self.table.primary_key.columns)) <= self.until
        if self.ended is None:
            return begin
        column, until = self.ended
        return and_(begin, column <= until)


@dataclass(frozen=True, slots=True)
class PrunedSubjects:
    """Subjects that are gone, and so long that nothing of their history is kept.

    A subject's last stretch ends when it is gone, so the two go by the same age. The newest
    subject stays in any case: its id is where the next ids are counted from, and an id that was
    given twice would mix up two subjects in the mind of a running daemon.
    """

    tables: KindTables
    until: datetime

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let some go, out of the books too: one that comes back begins anew."""
        with store.reading() as connection:
            ids = connection.scalars(select(SUBJECTS.c.id).where(self._is_old).limit(rows)).all()
        if not ids:
            return None
        old = delete(SUBJECTS).where(SUBJECTS.c.id.in_(ids), self._is_old)
        with store.writing() as write:
            gone = write.connection.execute(old.returning(SUBJECTS.c.tenant, SUBJECTS.c.key)).all()
            write.recorder.forget(self.tables.kind.name, [(tenant, key) for tenant, key in gone])
        return {"subjects": len(gone)}

    def count(self, connection: Connection) -> Gone:
        """Return how many have been gone for too long."""
        counted = select(func.count()).select_from(SUBJECTS).where(self._is_old)
        return {"subjects": connection.scalar(counted) or 0}

    @property
    def _is_old(self) -> ColumnElement[bool]:
        latest, one = self.tables.latest, SUBJECTS.c
        return and_(
            one.kind == self.tables.kind.name,
            one.gone_at <= self.until,
            one.id < select(func.max(SUBJECTS.alias("every").c.id)).scalar_subquery(),
            ~exists().where(latest.c.subject_id == one.id),
        )


@dataclass(slots=True)
class PrunedPolls:
    """The record of polls, from the first on. They were made in order, but for a clock set back.

    The newest stays in any case, so that ids go on rising: they say in which order polls came.
    """

    until: datetime
    _after: int = -1

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let the old ones among the next rows go; it is over where there are none."""
        column = POLLS.c
        following = select(column.id, column.started_at).where(column.id > self._after)
        with store.reading() as connection:
            page = connection.execute(following.order_by(column.id).limit(rows)).all()
        if not any(started_at <= self.until for _, started_at in page):
            return None
        begin, end = self._after, page[-1].id
        old = delete(POLLS).where(column.id > begin, column.id <= end, self._is_old)
        with store.writing() as write:
            done = write.connection.execute(old)
        self._after = end
        return {"polls": done.rowcount}

    def count(self, connection: Connection) -> Gone:
        """Return how many were made too long ago."""
        counted = select(func.count()).select_from(POLLS).where(self._is_old)
        return {"polls": connection.scalar(counted) or 0}

    @property
    def _is_old(self) -> ColumnElement[bool]:
        newest = select(func.max(POLLS.alias("every").c.id)).scalar_subquery()
        return and_(POLLS.c.started_at <= self.until, POLLS.c.id < newest)


@dataclass(frozen=True, slots=True)
class PrunedGaps:
    """When nobody looked, of days that are too old: there are few, so they go at once."""

    until: datetime

    def step(self, store: Store, rows: int) -> Gone | None:  # noqa: ARG002 - all of them are few
        """Let them go."""
        with store.reading() as connection:
            some = connection.scalar(select(func.count()).where(self._is_old)) or 0
        if not some:
            return None
        with store.writing() as write:
            write.connection.execute(delete(GAPS).where(self._is_old))
        return {}

    def count(self, connection: Connection) -> Gone:  # noqa: ARG002 - nobody asks
        """Return nothing: they are no history of their own."""
        return {}

    @property
    def _is_old(self) -> ColumnElement[bool]:
        return GAPS.c.ended_at <= self.until


@dataclass(frozen=True, slots=True)
class PrunedSilences:
    """Silences that ended; one that is in force, or is still to come, stays."""

    until: datetime

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let some go."""
        with store.reading() as connection:
            ids = connection.scalars(select(SILENCES.c.id).where(self._is_old).limit(rows)).all()
        if not ids:
            return None
        with store.writing() as write:
            done = write.connection.execute(
                delete(SILENCES).where(SILENCES.c.id.in_(ids), self._is_old)
            )
        return {"silences": done.rowcount}

    def count(self, connection: Connection) -> Gone:
        """Return how many ended too long ago."""
        counted = select(func.count()).select_from(SILENCES).where(self._is_old)
        return {"silences": connection.scalar(counted) or 0}

    @property
    def _is_old(self) -> ColumnElement[bool]:
        return SILENCES.c.ends_at <= self.until
