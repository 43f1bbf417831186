"""Alerts as scripts read them: the one shape of `alerts list`, `alerts show` and `/api/alerts`."""

from datetime import datetime

from monitor.core.alert import Alert
from monitor.core.delivery import Delivery, DeliveryState
from monitor.store.queries import AlertStory, alert, alerts
from monitor.store.store import Store
from monitor.web.wording import iso


def alerts_document(
    store: Store, *, everything: bool = False, since: datetime | None = None
) -> list[dict[str, object]]:
    """Return the open alerts; `everything`: the resolved ones (since an instant) as well."""
    return [alert_json(each) for each in alerts(store, everything=everything, since=since)]


def alert_document(store: Store, alert_id: str) -> dict[str, object] | None:
    """Return one alert with its events and deliveries; None when there is none of this id."""
    story = alert(store, alert_id)
    return None if story is None else story_json(story)


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


def story_json(story: AlertStory) -> dict[str, object]:
    """Return the alert as in a list, with the rule as it was, and all that happened, in order."""
    return alert_json(story.alert) | {
        "rule_text": story.alert.rule_text,
        "events": [
            {
                "at": iso(event.at),
                "event": event.kind.value,
                "reason": event.reason.value,
                "severity": event.severity.value,
                "phase": event.phase.value,
                "value": event.value,
                "limit": event.limit,
                "summary": event.summary,
            }
            for event in story.events
        ],
        "deliveries": [
            {
                "id": delivery.id,
                "channel": delivery.channel,
                "state": delivery.state.value,
                "told": told(delivery, story),
                "created_at": iso(delivery.created_at),
                "next_at": (iso(delivery.next_at) if delivery.state is DeliveryState.DUE else None),
                "settled_at": iso(delivery.settled_at),
                "attempts": [
                    {
                        "at": iso(attempt.at),
                        "ended_at": iso(attempt.ended_at),
                        "outcome": attempt.outcome,
                        "error": attempt.error,
                    }
                    for attempt in attempts
                ],
            }
            for delivery, attempts in story.deliveries
        ],
    }


def told(delivery: Delivery, story: AlertStory) -> str:
    """Return what a message said of the alert: opened, resolved, gone.

    Every delivery of a story speaks of the alert, so one that does not was stored unreadably.
    """
    said = [i.what for i in delivery.message.items if i.alert_id == story.alert.id]
    return ", ".join(said) or "unreadable"
