"""Moves closed stretches of days that are over to where each subject's are together.

A day is copied slice by slice, in the order of subjects; then one row says that it is sealed, from
when on readers take the copies (see `stretches.py`); then the originals go, in the order of time.
So each page is written once, and a stretch is seen once, whenever this is broken off.
"""

from array import array
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, select

from monitor.core.rollup import DAY_MS
from monitor.store import bulk
from monitor.store.instants import EPOCH, MILLISECOND
from monitor.store.kind_tables import KindTables
from monitor.store.pruned_history import Gone, PrunedByKey
from monitor.store.rollup_tables import SEALS
from monitor.store.store import Store
from monitor.store.stretches import as_number, hold_seals, sealed_before

_AT_ONCE = 10_000

Key = tuple[int, int]
"""When a stretch ended, and its subject's id."""


class Sealing:
    """The stretches of one kind that ended before a day, from the oldest day on."""

    def __init__(self, tables: KindTables, before_day: int) -> None:
        """Prepare to look."""
        self._tables = tables
        self._before_day = before_day
        self._rows = 0
        self._slices: Iterator[None] | None = None

    def step(self, store: Store, rows: int) -> Gone | None:
        """Move about `rows` rows; None when nothing is left to be moved."""
        self._rows = rows
        if self._slices is None:
            self._slices = self._work(store)
        try:
            next(self._slices)
        except StopIteration:
            return None
        except BaseException:
            # A generator that raised is over: begin anew where the database says.
            self._slices = None
            raise
        return {}

    def count(self, connection: Connection) -> Gone:  # noqa: ARG002 - what is moved is not gone
        """Return nothing: what is moved stays."""
        return {}

    def _work(self, store: Store) -> Iterator[None]:
        while True:
            with store.reading() as connection:
                sealed = sealed_before(connection, self._tables.kind)
            # What was sealed and not yet deleted, if a round was broken off.
            yield from self._delete(store, sealed)
            with store.reading() as connection:
                keys = self._oldest(connection)
            if keys is None:
                return
            for start in range(0, len(keys), self._rows):
                with store.writing() as write:
                    _copy(write.connection, self._tables, keys.between(start, start + self._rows))
                yield
            # Somebody may have added to the day meanwhile: then it is looked through again.
            with store.writing() as write:
                hold_seals(write.connection, alone=True)
                if self._count(write.connection, keys.day) == len(keys):
                    row = (self._tables.kind.name, keys.day + 1)
                    bulk.upsert(write.connection, SEALS, [row], ("before_day",))
            yield

    def _oldest(self, connection: Connection) -> "_Keys | None":
        """Return what is not sealed of the oldest such day, in order; None where all is.

        Only the keys are held in memory.
        """
        column = self._tables.stretches.c
        ended = as_number(column.valid_to)
        oldest = connection.scalar(select(func.min(ended)))
        if oldest is None or oldest >= self._before_day * DAY_MS:
            return None
        day = oldest // DAY_MS
        keys = _Keys(day)
        wanted = (
            select(ended, column.subject_id)
            .where(ended < (day + 1) * DAY_MS)
            .order_by(column.subject_id, column.valid_to)
            .execution_options(yield_per=_AT_ONCE)
        )
        for at_ms, subject_id in connection.execute(wanted):
            keys.add(at_ms, subject_id)
        return keys

    def _count(self, connection: Connection, day: int) -> int:
        ended = as_number(self._tables.stretches.c.valid_to)
        there = select(func.count()).where(ended < (day + 1) * DAY_MS)
        return connection.scalar(there) or 0

    def _delete(self, store: Store, before_day: int) -> Iterator[None]:
        last = EPOCH + (before_day * DAY_MS - 1) * MILLISECOND
        moved = PrunedByKey(name="moved", table=self._tables.stretches, until=last)
        while moved.step(store, self._rows) is not None:
            yield


class _Keys:
    """The keys of a day, a million and more, in eight bytes each."""

    def __init__(self, day: int) -> None:
        self.day = day
        self._begin_ms = day * DAY_MS
        self._ends = array("I")
        self._ids = array("I")

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, at_ms: int, subject_id: int) -> None:
        self._ends.append(at_ms - self._begin_ms)
        self._ids.append(subject_id)

    def between(self, start: int, end: int) -> list[Key]:
        ends = (self._begin_ms + one for one in self._ends[start:end])
        return list(zip(ends, self._ids[start:end], strict=True))


def _copy(connection: Connection, tables: KindTables, keys: Sequence[Key]) -> None:
    """Copy rows; one that was copied already, by a round that was broken off, stays."""
    source, target = tables.stretches.name, tables.sealed.name
    names = [column.name for column in tables.stretches.columns]
    into = f"INSERT INTO {target} (day, {', '.join(names)})"
    values = ", ".join(f"s.{name}" for name in names)
    copied = f"SELECT s.valid_to / {DAY_MS}, {values} FROM {source} AS s"  # noqa: S608  # our own names
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"{into} {copied} WHERE s.valid_to = ? AND s.subject_id = ? ON CONFLICT DO NOTHING",
            list(keys),
        )
        return
    connection.exec_driver_sql(
        f"{into} {copied} JOIN unnest(%s::bigint[], %s::bigint[]) AS k(valid_to, subject_id) "
        "ON s.valid_to = k.valid_to AND s.subject_id = k.subject_id "
        "ORDER BY s.subject_id, s.valid_to ON CONFLICT DO NOTHING",
        tuple(list(column) for column in zip(*keys, strict=True)),
    )
