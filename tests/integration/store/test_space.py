"""How a SQLite file grows and shrinks, and what a disk that fails does to it."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.errors import StoreUnavailable
from monitor.store import Store, open_store
from monitor.store.check import check
from monitor.store.lease import hold
from monitor.store.pruning import look, prune
from monitor.store.schema import upgrade
from monitor.store.space import measure
from tests.builders import after
from tests.integration.store.aged import DAY, KEPT, Interrupted, a_day, a_round, let_go
from tests.integration.store.polls import a_poll, a_queue_of, count, record

QUEUES = tuple(f"Queue {number} {'x' * 40}" for number in range(300))


class Later(SystemClock):
    """Sixty days after the first poll."""

    def now(self) -> datetime:
        return after(60 * DAY)


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "history.db"
    shutil.copyfile(migrated_file, copy)
    return copy


@pytest.fixture
def sqlite(file: Path) -> Store:
    return open_store(f"sqlite:///{file}")


def no_pause(_seconds: float) -> None:
    pass


def fill(store: Store) -> None:
    a_day(store, *range(25), 60, names=QUEUES)


def old_kind(file: Path) -> None:
    """Make of it a file that cannot give back, as any other program would have made it."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("PRAGMA auto_vacuum=NONE")
    connection.execute("VACUUM")
    connection.close()


def test_a_fresh_file_can_give_its_space_back(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'history.db'}")
    upgrade(store)
    space = measure(store)
    assert space is not None
    assert space.gives_back
    store.close()


def test_postgres_looks_after_its_own_space(store: Store) -> None:
    assert (measure(store) is None) == (store.place.file is None)


def test_pruning_makes_the_file_smaller(sqlite: Store, file: Path) -> None:
    fill(sqlite)
    sqlite.close()
    before = file.stat().st_size

    done = prune(sqlite, KEPT, Later(), no_pause)

    assert done.gone["stretches"] == 24 * len(QUEUES)
    assert done.bytes_given_back is not None
    assert done.bytes_given_back > before / 3
    assert file.stat().st_size == before - done.bytes_given_back
    assert check(sqlite).findings == ()
    sqlite.close()


def test_the_daemon_leaves_room_for_what_comes_next(sqlite: Store) -> None:
    """What it gave back for an hour's worth it would take again in the next."""
    fill(sqlite)
    let_go(sqlite, 60)

    space = measure(sqlite)

    assert space is not None
    assert space.free_pages > 0
    sqlite.close()


def test_what_is_free_beyond_that_goes_back_slice_by_slice(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.store.retention.RESERVE_BYTES", 40_960)
    fill(sqlite)
    work = a_round(sqlite, 60)
    pages: list[int] = []
    while work.step(80):
        if work.pages:
            pages.append(work.pages - sum(pages))

    space = measure(sqlite)
    assert max(pages) == 20
    assert space is not None
    assert space.free_pages == max(10, space.pages // 10)
    sqlite.close()


def test_a_look_says_what_would_go_and_that_no_space_comes_back(sqlite: Store) -> None:
    fill(sqlite)

    seen = look(sqlite, KEPT, after(60 * DAY))

    assert seen.gone["polls"] == 25
    assert seen.bytes_given_back == 0
    assert count(sqlite, "v_polls") == 26
    sqlite.close()


def test_a_file_of_the_old_kind_is_written_anew_when_there_is_no_daemon(
    sqlite: Store, file: Path
) -> None:
    old_kind(file)
    fill(sqlite)

    done = prune(sqlite, KEPT, Later(), no_pause)

    assert done.after is not None
    assert done.after.gives_back
    assert done.bytes_given_back is not None
    assert done.bytes_given_back > 0
    assert check(sqlite).findings == ()
    sqlite.close()


def test_beside_a_daemon_it_is_left_as_it_is(sqlite: Store, file: Path) -> None:
    old_kind(file)
    fill(sqlite)

    with hold(open_store(f"sqlite:///{file}")):
        done = prune(sqlite, KEPT, Later(), no_pause)

    assert done.gone["stretches"] > 0
    assert done.bytes_given_back == 0
    assert done.after is not None
    assert done.after.free_pages > 0
    sqlite.close()


def test_between_two_slices_a_daemon_may_write(reopen: Callable[[], Store]) -> None:
    daemon, beside = reopen(), reopen()
    fill(daemon)
    polls = iter(range(1000))

    def a_poll_comes(_seconds: float) -> None:
        record(daemon, a_poll(a_queue_of(next(polls), QUEUES[0]), at=61 * DAY))

    done = prune(beside, KEPT, Later(), a_poll_comes)

    assert done.gone["polls"] == 25
    assert next(polls) > 1
    assert check(daemon).findings == ()


class TestFailures:
    def test_a_full_disk_is_said_and_the_slices_before_it_count(
        self, sqlite: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(sqlite)
        work = a_round(sqlite, 60)
        assert work.step(100)
        real, left = type(sqlite).writing, iter([1, 1])

        def full(store: Store) -> object:
            if next(left, None) is None:
                raise StoreUnavailable("the disk is full: free some space")
            return real(store)

        with monkeypatch.context() as patched:
            patched.setattr(Store, "writing", full)
            assert work.step(100)
            assert work.step(100)
            with pytest.raises(StoreUnavailable, match="disk is full"):
                work.step(100)
        assert work.gone["stretches"] == 300
        assert check(sqlite).findings == ()

        while work.step():
            pass
        assert work.gone["stretches"] == 24 * len(QUEUES)
        sqlite.close()

    def test_a_disk_that_is_really_full_lets_a_slice_go_on_or_says_so(self, sqlite: Store) -> None:
        """Deleting takes no new page: a full database is where it is needed most."""
        fill(sqlite)
        with sqlite.database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        assert let_go(sqlite, 60)["stretches"] == 24 * len(QUEUES)

        record(sqlite, a_poll(*[a_queue_of(77, name) for name in QUEUES], at=61 * DAY))
        sqlite.close()

    def test_a_locked_file_is_said_and_nothing_is_gone(
        self, sqlite: Store, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(sqlite)
        sqlite.close()
        monkeypatch.setattr("monitor.store.database.LOCK_WAIT_S", 0)
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        store = open_store(f"sqlite:///{file}")

        with pytest.raises(StoreUnavailable, match="kept it locked"):
            prune(store, KEPT, Later(), no_pause)

        other.execute("ROLLBACK")
        other.close()
        assert count(store, "v_polls") == 26
        assert prune(store, KEPT, Later(), no_pause).gone["polls"] == 25
        store.close()

    def test_a_read_only_file_is_said_and_a_look_still_works(
        self, sqlite: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(sqlite)
        with sqlite.database.alone() as connection:
            # What the file system says to whoever may not write: root may always.
            connection.cursor().execute("PRAGMA query_only=ON")

        with pytest.raises(StoreUnavailable, match="read-only for this user"):
            prune(sqlite, KEPT, Later(), no_pause)
        assert look(sqlite, KEPT, after(60 * DAY)).gone["polls"] == 25
        sqlite.close()

    def test_a_slice_that_is_lost_is_made_again(self, sqlite: Store) -> None:
        fill(sqlite)
        work = a_round(sqlite, 60)

        def fail() -> None:
            raise StoreUnavailable("the disk reports an error")

        work._store = Interrupted.of(sqlite, fail)
        with pytest.raises(StoreUnavailable):
            work.step(100)

        assert work.step(100)
        assert work.gone["stretches"] == 100
        sqlite.close()
