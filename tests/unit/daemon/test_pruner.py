"""The pruner around a real history, with a clock and pauses of the test's own."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.core.sample import Collected, Snapshot
from monitor.daemon import pruner as module
from monitor.daemon.pruner import Pruner
from monitor.errors import StoreUnavailable
from monitor.store import Store, open_store
from monitor.store.retention import MOST_ROWS, Retention, Round
from tests.builders import NOW, a_sample, a_subject

KEPT = Retention(
    full=timedelta(days=30),
    hourly=timedelta(days=400),
    daily=timedelta(days=1830),
    alerts=timedelta(days=400),
)


@dataclass
class HandClock:
    """Goes on when it is told to, and by what the pruner waits."""

    seconds: float = 40 * 86400.0
    waits: list[float] = field(default_factory=list)
    stops_after: int | None = None

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return len(self.waits) == self.stops_after


@pytest.fixture
def store(migrated_file: Path, tmp_path: Path) -> Iterator[Store]:
    file = tmp_path / "history.db"
    shutil.copyfile(migrated_file, file)
    store = open_store(f"sqlite:///{file}")
    yield store
    store.close()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pruner(store: Store, clock: HandClock) -> Pruner:
    return Pruner(store=store, retention=KEPT, clock=clock, pause=clock.pause)


def poll(store: Store, *minutes: float) -> None:
    """Record polls so many minutes after NOW, in each of which a queue changes."""
    for minute in minutes:
        at = NOW + timedelta(minutes=minute)
        sample = a_sample(a_subject("Invoices"), new_items=minute)
        outcome = Collected(kinds=("queue",), samples=(sample,), observed_at=at)
        with store.writing() as write:
            write.snapshot(
                Snapshot(
                    tenant="production",
                    collector="queues",
                    started_at=at,
                    took_s=0.1,
                    requests=1,
                    outcome=outcome,
                )
            )


def polls(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM polls").scalar() or 0)


@pytest.fixture
def old(store: Store) -> Store:
    """Ten polls of which nine are too old."""
    poll(store, *range(9), 40 * 1440)
    return store


def test_what_is_too_old_goes_when_it_is_asked_to_work(old: Store, pruner: Pruner) -> None:
    with capture_logs() as logs:
        pruner.work()

    assert polls(old) == 1
    (line,) = logs
    assert line["event"] == "prune.finished"
    assert (line["polls"], line["stretches"]) == (9, 8)


def test_the_next_round_begins_an_hour_after_the_last(
    old: Store, pruner: Pruner, clock: HandClock
) -> None:
    began_s = clock.seconds
    pruner.work()
    poll(old, 40 * 1440 + 1, 80 * 1440)
    clock.seconds = began_s + 3599
    pruner.work()
    assert polls(old) == 3

    clock.seconds = began_s + 40 * 86400
    pruner.work()
    assert polls(old) == 1


def test_a_round_without_anything_to_do_says_nothing_at_info(store: Store, pruner: Pruner) -> None:
    with capture_logs() as logs:
        pruner.work()

    assert [line["log_level"] for line in logs] == ["debug"]


def test_between_two_slices_it_rests_as_long_as_it_worked(
    old: Store, pruner: Pruner, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_by(clock, monkeypatch, 0.3)

    pruner.work()

    assert clock.waits
    assert all(wait == pytest.approx(0.3) for wait in clock.waits)


def test_a_slow_disk_is_given_smaller_slices_and_a_fast_one_larger_again(
    pruner: Pruner, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    took = iter([0.2, 0.2, 0.03, 0.001, 0.001, 0.001])
    rows: list[int] = []

    def step(_round: Round, most: int) -> bool:
        rows.append(most)
        seconds = next(took, None)
        clock.seconds += seconds or 0
        return seconds is not None

    monkeypatch.setattr(Round, "step", step)
    pruner.work()

    whole = MOST_ROWS
    assert rows == [whole, whole // 2, whole // 4, whole // 4, whole // 2, whole, whole]


def test_a_long_round_goes_on_where_it_was_when_it_is_asked_again(
    old: Store, pruner: Pruner, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would be missed when it is due again, and hold up the end of the daemon."""
    monkeypatch.setattr(module, "MOST_ROWS", 1)
    monkeypatch.setattr(module, "LONGEST_WORK_S", 0.12)
    pruner._rows = 1
    left = []
    for _ in range(30):
        pruner.work()
        left.append(polls(old))

    assert left[0] == 10
    assert left[-1] == 1
    assert len(set(left)) > 3


def test_it_stops_after_the_slice_in_hand_when_the_daemon_stops(
    old: Store, pruner: Pruner, clock: HandClock
) -> None:
    clock.stops_after = 1

    pruner.work()

    assert len(clock.waits) == 1
    assert polls(old) == 10


def test_a_database_that_fails_is_said_once_and_tried_again(
    old: Store, pruner: Pruner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as logs:
        with monkeypatch.context() as broken:
            broken.setattr(Store, "writing", fail)
            for _ in range(3):
                pruner.work()
        pruner.work()

    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("prune.failed", "error"),
        ("prune.failed", "debug"),
        ("prune.failed", "debug"),
        ("prune.recovered", "info"),
        ("prune.finished", "info"),
    ]
    assert logs[0]["error"] == "the disk is full"
    assert polls(old) == 1


def test_a_database_that_cannot_even_be_read_is_tried_again_at_once(
    old: Store, pruner: Pruner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Store, "reading", fail)
        pruner.work()

    pruner.work()

    assert polls(old) == 1


def test_another_retention_counts_from_the_next_slice_on(
    old: Store, pruner: Pruner, clock: HandClock
) -> None:
    """Somebody who says `keep more` must not lose what was about to go."""
    clock.stops_after = 1
    pruner.work()
    clock.stops_after = None

    pruner.retention = replace(KEPT, full=timedelta(days=3000))
    pruner.work()
    pruner.work()

    assert polls(old) == 10


def test_polls_go_on_while_it_works(
    store: Store, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a thread that records polls: none fails, and none waits for more than a slice."""
    poll(store, *range(300), 40 * 1440)
    done = threading.Event()
    failures: list[Exception] = []

    def record() -> None:
        minute = 40 * 1440
        while not done.is_set():
            minute += 1
            try:
                poll(store, minute)
            except StoreUnavailable as error:
                failures.append(error)

    monkeypatch.setattr(module, "MOST_ROWS", 10)
    pruner = Pruner(store=store, retention=KEPT, clock=clock, pause=lambda _seconds: False)
    thread = threading.Thread(target=record)
    thread.start()
    try:
        pruner.work()
    finally:
        done.set()
        thread.join()

    assert failures == []
    with store.reading() as connection:
        oldest = connection.exec_driver_sql("SELECT min(started_at) FROM v_polls").scalar()
    assert oldest == "2026-02-14T09:00:00.000Z"


def slow_by(clock: HandClock, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    real: Callable[[Round, int], bool] = Round.step

    def step(one: Round, rows: int) -> bool:
        clock.seconds += seconds
        return real(one, rows)

    monkeypatch.setattr(Round, "step", step)


def fail(_store: Store) -> None:
    raise StoreUnavailable("the disk is full")
