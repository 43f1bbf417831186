"""Builders of messages and deliveries; every argument has a plain default."""

from datetime import UTC, datetime, timedelta

from monitor.core.alert import Severity
from monitor.core.delivery import Delivery
from monitor.core.message import Message, MessageItem, What

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def an_item(
    name: str = "BOT-07",
    *,
    what: What = What.OPENED,
    severity: Severity = Severity.CRITICAL,
    alert_id: str = "ABCDEFGHIJ",
    rule: str = "robot-unresponsive",
    tenant: str = "production",
    folder: str = "Finance/AP",
    summary: str | None = None,
    lasted: timedelta = timedelta(minutes=3),
    runbook_url: str | None = None,
    reason: str = "",
) -> MessageItem:
    return MessageItem(
        alert_id=alert_id,
        rule=rule,
        severity=severity,
        what=what,
        tenant=tenant,
        kind="session",
        name=name,
        folder=folder,
        summary=f"{name} has not answered for 3 min" if summary is None else summary,
        started_at=NOW - lasted,
        ended_at=None if what is What.OPENED else NOW,
        runbook_url=runbook_url,
        reason=reason,
    )


def a_message(*items: MessageItem) -> Message:
    return Message(at=NOW, items=items or (an_item(),))


def a_delivery(
    *items: MessageItem,
    id: str = "delivery-1",  # noqa: A002 - the field's name
    channel: str = "ops",
    created_at: datetime = NOW,
    attempts: int = 0,
) -> Delivery:
    return Delivery(
        id=id,
        channel=channel,
        message=a_message(*items),
        created_at=created_at,
        next_at=created_at,
        attempts=attempts,
    )
