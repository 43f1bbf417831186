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

_BINARY = frozenset({"bigint", "integer", "smallint", "double precision", "text"})
_POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]  # the dialects are untyped


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows whose keys are new.

    A key that the database gives by itself (an id) is not in the rows.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_sqlite_insert(table, _given(table)), list(rows))
        return
    cursor: Any = connection.connection.cursor()
    types = _binary_types(table)
    form = " (FORMAT BINARY)" if types else ""
    statement = f"COPY {table.name} ({_names(_given(table))}) FROM STDIN{form}"
    with contextlib.closing(cursor), cursor.copy(statement) as copy:
        if types:
            copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def upsert(
    connection: Connection, table: Table, rows: Sequence[Row], update: tuple[str, ...]
) -> None:
    """Add rows, or set the columns `update` of those whose key is there already."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        statement = _sqlite_insert(table, tuple(table.columns.keys()))
        connection.exec_driver_sql(statement + _on_conflict(table, update), list(rows))
    else:
        columns = tuple(_array(column) for column in zip(*rows, strict=True))
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


def _array(values: Sequence[Any]) -> str:
    """Return an array as Postgres reads it; the driver takes ten times as long over a list.

    Source: PostgreSQL documentation, arrays, array input and output syntax.
    """
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: str | float | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


@lru_cache
def _given(table: Table) -> tuple[str, ...]:
    """Return the columns that the database does not fill by itself, in order."""
    return tuple(c.name for c in table.columns if c is not table.autoincrement_column)


@lru_cache
def _binary_types(table: Table) -> tuple[str, ...]:
    """Return the types of a binary copy, () where a document is to be read from its text."""
    columns = [table.c[name] for name in _given(table)]
    types = tuple(column.type.compile(dialect=_POSTGRES).lower() for column in columns)
    return types if _BINARY.issuperset(types) else ()


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


@lru_cache
def _sqlite_insert(table: Table, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" for _ in columns)
    return f"INSERT INTO {table.name} ({_names(columns)}) VALUES ({marks})"  # noqa: S608  # our own names


@lru_cache
def _postgres_insert(table: Table) -> str:
    arrays = ", ".join(
        f"%s::{column.type.compile(dialect=_POSTGRES)}[]" for column in table.columns
    )
    names = _names(tuple(table.columns.keys()))
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608  # our own names


@lru_cache
def _on_conflict(table: Table, update: tuple[str, ...]) -> str:
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    if not update:
        return f" ON CONFLICT ({keys}) DO NOTHING"
    assignments = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
    return f" ON CONFLICT ({keys}) DO UPDATE SET {assignments}"
