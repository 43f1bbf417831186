"""The running daemon: starts the parts in order, keeps watch, stops them in order."""

import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

import structlog

from monitor.clock import Clock
from monitor.core.alert import AlertEvent, EventKind
from monitor.core.sample import Snapshot
from monitor.daemon.courier import Courier
from monitor.daemon.poller import Poller
from monitor.daemon.scheduler import Scheduler
from monitor.pipeline.evaluate import Evaluator, Instant, Settled

log = structlog.get_logger(__name__)

GRACE_S = 8.0
BEAT_S = 1.0


@dataclass(slots=True, kw_only=True)
class Service:
    """Pollers, couriers and the scheduler that drives them.

    `heard` is told of every settled snapshot; `beat` is called once a second while all is well
    (the watchdog); `completed` hears of finished work; `pace` is how many seconds of `clock` pass
    in a real one; `grace_s` is how many real seconds stopping may take.
    """

    evaluator: Evaluator
    pollers: Sequence[Poller]
    couriers: Sequence[Courier]
    scheduler: Scheduler
    clock: Clock
    pace: float = 1.0
    grace_s: float = GRACE_S
    heard: Callable[[Snapshot, Settled], None] = lambda _snapshot, _settled: None
    completed: Callable[[str], None] = lambda _work: None
    beat: Callable[[], None] = lambda: None
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Take up where the last run ended, then poll everything at once."""
        at = Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())
        self._announce(self.evaluator.restore(at).events)
        for courier in self.couriers:
            courier.start()
        for poller in self.pollers:
            self.scheduler.every(poller.every / self.pace, poller.name, poller.poll)
        self.scheduler.start()

    def settled(self, snapshot: Snapshot, settled: Settled) -> None:
        """Pass on what a poll led to: to the log, to the couriers, to whoever listens."""
        self.completed(f"collect:{snapshot.tenant}/{snapshot.collector}")
        self._announce(settled.events)
        if settled.deliveries:
            for courier in self.couriers:
                courier.wake()
        self.heard(snapshot, settled)

    def watch(self) -> None:
        """Keep watch until somebody asks to stop."""
        while not self.stopping.wait(BEAT_S):
            self.scheduler.guard_clock()
            self.beat()

    def stop(self) -> bool:
        """Finish what is in hand and return whether all of it ended within the grace time.

        What did not end loses nothing: an unsent message stays due, an unrecorded poll is made
        again by the next run.
        """
        self.stopping.set()
        self.scheduler.stop()
        for courier in self.couriers:
            courier.stop()
        for poller in self.pollers:
            poller.client.close()
        deadline = self.clock.monotonic() + self.grace_s * self.pace

        def left_s() -> float:
            return max(0.0, (deadline - self.clock.monotonic()) / self.pace)

        # The polls first: a channel that hangs must not take their time.
        is_drained = self.scheduler.drain(left_s())
        ended = [courier.join(left_s()) for courier in self.couriers]
        return is_drained and all(ended)

    def once(self) -> None:
        """Run every collector once, evaluate, deliver what is due."""
        at = Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())
        self._announce(self.evaluator.restore(at).events)
        for poller in self.pollers:
            poller.poll()
        for courier in self.couriers:
            courier.deliver_now()

    def stop_on_signals(self) -> None:
        """Stop at SIGTERM and SIGINT. Only the main thread may call it."""

        def ask_to_stop(number: int) -> None:
            log.info("daemon.stopping", signal=signal.Signals(number).name)
            self.stopping.set()

        def hear(number: int, _frame: FrameType | None) -> None:
            # The main thread, which is interrupted here, may hold the very locks that logging
            # and setting the event take.
            threading.Thread(target=ask_to_stop, args=(number,), name="signal", daemon=True).start()

        signal.signal(signal.SIGTERM, hear)
        signal.signal(signal.SIGINT, hear)
        # The configuration is read at the start only; a stray SIGHUP must not end the watch.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _announce(self, events: Sequence[AlertEvent]) -> None:
        for event in events:
            alert = event.alert
            level = log.warning if event.kind is EventKind.OPENED else log.info
            level(
                f"alert.{event.kind}",
                alert=alert.id,
                rule=alert.rule,
                severity=alert.severity.value,
                tenant=alert.subject.tenant,
                name=alert.subject.name,
                reason=event.reason.value,
                summary=alert.summary,
            )
