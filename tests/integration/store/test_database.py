import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from monitor.errors import SchemaOutdated, StoreError, StoreUnavailable
from monitor.store import Store, open_store
from monitor.store.database import create_file
from monitor.store.schema import upgrade
from tests.integration.store.polls import a_poll, a_queue_of, column, count, record
from tests.postgres import PostgresServer


def test_a_reader_sees_nothing_of_an_open_transaction_and_does_not_wait(
    reopen: Callable[[], Store],
) -> None:
    store = reopen()
    with store.writing() as write:
        write.snapshot(a_poll(a_queue_of(5)))
        assert count(reopen(), "v_queues") == 0
    assert count(store, "v_queues") == 1


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError), store.reading() as connection:
        connection.exec_driver_sql("DELETE FROM polls")


def test_writers_of_many_threads_take_turns(store: Store) -> None:
    def work(number: int) -> None:
        for i in range(5):
            record(store, a_poll(a_queue_of(i, f"Q{number}"), at=i * 60, tenant=f"t{number}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(store, "v_polls") == 30
    assert count(store, "v_queue_history") == 30
    assert count(store, "subjects") == 6


def test_a_transaction_inside_a_transaction_is_refused_at_once(store: Store) -> None:
    with pytest.raises(RuntimeError, match="already open"), store.writing(), store.writing():
        pass
    record(store, a_poll(a_queue_of(5)))


def test_whatever_the_library_raises_becomes_a_store_error(store: Store) -> None:
    with pytest.raises(StoreError) as caught, store.reading() as connection:
        connection.exec_driver_sql("SELECT nonsense FROM")
    assert not isinstance(caught.value, SQLAlchemyError)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_missing_asks_for_an_upgrade(store: Store) -> None:
    with pytest.raises(SchemaOutdated, match="db upgrade"), store.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")


def test_an_empty_database_is_told_from_a_broken_one(empty_database_url: str) -> None:
    store = open_store(empty_database_url)
    with pytest.raises(StoreUnavailable, match="no history yet"):
        store.load_alerts()
    store.close()


def test_a_schema_from_the_future_is_refused_in_words(store: Store, database_url: str) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    newer = open_store(database_url)
    with pytest.raises(SchemaOutdated, match=r"9999 is newer .* install the newer"):
        newer.load_alerts()
    with pytest.raises(SchemaOutdated, match=r"9999 is newer"):
        upgrade(newer)
    newer.close()


@pytest.mark.parametrize(
    "url",
    [
        "mysql://x@y/z",
        "nonsense",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///x.db?mode=ro",
        "postgresql://user:top-secret@host:port/db",
    ],
)
def test_a_url_that_is_not_ours_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"use sqlite:///FILE|needs a file") as caught:
        open_store(url)
    assert "top-secret" not in str(caught.value)


class TestSqlite:
    def test_the_file_and_its_directory_are_for_the_owner_only(self, tmp_path: Path) -> None:
        file = tmp_path / "a" / "b" / "history.db"
        store = open_store(f"sqlite:///{file}")
        upgrade(store)
        record(store, a_poll(a_queue_of(5)))
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert {stat.S_IMODE(d.stat().st_mode) for d in (file.parent, file.parent.parent)} == {
            0o700
        }
        for beside in file.parent.glob("history.db-*"):
            assert stat.S_IMODE(beside.stat().st_mode) == 0o600
        store.close()

    def test_a_question_does_not_create_a_file(self, tmp_path: Path) -> None:
        store = open_store(f"sqlite:///{tmp_path / 'x' / 'history.db'}")
        with pytest.raises(StoreUnavailable, match="no history yet"):
            store.collector_states()
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("pragma", "writer", "reader"),
        [
            ("journal_mode", "wal", "wal"),
            ("synchronous", 2, 2),
            ("foreign_keys", 1, 1),
            ("busy_timeout", 10_000, 10_000),
            ("query_only", 0, 1),
        ],
    )
    def test_every_connection_is_set_up(
        self, migrated_file: Path, pragma: str, writer: object, reader: object
    ) -> None:
        store = open_store(f"sqlite:///{migrated_file}")
        with store.database.writing() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == writer
        assert column(store, f"PRAGMA {pragma}") == [reader]
        store.close()

    def test_a_file_that_is_no_database_is_named(self, tmp_path: Path) -> None:
        file = tmp_path / "history.db"
        file.write_text("This is not a database, but a letter. " * 100)
        store = open_store(f"sqlite:///{file}")
        with pytest.raises(StoreUnavailable, match=r"history\.db: the file is not a SQLite"):
            store.load_alerts()
        store.close()

    def test_a_directory_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        store = open_store(f"sqlite:///{tmp_path}/file/below/history.db")
        with pytest.raises(StoreUnavailable, match="cannot be created: File exists: "):
            upgrade(store)
        store.close()

    def test_a_database_that_another_program_locks_is_reported(
        self, migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("monitor.store.database.LOCK_WAIT_S", 0)
        file = tmp_path / "locked.db"
        file.write_bytes(migrated_file.read_bytes())
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        store = open_store(f"sqlite:///{file}")
        with pytest.raises(StoreUnavailable, match="another program has kept it locked"):
            record(store, a_poll(a_queue_of(5)))
        other.execute("ROLLBACK")
        other.close()
        record(store, a_poll(a_queue_of(5)))
        assert count(store, "v_queues") == 1
        store.close()

    def test_a_full_disk_is_reported_and_the_books_stay_right(
        self, migrated_file: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "full.db"
        file.write_bytes(migrated_file.read_bytes())
        store = open_store(f"sqlite:///{file}")
        record(store, a_poll(a_queue_of(0)))
        with store.database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        many = [a_queue_of(i, f"Queue {i}" * 20) for i in range(500)]
        with pytest.raises(StoreUnavailable, match="the disk is full"):
            record(store, a_poll(*many, at=60))
        with store.database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=100000")
        record(store, a_poll(*many, at=60))
        assert count(store, "v_queues") == 501
        store.close()


def cut(postgres: PostgresServer, database: str) -> None:
    postgres.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608  # our own name
    )


class TestPostgres:
    def test_nobody_there_is_told_with_a_cure(self) -> None:
        store = open_store("postgresql://monitor@127.0.0.1:1/monitor", SecretStr("top-secret"))
        with pytest.raises(StoreUnavailable, match="nothing answers there") as caught:
            store.load_alerts()
        assert "postgresql://monitor@127.0.0.1:1/monitor" in str(caught.value)
        assert "top-secret" not in str(caught.value) + repr(caught.value) + repr(store)
        store.close()

    def test_a_database_that_is_not_there_is_told(self, postgres: PostgresServer) -> None:
        store = open_store(postgres.url_of("no_such_database"))
        with pytest.raises(StoreUnavailable, match=r"check the database|does not exist"):
            store.load_alerts()
        store.close()

    def test_a_password_in_the_url_is_never_shown(self) -> None:
        url = (
            "postgresql://monitor:top-secret@db.example/monitor?password=top-secret&sslmode=require"
        )
        store = open_store(url)
        assert store.place.shown == "postgresql://monitor@db.example/monitor"
        assert "top-secret" not in repr(store)

    def test_a_connection_cut_by_the_server_is_replaced(self, postgres: PostgresServer) -> None:
        name = postgres.create(postgres.migrated())
        store = open_store(postgres.url_of(name))
        record(store, a_poll(a_queue_of(5)))
        cut(postgres, name)
        record(store, a_poll(a_queue_of(6), at=60))
        assert count(store, "v_queue_history") == 2
        store.close()
        postgres.drop(name)

    def test_a_connection_cut_in_a_transaction_loses_it_whole(
        self, postgres: PostgresServer
    ) -> None:
        name = postgres.create(postgres.migrated())
        store = open_store(postgres.url_of(name))
        record(store, a_poll(a_queue_of(5)))

        def cut_off() -> None:
            with store.writing() as write:
                write.snapshot(a_poll(a_queue_of(6), at=60))
                cut(postgres, name)
                write.snapshot(a_poll(a_queue_of(7), at=120))

        with pytest.raises(StoreUnavailable):
            cut_off()
        record(store, a_poll(a_queue_of(6), at=60))
        assert column(store, "SELECT new_items FROM v_queues") == [6.0]
        store.close()
        postgres.drop(name)


class TestLocks:
    def test_asking_for_the_file_again_drops_no_lock_of_this_process(self, tmp_path: Path) -> None:
        """Closing any descriptor of the file would: then the next reader takes the log away."""
        store = open_store(f"sqlite:///{tmp_path / 'history.db'}")
        upgrade(store)
        record(store, a_poll(a_queue_of(5)))
        create_file(store.place)
        assert self.polls_seen_elsewhere(store) == 1

        record(store, a_poll(a_queue_of(6)))

        assert self.polls_seen_elsewhere(store) == 2
        store.close()

    @staticmethod
    def polls_seen_elsewhere(store: Store) -> int:
        """Open, read and close in another process, as a command does beside the daemon."""
        program = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
            "print(c.execute('select count(*) from v_polls').fetchone()[0]); c.close()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(store.place.file)],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(done.stdout)
