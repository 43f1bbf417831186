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
from monitor.daemon import pruner
from monitor.daemon.courier import Courier
from monitor.daemon.poller import Poller
from monitor.daemon.pruner import Pruner
from monitor.daemon.scheduler import Scheduler
from monitor.daemon.ticker import Ticker
from monitor.errors import StoreError
from monitor.pipeline.distress import Distress
from monitor.pipeline.evaluate import Evaluator, Instant, Settled

log = structlog.get_logger(__name__)

GRACE_S = 8.0
_BAD = {EventKind.OPENED, EventKind.WORSENED, EventKind.FLAPPING}
BEAT_S = 1.0


@dataclass(slots=True, kw_only=True)
class Service:
    """Pollers, couriers, a pruner, and the scheduler that drives them.

    `heard` is told of every settled snapshot; `beat` is called once a second while all is well
    (the watchdog); `reload` is called when somebody asked for it; `completed` hears of finished
    work, `failed` of work whose result could not be recorded, and why; `pace` is how many seconds
    of `clock` pass in a real one; `grace_s` is how many real seconds stopping may take.
    """

    evaluator: Evaluator
    pollers: Sequence[Poller]
    couriers: Sequence[Courier]
    scheduler: Scheduler
    ticker: Ticker
    clock: Clock
    pace: float = 1.0
    grace_s: float = GRACE_S
    pruner: Pruner | None = None
    heard: Callable[[Snapshot, Settled], None] = lambda _snapshot, _settled: None
    completed: Callable[[str], None] = lambda _work: None
    failed: Callable[[str, str], None] = lambda _work, _trouble: None
    beat: Callable[[], None] = lambda: None
    reload: Callable[[], None] = lambda: None
    stopping: threading.Event = field(default_factory=threading.Event)
    distress: Distress = field(init=False)
    _is_reload_asked: bool = False
    _leaving: list[Courier] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with everything well."""
        self.distress = Distress(lambda: self.evaluator.plan.routes)

    def start(self) -> None:
        """Take up where the last run ended, then poll everything at once."""
        self._announce(self.evaluator.restore(self.instant()).events)
        for courier in self.couriers:
            courier.start()
        self.ticker.start()
        for poller in self.pollers:
            self._schedule(poller)
        if self.pruner is not None:
            self.scheduler.every(pruner.EVERY / self.pace, pruner.NAME, self.pruner.work)
        self.scheduler.start()

    def go_on_with(self, pollers: Sequence[Poller], couriers: Sequence[Courier]) -> None:
        """Replace pollers and couriers while running; who is in both goes on undisturbed.

        A courier that leaves finishes the message in hand; what a poller that leaves still learns
        is dropped. Only the thread that watches may call it.
        """
        kept = {id(one) for one in (*pollers, *couriers)}
        old_couriers, self.couriers = self.couriers, couriers
        old_pollers, self.pollers = self.pollers, pollers
        self._leaving = [courier for courier in self._leaving if not courier.join(0)]
        for courier in old_couriers:
            if id(courier) not in kept:
                courier.stop()
                self._leaving.append(courier)
        self.distress.keep_to([courier.name for courier in couriers])
        known = {id(one) for one in (*old_pollers, *old_couriers)}
        for courier in couriers:
            if id(courier) not in known:
                courier.start()
        clients = {id(poller.client) for poller in pollers}
        for poller in old_pollers:
            if id(poller) not in kept:
                poller.is_retired = True
                self.scheduler.forget(poller.name)
                self.distress.completed(poller.name, self.clock.monotonic())
                if id(poller.client) not in clients:
                    poller.client.close()
        for poller in pollers:
            if id(poller) not in known:
                self._schedule(poller)

    def pause(self, seconds: float) -> bool:
        """Wait, in seconds of its clock; return True when it is time to stop."""
        return self.stopping.wait(seconds / self.pace)

    def instant(self) -> Instant:
        """Return the moment by its clock."""
        return Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())

    def settled(self, snapshot: Snapshot, settled: Settled) -> None:
        """Pass on what a poll led to: to the log, to the couriers, to whoever listens."""
        self.completed(_work_of(snapshot))
        self.distress.completed(_work_of(snapshot), self.clock.monotonic())
        self.decided(settled)
        self.heard(snapshot, settled)

    def unsettled(self, snapshot: Snapshot, error: StoreError) -> None:
        """Pass on that a poll could not be recorded."""
        work, at = _work_of(snapshot), self.instant()
        self.failed(work, str(error))
        self.distress.failed(work, str(error), at.now, at.elapsed_s)

    def decided(self, settled: Settled) -> None:
        """Pass on what was decided: to the log, and to the couriers whose channel is to hear."""
        self._announce(settled.events)
        channels = {delivery.channel for delivery in settled.deliveries}
        for courier in self.couriers if channels else ():
            if courier.name in channels:
                courier.wake()

    def watch(self) -> None:
        """Keep watch until somebody asks to stop."""
        while not self.stopping.wait(BEAT_S):
            self.scheduler.guard_clock()
            if self._is_reload_asked:
                # First this: whoever asks while it goes on has changed something since.
                self._is_reload_asked = False
                self.reload()
            self.beat()

    def stop(self) -> bool:
        """Finish what is in hand and return whether all of it ended within the grace time.

        What did not end loses nothing: an unsent message stays due, an unrecorded poll is made
        again by the next run.
        """
        self.stopping.set()
        self.scheduler.stop()
        self.ticker.stop()
        for courier in self.couriers:
            courier.stop()
        for poller in self.pollers:
            poller.client.close()
        deadline = self.clock.monotonic() + self.grace_s * self.pace

        def left_s() -> float:
            return max(0.0, (deadline - self.clock.monotonic()) / self.pace)

        # The polls first: a channel that hangs must not take their time.
        is_drained = self.scheduler.drain(left_s())
        ended = [courier.join(left_s()) for courier in (*self.couriers, *self._leaving)]
        return is_drained and all(ended)

    def once(self) -> None:
        """Run every collector once, evaluate, deliver what is due, let go of what is too old."""
        self._announce(self.evaluator.restore(self.instant()).events)
        for poller in self.pollers:
            poller.poll()
        for courier in self.couriers:
            courier.deliver_now()
        if self.pruner is not None:
            self.pruner.work()

    def stop_on_signals(self) -> None:
        """Stop at SIGTERM and SIGINT, reload at SIGHUP. Only the main thread may call it."""

        def ask_to_stop(number: int) -> None:
            log.info("daemon.stopping", signal=signal.Signals(number).name)
            self.stopping.set()

        def hear(number: int, _frame: FrameType | None) -> None:
            # The main thread, which is interrupted here, may hold the very locks that logging
            # and setting the event take.
            threading.Thread(target=ask_to_stop, args=(number,), name="signal", daemon=True).start()

        signal.signal(signal.SIGTERM, hear)
        signal.signal(signal.SIGINT, hear)
        signal.signal(signal.SIGHUP, self._ask_to_reload)

    def _ask_to_reload(self, _number: int, _frame: FrameType | None) -> None:
        # No lock and no log: the main thread, which is interrupted here, may hold theirs.
        self._is_reload_asked = True

    def _schedule(self, poller: Poller) -> None:
        self.scheduler.every(poller.every / self.pace, poller.name, poller.poll)

    def _announce(self, events: Sequence[AlertEvent]) -> None:
        for event in events:
            alert = event.alert
            level = log.warning if event.kind in _BAD else log.info
            level(
                f"alert.{event.kind}",
                alert=alert.id,
                rule=alert.rule,
                severity=alert.severity.value,
                tenant=alert.subject.tenant,
                name=alert.subject.name,
                reason=event.reason.value,
                detail=event.detail,
                summary=alert.summary,
            )


def _work_of(snapshot: Snapshot) -> str:
    return f"collect:{snapshot.tenant}/{snapshot.collector}"
