import os
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import StoreError, StoreUnavailable
from monitor.store import Store, backup, open_store
from monitor.store.backup import Backup, back_up
from monitor.store.check import check
from monitor.store.place import parse_place
from monitor.store.version import HEAD
from tests.integration.store.aged import an_estate, everything
from tests.integration.store.polls import a_poll, a_queue_of, count, record


@pytest.fixture
def sqlite(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "history.db"
    shutil.copyfile(migrated_file, file)
    store = open_store(f"sqlite:///{file}")
    yield store
    store.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "copy of history.db"


def restored(file: Path) -> Store:
    return open_store(f"sqlite:///{file}")


def is_alone(file: Path) -> bool:
    return [path.name for path in file.parent.iterdir()] == [file.name]


def nothing_left(file: Path) -> bool:
    return not list(file.parent.iterdir())


def a_large_history(store: Store) -> None:
    for minute in range(8):
        queues = [a_queue_of(minute, f"Queue {number}") for number in range(2000)]
        record(store, a_poll(*queues, at=minute * 60.0))


def test_a_copy_holds_everything_and_can_take_the_place_of_the_history(
    sqlite: Store, target: Path
) -> None:
    an_estate(sqlite)

    done = back_up(sqlite.place, target)

    assert done == Backup(file=target, bytes=target.stat().st_size, revision=HEAD)
    assert is_alone(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = restored(target)
    assert everything(copy) == everything(sqlite)
    assert check(copy).findings == ()
    record(copy, a_poll(a_queue_of(5)))
    copy.close()


def test_it_is_of_one_instant_while_the_daemon_writes(sqlite: Store, target: Path) -> None:
    """Each step lets the daemon write once: a copy that began anew each time would never end."""
    a_large_history(sqlite)
    daemon = open_store(f"sqlite:///{sqlite.place.file}")
    polls = count(sqlite, "v_polls")
    told: list[tuple[int, int]] = []

    def write_meanwhile(done: int, total: int) -> None:
        told.append((done, total))
        record(daemon, a_poll(a_queue_of(len(told), "Queue 1"), at=3600.0 + len(told)))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backup, "PAGES_A_STEP", 20)
        back_up(sqlite.place, target, told=write_meanwhile)

    assert len(told) > 5
    assert told[-1][0] == told[-1][1]
    copy = restored(target)
    assert count(copy, "v_polls") == polls
    assert check(copy).findings == ()
    assert count(sqlite, "v_polls") == polls + len(told)
    daemon.close()
    copy.close()


def test_a_daemon_that_writes_all_the_time_is_not_held_up(sqlite: Store, target: Path) -> None:
    a_large_history(sqlite)
    daemon = open_store(f"sqlite:///{sqlite.place.file}")
    stopping = threading.Event()
    failures: list[Exception] = []

    def keep_writing() -> None:
        number = 0
        while not stopping.is_set():
            number += 1
            try:
                record(daemon, a_poll(a_queue_of(number, "Queue 1"), at=3600.0 + number))
            except StoreError as error:
                failures.append(error)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        back_up(sqlite.place, target)
    finally:
        stopping.set()
        writer.join()

    assert failures == []
    copy = restored(target)
    assert check(copy).findings == ()
    daemon.close()
    copy.close()


def test_a_file_that_is_there_is_not_replaced_unless_asked_for(sqlite: Store, target: Path) -> None:
    target.write_text("yesterday")
    with pytest.raises(StoreError, match="is there already: give another name, or --force"):
        back_up(sqlite.place, target)
    assert target.read_text() == "yesterday"
    assert is_alone(target)

    back_up(sqlite.place, target, force=True)

    copy = restored(target)
    assert check(copy).findings == ()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy.close()


def test_the_log_of_an_older_file_does_not_spoil_the_new_one(sqlite: Store, target: Path) -> None:
    older = sqlite3.connect(target, isolation_level=None)
    older.execute("PRAGMA journal_mode=WAL")
    older.execute("CREATE TABLE older (a)")
    log = target.with_name(f"{target.name}-wal")
    kept = log.read_bytes()
    older.close()
    target.unlink()
    log.write_bytes(kept)
    with pytest.raises(StoreError, match=r"history\.db-wal: is there already"):
        back_up(sqlite.place, target)

    back_up(sqlite.place, target, force=True)

    assert is_alone(target)


@pytest.mark.parametrize("end", ["", "-wal", "-shm", ".lock"])
def test_the_database_itself_is_no_place_for_a_copy(sqlite: Store, end: str) -> None:
    record(sqlite, a_poll(a_queue_of(5)))
    own = Path(f"{sqlite.place.file}{end}")
    with pytest.raises(StoreError, match="this is the database itself"):
        back_up(sqlite.place, own, force=True)
    assert count(sqlite, "v_queues") == 1


def test_a_link_to_the_database_is_no_place_either(sqlite: Store, target: Path) -> None:
    target.symlink_to(sqlite.place.file or "")
    with pytest.raises(StoreError, match="this is the database itself"):
        back_up(sqlite.place, target, force=True)


def test_a_directory_is_no_place(sqlite: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="this is a directory"):
        back_up(sqlite.place, tmp_path)


def test_a_directory_that_is_not_there_is_named(sqlite: Store, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere" / "copy.db"
    with pytest.raises(StoreUnavailable, match=r"nowhere/copy\.db: the backup cannot be written"):
        back_up(sqlite.place, missing)
    assert not missing.parent.exists()


def test_nothing_to_back_up_is_said(tmp_path: Path, target: Path) -> None:
    with pytest.raises(StoreUnavailable, match="there is no history yet"):
        back_up(parse_place(f"sqlite:///{tmp_path / 'none.db'}"), target)
    assert nothing_left(target)


def test_an_older_schema_is_backed_up_as_it_is(sqlite: Store, target: Path) -> None:
    """Before an upgrade is when people want it."""
    with sqlite.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    assert back_up(sqlite.place, target).revision == "0000"


def test_postgres_has_a_tool_of_its_own_and_its_password_is_not_told(target: Path) -> None:
    url = (
        "postgresql://monitor:top-secret@db.example/monitor?sslmode=require&sslpassword=top-secret"
    )
    place = parse_place(url)
    with pytest.raises(StoreError) as caught:
        back_up(place, target)
    address = "'postgresql://monitor@db.example/monitor?sslmode=require'"
    command = f"pg_dump --format=custom '--file={target}' {address} (it asks for the password"
    assert command in str(caught.value)
    assert "top-secret" not in str(caught.value)
    assert nothing_left(target)


class TestFailures:
    def test_a_full_disk_leaves_nothing_behind(
        self, sqlite: Store, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_large_history(sqlite)
        opened = backup._opened

        def small(file: Path) -> sqlite3.Connection:
            connection = opened(file)
            if file.name.endswith(".part"):
                connection.execute("PRAGMA max_page_count=20")
            return connection

        monkeypatch.setattr(backup, "_opened", small)
        with pytest.raises(StoreUnavailable, match=r"backups/copy.*: the disk is full"):
            back_up(sqlite.place, target)
        assert nothing_left(target)

    def test_a_full_disk_leaves_the_older_copy_as_it_was(
        self, sqlite: Store, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target.write_text("yesterday")

        def full(_copy: Path, _target: Path, _revision: str | None) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(backup, "_verify", full)
        with pytest.raises(StoreUnavailable, match="No space left on device"):
            back_up(sqlite.place, target, force=True)
        assert target.read_text() == "yesterday"
        assert is_alone(target)

    def test_a_quota_that_is_really_exceeded_is_said(self, sqlite: Store, target: Path) -> None:
        a_large_history(sqlite)
        sqlite.close()
        program = (
            "import sys\nfrom pathlib import Path\n"
            "from monitor.errors import StoreUnavailable\n"
            "from monitor.store.backup import back_up\nfrom monitor.store.place import parse_place\n"
            "try:\n    back_up(parse_place(sys.argv[1]), Path(sys.argv[2]))\n"
            "except StoreUnavailable as error:\n    print(error)\n"
        )

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        done = subprocess.run(
            [sys.executable, "-c", program, f"sqlite:///{sqlite.place.file}", str(target)],
            capture_output=True,
            text=True,
            check=True,
            preexec_fn=limit,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

        assert str(target) in done.stdout
        assert nothing_left(target)

    def test_an_interruption_leaves_nothing_behind(self, sqlite: Store, target: Path) -> None:
        def interrupt(_done: int, _total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            back_up(sqlite.place, target, told=interrupt)
        assert nothing_left(target)

    def test_a_damaged_copy_is_not_kept(self, sqlite: Store, target: Path) -> None:
        a_large_history(sqlite)
        damage(sqlite)
        with pytest.raises(StoreError, match=r"the copy is damaged and was not kept|the file is"):
            back_up(sqlite.place, target)
        assert nothing_left(target)

    def test_a_copy_of_another_revision_is_not_kept(
        self, sqlite: Store, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        revisions = iter([HEAD, "0000"])
        monkeypatch.setattr(backup, "_revision", lambda _connection: next(revisions))
        with pytest.raises(StoreError, match=f"schema 0000 instead of {HEAD} and was not kept"):
            back_up(sqlite.place, target)
        assert nothing_left(target)

    def test_a_locked_file_is_said(
        self, sqlite: Store, target: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sqlite.close()
        monkeypatch.setattr(backup, "LOCK_WAIT_S", 0)
        other = sqlite3.connect(sqlite.place.file or "", isolation_level=None)
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailable, match="kept it locked"):
            back_up(sqlite.place, target)
        other.close()
        assert nothing_left(target)

    def test_a_file_that_is_no_database_is_named(self, tmp_path: Path, target: Path) -> None:
        letter = tmp_path / "history.db"
        letter.write_text("This is not a database, but a letter. " * 100)
        with pytest.raises(StoreUnavailable, match=r"history\.db: the file is not a SQLite"):
            back_up(parse_place(f"sqlite:///{letter}"), target)
        assert nothing_left(target)


def damage(store: Store) -> None:
    """Overwrite pages in the middle of the file, as a failing disk does."""
    store.close()
    file = store.place.file
    assert file is not None
    content = bytearray(file.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 3 * 4096] = b"\x5a" * (3 * 4096)
    file.write_bytes(content)
