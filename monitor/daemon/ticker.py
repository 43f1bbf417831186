"""Does what is due by time alone: waits that are over, mutes that end, what people said."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.core.delivery import Delivery
from monitor.errors import StoreError
from monitor.pipeline.evaluate import Evaluator, Instant, Settled

log = structlog.get_logger(__name__)

EVERY = timedelta(seconds=1)


class Ticker:
    """Looks at the evaluator once a second, and when its next wait is over."""

    def __init__(self, *, evaluator: Evaluator, clock: Clock, pace: float = 1.0) -> None:
        """Prepare; `pace` is how many seconds of `clock` pass in a real one (see FastClock)."""
        self.decided: Callable[[Settled], None] = lambda _settled: None
        self._evaluator = evaluator
        self._clock = clock
        self._pace = pace
        self._is_failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End it; a look that goes on is finished."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(EVERY.total_seconds())

    def tick(self) -> None:
        """Look once."""
        at = Instant(now=self._clock.now(), elapsed_s=self._clock.monotonic())
        try:
            settled = self._evaluator.tick(at)
        except StoreError as error:
            level = log.debug if self._is_failing else log.warning
            level("tick.store_failed", error=str(error))
            self._is_failing = True
            return
        except Exception:
            # A fault of ours must not end all waiting for good.
            log.exception("tick.crashed")
            return
        self._is_failing = False
        self.decided(settled)

    def _run(self) -> None:
        while not self._stopping.wait(self._rest_s()):
            self.tick()

    def _rest_s(self) -> float:
        next_at = self._evaluator.next_at
        if next_at is None:
            return EVERY.total_seconds()
        left_s = (next_at - self._clock.now()).total_seconds() / self._pace
        # Never without a pause: a decision that could not be recorded stays due.
        return min(max(left_s, EVERY.total_seconds() / 20), EVERY.total_seconds())


class Bookkeeper:
    """Keeps account of attempts for the couriers, and passes on what follows from them."""

    def __init__(self, evaluator: Evaluator) -> None:
        """Prepare."""
        self.decided: Callable[[Settled], None] = lambda _settled: None
        self._evaluator = evaluator
        self.begin_attempt = evaluator.begin_attempt

    def end_attempt(self, delivery: Delivery, now: datetime) -> None:
        """Record what came of an attempt."""
        self.decided(self._evaluator.end_attempt(delivery, now))
