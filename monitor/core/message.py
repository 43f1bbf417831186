"""A message: what changed for whom. `wording` says how a person reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from monitor.core.alert import Alert, Reason
from monitor.core.plain import clean
from monitor.core.severity import Severity

T = TypeVar("T")


class What(StrEnum):
    """What happened to an alert, as people are told.

    Gone is not resolved: the subject is no longer reported, and nothing says that it is well.
    Closed is not either: the rule went away, or no longer looks at the subject. Open is what was
    told before and is still so.
    """

    OPENED = "opened"
    WORSE = "worse"
    FLAPPING = "flapping"
    OPEN = "still open"
    RESOLVED = "resolved"
    GONE = "gone"
    CLOSED = "closed"


NEWS = (What.OPENED, What.WORSE, What.FLAPPING)
ENDINGS = (What.GONE, What.CLOSED, What.RESOLVED)
PROBLEMS = frozenset({*NEWS, What.OPEN})
MOST_AFFECTED = 20
_ENDINGS = {
    Reason.GONE: What.GONE,
    Reason.RULE_REMOVED: What.CLOSED,
    Reason.OUT_OF_SCOPE: What.CLOSED,
    Reason.NOT_WATCHED: What.CLOSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    """One alert within a message. `reason` is why it ended, in words (`core.alert.Reason`).

    `affected` are the names of the subjects whose own alerts this one explains, a few of them;
    `affected_count` is how many there are. One that flaps may be over at this very moment.
    """

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
    affected: tuple[str, ...] = ()
    affected_count: int = 0
    is_flapping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a channel is told at once: what changed for a group, and what is still open in it.

    `rest` counts by `What` the alerts that are spoken of and not among the items. A digest speaks
    of several groups, since there was no room or no way for a message each.
    """

    at: datetime
    items: tuple[MessageItem, ...]
    rest: Mapping[What, int] = field(default_factory=dict)
    is_digest: bool = False


def precedence(what: What, severity: Severity) -> tuple[int, int, int]:
    """Return a key that sorts what a message speaks of as people should read it.

    News of problems comes first, the worst of it at the top; then what ended, the uncertain before
    the good; then what is still open, the worst at the top.
    """
    if what in ENDINGS:
        return (1, ENDINGS.index(what), -severity.rank)
    if what is What.OPEN:
        return (2, -severity.rank, 0)
    return (0, -severity.rank, NEWS.index(what))


def item_of(
    alert: Alert,
    what: What,
    runbook_url: str | None = None,
    affected: Sequence[str] = (),
) -> MessageItem:
    """Return what a message says of an alert.

    Names and sentences are cleaned here already, so what is stored is harmless to show. Of a
    subject with several alerts that this one explains the name is in `affected` once.
    """
    is_over = what not in PROBLEMS
    names = list(dict.fromkeys(clean(name) for name in affected))
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
        ended_at=alert.resolved_at if is_over else None,
        runbook_url=runbook_url,
        reason=alert.end_reason.value if is_over and alert.end_reason else "",
        affected=tuple(names[:MOST_AFFECTED]),
        affected_count=len(names),
        is_flapping=alert.flapping_since is not None and not is_over,
    )


def ending_of(alert: Alert) -> What:
    """Return how an alert that is over is spoken of."""
    reason = alert.end_reason
    return What.RESOLVED if reason is None else _ENDINGS.get(reason, What.RESOLVED)


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
        "rest": {what.value: count for what, count in message.rest.items()},
        "is_digest": message.is_digest,
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
                "affected": list(item.affected),
                "affected_count": item.affected_count,
                "is_flapping": item.is_flapping,
            }
            for item in message.items
        ],
    }


def message_from_dict(document: Mapping[str, Any]) -> Message:
    """Return the message that `message_to_dict` wrote, in this version or an older one.

    Keys of newer versions are ignored.

    Raises:
        ValueError: it is not such a document.
    """
    try:
        rest = _a(dict, document.get("rest", {}))
        return Message(
            at=_instant(document["at"]),
            items=tuple(_item_from_dict(item) for item in _a(list, document["items"])),
            rest={What(what): _count(count) for what, count in rest.items()},
            is_digest=_a(bool, document.get("is_digest", False)),
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
        alert_id=_a(str, item["alert_id"]),
        rule=_a(str, item["rule"]),
        severity=Severity(item["severity"]),
        what=What(item["what"]),
        tenant=_a(str, item["tenant"]),
        kind=_a(str, item["kind"]),
        name=_a(str, item["name"]),
        folder=_a(str, item["folder"]),
        summary=_a(str, item["summary"]),
        started_at=_instant(item["started_at"]),
        ended_at=None if ended_at is None else _instant(ended_at),
        runbook_url=None if runbook_url is None else _a(str, runbook_url),
        reason=_a(str, item.get("reason", "")),
        affected=tuple(_a(str, name) for name in _a(list, item.get("affected", []))),
        affected_count=_count(item.get("affected_count", 0)),
        is_flapping=_a(bool, item.get("is_flapping", False)),
    )


def _a(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        msg = f"{kind.__name__} is expected, not {type(value).__name__}"
        raise TypeError(msg)
    return value


def _count(value: object) -> int:
    count = _a(int, value)
    if isinstance(value, bool) or count < 0:
        msg = f"{value} is not a count"
        raise ValueError(msg)
    return count


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_a(str, value))
    if instant.tzinfo is None:
        raise ValueError("an instant has no time zone")
    return instant
