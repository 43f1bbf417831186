"""A page of the file that is no longer what was written: told with the cure, and never a crash."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from monitor.errors import StoreError, StoreUnavailable
from monitor.store import Store, open_store
from monitor.store.backup import back_up
from monitor.store.check import check
from tests.builders import after
from tests.integration.durability.vigil import a_queue, many_queues, polled_at, vigil

CURE = "the file is damaged: restore a backup, or move it away to begin anew"
PAGE = 4096
# In a process of its own: to close the file here would drop the locks that SQLite holds on it.
SCRIBBLER = "import os, sys; f = os.open(sys.argv[1], os.O_RDWR); os.pwrite(f, b'\\xa5' * 4096, int(sys.argv[2]))"


@pytest.fixture(scope="module")
def lived_in(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history of ten minutes of two hundred queues, with alerts and messages."""
    file = tmp_path_factory.mktemp("lived-in") / "history.db"
    shutil.copyfile(migrated_file, file)
    with vigil(f"sqlite:///{file}") as watching:
        for minute in range(10):
            new = 900 if minute == 4 else 1
            watching.polls(*many_queues(minute, 200), a_queue(new), at=60 * minute)
    return file


@pytest.fixture
def file(lived_in: Path, tmp_path: Path) -> Path:
    return shutil.copyfile(lived_in, tmp_path / "history.db")


def scribble(file: Path, table: str) -> None:
    """Overwrite the first page of a table."""
    overwrite(file, root_of(file, table))


def scribble_in_the_past(file: Path, table: str) -> None:
    """Overwrite the page with the oldest rows of a table of many."""
    root = root_of(file, table)
    content = file.read_bytes()[(root - 1) * PAGE : root * PAGE]
    # Source: SQLite, database file format, b-tree pages: an interior page begins with its kind,
    # its cells' places follow at 12, and each cell with the page to its left.
    assert content[0] in {2, 5}
    cell = int.from_bytes(content[12:14])
    overwrite(file, int.from_bytes(content[cell : cell + 4]))


def root_of(file: Path, table: str) -> int:
    """Return a table's first page; what is in no checkpoint yet is put into the file before."""
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        return int(other.execute(sql, (table,)).fetchone()[0])


def overwrite(file: Path, page: int) -> None:
    command = [sys.executable, "-c", SCRIBBLER, str(file), str((page - 1) * PAGE)]
    subprocess.run(command, check=True)


def test_a_running_daemon_says_so_and_goes_on(file: Path) -> None:
    with vigil(f"sqlite:///{file}", at=900) as watching:
        watching.polls(a_queue(1), at=900)
        scribble(file, "collector_states")
        # As after a while: what SQLite had in memory is of use to nobody.
        watching.store.close()
        watching.polls(a_queue(900), at=960)
        watching.polls(a_queue(900), at=1020)

        assert watching.loud() == ["store.failed"]
        (trouble,) = watching.watchdog.troubles()
        assert CURE in trouble
        assert watching.watchdog.overdue() == ()
        # What is not damaged is there.
        assert watching.store.load_alerts() == ()
        assert polled_at(watching.store)[-1] == 900


def test_polls_do_not_mind_damage_in_the_past_and_who_asks_for_it_is_told(file: Path) -> None:
    with vigil(f"sqlite:///{file}", at=900) as watching:
        scribble_in_the_past(file, "queue_stretches")
        watching.store.close()
        watching.polls(*many_queues(20, 200), a_queue(900), at=960)

        assert watching.sent == ["opened Invoices"]
        assert watching.watchdog.troubles() == ()
        with pytest.raises(StoreUnavailable, match=CURE):
            watching.store.load_series("queue", "new_items", after(0))
        assert any("damaged" in finding for finding in check(watching.store).findings)


def test_a_daemon_that_starts_says_so_and_gives_up(file: Path) -> None:
    scribble(file, "alerts")
    with pytest.raises(StoreUnavailable, match=CURE), vigil(f"sqlite:///{file}"):
        pass


def test_after_the_backup_is_put_back_all_is_as_it_was_then(file: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    backup = back_up(store.place, tmp_path / "backup.db").file
    store.close()
    scribble(file, "alerts")
    store = open_store(f"sqlite:///{file}")
    assert any("damaged" in finding for finding in check(store).findings)
    with pytest.raises(StoreError, match="damaged"):
        back_up(store.place, backup, force=True)
    store.close()

    # As docs/operations.md says.
    for end in ("-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)
    shutil.copyfile(backup, file)
    with vigil(f"sqlite:///{file}", at=900) as watching:
        assert check(watching.store).findings == ()
        watching.polls(a_queue(900), at=900)
        assert watching.sent == ["opened Invoices"]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_page_holds_it_is_an_answer_or_a_sentence(file: Path, seed: int) -> None:
    spoil(file, random.Random(seed))
    store = open_store(f"sqlite:///{file}")
    for question in (
        store.load_alerts,
        store.load_post,
        store.collector_states,
        lambda: store.known_subjects(("queue",)),
        lambda: store.load_series("queue", "new_items", after(0)),
        lambda: store.due("ops", after(1000)),
        lambda: check(store),
    ):
        try:
            question()
        except StoreError as error:
            assert "damaged" in str(error)  # noqa: PT017 - it may raise nothing as well
    store.close()
    keep_watch(store)


def spoil(file: Path, chance: random.Random) -> None:
    """Overwrite a page, all of it or here and there."""
    pages = file.stat().st_size // PAGE
    begin = PAGE * chance.randrange(1, pages)
    with file.open("r+b") as opened:
        if chance.random() < 0.5:
            opened.seek(begin)
            opened.write(chance.randbytes(PAGE))
        for _ in range(20):
            opened.seek(begin + chance.randrange(PAGE))
            opened.write(chance.randbytes(1))
        os.fsync(opened.fileno())


def keep_watch(store: Store) -> None:
    """A daemon on it either says why it cannot start, or polls."""
    try:
        with vigil(store, at=900) as watching:
            for minute in range(3):
                watching.polls(*many_queues(minute, 200), a_queue(900), at=900 + 60 * minute)
            for line in watching.said("store.failed"):
                assert "damaged" in line["error"]
    except StoreError as error:
        assert "damaged" in str(error)  # noqa: PT017 - it may raise nothing as well
