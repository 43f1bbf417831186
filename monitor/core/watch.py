"""Judges polls and deliveries one after the other: the rules, and all they need to remember.

That is how well each collector sees and each channel takes messages, who was there at the last
poll, and the recent past of the metrics that rules look back on. Not for several threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core import engine
from monitor.core.alert import Alert, AlertKey
from monitor.core.channel_health import Channels
from monitor.core.delivery import Delivery
from monitor.core.engine import Evaluation
from monitor.core.health import Health, collector_subject
from monitor.core.lookback import looked_back_on, observe
from monitor.core.roster import Roster
from monitor.core.rule import Rule
from monitor.core.sample import Collected, Snapshot, Subject
from monitor.core.scopes import Scopes
from monitor.core.window import Windows

Alerts = Mapping[AlertKey, Alert]


@dataclass(slots=True, kw_only=True)
class Watch:
    """What judges. `collector_kinds` are the kinds that each collector answers for.

    `tenants` are the labels of each tenant, for the alerts about its collectors.
    """

    rules: Sequence[Rule]
    collector_kinds: Mapping[str, tuple[str, ...]]
    tenants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _scopes: Scopes = field(init=False)
    _roster: Roster = field(init=False)
    _spans: Mapping[str, Mapping[int, timedelta]] = field(init=False)
    _windows: Windows = field(init=False)
    _channels: Channels = field(default_factory=Channels)
    _health: dict[tuple[str, str], Health] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare what follows from the rules."""
        self._scopes = Scopes(self.rules)
        self._roster = Roster(self.rules)
        self._spans = looked_back_on(self.rules)
        self._windows = Windows(self._spans)

    def judge(self, snapshot: Snapshot, alerts: Alerts, now: datetime) -> list[Evaluation]:
        """Return what follows from a poll, and from how its collector fares, for the alerts."""
        outcome = snapshot.outcome
        sight = self._health_after(snapshot, now).collected(now)
        observe(self._windows, self._spans, sight)
        if isinstance(outcome, Collected):
            observe(self._windows, self._spans, outcome)
            missing = self._roster.missing(snapshot.tenant, outcome)
            judged = self._evaluate(alerts, snapshot.tenant, outcome, now, missing)
            self._roster.seen(snapshot.tenant, outcome)
        else:
            kinds = self.collector_kinds[snapshot.collector]
            judged = engine.pause(
                alert
                for alert in alerts.values()
                if alert.subject.tenant == snapshot.tenant and alert.subject.kind in kinds
            )
        return [judged, self._evaluate(alerts, snapshot.tenant, sight, now)]

    def judge_attempt(self, delivery: Delivery, alerts: Alerts, now: datetime) -> Evaluation:
        """Return what follows from how a channel fares; `delivery` is after its attempt."""
        health = self._channels.after(delivery, now)
        self._channels.by_name[delivery.channel] = health
        return self._evaluate(alerts, "", health.collected(now), now)

    def _evaluate(
        self,
        alerts: Alerts,
        tenant: str,
        collected: Collected,
        now: datetime,
        missing: Sequence[Subject] = (),
    ) -> Evaluation:
        # Windows end at the server's time, the clock by which their values are placed.
        self._windows.now = collected.observed_at
        return engine.evaluate(
            alerts, tenant, collected, self.rules, self._windows, now, self._scopes, missing
        )

    def _health_after(self, snapshot: Snapshot, now: datetime) -> Health:
        key = (snapshot.tenant, snapshot.collector)
        before = self._health.get(key)
        if before is None:
            labels = self.tenants.get(snapshot.tenant, {})
            before = Health(subject=collector_subject(*key, labels), known_since=now)
        after = self._health[key] = before.after(snapshot, now)
        return after
