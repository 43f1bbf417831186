"""Alerts and what happened to them, as the commands that tell of them get it from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.core.alert import Alert, EventKind, Phase, Reason
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.matching import parse_where
from monitor.core.message import Message, MessageItem, What
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.routing import Route
from monitor.core.rule import Rule
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from monitor.store.queries import AlertStory, Attempt, RecordedEvent
from monitor.web.story import Considered, Explanation
from tests.builders import NOW, a_backlog_rule, a_subject, after

ID = "A7K2M9QX4T"
RULE_TEXT = "queue-backlog, warning: new_items > 100\nopens after 2m"
OPS = Route(channels=("ops",), name="default")


def an_alert(
    phase: Phase = Phase.FIRING,
    resolved_at: datetime | None = None,
    *,
    severity: Severity = Severity.WARNING,
    mutes: Sequence[str] = (),
    told: Mapping[str, Told] | None = None,
    flapping_since: datetime | None = None,
    end_reason: Reason | None = None,
) -> Alert:
    return Alert(
        id=ID,
        rule="backlog",
        subject=a_subject(labels={"queue": "Invoices", "folder": "Finance"}),
        severity=severity,
        phase=phase,
        started_at=NOW,
        opened_at=None if phase is Phase.PENDING else after(120),
        resolved_at=resolved_at,
        updated_at=after(120),
        summary="Invoices: 900 items wait",
        value=900.0,
        limit=100.0,
        rule_text=RULE_TEXT,
        mutes=tuple(mutes),
        told=told or {},
        flapping_since=flapping_since,
        end_reason=end_reason,
    )


def an_event(
    seconds: float,
    kind: EventKind,
    reason: Reason = Reason.BREACHED,
    value: float | None = 900,
    detail: str = "",
) -> RecordedEvent:
    return RecordedEvent(
        at=after(seconds),
        kind=kind,
        reason=reason,
        severity=Severity.WARNING,
        phase=Phase.FIRING,
        value=value,
        limit=100.0,
        summary="" if value is None else f"Invoices: {value:.0f} items wait",
        detail=detail,
    )


def an_item(alert_id: str = ID, what: What = What.OPENED) -> MessageItem:
    return MessageItem(
        alert_id=alert_id,
        rule="backlog",
        severity=Severity.WARNING,
        what=what,
        tenant="production",
        kind="queue",
        name="Invoices",
        folder="Finance",
        summary="",
        started_at=NOW,
        ended_at=None,
    )


def a_delivery(
    state: DeliveryState = DeliveryState.SENT,
    *,
    identity: str = "d1",
    channel: str = "ops",
    items: Sequence[MessageItem] | None = None,
    made_at: datetime = NOW,
    settled_at: datetime | None = None,
    rest: Mapping[What, int] | None = None,
) -> Delivery:
    shown = (an_item(),) if items is None else tuple(items)
    return Delivery(
        id=identity,
        channel=channel,
        message=Message(at=made_at, items=shown, rest=rest or {}),
        created_at=made_at,
        next_at=after(300),
        state=state,
        attempts=3,
        settled_at=settled_at,
        last_error="404 from the service" if state is DeliveryState.DEAD else None,
    )


def an_attempt(outcome: str | None, error: str | None = None, *, at: float = 120) -> Attempt:
    ended = None if outcome is None else after(at + 1)
    return Attempt(at=after(at), ended_at=ended, outcome=outcome, error=error)


def a_story(
    alert: Alert | None = None,
    *,
    events: Sequence[RecordedEvent] = (),
    deliveries: Sequence[tuple[Delivery, tuple[Attempt, ...]]] = (),
    acknowledgements: Sequence[Acknowledgement] = (),
) -> AlertStory:
    return AlertStory(
        alert=alert or an_alert(),
        events=tuple(events),
        deliveries=tuple(deliveries),
        acknowledgements=tuple(acknowledgements),
    )


def an_explanation(
    story: AlertStory | None = None,
    *,
    seconds: float = 180,
    rule: Rule | None = None,
    routes: Sequence[Route] = (OPS,),
    silences: Sequence[Considered] = (),
) -> Explanation:
    return Explanation(
        now=after(seconds),
        story=story or a_story(),
        rule=rule,
        routes=tuple(routes),
        silences=tuple(silences),
    )


def the_rule(source: str = RULE_TEXT) -> Rule:
    return replace(a_backlog_rule(), source=source)


def told_at(
    seconds: float,
    *,
    saying: Saying = Saying.OPEN,
    first: float | None = None,
    reminders: int = 0,
    route: str = "routes[0]",
) -> Told:
    return Told(
        saying=saying,
        severity=Severity.WARNING,
        at=after(seconds),
        first_at=after(seconds if first is None else first),
        delivery="d1",
        route=route,
        reminders=reminders,
    )


def a_silence(
    identity: str = "SILENCE1",
    *,
    starts: float = 0,
    ends: float = 3600,
    where: Sequence[str] = ("name=Invoices",),
) -> Silence:
    return Silence(
        id=identity,
        where=parse_where(where),
        starts_at=after(starts),
        ends_at=after(ends),
        author="ann",
        comment="patching",
    )


def an_acknowledgement(
    seconds: float = 130,
    *,
    until: float = 3600,
    note: str = "on it",
    severity: Severity = Severity.WARNING,
) -> Acknowledgement:
    return Acknowledgement(
        alert_id=ID,
        severity=severity,
        at=after(seconds),
        expires_at=after(until),
        author="bob",
        note=note,
    )
