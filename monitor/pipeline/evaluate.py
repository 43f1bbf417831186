"""The second stage: a snapshot becomes history, alerts, events and deliveries, in one transaction.

State lives in the database; what is kept here is its mirror, replaced only after a commit. So a
failed transaction leaves the mirror as it was, and the next poll judges anew.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from monitor.core import engine
from monitor.core.alert import Alert, AlertEvent, AlertKey, Phase, Reason
from monitor.core.delivery import Delivery
from monitor.core.engine import Evaluation
from monitor.core.kinds import COLLECTOR, KINDS
from monitor.core.routing import Route, route
from monitor.core.rule import Rule
from monitor.core.sample import Collected, Snapshot, Subject
from monitor.core.scopes import Scopes
from monitor.core.window import Windows
from monitor.pipeline.health import Health, collector_subject
from monitor.store.store import Store

log = structlog.get_logger(__name__)

CLOCK_STEP = timedelta(seconds=2)


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

    `collector_kinds` maps a collector's name to the kinds it answers for; `tenants` are those
    that are watched, with their labels, None for whichever appear.
    """

    store: Store
    rules: Sequence[Rule]
    routes: Sequence[Route]
    collector_kinds: Mapping[str, tuple[str, ...]]
    tenants: Mapping[str, Mapping[str, str]] | None = None
    _alerts: dict[AlertKey, Alert] = field(default_factory=dict)
    _health: dict[tuple[str, str], Health] = field(default_factory=dict)
    _windows: Windows = field(default_factory=Windows)
    _spans: Mapping[str, Mapping[int, timedelta]] = field(default_factory=dict)
    _scopes: Scopes = field(init=False)
    _last: Instant | None = None
    _is_unsure: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Prepare the index of the rules."""
        self._scopes = Scopes(self.rules)

    def restore(self, at: Instant) -> Settled:
        """Take up where the last run ended: alerts, windows and the collectors' health.

        The time in between counts for no timer. Alerts of rules that are gone are ended, and so
        are those about a tenant or collector that is watched no longer.
        """
        with self._lock:
            self._last = at
            self._alerts = {alert.key: alert for alert in self.store.load_alerts()}
            self._spans = looked_back_on(self.rules)
            self._windows = self._seeded_windows(at.now)
            for state in self.store.collector_states():
                self._health[state.tenant, state.collector] = Health(
                    subject=self._collector(state.tenant, state.collector, state.last_error or ""),
                    known_since=at.now,
                    last_success_at=state.last_success_at,
                    failed_polls=state.failures,
                )
            orphans = engine.retire(self._alerts.values(), self.rules, at.now)
            gone = {alert.key for alert in orphans.alerts}
            left = [alert for alert in self._alerts.values() if alert.key not in gone]
            unwatched = engine.close(
                (alert for alert in left if not self._is_watched(alert)), Reason.NOT_WATCHED, at.now
            )
            resting = engine.pause(alert for alert in left if self._is_watched(alert))
            return self._commit(None, [orphans, unwatched, resting], at.now)

    def settle(self, snapshot: Snapshot, at: Instant) -> Settled:
        """Record a snapshot and whatever follows from it.

        Raises:
            StoreError: it is not recorded, or the answer to the commit was lost. The next snapshot
                is judged by what the database says then.
        """
        with self._lock:
            health = self._health_after(snapshot, at.now)
            self._health[snapshot.tenant, snapshot.collector] = health
            sight = health.collected(at.now)
            self._observe(sight)
            parts = [
                *self._after_failed_commit(),
                *self._after_clock_step(at),
                self._judge(snapshot, at.now),
                self._evaluate(snapshot.tenant, sight, at.now),
            ]
            self._is_unsure = True
            settled = self._commit(snapshot, parts, at.now)
            self._is_unsure = False
            return settled

    def _judge(self, snapshot: Snapshot, now: datetime) -> Evaluation:
        if isinstance(snapshot.outcome, Collected):
            self._observe(snapshot.outcome)
            return self._evaluate(snapshot.tenant, snapshot.outcome, now)
        kinds = self.collector_kinds[snapshot.collector]
        return engine.pause(
            alert
            for alert in self._alerts.values()
            if alert.subject.tenant == snapshot.tenant and alert.subject.kind in kinds
        )

    def _evaluate(self, tenant: str, collected: Collected, now: datetime) -> Evaluation:
        # Windows end at the server's time, the clock by which their values are placed.
        self._windows.now = collected.observed_at
        return engine.evaluate(
            self._alerts, tenant, collected, self.rules, self._windows, now, self._scopes
        )

    def _commit(
        self, snapshot: Snapshot | None, parts: Iterable[Evaluation], now: datetime
    ) -> Settled:
        changed: dict[AlertKey, Alert] = {}
        events: list[AlertEvent] = []
        for part in parts:
            changed.update((alert.key, alert) for alert in part.alerts)
            events.extend(part.events)
        told, deliveries = route(events, self.routes, {r.name: r for r in self.rules}, now)
        changed.update((alert.key, alert) for alert in told)
        if snapshot is None and not changed:
            return Settled()
        with self.store.writing() as write:
            if snapshot is not None:
                write.snapshot(snapshot)
            write.alerts(tuple(changed.values()), tuple(events))
            write.deliveries(deliveries)
        for key, alert in changed.items():
            if alert.phase is Phase.RESOLVED:
                self._alerts.pop(key, None)
            else:
                self._alerts[key] = alert
        return Settled(events=tuple(events), deliveries=deliveries)

    def _after_failed_commit(self) -> list[Evaluation]:
        """Take the mirror from the database again: nobody knows whether the commit was made.

        What was not recorded counts for no timer.
        """
        if not self._is_unsure:
            return []
        self._alerts = {alert.key: alert for alert in self.store.load_alerts()}
        return [self._rest()]

    def _after_clock_step(self, at: Instant) -> list[Evaluation]:
        """Pause every timer when the wall clock was set: the jump is nobody's breach."""
        last, self._last = self._last, at
        if last is None:
            return []
        jumped = (at.now - last.now) - timedelta(seconds=at.elapsed_s - last.elapsed_s)
        if abs(jumped) <= CLOCK_STEP:
            return []
        log.warning("clock.stepped", step_s=round(jumped.total_seconds(), 3))
        return [self._rest()]

    def _rest(self) -> Evaluation:
        resting = engine.pause(self._alerts.values())
        # What is judged next must be the paused alerts.
        self._alerts.update((alert.key, alert) for alert in resting.alerts)
        return resting

    def _is_watched(self, alert: Alert) -> bool:
        subject = alert.subject
        if self.tenants is not None and subject.tenant not in self.tenants:
            return False
        if subject.kind == COLLECTOR.name:
            return subject.key in self.collector_kinds
        return any(subject.kind in kinds for kinds in self.collector_kinds.values())

    def _health_after(self, snapshot: Snapshot, now: datetime) -> Health:
        tenant, collector = snapshot.tenant, snapshot.collector
        before = self._health.get((tenant, collector))
        if before is None:
            before = Health(subject=self._collector(tenant, collector), known_since=now)
        return before.after(snapshot, now)

    def _collector(self, tenant: str, collector: str, reason: str = "") -> Subject:
        labels = (self.tenants or {}).get(tenant, {})
        return collector_subject(tenant, collector, labels, reason)

    def _observe(self, collected: Collected) -> None:
        if not any(kind in self._spans for kind in collected.kinds):
            return
        for sample in collected.samples:
            for index in self._spans.get(sample.subject.kind, ()):
                self._windows.observe(
                    sample.subject.identity, index, collected.observed_at, sample.values[index]
                )

    def _seeded_windows(self, now: datetime) -> Windows:
        windows = Windows(self._spans)
        for kind, spans in self._spans.items():
            if kind == COLLECTOR.name:
                continue
            for index, window in spans.items():
                metric = KINDS[kind].metrics[index].name
                for identity, at, value in self.store.load_series(kind, metric, now - window):
                    windows.observe(identity, index, at, value)
        return windows


def looked_back_on(rules: Sequence[Rule]) -> dict[str, dict[int, timedelta]]:
    """Return, by kind, the positions of the metrics that rules look back on, and how far."""
    spans: dict[str, dict[int, timedelta]] = {}
    for rule in rules:
        for metric, window in rule.windows.items():
            index = KINDS[rule.kind].index(metric)
            of_kind = spans.setdefault(rule.kind, {})
            of_kind[index] = max(window, of_kind.get(index, timedelta()))
    return spans
