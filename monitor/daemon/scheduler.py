"""Drives the polls; the only importer of APScheduler."""

import hashlib
import itertools
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from monitor.clock import Clock, SystemClock

log = structlog.get_logger(__name__)

GUARD_EVERY = timedelta(seconds=1)
CLOCK_STEP_S = 2.0
_NUMBERED = "#"


class Scheduler:
    """Runs jobs at fixed intervals in a pool of threads, each job one at a time.

    A run that is due while the last is still going is skipped, and said so. The library plans by
    the wall clock and stands still when that is set back, so a guard job of our own thread plans
    all jobs anew after a step.
    """

    def __init__(self, *, threads: int, clock: Clock | None = None) -> None:
        """Prepare a pool of `threads`; `clock` is the machine's own unless a test steps it."""
        self._clock = clock or SystemClock()
        # APScheduler reports what it does at every run; we report what went wrong.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(threads)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._scheduler.add_listener(self._on_event, EVENT_JOB_ERROR | EVENT_JOB_MAX_INSTANCES)
        self._planned: dict[str, tuple[timedelta, str]] = {}
        self._numbers = itertools.count(1)
        self._running = _Running()
        self._offset_s = self._offset()

    def every(self, interval: timedelta, name: str, job: Callable[[], None]) -> None:
        """Run `job` now and then at each interval.

        The first runs of many jobs are spread over a tenth of the interval (at most two seconds)
        by the name, so that the tenants are not all asked in the same instant.
        """
        # A name may be used again while a run of the forgotten job goes on: that is another job.
        job_id = f"{name}{_NUMBERED}{next(self._numbers)}"
        self._planned[name] = (interval, job_id)
        self._scheduler.add_job(
            self._running.counted(job),
            IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC),
            id=job_id,
            next_run_time=self._now() + _spread(name, interval),
        )

    def forget(self, name: str) -> None:
        """Run a job no more; a run that is going on goes on to its end."""
        _, job_id = self._planned.pop(name)
        self._scheduler.remove_job(job_id)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing new and return at once; what is running goes on to its end."""
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.shutdown(wait=False)

    def drain(self, timeout_s: float) -> bool:
        """Wait for the jobs that are running; False when some are still not done."""
        return self._running.wait_for_none(timeout_s)

    def guard_clock(self) -> float | None:
        """Plan all jobs anew if the wall clock was set; return the step in seconds, None if not.

        To be called about once a second from outside the scheduler, which may itself be the one
        that sleeps for the hour that the clock was set back.
        """
        offset = self._offset()
        step = offset - self._offset_s
        self._offset_s = offset
        if abs(step) <= CLOCK_STEP_S:
            return None
        for interval, job_id in self._planned.values():
            self._scheduler.reschedule_job(
                job_id, trigger=IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC)
            )
            self._scheduler.modify_job(job_id, next_run_time=self._now())
        self._scheduler.wakeup()
        log.warning("scheduler.clock_stepped", step_s=round(step, 3))
        return step

    def _offset(self) -> float:
        return self._now().timestamp() - self._clock.monotonic()

    def _now(self) -> datetime:
        return self._clock.now()

    def _on_event(self, event: JobEvent) -> None:
        name = event.job_id.rpartition(_NUMBERED)[0]
        if event.code == EVENT_JOB_MAX_INSTANCES:
            log.warning("poll.skipped", job=name, reason="the last run is still going")
        else:
            log.error("job.crashed", job=name, error=repr(event.exception))


class _Running:
    """Counts the jobs that are going on."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def counted(self, job: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            self._add(1)
            try:
                job()
            finally:
                self._add(-1)

        return run

    def wait_for_none(self, timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout_s)

    def _add(self, difference: int) -> None:
        with self._changed:
            self._count += difference
            self._changed.notify_all()


def _spread(name: str, interval: timedelta) -> timedelta:
    share = hashlib.blake2b(name.encode(), digest_size=2).digest()
    fraction = int.from_bytes(share, "big") / 65536
    return min(interval / 10, timedelta(seconds=2)) * fraction
