"""A message: what changed for whom. `wording` says how a person reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from monitor.core.alert import AlertEvent, EventKind, Reason, Severity
from monitor.core.plain import clean


class What(StrEnum):
    """What happened to an alert, as people are told.

    Gone is not resolved: the subject is no longer reported, and nothing says that it is well.
    Closed is not either: the rule went away, or no longer looks at the subject.
    """

    OPENED = "opened"
    RESOLVED = "resolved"
    GONE = "gone"
    CLOSED = "closed"


_ENDINGS = {
    Reason.GONE: What.GONE,
    Reason.RULE_REMOVED: What.CLOSED,
    Reason.OUT_OF_SCOPE: What.CLOSED,
    Reason.NOT_WATCHED: What.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    """One alert within a message. `reason` is the event's, in words (`core.alert.Reason`)."""

    alert_id: str
    rule: str
    severity: Severity
    what: What
    tenant: str
    kind: str
    name: str
    folder: str
    summary: str
    started_at: datetime
    ended_at: datetime | None
    runbook_url: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one evaluation tells one channel: everything that changed for it, in one piece."""

    at: datetime
    items: tuple[MessageItem, ...]

    @property
    def severity(self) -> Severity | None:
        """Return the worst severity among the problems; None for pure good news."""
        problems = [item.severity for item in self.items if item.what == What.OPENED]
        return max(problems, key=lambda severity: severity.rank, default=None)


def item_of(event: AlertEvent, runbook_url: str | None = None) -> MessageItem:
    """Return what a message says of an event that opened or ended an alert.

    Names and sentences are cleaned here already, so what is stored is harmless to show.

    Raises:
        ValueError: the event is not told to anyone (pending, dropped).
    """
    alert = event.alert
    match event.kind:
        case EventKind.OPENED:
            what = What.OPENED
        case EventKind.RESOLVED:
            what = _ENDINGS.get(event.reason, What.RESOLVED)
        case _:
            msg = f"nobody is told that an alert is {event.kind}"
            raise ValueError(msg)
    return MessageItem(
        alert_id=alert.id,
        rule=alert.rule,
        severity=alert.severity,
        what=what,
        tenant=clean(alert.subject.tenant),
        kind=alert.subject.kind,
        name=clean(alert.subject.name) or clean(alert.subject.key),
        folder=clean(alert.subject.labels.get("folder", "")),
        summary=clean(alert.summary),
        started_at=alert.started_at,
        ended_at=None if what == What.OPENED else (alert.resolved_at or event.at),
        runbook_url=runbook_url,
        reason=event.reason.value,
    )


def trial_message(channel: str, now: datetime) -> Message:
    """Return the message by which a person tries out a channel."""
    item = MessageItem(
        alert_id="TEST",
        rule="test",
        severity=Severity.INFO,
        what=What.OPENED,
        tenant="",
        kind="channel",
        name=channel,
        folder="",
        summary=f"This is a test of the channel {channel}. Nothing is wrong.",
        started_at=now,
        ended_at=None,
    )
    return Message(at=now, items=(item,))


def message_to_dict(message: Message) -> dict[str, Any]:
    """Return the message as plain JSON values; `message_from_dict` gives back an equal one."""
    return {
        "at": message.at.isoformat(),
        "items": [
            {
                "alert_id": item.alert_id,
                "rule": item.rule,
                "severity": item.severity.value,
                "what": item.what.value,
                "tenant": item.tenant,
                "kind": item.kind,
                "name": item.name,
                "folder": item.folder,
                "summary": item.summary,
                "started_at": item.started_at.isoformat(),
                "ended_at": item.ended_at and item.ended_at.isoformat(),
                "runbook_url": item.runbook_url,
                "reason": item.reason,
            }
            for item in message.items
        ],
    }


def message_from_dict(document: Mapping[str, Any]) -> Message:
    """Return the message that `message_to_dict` wrote; keys of newer versions are ignored.

    Raises:
        ValueError: it is not such a document.
    """
    try:
        return Message(
            at=_instant(document["at"]),
            items=tuple(_item_from_dict(item) for item in document["items"]),
        )
    except KeyError as error:
        msg = f"not a message: {error} is missing"
        raise ValueError(msg) from error
    except (TypeError, ValueError, AttributeError) as error:
        msg = f"not a message: {error}"
        raise ValueError(msg) from error


def _item_from_dict(item: Mapping[str, Any]) -> MessageItem:
    ended_at, runbook_url = item["ended_at"], item.get("runbook_url")
    return MessageItem(
        alert_id=_text(item["alert_id"]),
        rule=_text(item["rule"]),
        severity=Severity(item["severity"]),
        what=What(item["what"]),
        tenant=_text(item["tenant"]),
        kind=_text(item["kind"]),
        name=_text(item["name"]),
        folder=_text(item["folder"]),
        summary=_text(item["summary"]),
        started_at=_instant(item["started_at"]),
        ended_at=None if ended_at is None else _instant(ended_at),
        runbook_url=None if runbook_url is None else _text(runbook_url),
        reason=_text(item.get("reason", "")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        msg = f"text is expected, not {type(value).__name__}"
        raise TypeError(msg)
    return value


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.tzinfo is None:
        raise ValueError("an instant has no time zone")
    return instant
