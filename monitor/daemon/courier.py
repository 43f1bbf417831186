"""One thread per channel that carries its deliveries, so that no channel waits for another."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import structlog

from monitor.channels import Channel
from monitor.clock import Clock
from monitor.errors import StoreError
from monitor.pipeline.deliver import Ledger, deliver_due, tell_distress
from monitor.pipeline.distress import Distress
from monitor.store.store import Store

log = structlog.get_logger(__name__)

IDLE = timedelta(seconds=30)
STORE_PAUSE = timedelta(seconds=5)
SHORTEST_REST = timedelta(seconds=1)


class Courier:
    """Delivers what is due on one channel: woken by `wake`, else by the next due time."""

    def __init__(
        self,
        *,
        name: str,
        channel: Channel,
        store: Store,
        ledger: Ledger,
        clock: Clock,
        pace: float = 1.0,
        completed: Callable[[str], None] = lambda _work: None,
        distress: Distress | None = None,
        made_of: object = None,
    ) -> None:
        """Prepare; `pace` is how many seconds of `clock` pass in a real one (see FastClock).

        `distress` knows whether anything can be recorded. `made_of` is what of the configuration
        the channel was built from.
        """
        self.name = name
        self.made_of = made_of
        self._channel = channel
        self._store = store
        self._ledger = ledger
        self._clock = clock
        self._pace = pace
        self._completed = completed
        self._distress = distress
        self._news = threading.Event()
        self._stopping = threading.Event()
        # A daemon thread: a channel that hangs must not keep a stopping process alive. What it
        # was sending stays due in the outbox.
        self._is_failing = False
        self._thread = threading.Thread(target=self._run, name=f"courier-{name}", daemon=True)

    def start(self) -> None:
        """Begin with whatever the last run left due."""
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be something new."""
        self._news.set()

    def stop(self) -> None:
        """Ask to stop after the message in hand."""
        self._stopping.set()
        self._news.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the message in hand; False when it is still not done."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def deliver_now(self) -> None:
        """Deliver what is due, in the caller's thread."""
        self._deliver()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            wait = self._deliver()
            if not self._stopping.is_set():
                self._news.wait(wait.total_seconds() / self._pace)

    def _deliver(self) -> timedelta:
        """Deliver what is due and return how long to rest."""
        try:
            if self._distress is not None:
                tell_distress(self._distress, self.name, self._channel, clock=self._clock)
            deliver_due(
                self._store,
                self._ledger,
                self.name,
                self._channel,
                clock=self._clock,
                jitter=random.random,
                stopping=self._stopping.is_set,
            )
            self._completed(f"deliver:{self.name}")
            next_at = self._store.next_due_at(self.name, self._clock.now())
        except StoreError as error:
            level = log.debug if self._is_failing else log.warning
            level("delivery.store_failed", channel=self.name, error=str(error))
            self._is_failing = True
            return STORE_PAUSE
        except Exception:
            # A fault of ours must not silence the channel for good.
            log.exception("delivery.crashed", channel=self.name)
            return STORE_PAUSE
        if self._is_failing:
            log.info("delivery.store_recovered", channel=self.name)
            self._is_failing = False
        if next_at is None:
            return IDLE
        # What is due all the same cannot be sent now: the courier before this one has it in hand.
        return min(max(SHORTEST_REST, next_at - self._clock.now()), IDLE)
