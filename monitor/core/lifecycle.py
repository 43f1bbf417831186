"""The life of one alert: pending, firing, resolved. One pure step per evaluation.

Timers count only what was seen: a failed poll, a missing sample, a restart or a step of the clock
pauses them (`paused`), a sample that shows the opposite resets them. The engine asks for a step
only with evidence in hand, so no step ever follows from not having looked.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from monitor.core.alert import (
    Alert,
    AlertEvent,
    EventKind,
    Phase,
    Reason,
    incident_id,
)
from monitor.core.evolve import evolve
from monitor.core.rule import Evidence, NoData, Rule
from monitor.core.sample import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an evaluation saw of a subject whose condition is breached.

    `summary` is the sentence for people. It is made only where it is needed (a transition), since
    a storm of ten thousand alerts is judged at each poll.
    """

    subject: Subject
    value: float | None
    summary: str


Step = tuple[Alert, tuple[AlertEvent, ...]]


def begin(
    rule: Rule,
    facts: Facts,
    now: datetime,
    previous: Alert | None = None,
    reason: Reason = Reason.BREACHED,
) -> Step:
    """Return the alert of a subject without an open one whose condition is breached.

    `previous` is one that has ended, but not everybody who heard of it knows yet: then the problem
    goes on, as far as they are concerned, and so does the incident.
    """
    is_unreported = reason is Reason.NO_DATA
    is_open = rule.policy.gone_after <= 1 if is_unreported else _holds(rule, timedelta(), 1)
    alert = Alert(
        id=incident_id(rule.name, facts.subject, now) if previous is None else previous.id,
        rule=rule.name,
        subject=facts.subject,
        severity=rule.severity,
        phase=Phase.FIRING if is_open else Phase.PENDING,
        started_at=now,
        opened_at=now if is_open else None,
        updated_at=now,
        summary=facts.summary,
        value=facts.value,
        limit=rule.limit,
        held_at=None if is_unreported else now,
        held_count=0 if is_unreported else 1,
        absent_count=1 if is_unreported else 0,
        has_no_data=is_unreported,
        labels=rule.labels,
        rule_text=rule.source,
    )
    if previous is not None:
        alert = evolve(
            alert,
            opened_at=alert.opened_at or previous.opened_at,
            flapping_since=previous.flapping_since,
            mutes=previous.mutes,
            unmuted_at=previous.unmuted_at,
            told=previous.told,
        )
    kind = EventKind.OPENED if is_open else EventKind.PENDING
    return alert, (_event(alert, kind, reason, now),)


def breached(alert: Alert, rule: Rule, facts: Facts, now: datetime) -> Step:
    """Step an open alert whose condition was seen to hold.

    A breach during the clear delay goes on with the same incident: no new hold, no new message.
    """
    if alert.phase is Phase.FIRING:
        lasting = evolve(
            alert,
            subject=facts.subject,
            severity=rule.severity,
            value=facts.value,
            updated_at=now,
            absent_count=0,
            has_no_data=False,
            summary=facts.summary,
            fine=timedelta(),
            fine_at=None,
            fine_count=0,
        )
        return lasting, _severity_changed(alert, lasting, now)
    if alert.held_at is not None and now <= alert.held_at:
        return alert, ()
    held = evolve(
        alert,
        subject=facts.subject,
        severity=rule.severity,
        value=facts.value,
        updated_at=now,
        absent_count=0,
        has_no_data=False,
        held=alert.held + _seen(alert.held_at, now),
        held_at=now,
        held_count=alert.held_count + 1,
    )
    if _holds(rule, held.held, held.held_count):
        return _opened(held, rule, facts, now, Reason.HOLD_OVER)
    return held, ()


def is_at_rest(alert: Alert, rule: Rule) -> bool:
    """Tell whether a breach of the same value would change nothing but when it was seen last."""
    return (
        alert.phase is Phase.FIRING
        and not alert.fine_count
        and not alert.absent_count
        and not alert.has_no_data
        and alert.severity is rule.severity
    )


def fine(
    alert: Alert,
    rule: Rule,
    facts: Facts,
    now: datetime,
    reason: Reason = Reason.RECOVERED,
) -> Step:
    """Step an open alert whose condition was seen to be over."""
    if alert.phase is Phase.PENDING:
        return _ended(alert, EventKind.DROPPED, reason, now)
    if alert.fine_at is not None and now <= alert.fine_at:
        return alert, ()
    cleared = evolve(
        alert,
        subject=facts.subject,
        value=facts.value,
        updated_at=now,
        absent_count=0,
        has_no_data=False,
        fine=alert.fine + _seen(alert.fine_at, now),
        fine_at=now,
        fine_count=alert.fine_count + 1,
    )
    policy = rule.policy
    if cleared.fine >= policy.keep_open and cleared.fine_count >= policy.keep_open_count:
        return _ended(cleared, EventKind.RESOLVED, reason, now)
    return cleared, ()


def absent(alert: Alert, rule: Rule, facts: Facts, now: datetime) -> Step:
    """Step an open alert whose subject was not in a good answer, as the rule's `no_data` says.

    One missing row in one sweep proves nothing (rows move between pages), so a subject counts as
    gone after several in a row only; until then its absence pauses the timers.
    """
    if now <= alert.updated_at:
        return paused(alert), ()
    if rule.policy.no_data is NoData.RESOLVE:
        return fine(alert, rule, facts, now, Reason.NO_DATA)
    missing = evolve(paused(alert), absent_count=alert.absent_count + 1, updated_at=now)
    if missing.absent_count < rule.policy.gone_after:
        return missing, ()
    if rule.policy.no_data is NoData.KEEP:
        return end(missing, Reason.GONE, now)
    return _unreported(missing, rule, facts, now)


def _unreported(alert: Alert, rule: Rule, facts: Facts, now: datetime) -> Step:
    """Keep an alert open, or open it, because its subject is no longer reported."""
    silent = evolve(alert, has_no_data=True, value=None, summary=facts.summary)
    if alert.phase is Phase.PENDING:
        return _opened(silent, rule, facts, now, Reason.NO_DATA)
    return silent, ()


def end(alert: Alert, reason: Reason, now: datetime) -> Step:
    """End an open alert for a reason other than recovery."""
    kind = EventKind.RESOLVED if alert.phase is Phase.FIRING else EventKind.DROPPED
    return _ended(alert, kind, reason, now)


def paused(alert: Alert) -> Alert:
    """Return the alert with its timers paused: what was counted stays, the gap will not count."""
    if alert.held_at is None and alert.fine_at is None:
        return alert
    return evolve(alert, held_at=None, fine_at=None)


def step_for(evidence: Evidence, alert: Alert, rule: Rule, facts: Facts, now: datetime) -> Step:
    """Return the step of an open alert that one piece of evidence asks for."""
    match evidence:
        case Evidence.BREACHED:
            return breached(alert, rule, facts, now)
        case Evidence.FINE:
            return fine(alert, rule, facts, now)
        case Evidence.UNCLEAR:
            return paused(alert), ()
        case Evidence.ABSENT:
            return absent(alert, rule, facts, now)
        case Evidence.OUT_OF_SCOPE:
            return end(alert, Reason.OUT_OF_SCOPE, now)
        case _:
            assert_never(evidence)


def _severity_changed(before: Alert, after: Alert, now: datetime) -> tuple[AlertEvent, ...]:
    """Return the event of an open alert whose rule has another severity now."""
    if after.severity is before.severity:
        return ()
    is_worse = after.severity.rank > before.severity.rank
    kind = EventKind.WORSENED if is_worse else EventKind.EASED
    return (_event(after, kind, Reason.SEVERITY_CHANGED, now),)


def _holds(rule: Rule, held: timedelta, count: int) -> bool:
    """Tell whether a condition has held for long and often enough."""
    return held >= rule.policy.hold and count >= rule.policy.hold_count


def _seen(since: datetime | None, now: datetime) -> timedelta:
    """Return the time that was watched since the last evaluation that counted."""
    return timedelta() if since is None else now - since


def _opened(alert: Alert, rule: Rule, facts: Facts, now: datetime, reason: Reason) -> Step:
    opened = evolve(
        alert,
        phase=Phase.FIRING,
        opened_at=now,
        summary=facts.summary,
        rule_text=rule.source,
    )
    return opened, (_event(opened, EventKind.OPENED, reason, now),)


def _ended(alert: Alert, kind: EventKind, reason: Reason, now: datetime) -> Step:
    ended = evolve(alert, phase=Phase.RESOLVED, resolved_at=now, updated_at=now, end_reason=reason)
    return ended, (_event(ended, kind, reason, now),)


def _event(alert: Alert, kind: EventKind, reason: Reason, now: datetime) -> AlertEvent:
    return AlertEvent(alert=alert, kind=kind, reason=reason, at=now)
