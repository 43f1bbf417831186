"""Alerts as scripts read them: the one shape of `alerts list`, `status` and `/api/alerts`."""

from datetime import datetime

from monitor.core.alert import Alert
from monitor.core.mute import Acknowledgement
from monitor.store.queries import alerts, newest_acknowledgements
from monitor.store.store import Store
from monitor.web.wording import iso


def alerts_document(
    store: Store, now: datetime, *, everything: bool = False, since: datetime | None = None
) -> list[dict[str, object]]:
    """Return the open alerts; `everything`: the resolved ones (since an instant) as well."""
    given = newest_acknowledgements(store)
    found = alerts(store, everything=everything, since=since)
    return [alert_json(each, in_force(each, given.get(each.id), now)) for each in found]


def alert_json(alert: Alert, given: Acknowledgement | None) -> dict[str, object]:
    """Return the fields that scripts may rely on; docs/commands.md lists them.

    `given` is the acknowledgement that counts, see `in_force`.
    """
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
        "acknowledged_at": None if given is None else iso(given.at),
        "acknowledged_by": None if given is None else given.author,
        "acknowledged_until": None if given is None else iso(given.expires_at),
        "suppressed_by": "; ".join(alert.mutes) or None,
        "flapping_since": iso(alert.flapping_since),
        "labels": dict(alert.labels),
    }


def in_force(alert: Alert, given: Acknowledgement | None, now: datetime) -> Acknowledgement | None:
    """Return an acknowledgement if it counts: now, or, of an alert that is over, at its end."""
    if given is None or given.severity.rank < alert.severity.rank:
        return None
    return given if (alert.resolved_at or now) < given.expires_at else None


def quieted(alert: Alert, given: Acknowledgement | None) -> tuple[str, ...]:
    """Return in a word each what keeps an alert from being told: `silence`, `acknowledged`.

    `given` counts also before the daemon has taken note of it.
    """
    words = [mute.partition(":")[0] for mute in alert.mutes]
    if given is not None:
        words.append("acknowledged")
    return tuple(dict.fromkeys(words))
