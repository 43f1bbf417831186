"""Lets go of what is too old to be kept, between the polls: a job of the scheduler."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.errors import StoreError
from monitor.store.retention import MOST_ROWS, Retention, Round
from monitor.store.store import Store

log = structlog.get_logger(__name__)

NAME = "prune"
EVERY = timedelta(minutes=1)
"""How often it is asked to work; most of the time there is nothing to do."""
ROUND_EVERY = timedelta(hours=1)
LONGEST_WORK_S = 30.0
"""A round that takes longer goes on when it is asked again."""
LONGEST_SLICE_S = 0.05
"""A slice that took longer is followed by smaller ones: a poll waits for one slice at most."""
FEWEST_ROWS = 20
SHORTEST_PAUSE_S = 0.05


class Pruner:
    """Goes through the history once an hour, in slices that hold up no poll.

    For one thread at a time; only `retention` may be set from another. `pause` waits, in seconds
    of the clock, and tells whether it is time to stop; `pace` is how many of them pass in a real
    one.
    """

    def __init__(
        self,
        *,
        store: Store,
        retention: Retention,
        clock: Clock,
        pause: Callable[[float], bool],
        pace: float = 1.0,
    ) -> None:
        """Begin a round when first asked to work."""
        self.retention = retention
        self._store = store
        self._clock = clock
        self._pause = pause
        self._pace = pace
        self._round: Round | None = None
        self._began_s: float | None = None
        self._rows = MOST_ROWS
        self._is_failing = False

    def work(self) -> None:
        """Begin a round if one is due, and go on with it for a while."""
        try:
            self._work()
        except StoreError as error:
            # What is left goes when it is asked again.
            level = log.debug if self._is_failing else log.error
            level("prune.failed", error=str(error))
            self._is_failing = True

    def _work(self) -> None:
        started_s = self._clock.monotonic()
        current = self._round or self._begun(started_s)
        while current is not None:
            if current.retention != self.retention:
                # It was to keep things for another time: the next one is due at once.
                self._round = self._began_s = None
                return
            began_s = self._clock.monotonic()
            goes_on = current.step(self._rows)
            ended_s = self._clock.monotonic()
            self._recovered()
            if not goes_on:
                self._finished(current)
                return
            took_s = (ended_s - began_s) / self._pace
            self._fit(took_s)
            is_long = (ended_s - started_s) / self._pace > LONGEST_WORK_S
            # As long as it worked, at least: somebody may be waiting to write.
            if is_long or self._pause(max(took_s, SHORTEST_PAUSE_S) * self._pace):
                return

    def _begun(self, now_s: float) -> Round | None:
        if self._began_s is not None and now_s - self._began_s < ROUND_EVERY.total_seconds():
            return None
        self._round = Round(self._store, self.retention, self._clock.now())
        self._began_s = now_s
        return self._round

    def _fit(self, took_s: float) -> None:
        """Make the next slice as large as fits into its time."""
        if took_s > LONGEST_SLICE_S:
            self._rows = max(FEWEST_ROWS, self._rows // 2)
        elif took_s < LONGEST_SLICE_S / 4:
            self._rows = min(MOST_ROWS, self._rows * 2)

    def _recovered(self) -> None:
        if self._is_failing:
            log.info("prune.recovered")
            self._is_failing = False

    def _finished(self, done: Round) -> None:
        self._round = None
        gone = {name: count for name, count in done.gone.items() if count}
        level = log.info if gone or done.pages else log.debug
        level("prune.finished", pages_given_back=done.pages, **gone)
