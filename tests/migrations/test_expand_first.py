"""A migration only adds, so that the program of before goes on beside it: contracting says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from monitor.store import views
from monitor.store.database import migration_engine
from monitor.store.place import parse_place
from monitor.store.schema import alembic_config, run_migrations
from tests.migrations.expanding import faults, statements
from tests.migrations.scripts import NEXT, add_script, contracted

SCRIPTS = {
    script.revision: script
    for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()
}
LATER = sorted(revision for revision, script in SCRIPTS.items() if script.down_revision is not None)


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    engine = migration_engine(parse_place(empty_database_url))
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def found_in(connection: Connection, before: str, revision: str) -> list[str]:
    """Return what a migration does that it should not."""
    run_migrations(connection, before)
    with statements(connection) as executed:
        run_migrations(connection, revision)
    return faults(executed)


@pytest.mark.parametrize("revision", LATER)
def test_a_script_adds_or_says_what_it_takes_away(connection: Connection, revision: str) -> None:
    script = SCRIPTS[revision]
    found = found_in(connection, str(script.down_revision), revision)
    tables = contracted(script.module.__doc__)

    assert [fault for fault in found if not any(f" {name}" in fault for name in tables)] == []


@pytest.mark.parametrize("revision", LATER)
def test_a_script_says_why_it_is_there(revision: str) -> None:
    assert "\nWhy: " in str(SCRIPTS[revision].module.__doc__)


@pytest.mark.parametrize(
    "body",
    [
        'op.create_table("more", sa.Column("id", sa.Integer(), primary_key=True))',
        'op.add_column("polls", sa.Column("more", sa.Integer()))',
        'op.add_column("polls", sa.Column("more", sa.Integer(), nullable=False, server_default="0"))',
        """op.create_table("more", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_index("ix_more_id", "more", ["id"])
    op.execute("INSERT INTO more (id) VALUES (1)")
    op.execute("UPDATE more SET id = 2")""",
        "pass",
    ],
)
def test_what_adds_is_fine(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    before = add_script(monkeypatch, tmp_path, body)

    assert found_in(connection, before, NEXT) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('op.drop_table("channel_paces")', "drops channel_paces"),
        ('op.rename_table("polls", "looks")', "alters polls"),
        ('op.create_index("ix_polls_started_at", "polls", ["started_at"])', "indexes polls"),
        ('op.drop_index("ix_silences_ends_at", "silences")', "drops an index of"),
        ('op.execute("UPDATE polls SET error = NULL")', "rewrites polls"),
        ('op.execute("DELETE FROM turns")', "deletes from turns"),
        (
            'op.execute("INSERT INTO turns (at, what, poll_id) SELECT id, outcome, id FROM polls")',
            "copies rows into turns",
        ),
        (
            """with op.batch_alter_table("polls") as batch:
        batch.alter_column("took_s", nullable=True)""",
            " polls",
        ),
        (
            """with op.batch_alter_table("polls") as batch:
        batch.drop_column("error")""",
            " polls",
        ),
        ('op.execute("ANALYZE")', "does what is not known"),
    ],
)
def test_what_takes_away_is_found(
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    fault: str,
) -> None:
    before = add_script(monkeypatch, tmp_path, body)
    # They need what is taken away here.
    monkeypatch.setattr(views, "create", lambda _connection: None)

    found = found_in(connection, before, NEXT)
    assert found
    assert fault in found[0]


def test_a_column_that_asks_every_row_for_a_value_is_found() -> None:
    # SQLite refuses to.
    (found,) = faults(['ALTER TABLE "polls" ADD COLUMN more INTEGER NOT NULL'])
    assert found.startswith("asks polls for a value")


def test_a_script_says_what_it_takes_away_by_the_names_of_tables() -> None:
    assert contracted("Forget the paces.\n\nWhy: …\nContracts: polls, turns.\n") == [
        "polls",
        "turns",
    ]
    assert contracted("Add more.\n\nWhy: …\n") == ()
    assert contracted(None) == ()
