"""Moves closed stretches of days that are over to where each subject's are together."""

from array import array
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from monitor.core.rollup import DAY_MS
from monitor.store.kind_tables import KindTables
from monitor.store.pruned_history import Gone
from monitor.store.store import Store
from monitor.store.stretches import as_number

_AT_ONCE = 10_000

Key = tuple[int, int]
"""When a stretch ended, and its subject's id."""


class Sealing:
    """The stretches of one kind that ended before a day, from the oldest day on.

    Each slice is a transaction, before and after which a stretch is in one place; whatever breaks
    it off, the next one goes on with what is left. Of a day only the keys are held in memory.
    """

    def __init__(self, tables: KindTables, before_day: int) -> None:
        """Prepare to look."""
        self._tables = tables
        self._before_ms = before_day * DAY_MS
        self._ends = array("q")
        self._ids = array("q")

    def step(self, store: Store, rows: int) -> Gone | None:
        """Move about `rows` rows; None when nothing is left to be moved."""
        if not self._ends:
            with store.reading() as connection:
                self._look(connection)
            if not self._ends:
                return None
        keys = list(zip(self._ends[-rows:], self._ids[-rows:], strict=True))
        keys.reverse()
        with store.writing() as write:
            _move(write.connection, self._tables, keys)
        del self._ends[-rows:], self._ids[-rows:]
        return {}

    def count(self, connection: Connection) -> Gone:  # noqa: ARG002 - what is moved is not gone
        """Return nothing: what is moved stays."""
        return {}

    def _look(self, connection: Connection) -> None:
        """Find the keys of the oldest day, so that they are written by subject, front to back."""
        column = self._tables.stretches.c
        ended = as_number(column.valid_to)
        oldest = connection.scalar(select(func.min(ended)))
        if oldest is None or oldest >= self._before_ms:
            return
        end_ms = min((oldest // DAY_MS + 1) * DAY_MS, self._before_ms)
        keys = (
            select(ended, column.subject_id)
            .where(ended < end_ms)
            .order_by(column.subject_id.desc(), column.valid_to.desc())
            .execution_options(yield_per=_AT_ONCE)
        )
        for at_ms, subject_id in connection.execute(keys):
            self._ends.append(at_ms)
            self._ids.append(subject_id)


def _move(connection: Connection, tables: KindTables, keys: Sequence[Key]) -> None:
    """Move rows in one statement each way; one that is gone by now is left out."""
    source, target = tables.stretches.name, tables.sealed.name
    names = ", ".join(column.name for column in tables.stretches.columns)
    day = f"valid_to / {DAY_MS}"
    if connection.dialect.name == "sqlite":
        this = "WHERE valid_to = ? AND subject_id = ?"
        connection.exec_driver_sql(
            f"INSERT INTO {target} (day, {names}) SELECT {day}, {names} FROM {source} {this}",  # noqa: S608  # our own names
            list(keys),
        )
        connection.exec_driver_sql(f"DELETE FROM {source} {this}", list(keys))  # noqa: S608  # our own names
        return
    connection.exec_driver_sql(
        f"WITH moved AS (DELETE FROM {source} AS s USING unnest(%s::bigint[], %s::bigint[]) "  # noqa: S608  # our own names
        "AS k(valid_to, subject_id) WHERE s.valid_to = k.valid_to AND s.subject_id = k.subject_id "
        f"RETURNING s.*) INSERT INTO {target} (day, {names}) SELECT {day}, {names} FROM moved "
        "ORDER BY subject_id, valid_to",
        tuple(list(column) for column in zip(*keys, strict=True)),
    )
