"""The scheduler against real threads, with intervals of hundredths of a second."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from monitor.clock import SystemClock
from monitor.daemon.scheduler import Scheduler

SOON_S = 5.0


class SteppedClock(SystemClock):
    """The machine's clock, set forward or back at will."""

    def __init__(self) -> None:
        self.step = timedelta()

    def now(self) -> datetime:
        return super().now() + self.step


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    scheduler = Scheduler(threads=4)
    yield scheduler
    scheduler.stop()
    scheduler.drain(SOON_S)


def test_a_job_runs_at_once_and_again(scheduler: Scheduler) -> None:
    ran = threading.Semaphore(0)
    scheduler.every(timedelta(seconds=0.05), "poll", ran.release)
    scheduler.start()

    assert all(ran.acquire(timeout=SOON_S) for _ in range(3))


def test_a_job_that_raises_goes_on_and_is_said(scheduler: Scheduler) -> None:
    ran = threading.Semaphore(0)

    def job() -> None:
        ran.release()
        raise ValueError("broken")

    with capture_logs() as logs:
        scheduler.every(timedelta(seconds=0.05), "poll", job)
        scheduler.start()
        assert all(ran.acquire(timeout=SOON_S) for _ in range(3))

    assert {"event": "job.crashed", "job": "poll", "error": "ValueError('broken')"}.items() <= (
        logs[0].items()
    )


def test_a_job_that_overruns_is_skipped_said_and_delays_no_other(scheduler: Scheduler) -> None:
    release, other, skipped = threading.Event(), threading.Semaphore(0), threading.Event()
    with capture_logs() as logs:
        scheduler.every(timedelta(seconds=0.05), "slow", lambda: (release.wait(SOON_S), None)[1])
        scheduler.every(timedelta(seconds=0.05), "other", other.release)
        scheduler.start()
        for _ in range(6):
            assert other.acquire(timeout=SOON_S)
        if any(line["event"] == "poll.skipped" and line["job"] == "slow" for line in logs):
            skipped.set()
        release.set()

    assert skipped.is_set()


def test_draining_waits_for_the_job_in_hand(scheduler: Scheduler) -> None:
    begun, release, done = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        release.wait(SOON_S)
        done.set()

    scheduler.every(timedelta(hours=1), "poll", job)
    scheduler.start()
    assert begun.wait(SOON_S)
    scheduler.stop()

    assert not scheduler.drain(0.05)
    release.set()
    assert scheduler.drain(SOON_S)
    assert done.is_set()


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(days=1)])
def test_after_a_step_of_the_clock_the_jobs_go_on(step: timedelta) -> None:
    clock = SteppedClock()
    scheduler = Scheduler(threads=2, clock=clock)
    ran = threading.Semaphore(0)
    scheduler.every(timedelta(hours=2), "poll", ran.release)
    scheduler.start()
    assert ran.acquire(timeout=SOON_S)
    assert scheduler.guard_clock() is None

    clock.step = step
    assert scheduler.guard_clock() == pytest.approx(step.total_seconds(), abs=1)
    clock.step = timedelta()
    scheduler.guard_clock()

    assert ran.acquire(timeout=SOON_S)
    scheduler.stop()
    assert scheduler.drain(SOON_S)
