"""An alert as scripts read it: the one shape of `alerts list`, `alerts show` and `status`."""

from monitor.cli.wording import iso
from monitor.core.alert import Alert


def alert_json(alert: Alert) -> dict[str, object]:
    """Return the fields that scripts may rely on; docs/commands.md lists them."""
    subject = alert.subject
    return {
        "id": alert.id,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "phase": alert.phase.value,
        "tenant": subject.tenant,
        "subject": {
            **subject.labels,
            "kind": subject.kind,
            "key": subject.key,
            "name": subject.name,
            "folder": subject.labels.get("folder", ""),
        },
        "summary": alert.summary,
        "value": alert.value,
        "limit": alert.limit,
        "started_at": iso(alert.started_at),
        "opened_at": iso(alert.opened_at),
        "resolved_at": iso(alert.resolved_at),
        "acknowledged_at": None,
        "suppressed_by": None,
        "labels": dict(alert.labels),
    }
