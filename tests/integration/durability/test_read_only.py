"""A disk that takes nothing any more, a file of somebody else's, a server that only stands by."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import URL

from monitor.errors import StoreUnavailable
from monitor.store import Store, open_store
from monitor.store.database import open_database
from monitor.store.lease import hold
from monitor.store.schema import upgrade
from tests.integration.durability.vigil import a_queue, polled_at, vigil
from tests.postgres import PostgresServer

CURE = "it, or its directory, is read-only for this user: check owner and permissions"


def freeze(store: Store) -> None:
    """Let SQLite write as it may write into a read-only file, be this root or not."""
    query = {"mode": "ro", "uri": "true"}
    url = URL.create("sqlite+pysqlite", database=f"file:{store.place.file}", query=query)
    store.close()
    store.database.writer = open_database(replace(store.place, url=url)).writer


def thaw(store: Store) -> None:
    store.database.writer.dispose()
    store.database.writer = open_database(store.place).writer


def test_polls_go_on_and_are_told_to_be_lost_until_it_can_be_written(
    migrated_file: Path, tmp_path: Path
) -> None:
    file = shutil.copyfile(migrated_file, tmp_path / "history.db")
    with vigil(f"sqlite:///{file}") as watching:
        watching.polls(a_queue(1), at=0)
        freeze(watching.store)
        watching.polls(a_queue(900), at=60)
        watching.polls(a_queue(900), at=120)

        assert watching.loud() == ["store.failed"]
        (trouble,) = watching.watchdog.troubles()
        assert CURE in trouble
        assert polled_at(watching.store) == [0]
        thaw(watching.store)
        watching.polls(a_queue(900), at=180)

        assert watching.sent == ["opened Invoices"]
        assert polled_at(watching.store) == [0, 180]
        (recovered,) = watching.said("store.recovered")
        assert recovered["polls_unrecorded"] == 2


class TestOfADisk:
    """Only where this user may mount one."""

    @pytest.fixture
    def frozen(self, small_disk: Path, migrated_file: Path) -> Path:
        file = shutil.copyfile(migrated_file, small_disk / "history.db")
        command = ["mount", "-o", "remount,ro", str(small_disk)]
        subprocess.run(command, check=True)
        return file

    def test_a_daemon_does_not_start_and_says_which_file_it_could_not_write(
        self, frozen: Path
    ) -> None:
        store = open_store(f"sqlite:///{frozen}")
        with pytest.raises(StoreUnavailable, match=r"db\.lock cannot be written: Read-only file"):
            hold(store)
        store.close()

    def test_a_database_cannot_be_made_there(self, frozen: Path) -> None:
        store = open_store(f"sqlite:///{frozen.with_name('new.db')}")
        with pytest.raises(StoreUnavailable, match="cannot be created: Read-only file system"):
            upgrade(store)
        store.close()

    def test_whoever_asks_is_told_what_to_check(self, frozen: Path) -> None:
        # What SQLite keeps beside the file cannot be made.
        store = open_store(f"sqlite:///{frozen}")
        with pytest.raises(StoreUnavailable, match="check that the directory exists and is writ"):
            store.load_alerts()
        store.close()


class TestOfAServer:
    """A fail-over: who was the primary answers still, and takes nothing any more."""

    @pytest.fixture
    def database(self, postgres: PostgresServer) -> Iterator[str]:
        name = postgres.create(postgres.migrated())
        yield name
        postgres.drop(name)

    def test_a_connection_to_what_was_the_primary_is_given_up(
        self, postgres: PostgresServer, database: str
    ) -> None:
        with vigil(postgres.url_of(database)) as watching:
            watching.polls(a_queue(1), at=0)
            demote(postgres, database)
            watching.polls(a_queue(900), at=60)
            watching.polls(a_queue(900), at=120)
            (trouble,) = watching.watchdog.troubles()
            assert "the server is read-only (a standby?): give the address of the prim" in trouble
            # The address leads to the new one now; the connections of before are left alone.
            postgres.execute(f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
            watching.polls(a_queue(900), at=180)

            assert watching.watchdog.troubles() == ()
            assert watching.sent == ["opened Invoices"]
            assert polled_at(watching.store) == [0, 180]


def demote(postgres: PostgresServer, database: str) -> None:
    """Let new sessions only read, and have all of them made anew."""
    postgres.execute(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    postgres.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608  # our own name
    )
