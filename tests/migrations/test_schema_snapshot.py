"""The schema as text, so that a change of it is read by somebody.

Written anew with: UPDATE_SCHEMA=1 pytest tests/migrations
"""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.schema import CreateIndex, CreateTable

from monitor.store import Store, views
from monitor.store.metadata import METADATA

DATA = Path(__file__).parent.parent / "data"


def sqlite_schema(connection: Connection) -> Iterator[str]:
    rows = connection.execute(
        text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name")
    )
    for (sql,) in rows:
        yield sql


def postgres_schema(connection: Connection) -> Iterator[str]:
    columns = text(
        "SELECT table_name, column_name, data_type, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = current_schema() "
        "ORDER BY table_name, ordinal_position"
    )
    views_there = set(inspect(connection).get_view_names())
    table = ""
    for name, column, kind, nullable, default in connection.execute(columns):
        if name != table:
            table = name
            yield f"{'view' if name in views_there else 'table'} {name}"
        filled = f" default {default}" if default else ""
        yield f"  {column} {kind}{'' if nullable == 'YES' else ' not null'}{filled}"
    constraints = text(
        "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) "
        "FROM pg_constraint WHERE connamespace = current_schema()::regnamespace "
        "AND contype <> 'n' ORDER BY 1"
    )
    yield from connection.execute(constraints).scalars()
    indexes = text("SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1")
    yield from connection.execute(indexes).scalars()
    for name, select in views.definitions("postgresql").items():
        yield f"view {name}:\n{select}"


def test_the_schema_is_the_one_that_was_read(store: Store, dialect: str) -> None:
    schema = sqlite_schema if dialect == "sqlite" else postgres_schema
    with store.reading() as connection:
        found = "\n".join(line.replace("public.", "") for line in schema(connection)) + "\n"
    snapshot = DATA / f"schema-{dialect}.sql"
    if os.environ.get("UPDATE_SCHEMA"):
        snapshot.write_text(found)
    assert found == snapshot.read_text(), (
        "when this is meant: UPDATE_SCHEMA=1 pytest tests/migrations"
    )


def test_tables_can_be_written_down_for_both_databases() -> None:
    for table in METADATA.sorted_tables:
        assert str(CreateTable(table))
        for index in table.indexes:
            assert str(CreateIndex(index))
