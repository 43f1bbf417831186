"""Alerts and what was told of them, for the tests of telling."""

from collections.abc import Mapping
from datetime import datetime

from monitor.core.alert import Alert, Phase, incident_id
from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from tests.builders import NOW, a_subject


def an_alert(
    name: str = "Invoices",
    *,
    rule: str = "backlog",
    subject: Subject | None = None,
    severity: Severity = Severity.WARNING,
    phase: Phase = Phase.FIRING,
    told: Mapping[str, Told] | None = None,
    labels: Mapping[str, str] | None = None,
    rule_labels: Mapping[str, str] | None = None,
    flapping_since: datetime | None = None,
) -> Alert:
    subject = subject or a_subject(name, labels=labels)
    return Alert(
        id=incident_id(rule, subject, NOW),
        rule=rule,
        subject=subject,
        severity=severity,
        phase=phase,
        started_at=NOW,
        opened_at=NOW,
        resolved_at=NOW if phase is Phase.RESOLVED else None,
        updated_at=NOW,
        summary=f"{subject.name} has 900 new items",
        value=900,
        limit=100,
        told=told or {},
        labels=rule_labels or {},
        flapping_since=flapping_since,
    )


def a_told(
    saying: Saying = Saying.OPEN,
    *,
    at: datetime = NOW,
    first_at: datetime = NOW,
    delivery: str = "delivery-1",
    severity: Severity = Severity.WARNING,
    reminders: int = 0,
) -> Told:
    return Told(
        saying=saying,
        severity=severity,
        at=at,
        first_at=first_at,
        delivery=delivery,
        route="routes[0]",
        reminders=reminders,
    )
