"""Alerts and their events: saved with what caused them, loaded equal to what was saved."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, or_, select

from monitor.core.alert import Alert, AlertEvent, AlertKey, EventKind, Phase, Reason
from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.core.told import told_from_dict
from monitor.store import bulk
from monitor.store.instants import MICROSECOND, to_us
from monitor.store.tables import ALERT_EVENTS, ALERTS, IS_REMEMBERED
from monitor.store.text import document, storable

_UPDATED = tuple(column.name for column in ALERTS.columns if not column.primary_key)
_OPENINGS = (Reason.BREACHED.value, Reason.HOLD_OVER.value)


def save(
    connection: Connection,
    alerts: Sequence[Alert],
    events: Sequence[AlertEvent],
    owed: Collection[str],
) -> None:
    """Write alerts by their ids, and add the events.

    An event's alert is written as the event saw it, unless it is among `alerts` as well. Those in
    `owed` are loaded again though they are over.
    """
    rows = {event.alert.id: event.alert for event in events}
    rows.update((alert.id, alert) for alert in alerts)
    owed = frozenset(owed)
    written = [_alert_row(alert, is_owed=alert.id in owed) for alert in rows.values()]
    bulk.upsert(connection, ALERTS, written, _UPDATED)
    bulk.insert(connection, ALERT_EVENTS, [_event_row(event) for event in events])


def load(connection: Connection) -> tuple[Alert, ...]:
    """Return the open alerts, and those over whose end somebody is owed, oldest first."""
    statement = select(ALERTS).where(IS_REMEMBERED).order_by(ALERTS.c.started_at, ALERTS.c.id)
    return tuple(alert_of(row) for row in connection.execute(statement).mappings())


def load_transitions(
    connection: Connection, since: datetime
) -> dict[AlertKey, tuple[datetime, ...]]:
    """Return when alerts opened, and when they recovered, by time.

    An opening for lack of data does not count, nor an end that is no recovery.
    """
    event = ALERT_EVENTS.c
    counted = or_(
        and_(event.kind == EventKind.OPENED.value, event.reason.in_(_OPENINGS)),
        and_(event.kind == EventKind.RESOLVED.value, event.reason == Reason.RECOVERED.value),
    )
    statement = (
        select(ALERTS.c.rule, ALERTS.c.tenant, ALERTS.c.kind, ALERTS.c.key, event.at)
        .join_from(ALERT_EVENTS, ALERTS)
        .where(event.at >= since, counted)
        .order_by(event.at, event.id)
    )
    found: dict[AlertKey, list[datetime]] = {}
    for rule, tenant, kind, key, at in connection.execute(statement):
        found.setdefault(AlertKey(rule, (tenant, kind, key)), []).append(at)
    return {key: tuple(instants) for key, instants in found.items()}


def alert_of(row: RowMapping) -> Alert:
    """Return the alert of a row."""
    subject = Subject(
        tenant=row["tenant"],
        kind=row["kind"],
        key=row["key"],
        name=row["name"],
        labels=row["subject_labels"],
    )
    end_reason = row["end_reason"]
    return Alert(
        id=row["id"],
        rule=row["rule"],
        subject=subject,
        severity=Severity(row["severity"]),
        phase=Phase(row["phase"]),
        started_at=row["started_at"],
        summary=row["summary"],
        value=row["value"],
        limit=row["limit_value"],
        opened_at=row["opened_at"],
        resolved_at=row["resolved_at"],
        updated_at=row["updated_at"],
        held=row["held_us"],
        held_at=row["held_at"],
        held_count=row["held_count"],
        fine=row["fine_us"],
        fine_at=row["fine_at"],
        fine_count=row["fine_count"],
        absent_count=row["absent_count"],
        has_no_data=bool(row["has_no_data"]),
        end_reason=None if end_reason is None else Reason(end_reason),
        flapping_since=row["flapping_since"],
        mutes=tuple(row["mutes"]),
        unmuted_at=row["unmuted_at"],
        told=told_from_dict(row["told"]),
        labels=row["labels"],
        rule_text=row["rule_text"],
    )


def _alert_row(alert: Alert, *, is_owed: bool) -> bulk.Row:
    """Return the values of the columns, in their order in the table."""
    subject = alert.subject
    return (
        alert.id,
        storable(alert.rule),
        storable(subject.tenant),
        subject.kind,
        storable(subject.key),
        storable(subject.name),
        document(subject.labels),
        alert.severity.value,
        alert.phase.value,
        storable(alert.summary),
        alert.value,
        alert.limit,
        to_us(alert.started_at),
        to_us(alert.opened_at),
        to_us(alert.resolved_at),
        to_us(alert.updated_at),
        alert.held // MICROSECOND,
        to_us(alert.held_at),
        alert.held_count,
        alert.fine // MICROSECOND,
        to_us(alert.fine_at),
        alert.fine_count,
        alert.absent_count,
        int(alert.has_no_data),
        None if alert.end_reason is None else alert.end_reason.value,
        to_us(alert.flapping_since),
        document(alert.mutes),
        to_us(alert.unmuted_at),
        document(alert.told),
        document(alert.labels),
        storable(alert.rule_text),
        int(is_owed),
    )


def _event_row(event: AlertEvent) -> bulk.Row:
    alert = event.alert
    return (
        alert.id,
        to_us(event.at),
        event.kind.value,
        event.reason.value,
        alert.severity.value,
        alert.phase.value,
        storable(alert.subject.name),
        alert.value,
        alert.limit,
        storable(alert.summary),
        storable(event.detail),
    )
