"""Everything the monitor keeps in mind about alerts between two evaluations, and how it moves on.

`decide` and `attempted` say what changes and change nothing; `apply` takes the changes over, once
they are recorded. So a transaction that fails leaves the desk as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core.alert import Alert, AlertEvent, AlertKey, EventKind, Phase, Reason
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.engine import Evaluation
from monitor.core.mute import People
from monitor.core.notify import Notice, notify
from monitor.core.plan import Plan
from monitor.core.post import Post, given_up, heard_after_all, is_settled

_TRANSITIONS = {
    (EventKind.OPENED, Reason.BREACHED),
    (EventKind.OPENED, Reason.HOLD_OVER),
    (EventKind.RESOLVED, Reason.RECOVERED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be recorded together. `owed` are the ids of alerts that are over and remembered.

    The rest is the desk's state afterwards: what is on its way, who flapped, when to look again.
    """

    alerts: tuple[Alert, ...] = ()
    owed: frozenset[str] = frozenset()
    events: tuple[AlertEvent, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    withdrawn: tuple[str, ...] = ()
    spent_until: Mapping[str, datetime] = field(default_factory=dict)
    undelivered: Mapping[str, Delivery] = field(default_factory=dict)
    transitions: Mapping[AlertKey, Sequence[datetime]] = field(default_factory=dict)
    next_at: datetime | None = None
    is_look_due: bool = False

    def __bool__(self) -> bool:
        """Tell whether there is anything to record."""
        return bool(self.alerts or self.events or self.deliveries or self.withdrawn)


@dataclass(slots=True, kw_only=True)
class Desk:
    """The mirror of what the database holds of alerts and messages. Not for several threads.

    `alerts` are the open ones, and those that are over while somebody is owed their end.
    `next_at` is when to decide again though nothing happened; with `is_look_due` at once.
    """

    plan: Plan
    started_at: datetime
    alerts: dict[AlertKey, Alert] = field(default_factory=dict)
    people: People = field(default_factory=People)
    transitions: Mapping[AlertKey, Sequence[datetime]] = field(default_factory=dict)
    undelivered: Mapping[str, Delivery] = field(default_factory=dict)
    in_flight: set[str] = field(default_factory=set)
    spent_until: dict[str, datetime] = field(default_factory=dict)
    next_at: datetime | None = None
    is_look_due: bool = True

    def take(self, alerts: Iterable[Alert], post: Post) -> None:
        """Take over what the database holds; what is being sent right now still is."""
        self.alerts = {alert.key: alert for alert in alerts}
        self.undelivered = post.undelivered
        self.spent_until = dict(post.spent_until)
        self.is_look_due = True

    def hear(self, people: People) -> None:
        """Take over what people have said."""
        if people != self.people:
            self.people = people
            self.is_look_due = True

    def is_due(self, now: datetime) -> bool:
        """Tell whether there may be something to decide though nothing happened."""
        return self.is_look_due or (self.next_at is not None and self.next_at <= now)

    def decide(self, parts: Iterable[Evaluation], now: datetime) -> Changes:
        """Return what follows from evaluations, and from the time that has passed."""
        changed: dict[AlertKey, Alert] = {}
        events: list[AlertEvent] = []
        for part in parts:
            changed.update((alert.key, alert) for alert in part.alerts)
            events.extend(part.events)
        transitions = self._transitions(events, now)
        if not events and not self.is_due(now) and not self._is_first_seen(changed):
            return Changes(
                alerts=tuple(changed.values()),
                undelivered=self.undelivered,
                transitions=transitions,
                next_at=self.next_at,
            )
        merged = {**self.alerts, **changed}
        notice = notify(
            merged,
            plan=self.plan,
            people=self.people,
            post=self._post(),
            transitions=transitions,
            now=now,
            started_at=self.started_at,
        )
        changed.update((alert.key, alert) for alert in notice.alerts)
        merged.update(changed)
        undelivered = self._after(notice)
        changed.update(self._over(merged, undelivered, changed))
        return Changes(
            alerts=tuple(changed.values()),
            owed=self._owed(changed, undelivered),
            events=(*events, *notice.events),
            deliveries=notice.deliveries,
            withdrawn=notice.withdrawn,
            spent_until=notice.spent_until,
            undelivered=undelivered,
            transitions=transitions,
            next_at=notice.next_at,
        )

    def attempted(self, delivery: Delivery, now: datetime) -> Changes:
        """Return what follows from an attempt; `delivery` is the result of `after_attempt`."""
        undelivered = dict(self.undelivered)
        changed: dict[AlertKey, Alert] = {}
        if delivery.state is DeliveryState.DUE:
            undelivered[delivery.id] = delivery
        else:
            undelivered.pop(delivery.id, None)
            about = set(delivery.about)
            for key, alert in self.alerts.items() if about else ():
                if alert.id not in about:
                    continue
                is_dead = delivery.state is DeliveryState.DEAD
                after = (given_up if is_dead else heard_after_all)(alert, delivery, now)
                if after is not alert or alert.phase is Phase.RESOLVED:
                    changed[key] = after
        return Changes(
            alerts=tuple(changed.values()),
            owed=self._owed(changed, undelivered),
            undelivered=undelivered,
            transitions=self.transitions,
            next_at=self.next_at,
            is_look_due=self.is_look_due or delivery.state is DeliveryState.DEAD,
        )

    def revived(self, deliveries: Iterable[Delivery], now: datetime) -> Changes:
        """Return what follows when people have messages delivered that had been given up.

        What they say counts as told, so that nobody hears it a second time by a reminder.
        """
        by_id = {delivery.id: delivery for delivery in deliveries}
        changed: dict[AlertKey, Alert] = {}
        for key, alert in self.alerts.items():
            after = alert
            for told in alert.told.values():
                if told.delivery in by_id:
                    after = heard_after_all(after, by_id[told.delivery], now)
            if after is not alert:
                changed[key] = after
        undelivered = {**self.undelivered, **by_id}
        return Changes(
            alerts=tuple(changed.values()),
            owed=self._owed(changed, undelivered),
            deliveries=tuple(by_id.values()),
            undelivered=undelivered,
            transitions=self.transitions,
            next_at=self.next_at,
            is_look_due=True,
        )

    def apply(self, changes: Changes) -> None:
        """Take over changes that have been recorded."""
        for alert in changes.alerts:
            if alert.phase is Phase.RESOLVED and alert.id not in changes.owed:
                self.alerts.pop(alert.key, None)
            else:
                self.alerts[alert.key] = alert
        self.undelivered = changes.undelivered
        self.spent_until.update(changes.spent_until)
        self.transitions = changes.transitions
        self.next_at = changes.next_at
        self.is_look_due = changes.is_look_due

    def begin_attempt(self, delivery: Delivery) -> None:
        """Note that a message is being sent, so that it is not taken back.

        One that is not known here was made due again by somebody else.
        """
        self.in_flight.add(delivery.id)
        if delivery.id not in self.undelivered:
            self.undelivered = {**self.undelivered, delivery.id: delivery}

    def end_attempt(self, delivery_id: str, *, is_known: bool) -> None:
        """Note that nothing is being sent any more. Without a known outcome it may have arrived."""
        self.in_flight.discard(delivery_id)
        delivery = self.undelivered.get(delivery_id)
        if delivery is not None and not is_known:
            doubtful = replace(delivery, may_have_arrived=True)
            self.undelivered = {**self.undelivered, delivery_id: doubtful}

    def _is_first_seen(self, changed: Mapping[AlertKey, Alert]) -> bool:
        """Tell whether alerts of the last run were seen for the first time: reminders may go on."""
        for key, alert in changed.items():
            before = self.alerts.get(key)
            if before is not None and before.updated_at < self.started_at <= alert.updated_at:
                return True
        return False

    def _post(self) -> Post:
        return Post(
            undelivered=self.undelivered, in_flight=self.in_flight, spent_until=self.spent_until
        )

    def _after(self, notice: Notice) -> Mapping[str, Delivery]:
        if not notice.withdrawn and not notice.deliveries:
            return self.undelivered
        withdrawn = set(notice.withdrawn)
        left = {one: d for one, d in self.undelivered.items() if one not in withdrawn}
        return left | {delivery.id: delivery for delivery in notice.deliveries}

    def _over(
        self,
        merged: Mapping[AlertKey, Alert],
        undelivered: Mapping[str, Delivery],
        changed: Mapping[AlertKey, Alert],
    ) -> dict[AlertKey, Alert]:
        """Return the alerts that were remembered until now and need not be any more."""
        on_the_way = _on_the_way(undelivered)
        return {
            key: alert
            for key, alert in merged.items()
            if key not in changed and is_settled(alert, on_the_way, self.plan.channels)
        }

    def _owed(
        self, changed: Mapping[AlertKey, Alert], undelivered: Mapping[str, Delivery]
    ) -> frozenset[str]:
        on_the_way = _on_the_way(undelivered)
        return frozenset(
            alert.id
            for alert in changed.values()
            if alert.phase is Phase.RESOLVED
            and not is_settled(alert, on_the_way, self.plan.channels)
        )

    def _transitions(
        self, events: Sequence[AlertEvent], now: datetime
    ) -> Mapping[AlertKey, Sequence[datetime]]:
        fresh = [event for event in events if (event.kind, event.reason) in _TRANSITIONS]
        if not fresh:
            return self.transitions
        kept: dict[AlertKey, Sequence[datetime]] = {}
        for key, instants in self.transitions.items():
            window = self._flapping_window(key)
            if recent := tuple(at for at in instants if at > now - window):
                kept[key] = recent
        for event in fresh:
            key = event.alert.key
            if self._flapping_window(key):
                kept[key] = (*kept.get(key, ()), event.at)
        return kept

    def _flapping_window(self, key: AlertKey) -> timedelta:
        rule = self.plan.rules.get(key.rule)
        policy = None if rule is None else rule.policy.flapping
        return timedelta() if policy is None else policy.window


def _on_the_way(undelivered: Mapping[str, Delivery]) -> set[str]:
    return {alert_id for delivery in undelivered.values() for alert_id in delivery.about}
