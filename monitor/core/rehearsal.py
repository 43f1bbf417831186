"""Plays polls, people, channels and the time: what would have been told, and when.

The alerts and their messages go the way they go in the daemon (`Desk`, `Remit`), with instants
instead of a clock and without a database. Between two polls time moves on by the very instants at
which something is due: a wait of ten seconds ends after ten seconds, however rare the polls are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core import engine
from monitor.core.alert import Alert, AlertEvent, Phase
from monitor.core.channel_health import Tried
from monitor.core.delivery import Delivered, Delivery, DeliveryState, Outcome, after_attempt
from monitor.core.desk import Changes, Desk
from monitor.core.engine import Evaluation
from monitor.core.matching import Where
from monitor.core.mute import Acknowledgement, People, Silence
from monitor.core.plan import Plan
from monitor.core.post import Post
from monitor.core.recall import Past, recall, recall_vitals
from monitor.core.remit import Remit
from monitor.core.routing import alert_labels
from monitor.core.sample import Snapshot
from monitor.core.vitals import Vitals

ACKNOWLEDGED_FOR = timedelta(hours=24)


def _at_once(_channel: str, _now: datetime) -> Outcome:
    return Delivered()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver: when, and what became of the delivery by it."""

    at: datetime
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A message that was taken back before it arrived."""

    at: datetime
    delivery: Delivery


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """A run of the monitor without clock, network and database.

    `collector_kinds` are the kinds each collector answers for, `tenants` the labels of tenants,
    `expiries` the ends of their credentials. `accepts` says how a channel answers an attempt; with
    `is_past` it is `tried` alone that says how well channels take messages. What happens is added
    to `events`, `attempts` and `withdrawals`.
    """

    plan: Plan
    collector_kinds: Mapping[str, tuple[str, ...]]
    started_at: datetime
    tenants: Mapping[str, Mapping[str, str]] | None = None
    expiries: Mapping[str, datetime] = field(default_factory=dict)
    is_past: bool = False
    accepts: Callable[[str, datetime], Outcome] = _at_once
    events: list[AlertEvent] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    _desk: Desk = field(init=False)
    _remit: Remit = field(init=False)
    _vitals: Vitals = field(default_factory=Vitals)
    _rested_at: datetime | None = None

    def __post_init__(self) -> None:
        """Begin without alerts."""
        self._desk = Desk(plan=self.plan, started_at=self.started_at)
        self._remit = self._make_remit()

    @property
    def open(self) -> tuple[Alert, ...]:
        """Return the pending and firing alerts, in the order in which they began."""
        return tuple(a for a in self._desk.alerts.values() if a.phase is not Phase.RESOLVED)

    @property
    def undelivered(self) -> tuple[Delivery, ...]:
        """Return what is on its way, oldest first."""
        return tuple(self._desk.undelivered.values())

    def polls(self, tenant: str, collector: str) -> bool:
        """Tell whether polls of this collector of this tenant are judged."""
        return self._remit.polls(tenant, collector)

    def poll(self, snapshots: Iterable[Snapshot], now: datetime) -> None:
        """Judge the polls that end at an instant, together with the time up to it."""
        self.advance(now)
        self._decide([part for one in snapshots for part in self._judge(one, now)], now)
        self._catch_up(now)

    def advance(self, to: datetime) -> None:
        """Do what time alone brings about before an instant."""
        rested_at, self._rested_at = self._rested_at, None
        if rested_at is not None and rested_at < to:
            self._catch_up(rested_at)
        while (at := self._next_at()) is not None and at < to:
            self._catch_up(at)

    def silence(self, silences: Iterable[Silence]) -> None:
        """Let people ask for silence; it may begin later."""
        people = self._desk.people
        self._desk.hear(replace(people, silences=(*people.silences, *silences)))

    def acknowledge(
        self,
        where: Where,
        now: datetime,
        *,
        author: str,
        note: str = "",
        lasts: timedelta = ACKNOWLEDGED_FOR,
    ) -> int:
        """Let somebody acknowledge the firing alerts that match; return how many there are."""
        self.advance(now)
        given = {
            alert.id: Acknowledgement(
                alert_id=alert.id,
                severity=alert.severity,
                at=now,
                expires_at=now + lasts,
                author=author,
                note=note,
            )
            for alert in self.open
            if alert.phase is Phase.FIRING
            and where.matches(alert_labels(alert, self.plan.rules.get(alert.rule)))
        }
        people = self._desk.people
        known = {**people.acknowledgements, **given}
        self._desk.hear(People(silences=people.silences, acknowledgements=known))
        self._catch_up(now)
        return len(given)

    def restart(self, now: datetime, past: Past | None = None) -> None:
        """Begin anew with what a database would hold; since the last call nothing was done.

        The time in between counts for no timer. `past` is what the database tells of the time
        before; without it what was seen so far is remembered as it was.
        """
        before = self._desk
        self._desk = Desk(
            plan=self.plan,
            started_at=now,
            people=before.people,
            transitions=before.transitions,
        )
        self._desk.take(
            before.alerts.values(),
            Post(undelivered=before.undelivered, spent_until=before.spent_until),
        )
        self._rested_at = None
        if past is not None:
            self._remit = self._make_remit()
            recall(self._remit, past, now)
            self._vitals = Vitals()
            recall_vitals(self._vitals, self._remit, past, now)
        self._decide([engine.pause(self._desk.alerts.values())], now)
        self._catch_up(now)

    def reload(self, now: datetime, past: Past, plan: Plan | None = None) -> None:
        """Go on by another plan, or by the same, as after a reload of the configuration."""
        self.advance(now)
        self.plan = self.plan if plan is None else plan
        before, self._remit = self._remit, self._make_remit()
        recall(self._remit, past, now, before)
        self._desk.plan = self.plan
        self._desk.is_look_due = True
        self._decide(self._remit.close(self._desk.alerts, now), now)
        self._vitals.go_by(self._remit)
        self._catch_up(now)

    def rest(self, now: datetime) -> None:
        """Pause all timers; if a poll is judged at the same instant, right before it."""
        self.advance(now)
        resting = engine.pause(self._desk.alerts.values())
        self._desk.alerts.update((alert.key, alert) for alert in resting.alerts)
        self._desk.is_look_due = True
        self._rested_at = now

    def hear(self, people: People) -> None:
        """Take over what people have said, for the next look."""
        self._desk.hear(people)

    def look(self, now: datetime) -> None:
        """Do what is due at an instant, after what time alone brings about before it."""
        self.advance(now)
        self._catch_up(now)

    def tried(self, attempt: Tried, now: datetime) -> None:
        """Judge what came of an attempt to deliver that was made in the past."""
        if attempt.channel in self.plan.channels:
            self.advance(now)
            self._judge_channel(attempt, now)
            self._catch_up(now)

    def _next_at(self) -> datetime | None:
        """Return when something is due; what was due at an earlier look is due still."""
        instants = [one.next_at for channel in self.plan.channels for one in self._firsts(channel)]
        if self._desk.next_at is not None:
            instants.append(self._desk.next_at)
        return min(instants, default=None)

    def _catch_up(self, now: datetime) -> None:
        """Decide and deliver until nothing more is due at an instant."""
        while True:
            if self._desk.is_due(now):
                self._decide((), now)
            due = [
                one
                for channel in self.plan.channels
                for one in self._firsts(channel)
                if one.next_at <= now
            ]
            if not due:
                return
            for delivery in due:
                self._attempt(delivery.id, now)

    def _firsts(self, channel: str) -> Iterator[Delivery]:
        """Yield a channel's deliveries that no earlier one about the same alert holds up."""
        seen: set[str] = set()
        for delivery in self._desk.undelivered.values():
            if delivery.channel == channel:
                if seen.isdisjoint(delivery.about):
                    yield delivery
                seen.update(delivery.about)

    def _attempt(self, delivery_id: str, now: datetime) -> None:
        desk = self._desk
        delivery = desk.undelivered.get(delivery_id)
        if delivery is None:
            # Taken back since, by what followed from the attempt before.
            return
        desk.begin_attempt(delivery)
        tried = after_attempt(delivery, self.accepts(delivery.channel, now), now, jitter=0.0)
        self.attempts.append(Attempt(now, tried))
        self._apply(desk.attempted(tried, now), now)
        desk.end_attempt(delivery_id, is_known=True)
        if not self.is_past:
            self._judge_channel(tried, now)

    def _judge_channel(self, attempt: Tried, now: datetime) -> None:
        health = self._vitals.after_attempt(attempt, now)
        judged = self._remit.evaluate(self._desk.alerts, "", health, now)
        if judged.events or judged.alerts or self._desk.is_due(now):
            self._decide([judged], now)

    def _make_remit(self) -> Remit:
        return Remit(
            plan=self.plan,
            collector_kinds=self.collector_kinds,
            tenants=self.tenants,
            expiries=self.expiries,
        )

    def _judge(self, snapshot: Snapshot, now: datetime) -> list[Evaluation]:
        alerts = self._desk.alerts
        sight = self._vitals.after_poll(snapshot, self._remit, now)
        self._remit.observe(sight)
        judged = self._remit.judge(snapshot, alerts, now)
        self._remit.seen(snapshot)
        return [judged, self._remit.evaluate(alerts, snapshot.tenant, sight, now)]

    def _decide(self, parts: Iterable[Evaluation], now: datetime) -> None:
        self._apply(self._desk.decide(parts, now), now)

    def _apply(self, changes: Changes, now: datetime) -> None:
        before = self._desk.undelivered
        self.withdrawals += [
            Withdrawal(now, replace(before[one], state=DeliveryState.WITHDRAWN))
            for one in changes.withdrawn
        ]
        self.events += changes.events
        self._desk.apply(changes)
