"""Deliveries to put into the outbox, for the tests of the store."""

from monitor.core.alert import Alert, Phase
from monitor.core.delivery import Delivery, Outcome, after_attempt
from monitor.core.message import Message, MessageItem, What
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from monitor.store import Store
from tests.builders import NOW, a_subject, after


def an_item(alert: str, what: What = What.OPENED, name: str = "Invoices") -> MessageItem:
    return MessageItem(
        alert_id=alert,
        rule="backlog",
        severity=Severity.CRITICAL,
        what=what,
        tenant="production",
        kind="queue",
        name=name,
        folder="Finance/Ünïcode",
        summary="900 items wait \N{SNOWMAN}",
        started_at=after(0.000123),
        ended_at=None if what is What.OPENED else after(90),
        runbook_url="https://example.com/runbook",
        reason="hold over",
    )


def a_delivery(
    name: str, *alerts: str, channel: str = "ops", second: float = 0, what: What = What.OPENED
) -> Delivery:
    return Delivery(
        id=name,
        channel=channel,
        message=Message(at=after(second), items=tuple(an_item(alert, what) for alert in alerts)),
        created_at=after(second),
        next_at=after(second),
        about=alerts,
    )


def what_was_told(delivery: str = "d0", saying: Saying = Saying.OPEN) -> Told:
    return Told(
        saying=saying,
        severity=Severity.WARNING,
        at=after(-3.000001),
        first_at=after(-60),
        delivery=delivery,
        route="default",
        reminders=1,
    )


def a_told_alert(name: str) -> Alert:
    return Alert(
        id=name,
        rule="backlog",
        subject=a_subject(),
        severity=Severity.CRITICAL,
        phase=Phase.FIRING,
        started_at=NOW,
        updated_at=NOW,
        summary="",
        value=None,
        limit=None,
    )


def put(store: Store, *deliveries: Delivery, alerts: tuple[str, ...] = ()) -> None:
    with store.writing() as write:
        write.alerts([a_told_alert(name) for name in alerts])
        write.deliveries(deliveries)


def attempt(store: Store, delivery: Delivery, outcome: Outcome, second: float = 0) -> Delivery:
    """Record an attempt that began a second before."""
    assert store.mark_attempt(delivery, after(second - 1))
    settled = after_attempt(delivery, outcome, after(second), 0)
    store.settle(settled, after(second))
    return settled


def due(store: Store, second: float = 1000, channel: str = "ops") -> list[str]:
    return [delivery.id for delivery in store.due(channel, after(second))]
