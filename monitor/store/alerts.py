"""Alerts and their events: saved with what caused them, loaded equal to what was saved."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.dialects import postgresql, sqlite

from monitor.core.alert import Alert, AlertEvent, Phase, Severity
from monitor.core.sample import Subject
from monitor.store.tables import ALERT_EVENTS, ALERTS
from monitor.store.text import storable, storable_mapping


def save(connection: Connection, alerts: Sequence[Alert], events: Sequence[AlertEvent]) -> None:
    """Write alerts by their ids, and add the events.

    An event's alert is written as the event saw it, unless it is among `alerts` as well.
    """
    rows = {event.alert.id: event.alert for event in events}
    rows.update((alert.id, alert) for alert in alerts)
    if rows:
        _upsert(connection, [_alert_row(alert) for alert in rows.values()])
    if events:
        connection.execute(ALERT_EVENTS.insert(), [_event_row(event) for event in events])


def load_open(connection: Connection) -> tuple[Alert, ...]:
    """Return the pending and firing alerts, oldest first."""
    statement = (
        select(ALERTS)
        .where(ALERTS.c.phase != Phase.RESOLVED.value)
        .order_by(ALERTS.c.started_at, ALERTS.c.id)
    )
    return tuple(alert_of(row) for row in connection.execute(statement).mappings())


def alert_of(row: RowMapping) -> Alert:
    """Return the alert of a row."""
    subject = Subject(
        tenant=row["tenant"],
        kind=row["kind"],
        key=row["key"],
        name=row["name"],
        labels=row["subject_labels"],
    )
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
        told=tuple(row["told"]),
        labels=row["labels"],
        rule_text=row["rule_text"],
    )


def _alert_row(alert: Alert) -> Mapping[str, Any]:
    subject = alert.subject
    return {
        "id": alert.id,
        "rule": storable(alert.rule),
        "tenant": storable(subject.tenant),
        "kind": subject.kind,
        "key": storable(subject.key),
        "name": storable(subject.name),
        "subject_labels": storable_mapping(subject.labels),
        "severity": alert.severity.value,
        "phase": alert.phase.value,
        "summary": storable(alert.summary),
        "value": alert.value,
        "limit_value": alert.limit,
        "started_at": alert.started_at,
        "opened_at": alert.opened_at,
        "resolved_at": alert.resolved_at,
        "updated_at": alert.updated_at,
        "held_us": alert.held,
        "held_at": alert.held_at,
        "held_count": alert.held_count,
        "fine_us": alert.fine,
        "fine_at": alert.fine_at,
        "fine_count": alert.fine_count,
        "absent_count": alert.absent_count,
        "told": [storable(channel) for channel in alert.told],
        "labels": storable_mapping(alert.labels),
        "rule_text": storable(alert.rule_text),
    }


def _event_row(event: AlertEvent) -> Mapping[str, Any]:
    alert = event.alert
    return {
        "alert_id": alert.id,
        "at": event.at,
        "kind": event.kind.value,
        "reason": event.reason.value,
        "severity": alert.severity.value,
        "phase": alert.phase.value,
        "name": storable(alert.subject.name),
        "value": alert.value,
        "limit_value": alert.limit,
        "summary": storable(alert.summary),
    }


def _upsert(connection: Connection, rows: list[Mapping[str, Any]]) -> None:
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(ALERTS)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[ALERTS.c.id],
            set_={c.name: statement.excluded[c.name] for c in ALERTS.columns if c.name != "id"},
        ),
        rows,
    )
