"""A small world for the tests of telling: rules over queues, channels that work or fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core import engine
from monitor.core.delivery import (
    Delivered,
    Delivery,
    DeliveryState,
    Outcome,
    Retryable,
    after_attempt,
)
from monitor.core.desk import Changes, Desk
from monitor.core.mute import People
from monitor.core.pace import Pace
from monitor.core.plan import Plan
from monitor.core.post import Post
from monitor.core.routing import Route
from monitor.core.rule import Rule
from monitor.core.severity import Severity
from monitor.core.window import Windows
from tests.builders import NOW, a_backlog_rule, a_sample, a_subject, after, collected

ROUTE = Route(name="routes[0]", channels=("ops",), group_wait=timedelta())


def a_plan(
    *rules: Rule,
    routes: Sequence[Route] = (ROUTE,),
    channels: Sequence[str] = ("ops",),
    pace: Pace | None = None,
    **fields: object,
) -> Plan:
    return Plan(
        rules={rule.name: rule for rule in rules or (a_backlog_rule(severity=Severity.WARNING),)},
        routes=routes,
        channels=dict.fromkeys(channels, pace or Pace(messages=1000)),
        **fields,  # type: ignore[arg-type] # as Plan has them
    )


@dataclass(kw_only=True)
class World:
    """Polls of queues against a desk; every message that arrives is remembered."""

    plan: Plan = field(default_factory=a_plan)
    outages: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    received: list[tuple[float, str, Delivery]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    events: list[tuple[str, str]] = field(default_factory=list)
    at_s: float = 0.0

    def __post_init__(self) -> None:
        self.desk = Desk(plan=self.plan, started_at=NOW)

    @property
    def now(self) -> datetime:
        return after(self.at_s)

    def poll(self, seconds: float, backlog: Mapping[str, float | None]) -> None:
        """Poll at a time: items by queue; None is a queue that is not in the answer."""
        self.at_s = seconds
        samples = [
            a_sample(a_subject(name), new_items=items)
            for name, items in backlog.items()
            if items is not None
        ]
        answer = collected(*samples, at=self.now)
        rules = tuple(self.plan.rules.values())
        part = engine.evaluate(self.desk.alerts, "production", answer, rules, Windows(), self.now)
        self.apply(self.desk.decide([part], self.now))
        self.deliver()

    def tick(self, seconds: float) -> None:
        self.at_s = seconds
        if self.desk.is_due(self.now):
            self.apply(self.desk.decide([], self.now))
        self.deliver()

    def hear(self, people: People) -> None:
        self.desk.hear(people)

    def restart(self) -> None:
        """Save and restore as the store does."""
        before = self.desk
        self.desk = Desk(plan=self.plan, started_at=self.now, people=before.people)
        self.desk.take(
            before.alerts.values(),
            Post(undelivered=before.undelivered, spent_until=before.spent_until),
        )
        self.desk.transitions = before.transitions

    def apply(self, changes: Changes) -> None:
        self.events += [(event.alert.subject.name, event.kind.value) for event in changes.events]
        self.withdrawn += changes.withdrawn
        self.desk.apply(changes)

    def deliver(self) -> None:
        """Attempt what is due, the first of each alert first."""
        for delivery in list(self.desk.undelivered.values()):
            is_first = not any(
                other.channel == delivery.channel and set(other.about) & set(delivery.about)
                for other in self._before(delivery)
            )
            is_in_hand = delivery.id in self.desk.in_flight
            if not is_first or is_in_hand or delivery.next_at > self.now:
                continue
            self.desk.begin_attempt(delivery)
            settled = after_attempt(delivery, self._outcome(delivery), self.now, 0.0)
            self.apply(self.desk.attempted(settled, self.now))
            self.desk.end_attempt(delivery.id, is_known=True)
            if settled.state is DeliveryState.SENT:
                self.received.append((self.at_s, delivery.channel, delivery))

    def told(self, channel: str = "ops") -> list[tuple[float, str]]:
        """Return the messages of a channel: when, and what of whom."""
        return [
            (at, ", ".join(f"{item.what.value} {item.name}" for item in delivery.message.items))
            for at, name, delivery in self.received
            if name == channel
        ]

    def _before(self, delivery: Delivery) -> list[Delivery]:
        deliveries = list(self.desk.undelivered.values())
        return deliveries[: [one.id for one in deliveries].index(delivery.id)]

    def _outcome(self, delivery: Delivery) -> Outcome:
        if delivery.channel in self.outages:
            return Retryable("down", may_have_arrived=delivery.channel in self.doubtful)
        return Delivered()


def with_route(**fields: object) -> Route:
    return replace(ROUTE, **fields)  # type: ignore[arg-type] # as Route has them
