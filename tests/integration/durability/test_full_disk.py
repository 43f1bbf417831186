"""A disk without a free byte: nothing is recorded, that is told, and nothing is there by halves."""

import os
import shutil
from pathlib import Path
from typing import Protocol

import pytest

from monitor.errors import StoreUnavailable
from monitor.store import Store, open_store
from monitor.store.check import check
from monitor.store.lease import hold
from monitor.store.schema import upgrade
from tests.integration.durability.vigil import a_queue, many_queues, polled_at, rows, vigil

CURE = "the disk is full: free some space"


class Disk(Protocol):
    file: Path

    def fill(self, store: Store) -> None: ...
    def free(self, store: Store) -> None: ...


class MountedDisk:
    """A real one, with a file of somebody else's on it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "history.db"
        self._ballast = directory / "ballast"

    def fill(self, _store: Store | None = None) -> None:
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for size in (65536, 512, 1):
            fill_with(descriptor, size)
        os.close(descriptor)

    def free(self, _store: Store | None = None) -> None:
        self._ballast.unlink()


class ShortFile:
    """Where nobody may mount: SQLite itself lets the file grow no longer."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "history.db"

    def fill(self, store: Store) -> None:
        with store.database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    def free(self, store: Store) -> None:
        with store.database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1000000")


def fill_with(descriptor: int, size: int) -> None:
    try:
        while True:
            os.write(descriptor, b"x" * size)
    except OSError:
        return


@pytest.fixture(params=["mounted", "short"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> Disk:
    made: Disk = (
        MountedDisk(request.getfixturevalue("small_disk"))
        if request.param == "mounted"
        else ShortFile(tmp_path)
    )
    shutil.copyfile(migrated_file, made.file)
    return made


def test_polls_go_on_and_what_is_true_is_told_once_there_is_room(disk: Disk) -> None:
    with vigil(f"sqlite:///{disk.file}") as watching:
        watching.polls(*many_queues(1), at=0)
        disk.fill(watching.store)
        for minute in range(1, 6):
            watching.polls(*many_queues(10 * minute), a_queue(900), at=60 * minute)
        assert "opened Invoices" not in watching.sent
        assert polled_at(watching.store) == [0]

        disk.free(watching.store)
        watching.polls(*many_queues(60), a_queue(900), at=360)
        watching.polls(*many_queues(60), a_queue(900), at=420)

        assert watching.sent.count("opened Invoices") == 1
        assert polled_at(watching.store) == [0, 360, 420]
        assert check(watching.store).findings == ()
        began = "SELECT count(*) FROM queue_latest WHERE valid_from > 0"
        assert rows(watching.store, began) == [(401,)]


def test_it_is_told_once_with_the_cure_and_what_is_missing_is_counted(disk: Disk) -> None:
    with vigil(f"sqlite:///{disk.file}") as watching:
        watching.polls(*many_queues(1), at=0)
        disk.fill(watching.store)
        for minute in range(1, 6):
            watching.polls(*many_queues(10 * minute), at=60 * minute)
        disk.free(watching.store)
        watching.polls(*many_queues(60), at=360)

        (told,) = [line for line in watching.said("store.failed") if line["log_level"] == "error"]
        assert CURE in told["error"]
        assert str(disk.file) in told["error"]
        (recovered,) = watching.said("store.recovered")
        assert recovered["polls_unrecorded"] == 5


def test_who_hears_of_critical_alerts_hears_that_none_can_be_told(disk: Disk) -> None:
    with vigil(f"sqlite:///{disk.file}") as watching:
        watching.polls(*many_queues(1), at=0)
        disk.fill(watching.store)
        for minute in range(1, 6):
            watching.polls(*many_queues(10 * minute), at=60 * minute)
        assert watching.sent == ["opened history"]

        disk.free(watching.store)
        watching.polls(*many_queues(60), a_queue(900), at=360)

        assert watching.sent == ["opened history", "resolved history", "opened Invoices"]
        assert rows(watching.store, "SELECT count(*) FROM deliveries") == [(1,)]


def test_systemd_and_the_health_check_hear_of_it_and_nobody_restarts_the_daemon(
    disk: Disk,
) -> None:
    with vigil(f"sqlite:///{disk.file}") as watching:
        watching.polls(*many_queues(1), at=0)
        assert watching.watchdog.troubles() == ()
        disk.fill(watching.store)
        for minute in range(1, 6):
            watching.polls(*many_queues(10 * minute), at=60 * minute)

        assert [CURE in trouble for trouble in watching.watchdog.troubles()] == [True]
        assert watching.watchdog.overdue() == ()
        # Each poll is work done, though in vain: a restart would free no disk.
        assert watching.told.count("WATCHDOG=1") == 6
        disk.free(watching.store)
        watching.polls(*many_queues(60), at=360)

        assert watching.watchdog.troubles() == ()
        first, last = (line for line in watching.told if line.startswith("STATUS="))
        assert CURE in first
        assert last == "STATUS=running"


class TestOfADaemonThatStarts:
    """Only on a real disk: what SQLite keeps beside the file cannot be made either."""

    @pytest.fixture
    def full(self, small_disk: Path, migrated_file: Path) -> MountedDisk:
        disk = MountedDisk(small_disk)
        shutil.copyfile(migrated_file, disk.file)
        disk.fill()
        return disk

    def test_it_says_that_the_disk_is_full(self, full: MountedDisk) -> None:
        store = open_store(f"sqlite:///{full.file}")
        with pytest.raises(StoreUnavailable, match=CURE):
            store.load_alerts()
        store.close()

    def test_it_gets_the_lease_though_it_cannot_write_its_name(self, full: MountedDisk) -> None:
        store = open_store(f"sqlite:///{full.file}")
        with hold(store) as lease:
            lease.check()
        assert full.file.with_name("history.db.lock").read_text() == ""
        store.close()

    def test_a_database_that_could_not_be_made_is_made_later(self, full: MountedDisk) -> None:
        file = full.file.with_name("new.db")
        store = open_store(f"sqlite:///{file}")
        with pytest.raises(StoreUnavailable, match=CURE):
            upgrade(store)
        full.free()
        assert upgrade(store).before is None
        assert check(store).findings == ()
        store.close()
