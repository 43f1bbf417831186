"""An upgrade holds up nobody for long, is made once, and whole or not at all."""

import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, text

from monitor.errors import StoreUnavailable
from monitor.store import Store, views
from monitor.store.database import migration_engine
from monitor.store.schema import Upgrade, run_migrations, schema_state, upgrade
from monitor.store.version import HEAD, SchemaState
from tests.migrations.expanding import altered, statements
from tests.migrations.past import Past, contents

MIGRATES = """
import sys
from monitor.store import open_store, views
from monitor.store.schema import upgrade

def stop_here(_connection):
    print("in the middle", flush=True)
    sys.stdin.read()

if sys.argv[2] == "stops":
    views.create = stop_here
print(upgrade(open_store(sys.argv[1])).changed, flush=True)
"""
Look = Callable[[], Connection]


def start(url: str, how: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", MIGRATES, url, how]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def migrate_and_meanwhile(
    look: Look, monkeypatch: pytest.MonkeyPatch, act: Callable[[Sequence[str]], None]
) -> None:
    """Do something when all is migrated and nothing is committed; it is given the statements."""
    connection = look()
    create = views.create
    done: list[bool] = []
    with statements(connection) as executed:

        def then(made: Connection) -> None:
            create(made)
            act(executed)
            done.append(True)

        monkeypatch.setattr(views, "create", then)
        run_migrations(connection, HEAD)
    assert done


class TestOnPostgres:
    @pytest.fixture
    def dialect(self) -> str:
        return "postgres"

    def test_writers_of_large_tables_go_on(
        self, past: Past, look: Look, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def write(executed: Sequence[str]) -> None:
            # A column that is added is a matter of an instant: nothing is rewritten (see the test
            # of what a script may do), and the whole migration takes no longer than that.
            free = [table.name for table in past.tables if table.name not in altered(executed)]
            assert free
            with look() as writer:
                for name in free:
                    # What an INSERT takes, and no time to wait for it.
                    writer.exec_driver_sql(f"LOCK TABLE {name} IN ROW EXCLUSIVE MODE NOWAIT")

        migrate_and_meanwhile(look, monkeypatch, write)

    def test_a_question_that_takes_long_is_not_waited_for_at_length(
        self, past: Past, behind: Store, look: Look, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("monitor.store.database.LOCK_WAIT_S", 0.1)
        asking = look()
        asking.exec_driver_sql("SELECT count(*) FROM v_polls")
        with pytest.raises(StoreUnavailable, match=r"another session has kept a lock .* end it"):
            upgrade(behind)

        assert schema_state(behind).revision == past.revision
        asking.rollback()
        assert upgrade(behind) == Upgrade(past.revision, HEAD)
        assert contents(look(), past.tables) == past.contents

    def test_migrations_wait_for_locks_as_long_as_all_others(self, behind: Store) -> None:
        engine = migration_engine(behind.place)
        with engine.connect() as connection:
            settings = [
                connection.scalar(text(f"SHOW {name}"))
                for name in ("lock_timeout", "statement_timeout")
            ]
        engine.dispose()
        assert settings == ["10s", "0"]


class TestOnSqlite:
    @pytest.fixture
    def dialect(self) -> str:
        return "sqlite"

    def test_readers_go_on_and_see_the_revision_of_before(
        self, past: Past, behind: Store, look: Look, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("monitor.store.database.LOCK_WAIT_S", 0)

        def read(_executed: Sequence[str]) -> None:
            with behind.database.reading() as reader:
                assert reader.exec_driver_sql("SELECT count(*) FROM v_polls").scalar() == 10
            assert schema_state(behind).revision == past.revision

        migrate_and_meanwhile(look, monkeypatch, read)


def test_of_two_daemons_that_start_at_once_one_migrates(
    past: Past, behind: Store, empty_database_url: str, look: Look
) -> None:
    both = [start(empty_database_url, "goes on") for _ in range(2)]

    said = sorted(one.communicate(timeout=60)[0].strip() for one in both)
    assert said == ["False", "True"]
    assert {one.returncode for one in both} == {0}
    assert schema_state(behind).state is SchemaState.CURRENT
    assert contents(look(), past.tables) == past.contents


def test_killed_in_the_middle_it_is_as_it_was_and_the_next_one_migrates(
    past: Past, behind: Store, empty_database_url: str, look: Look
) -> None:
    with start(empty_database_url, "stops") as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "in the middle\n"
        killed.kill()

    assert schema_state(behind).revision == past.revision
    assert contents(look(), past.tables) == past.contents
    assert upgrade(behind) == Upgrade(past.revision, HEAD)
    assert contents(look(), past.tables) == past.contents
