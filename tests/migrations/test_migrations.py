import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from monitor.store import Store, open_store, views
from monitor.store.check import check
from monitor.store.database import migration_engine
from monitor.store.metadata import METADATA
from monitor.store.place import parse_place
from monitor.store.schema import (
    Upgrade,
    alembic_config,
    migrations_directory,
    run_migrations,
    schema_state,
    upgrade,
)
from monitor.store.version import HEAD, SchemaState, version_of


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Store]:
    store = open_store(empty_database_url)
    yield store
    store.close()


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    engine = migration_engine(parse_place(empty_database_url))
    with engine.connect() as opened:
        yield opened
    engine.dispose()


def names(connection: Connection) -> tuple[set[str], set[str]]:
    inspector = inspect(connection)
    found = set(inspector.get_table_names()) - {"alembic_version"}, set(inspector.get_view_names())
    connection.rollback()
    return found


def test_there_is_one_head_and_the_program_knows_it() -> None:
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_files_are_numbered_without_gaps_and_named_after_what_they_do() -> None:
    files = sorted(path.name for path in (migrations_directory() / "versions").glob("*.py"))
    assert [re.fullmatch(r"(\d{4})_[a-z][a-z0-9_]+\.py", name) is not None for name in files]
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    assert {Path(script.path).name[:4]: script.revision for script in scripts} == {
        name[:4]: name[:4] for name in files
    }


def test_an_empty_database_is_upgraded_once(empty: Store) -> None:
    assert schema_state(empty).state is SchemaState.MISSING
    assert upgrade(empty) == Upgrade(None, HEAD)
    assert upgrade(empty) == Upgrade(HEAD, HEAD)
    assert schema_state(empty).state is SchemaState.CURRENT
    assert empty.load_alerts() == ()


def test_migrations_lead_to_the_tables_of_the_program(connection: Connection) -> None:
    run_migrations(connection, HEAD)
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    assert compare_metadata(context, METADATA) == []
    connection.rollback()
    tables, there = names(connection)
    assert tables == set(METADATA.tables)
    assert there == set(views.definitions(connection.dialect.name))


def test_migrations_make_the_checks_of_the_program(connection: Connection) -> None:
    # compare_metadata does not look at them.
    run_migrations(connection, HEAD)
    inspector = inspect(connection)
    made = {
        (table, check["name"])
        for table in METADATA.tables
        for check in inspector.get_check_constraints(table)
    }
    assert made == {("alerts", "ck_alerts_phase"), ("deliveries", "ck_deliveries_state")}
    connection.rollback()


def test_every_migration_goes_down_and_up_again(connection: Connection) -> None:
    run_migrations(connection, HEAD)
    before = names(connection)
    run_migrations(connection, "base")
    assert names(connection) == (set(), set())
    run_migrations(connection, HEAD)
    assert names(connection) == before


def test_a_migration_that_fails_leaves_nothing_behind(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "create", _fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        run_migrations(connection, HEAD)
    connection.rollback()
    assert names(connection) == (set(), set())


def _fail(_connection: Connection) -> None:
    raise RuntimeError("in the middle")


def test_a_migration_keeps_its_hands_off_other_peoples_tables(connection: Connection) -> None:
    with connection.begin():
        connection.exec_driver_sql("CREATE TABLE somebody_elses (id integer)")
        connection.exec_driver_sql("CREATE VIEW another AS SELECT * FROM somebody_elses")
    run_migrations(connection, HEAD)
    run_migrations(connection, "base")
    assert names(connection) == ({"somebody_elses"}, {"another"})


def test_four_processes_may_upgrade_at_once(empty: Store, empty_database_url: str) -> None:
    program = (
        "import sys; from monitor.store import open_store; from monitor.store.schema import upgrade;"
        "print(upgrade(open_store(sys.argv[1])).changed)"
    )
    command = [sys.executable, "-c", program, empty_database_url]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # our own interpreter
        for _ in range(4)
    ]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in started)
    assert said == ["False", "False", "False", "True"]
    assert {process.returncode for process in started} == {0}
    assert schema_state(empty).state is SchemaState.CURRENT


def test_a_current_schema_is_opened_without_alembic(migrated_file: Path) -> None:
    program = (
        "import sys; from monitor.store import open_store; from monitor.store.schema import upgrade;"
        "store = open_store(sys.argv[1]); upgrade(store); store.load_alerts();"
        "sys.exit('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", program, f"sqlite:///{migrated_file}"]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0  # our own interpreter


def test_a_revision_is_older_or_newer_by_its_number() -> None:
    assert version_of("0000").state is SchemaState.BEHIND
    assert version_of(HEAD).state is SchemaState.CURRENT
    assert version_of("0999").state is SchemaState.AHEAD


def test_a_check_finds_nothing_in_a_sound_database(store: Store) -> None:
    assert check(store).findings == ()


def test_a_check_finds_what_somebody_changed(store: Store) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("DROP VIEW v_polls")
        connection.exec_driver_sql("ALTER TABLE sights ADD COLUMN more integer")
    findings = "\n".join(check(store).findings)
    assert "the view v_polls is missing" in findings
    assert "the column sights.more is not the program's" in findings


def test_a_check_of_an_empty_database_says_so(empty: Store) -> None:
    if empty.place.file is not None:
        empty.place.file.touch()
    health = check(empty)
    assert health.findings == ("the schema is missing: revision none",)
    assert not health.is_sound
