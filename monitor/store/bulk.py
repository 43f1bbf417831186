"""Writes many rows at once, by the fastest way each database has.

Values are those of the driver (integers for instants, JSON as text), in the order of the table's
columns: SQLAlchemy's per-row processing would cost as much as the insert itself. SQLite takes
tuples through `executemany`; Postgres takes a COPY for new rows and arrays for the rest, which is
five to ten times as fast as `executemany` there.
"""

import contextlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

Row = tuple[object, ...]

_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]  # the dialects are untyped


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows whose keys are new."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_sqlite_insert(table), list(rows))
        return
    cursor: Any = connection.connection.cursor()
    with (
        contextlib.closing(cursor),
        cursor.copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], update: tuple[str, ...]
) -> None:
    """Add rows, or set the columns `update` of those whose key is there already."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_sqlite_insert(table) + _on_conflict(table, update), list(rows))
    else:
        columns = tuple(list(column) for column in zip(*rows, strict=True))
        connection.exec_driver_sql(_postgres_insert(table) + _on_conflict(table, update), columns)


def delete(connection: Connection, table: Table, ids: Sequence[int]) -> None:
    """Delete the rows of these ids; the table's key is one column."""
    if not ids:
        return
    (key,) = table.primary_key.columns
    if connection.dialect.name == "sqlite":
        statement = f"DELETE FROM {table.name} WHERE {key.name} = ?"  # noqa: S608  # our own names
        connection.exec_driver_sql(statement, [(one,) for one in ids])
    else:
        statement = f"DELETE FROM {table.name} WHERE {key.name} = ANY(%s)"  # noqa: S608  # our own
        connection.exec_driver_sql(statement, (list(ids),))


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


@lru_cache
def _sqlite_insert(table: Table) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({marks})"  # noqa: S608  # our own names


@lru_cache
def _postgres_insert(table: Table) -> str:
    arrays = ", ".join(
        f"%s::{column.type.compile(dialect=_POSTGRES)}[]" for column in table.columns
    )
    return f"INSERT INTO {table.name} ({_columns(table)}) SELECT * FROM unnest({arrays})"  # noqa: S608  # our own names


@lru_cache
def _on_conflict(table: Table, update: tuple[str, ...]) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    if not update:
        return f" ON CONFLICT ({keys}) DO NOTHING"
    assignments = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
    return f" ON CONFLICT ({keys}) DO UPDATE SET {assignments}"
