"""Another program that keeps the file locked for longer than anybody waits."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.integration.durability.vigil import a_queue, polled_at, vigil

CURE = "another program has kept it locked for 10 s: end that program, or try again"


@pytest.fixture
def file(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Nobody waits in a test.
    monkeypatch.setattr("monitor.store.database.LOCK_WAIT_S", 0)
    return shutil.copyfile(migrated_file, tmp_path / "history.db")


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def test_polls_go_on_and_are_told_to_be_lost_until_the_lock_is_gone(file: Path) -> None:
    with vigil(f"sqlite:///{file}") as watching:
        watching.polls(a_queue(1), at=0)
        with locked(file):
            watching.polls(a_queue(900), at=60)
            watching.polls(a_queue(900), at=120)
            (trouble,) = watching.watchdog.troubles()
            assert CURE in trouble
        watching.polls(a_queue(900), at=180)

        assert [line["error"] for line in watching.said("store.failed")] == [trouble] * 2
        assert watching.loud().count("store.failed") == 1
        (recovered,) = watching.said("store.recovered")
        assert recovered["polls_unrecorded"] == 2
        assert watching.sent == ["opened Invoices"]
        assert polled_at(watching.store) == [0, 180]


def test_who_asks_is_answered_meanwhile(file: Path) -> None:
    with vigil(f"sqlite:///{file}") as watching:
        watching.polls(a_queue(900), at=0)
        with locked(file):
            (alert,) = watching.store.load_alerts()
            assert alert.subject.name == "Invoices"


def test_a_message_in_hand_waits_for_the_end_of_the_lock(file: Path) -> None:
    with vigil(f"sqlite:///{file}") as watching:
        watching.sees(a_queue(900), at=0)
        with locked(file):
            watching.delivers(at=1)
            assert watching.sent == []
            (told,) = watching.said("delivery.store_failed")
            assert CURE in told["error"]
        watching.delivers(at=2)
        assert watching.sent == ["opened Invoices"]
        assert watching.said("delivery.store_recovered")


def test_a_program_that_keeps_even_readers_out_ends_no_watch(file: Path) -> None:
    with vigil(f"sqlite:///{file}") as watching:
        watching.polls(a_queue(1), at=0)
        # A pool gives connections back to the file: with none open another may have it alone.
        watching.store.close()
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            watching.polls(a_queue(900), at=60)
            assert CURE in watching.watchdog.troubles()[0]
            other.execute("ROLLBACK")
        watching.polls(a_queue(900), at=120)
        assert watching.sent == ["opened Invoices"]
