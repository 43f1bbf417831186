"""A database of an earlier revision with a little of everything in it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, select, text
from sqlalchemy.types import JSON, Float, Integer

from monitor.store.schema import run_migrations
from tests.migrations.past_rows import KINDS, LATEST, ROWS, SEALED, STRETCHES, Row


def fill(connection: Connection) -> None:
    """Put rows into every table that there is, children last."""
    known = tables(connection)
    with connection.begin():
        for table in known:
            connection.execute(table.insert(), [dict(row) for row in rows_of(table)])
        if connection.dialect.name == "postgresql":
            for table in known:
                move_on(connection, table)


def tables(connection: Connection) -> list[Table]:
    """Return the tables as they are there, parents first, but for alembic's own."""
    found = MetaData()
    found.reflect(connection)
    connection.rollback()
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def contents(connection: Connection, wanted: Sequence[Table]) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of tables, in the order of their keys."""
    found = {
        table.name: [
            tuple(row)
            for row in connection.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in wanted
    }
    connection.rollback()
    return found


def rows_of(table: Table) -> list[Row]:
    """Return rows for a table, with something in each column that must have it."""
    stem, _, part = table.name.rpartition("_")
    given: Sequence[Row] = ROWS.get(table.name, ({},))
    if stem in KINDS:
        subject = {"subject_id": KINDS.index(stem) + 1}
        given = {"latest": LATEST, "stretches": STRETCHES, "sealed": SEALED}[part]
        given = [{**row, **subject} for row in given]
    return [
        {column.name: row.get(column.name, made_up(column)) for column in table.columns}
        for row in given
    ]


def made_up(column: Column[Any]) -> object:
    """Return a value for a column that nothing was said of."""
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    if isinstance(column.type, Integer):
        return 1
    return 1.5 if isinstance(column.type, Float) else "word"


def move_on(connection: Connection, table: Table) -> None:
    """Let the next id follow the rows that came with theirs."""
    for column in table.primary_key.columns:
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)").bindparams(
                table=table.name, column=column.name
            )
        )
        if sequence is not None:
            sql = f"SELECT setval('{sequence}', (SELECT max({column.name}) FROM {table.name}))"  # noqa: S608  # our own names
            connection.exec_driver_sql(sql)


class Past:
    """A database of an earlier revision, and what is in it."""

    def __init__(self, connection: Connection, revision: str) -> None:
        """Make it, and fill it."""
        run_migrations(connection, revision)
        self.revision = revision
        self.tables = tables(connection)
        fill(connection)
        with connection.begin():
            # A view as a program of then may have had it.
            connection.exec_driver_sql(
                "CREATE VIEW v_polls AS SELECT tenant, collector, outcome FROM polls"
            )
        self.contents = contents(connection, self.tables)
