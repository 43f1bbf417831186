"""Builders of messages and deliveries; every argument has a plain default."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.core.delivery import Delivery
from monitor.core.message import PROBLEMS, Message, MessageItem, What
from monitor.core.severity import Severity

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
    affected: Sequence[str] = (),
    affected_count: int | None = None,
    is_flapping: bool = False,
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
        ended_at=None if what in PROBLEMS else NOW,
        runbook_url=runbook_url,
        reason=reason,
        affected=tuple(affected),
        affected_count=len(affected) if affected_count is None else affected_count,
        is_flapping=is_flapping,
    )


def a_queue_item(
    name: str,
    waiting: int = 900,
    *,
    what: What = What.OPENED,
    severity: Severity = Severity.CRITICAL,
    tenant: str = "production",
    hours: float = 1,
    reason: str = "",
) -> MessageItem:
    return an_item(
        name,
        what=what,
        severity=severity,
        alert_id=f"{name.upper():Q<10.10}",
        rule="queue-backlog",
        tenant=tenant,
        folder="Finance",
        summary=f"{name}: {waiting} items wait (limit 500)",
        lasted=timedelta(hours=hours),
        reason=reason,
    )


def a_storm(count: int) -> tuple[MessageItem, ...]:
    """Return alerts of which every third is critical, each a minute older than the one before."""
    severities = (Severity.CRITICAL, Severity.WARNING, Severity.WARNING)
    return tuple(
        an_item(
            f"BOT-{number:03}",
            alert_id=f"INCIDENT{number:03}",
            severity=severities[number % 3],
            lasted=timedelta(minutes=number),
        )
        for number in range(count)
    )


def a_message(
    *items: MessageItem, rest: Mapping[What, int] | None = None, is_digest: bool = False
) -> Message:
    return Message(at=NOW, items=items or (an_item(),), rest=dict(rest or {}), is_digest=is_digest)


def a_delivery(
    *items: MessageItem,
    id: str = "delivery-1",  # noqa: A002 - the field's name
    channel: str = "ops",
    created_at: datetime = NOW,
    attempts: int = 0,
) -> Delivery:
    message = a_message(*items)
    return Delivery(
        id=id,
        channel=channel,
        message=message,
        created_at=created_at,
        next_at=created_at,
        attempts=attempts,
        about=tuple(item.alert_id for item in message.items),
    )
