"""The second stage: a snapshot becomes history, alerts, events and deliveries, in one transaction.

State lives in the database; what is kept here is its mirror, replaced only after a commit. So a
failed transaction leaves the mirror as it was, and the next poll judges anew.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog

from monitor.core import engine
from monitor.core.alert import AlertEvent
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.desk import Changes, Desk
from monitor.core.engine import Evaluation
from monitor.core.plan import Plan
from monitor.core.recall import recall, recall_vitals
from monitor.core.remit import Remit
from monitor.core.sample import Snapshot
from monitor.core.situation import Transitions
from monitor.core.turn import Turn
from monitor.core.vitals import Vitals
from monitor.store.store import Store, Write

log = structlog.get_logger(__name__)

CLOCK_STEP = timedelta(seconds=2)
PEOPLE_EVERY_S = 1.0
"""So often at most people's silences and acknowledgements are read, in seconds."""
NO_EXPIRIES: Mapping[str, datetime] = MappingProxyType({})
CHANNEL_REMOVED = "the channel was removed from the configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """A moment by both clocks: `now` for people and history, `elapsed_s` never runs backwards."""

    now: datetime
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What one snapshot led to, after the commit."""

    events: tuple[AlertEvent, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


@dataclass(slots=True, kw_only=True)
class Evaluator:
    """Settles snapshots one after the other; safe to call from many threads.

    What it begins with is as in `Remit`; nothing is known before `restore`.
    """

    store: Store
    plan: Plan
    collector_kinds: Mapping[str, tuple[str, ...]]
    tenants: Mapping[str, Mapping[str, str]] | None = None
    expiries: Mapping[str, datetime] = field(default_factory=dict)
    _desk: Desk = field(init=False)
    _remit: Remit = field(init=False)
    _vitals: Vitals = field(default_factory=Vitals)
    _last: Instant | None = None
    _people_at_s: float | None = None
    _is_unsure: bool = False
    _turns: list[tuple[datetime, Turn]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def restore(self, at: Instant) -> Settled:
        """Take up where the last run ended: alerts, windows and the collectors' health.

        The time in between counts for no timer. Alerts of rules that are gone are ended, and so
        are those about a tenant, collector or channel that is watched no longer.
        """
        with self._lock:
            self._last = at
            self._turns.append((at.now, Turn.START))
            self._remit = Remit(
                plan=self.plan,
                collector_kinds=self.collector_kinds,
                tenants=self.tenants,
                expiries=self.expiries,
            )
            self._desk = Desk(plan=self.plan, started_at=at.now)
            recall(self._remit, self.store, at.now)
            self._desk.transitions = self._transitions(self._remit, at.now)
            recall_vitals(self._vitals, self._remit, self.store, at.now)
            self._take()
            self._hear(at)
            self._give_up_undeliverable(at.now)
            closed = self._remit.close(self._desk.alerts, at.now)
            gone = {alert.key for part in closed for alert in part.alerts}
            left = (alert for key, alert in self._desk.alerts.items() if key not in gone)
            return self._commit(None, [*closed, engine.pause(left)], at.now)

    def reload(
        self,
        plan: Plan,
        collector_kinds: Mapping[str, tuple[str, ...]],
        tenants: Mapping[str, Mapping[str, str]] | None,
        at: Instant,
        expiries: Mapping[str, datetime] = NO_EXPIRIES,
    ) -> Settled:
        """Go on by another configuration: no timer stops, and nobody is told anything again.

        As at a start, alerts that nothing in it would look at any more are ended.

        Raises:
            StoreError: it goes on by the one it had.
        """
        remit = Remit(
            plan=plan, collector_kinds=collector_kinds, tenants=tenants, expiries=expiries
        )
        with self._lock:
            before, transitions = self._remit, self._desk.transitions
            # Whatever may fail without a trace comes first.
            recall(remit, self.store, at.now, before)
            wider = self._transitions(remit, at.now)
            self._hear(at)
            parts = [*self._after_failed_commit(at.now), *self._after_clock_step(at)]
            turn = (at.now, Turn.RELOAD)
            self._turns.append(turn)
            try:
                self._go_by(remit, wider)
                parts += remit.close(self._desk.alerts, at.now)
                settled = self._commit(None, parts, at.now)
            except BaseException:
                self._go_by(before, transitions)
                self._turns.remove(turn)
                raise
            self.plan, self.collector_kinds, self.tenants = plan, collector_kinds, tenants
            self.expiries = expiries
            self._vitals.go_by(remit)
            return settled

    def believed(self, snapshot: Snapshot, now: datetime) -> Snapshot:
        """Return a snapshot as it counts: see `monitor/core/doubt.py`."""
        with self._lock:
            return self._vitals.believed(snapshot, now)

    def settle(self, snapshot: Snapshot, at: Instant) -> Settled:
        """Record a snapshot, one that is believed, and whatever follows from it.

        One of a tenant or collector that is watched no longer counts for nothing: its poll was
        under way when the configuration changed.

        Raises:
            StoreError: it is not recorded, or the answer to the commit was lost. The next snapshot
                is judged by what the database says then.
        """
        with self._lock:
            remit = self._remit
            if not remit.polls(snapshot.tenant, snapshot.collector):
                return Settled()
            self._hear(at)
            sight = self._vitals.after_poll(snapshot, remit, at.now)
            remit.observe(sight)
            resting = [*self._after_failed_commit(at.now), *self._after_clock_step(at)]
            alerts = self._desk.alerts
            parts = [
                *resting,
                remit.judge(snapshot, alerts, at.now),
                remit.evaluate(alerts, snapshot.tenant, sight, at.now),
            ]
            settled = self._commit(snapshot, parts, at.now)
            remit.seen(snapshot)
            return settled

    def tick(self, at: Instant) -> Settled:
        """Do what is due by time alone: waits that are over, mutes that end, what people said.

        Raises:
            StoreError: as `settle`.
        """
        with self._lock:
            self._hear(at)
            parts = [*self._after_failed_commit(at.now), *self._after_clock_step(at)]
            revived = self._revive(at.now)
            self._give_up_undeliverable(at.now)
            if not any(part.alerts for part in parts) and not self._desk.is_due(at.now):
                return Settled()
            settled = self._commit(None, parts, at.now)
            return replace(settled, deliveries=(*revived, *settled.deliveries))

    @property
    def next_at(self) -> datetime | None:
        """Return when `tick` will have something to do, unless something happens before."""
        return self._desk.next_at

    def begin_attempt(self, delivery: Delivery, now: datetime) -> bool:
        """Note that a delivery is being sent.

        False: do not send it. It was taken back or made, or a courier that leaves has it in hand.

        Raises:
            StoreError: it cannot be noted, so it must not be sent.
        """
        with self._lock:
            if delivery.id in self._desk.in_flight:
                return False
            is_noted = self.store.mark_attempt(delivery, now)
            if is_noted:
                self._desk.begin_attempt(delivery)
        return is_noted

    def end_attempt(self, delivery: Delivery, now: datetime) -> Settled:
        """Record what came of an attempt; `delivery` is the result of `after_attempt`.

        Raises:
            StoreError: it is not recorded: the delivery stays due, and may have arrived.
        """
        is_known = False
        with self._lock:
            try:
                resting = self._after_failed_commit(now)
                self._record(delivery, now)
                is_known = True
            finally:
                self._desk.end_attempt(delivery.id, is_known=is_known)
            if delivery.channel not in self._remit.plan.channels:
                return Settled()
            health = self._vitals.after_attempt(delivery, now)
            parts = [*resting, self._remit.evaluate(self._desk.alerts, "", health, now)]
            if any(part.events or part.alerts for part in parts) or self._desk.is_due(now):
                return self._commit(None, parts, now)
            return Settled()

    def _record(self, delivery: Delivery, now: datetime) -> None:
        """Record the new state of a delivery, and what it means for the alerts."""
        changes = self._desk.attempted(delivery, now)
        self._is_unsure = True
        with self.store.writing() as write:
            write.settle(delivery, now)
            if changes:
                write.alerts(changes.alerts, changes.events, owed=changes.owed)
        self._is_unsure = False
        self._desk.apply(changes)

    def _revive(self, now: datetime) -> tuple[Delivery, ...]:
        """Take up what people want delivered though it had been given up."""
        found = self.store.revived(self._desk.undelivered)
        if not found:
            return ()
        changes = self._desk.revived(found, now)
        self._is_unsure = True
        with self.store.writing() as write:
            write.alerts(changes.alerts, changes.events, owed=changes.owed)
        self._is_unsure = False
        self._desk.apply(changes)
        return found

    def _give_up_undeliverable(self, now: datetime) -> None:
        """Give up what waits for a channel that is no more, but for what is being sent."""
        for delivery in self._desk.undelivered.values():
            if delivery.channel in self._remit.plan.channels or delivery.id in self._desk.in_flight:
                continue
            dead = replace(
                delivery, state=DeliveryState.DEAD, last_error=CHANNEL_REMOVED, settled_at=now
            )
            self._record(dead, now)
            log.warning(
                "delivery.dead", delivery=dead.id, channel=dead.channel, error=CHANNEL_REMOVED
            )

    def _commit(
        self, snapshot: Snapshot | None, parts: Iterable[Evaluation], now: datetime
    ) -> Settled:
        changes = self._desk.decide(parts, now)
        if snapshot is not None or changes:
            self._is_unsure = True
            with self.store.writing() as write:
                write.turns(self._turns)
                if snapshot is not None:
                    write.snapshot(snapshot, now)
                self._write(write, changes, now)
            self._is_unsure = False
            self._turns.clear()
        self._desk.apply(changes)
        return Settled(events=changes.events, deliveries=changes.deliveries)

    @staticmethod
    def _write(write: Write, changes: Changes, now: datetime) -> None:
        write.withdraw(changes.withdrawn, now)
        write.alerts(changes.alerts, changes.events, owed=changes.owed)
        write.deliveries(changes.deliveries)
        write.paces(changes.spent_until)

    def _go_by(self, remit: Remit, transitions: Transitions) -> None:
        self._remit = remit
        self._desk.plan = remit.plan
        self._desk.transitions = transitions
        self._desk.is_look_due = True

    def _transitions(self, remit: Remit, now: datetime) -> Transitions:
        """Return when alerts opened and recovered, as far back as a rule counts it."""
        return self.store.load_transitions(now - remit.flapping_window)

    def _take(self) -> None:
        self._desk.take(self.store.load_alerts(), self.store.load_post())

    def _hear(self, at: Instant) -> None:
        """Read what people have said since, but not at every turn."""
        heard = self._people_at_s
        if heard is None or not 0 <= at.elapsed_s - heard < PEOPLE_EVERY_S:
            self._desk.hear(self.store.load_people(at.now))
            self._people_at_s = at.elapsed_s

    def _after_failed_commit(self, now: datetime) -> list[Evaluation]:
        """Take the mirror from the database again: nobody knows whether the commit was made.

        What was not recorded counts for no timer.
        """
        if not self._is_unsure:
            return []
        self._take()
        self._remit.memory.forget()
        self._is_unsure = False
        return [self._rest(now)]

    def _after_clock_step(self, at: Instant) -> list[Evaluation]:
        """Pause every timer when the wall clock was set: the jump is nobody's breach."""
        last, self._last = self._last, at
        if last is None:
            return []
        jumped = (at.now - last.now) - timedelta(seconds=at.elapsed_s - last.elapsed_s)
        if abs(jumped) <= CLOCK_STEP:
            return []
        log.warning("clock.stepped", step_s=round(jumped.total_seconds(), 3))
        self._desk.is_look_due = True
        return [self._rest(at.now)]

    def _rest(self, now: datetime) -> Evaluation:
        resting = engine.pause(self._desk.alerts.values())
        # What is judged next must be the paused alerts.
        self._desk.alerts.update((alert.key, alert) for alert in resting.alerts)
        if all(what is not Turn.REST for _, what in self._turns):
            self._turns.append((now, Turn.REST))
        return resting
