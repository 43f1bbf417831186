"""What the configuration has the monitor watch, and what its rules remember of it.

One value, so that a reload replaces it whole, or puts the old one back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core import engine
from monitor.core.alert import Alert, AlertKey, Reason
from monitor.core.engine import Evaluation
from monitor.core.health import WHOLE, collector_subject, tenant_subject
from monitor.core.kinds import CHANNEL, COLLECTOR, KINDS, TENANT
from monitor.core.lookback import looked_back_on, observe
from monitor.core.plan import Plan
from monitor.core.roster import Roster
from monitor.core.rule import Rule
from monitor.core.sample import Collected, Snapshot, Subject
from monitor.core.scopes import Scopes
from monitor.core.steady import Memory
from monitor.core.window import Spans, Windows

Metric = tuple[str, int]
"""A metric by its kind and its position there."""


@dataclass(slots=True, kw_only=True)
class Remit:
    """Rules, tenants, collectors and channels; what they remember begins empty.

    `collector_kinds` maps a collector's name to the kinds it answers for; `tenants` are those
    that are watched, with their labels, None for whichever appear; `expiries` are the stated ends
    of the credentials of some of them. Not for several threads.
    """

    plan: Plan
    collector_kinds: Mapping[str, tuple[str, ...]]
    tenants: Mapping[str, Mapping[str, str]] | None = None
    expiries: Mapping[str, datetime] = field(default_factory=dict)
    rules: Sequence[Rule] = field(init=False)
    scopes: Scopes = field(init=False)
    roster: Roster = field(init=False)
    memory: Memory = field(init=False)
    windows: Windows = field(init=False)
    spans: Spans = field(init=False)

    def __post_init__(self) -> None:
        """Prepare what follows from the rules."""
        self.rules = tuple(self.plan.rules.values())
        self.scopes = Scopes(self.rules)
        self.roster = Roster(self.rules)
        self.memory = Memory(self.rules)
        self.spans = looked_back_on(self.rules)
        self.windows = Windows(self.spans)

    def take_over(self, before: "Remit") -> frozenset[Metric]:
        """Go on with what another remit remembers; return of which metrics that is all there is."""
        kept = self._known_to(before)
        self.windows.take_over(before.windows, kept)
        return kept

    @property
    def flapping_window(self) -> timedelta:
        """Return the longest time in which a rule counts how often its alerts open."""
        policies = (rule.policy.flapping for rule in self.rules)
        return max((policy.window for policy in policies if policy), default=timedelta())

    def observe(self, collected: Collected) -> None:
        """Take in a poll, as far as rules look back on it."""
        observe(self.windows, self.spans, collected)

    def judge(
        self, snapshot: Snapshot, alerts: Mapping[AlertKey, Alert], now: datetime
    ) -> Evaluation:
        """Return what follows from a poll; one that failed pauses what it would have judged."""
        if isinstance(snapshot.outcome, Collected):
            self.observe(snapshot.outcome)
            missing = self.roster.missing(snapshot.tenant, snapshot.outcome)
            return self.evaluate(alerts, snapshot.tenant, snapshot.outcome, now, missing)
        kinds = self.collector_kinds[snapshot.collector]
        return engine.pause(
            alert
            for alert in alerts.values()
            if alert.subject.tenant == snapshot.tenant and alert.subject.kind in kinds
        )

    def seen(self, snapshot: Snapshot) -> None:
        """Note who was there at a poll that has been judged and counts."""
        if isinstance(snapshot.outcome, Collected):
            self.roster.seen(snapshot.tenant, snapshot.outcome)

    def evaluate(
        self,
        alerts: Mapping[AlertKey, Alert],
        tenant: str,
        collected: Collected,
        now: datetime,
        missing: Sequence[Subject] = (),
    ) -> Evaluation:
        """Return what the rules say of a good poll, without taking it in."""
        # Windows end at the server's time, the clock by which their values are placed.
        self.windows.now = collected.observed_at
        return engine.evaluate(
            alerts,
            tenant,
            collected,
            self.rules,
            self.windows,
            now,
            self.scopes,
            missing,
            self.memory,
        )

    def close(self, alerts: Mapping[AlertKey, Alert], now: datetime) -> list[Evaluation]:
        """End the alerts that nothing looks at any more."""
        orphans = engine.retire(alerts.values(), self.rules, now)
        gone = {alert.key for alert in orphans.alerts}
        left = (a for key, a in alerts.items() if key not in gone and not self._covers(a))
        return [orphans, engine.close(left, Reason.NOT_WATCHED, now)]

    def polls(self, tenant: str, collector: str) -> bool:
        """Tell whether this collector of this tenant is polled."""
        is_tenant = self.tenants is None or tenant in self.tenants
        return is_tenant and collector in self.collector_kinds

    def collector(self, tenant: str, collector: str) -> Subject:
        """Return a collector as a subject."""
        return collector_subject(tenant, collector, (self.tenants or {}).get(tenant, {}))

    def tenant(self, tenant: str) -> Subject:
        """Return a tenant as a subject, as far as it is seen."""
        return tenant_subject(tenant, (self.tenants or {}).get(tenant, {}))

    def _covers(self, alert: Alert) -> bool:
        """Tell whether what an alert is about is watched still."""
        subject = alert.subject
        if subject.kind == CHANNEL.name:
            return subject.key in self.plan.channels
        if self.tenants is not None and subject.tenant not in self.tenants:
            return False
        if subject.kind == TENANT.name:
            return subject.tenant in self.expiries
        if subject.kind == COLLECTOR.name:
            return subject.key == WHOLE or subject.key in self.collector_kinds
        return any(subject.kind in kinds for kinds in self.collector_kinds.values())

    def _known_to(self, before: "Remit") -> frozenset[Metric]:
        """Return the metrics of which another remit remembers as much as can be known."""
        known = {(k, i): span for k, spans in before.spans.items() for i, span in spans.items()}
        return frozenset(
            (kind, index)
            for kind, spans in self.spans.items()
            for index, span in spans.items()
            if (kind, index) in known
            and (span <= known[kind, index] or KINDS[kind].history is None)
        )
