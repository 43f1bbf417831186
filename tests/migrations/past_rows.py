"""Rows of the past, a few of every table, as the program of then wrote them.

Whatever the program makes of its values now, an upgrade has to cope with these.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

S = 1_767_603_600
"""2026-01-05T09:00:00Z, in seconds."""
MS, US = S * 1000, S * 1_000_000
KINDS = ("session", "machine", "queue", "license", "subscription")
ALERT, OVER = "NNZL5XJDXO", "ABCDEFGHIJ"
ITEM: Row = {
    "alert_id": ALERT,
    "rule": "backlog",
    "severity": "warning",
    "what": "opened",
    "tenant": "production",
    "kind": "queue",
    "name": "Invoices",
    "folder": "Finance",
    "summary": "900 items wait",
    "started_at": "2026-01-05T09:00:00+00:00",
    "ended_at": None,
    "runbook_url": None,
    "reason": "",
    "affected": [],
    "affected_count": 0,
    "is_flapping": False,
}
MESSAGE: Row = {"at": "2026-01-05T09:00:00+00:00", "rest": {}, "is_digest": False, "items": [ITEM]}
TOLD: Row = {
    "saying": "open",
    "severity": "warning",
    "at": "2026-01-05T09:00:00Z",
    "first_at": "2026-01-05T09:00:00Z",
    "delivery": "7eec5a344536a6e6d515672d4f932332",
    "route": "routes[0]",
    "reminders": 0,
}


def an_alert(alert: str, phase: str, **more: object) -> Row:
    return {
        "id": alert,
        "rule": "backlog",
        "tenant": "production",
        "kind": "queue",
        "key": "key of queue",
        "name": "Invoices",
        "subject_labels": {"queue": "Invoices", "folder": "Finance"},
        "severity": "warning",
        "phase": phase,
        "summary": "900 items wait",
        "value": 900.0,
        "limit_value": 100.0,
        "started_at": US,
        "opened_at": US,
        "updated_at": US,
        "mutes": ["silence S1"],
        "told": {"ops": TOLD},
        "labels": {"team": "finance"},
        "rule_text": "queue-backlog, warning: new_items > 100",
        "held_us": 0,
        "held_count": 1,
        "fine_us": 0,
        "fine_count": 0,
        "absent_count": 0,
        "has_no_data": 0,
        "is_owed": 0,
    } | more


def a_delivery(seq: int, name: str, state: str, **more: object) -> Row:
    return {
        "seq": seq,
        "id": name,
        "channel": "ops",
        "message": MESSAGE,
        "created_at": US,
        "next_at": US,
        "state": state,
        "attempts": int(state != "due"),
        "before": {},
        "may_have_arrived": 0,
    } | more


ROWS: Mapping[str, Sequence[Row]] = {
    "subjects": [
        {
            "id": place,
            "tenant": "production",
            "kind": kind,
            "key": f"key of {kind}",
            "name": "Invoices \N{SNOWMAN}",
            "labels": {"folder": "Finance"},
            "first_seen_at": MS,
        }
        for place, kind in enumerate(KINDS, start=1)
    ],
    "sights": [
        {"tenant": "production", "kind": kind, "observed_at": MS + 600_000} for kind in KINDS
    ],
    "polls": [
        {
            "id": place,
            "tenant": "production",
            "collector": "queues",
            "started_at": MS + 60_000 * place,
            "took_s": 0.25,
            "outcome": "ok" if place % 3 else "unreachable",
            "error": None if place % 3 else "no answer",
            "samples": 1,
            "skipped": 0,
            "requests": 1,
            "observed_at": MS + 60_000 * place if place % 3 else None,
            "settled_at": US + 60_000_000 * place,
            "partial": 0,
        }
        for place in range(1, 11)
    ],
    "collector_states": [
        {
            "tenant": "production",
            "collector": "queues",
            "outcome": "ok",
            "outcome_since": MS,
            "last_poll_at": MS + 600_000,
            "last_success_at": MS + 600_000,
            "note": "",
            "failures": 0,
            "samples": 1,
        }
    ],
    "alerts": [
        an_alert(ALERT, "firing"),
        an_alert(OVER, "resolved", resolved_at=US + 1, end_reason="recovered", told={}, mutes=[]),
    ],
    "alert_events": [
        {
            "id": 1,
            "alert_id": ALERT,
            "at": US,
            "kind": "opened",
            "reason": "breached",
            "severity": "warning",
            "phase": "firing",
            "name": "Invoices",
            "value": 900.0,
            "limit_value": 100.0,
            "summary": "900 items wait",
            "detail": "",
        }
    ],
    "silences": [
        {
            "id": "S1",
            "matchers": ["queue=Invoices", "folder=~Fin.*"],
            "starts_at": US,
            "ends_at": US + 10**12,
            "created_at": US,
            "author": "ops",
            "comment": "",
        }
    ],
    "acknowledgements": [
        {
            "id": 1,
            "alert_id": ALERT,
            "severity": "warning",
            "at": US,
            "expires_at": US + 10**12,
            "author": "ops",
            "note": "seen",
        }
    ],
    "deliveries": [
        a_delivery(1, TOLD["delivery"], "sent", settled_at=US + 1),
        a_delivery(2, "waits", "due"),
        a_delivery(3, "given-up", "dead", last_error="no such channel", settled_at=US + 2),
    ],
    "delivery_alerts": [
        {"delivery_seq": seq, "position": 0, "alert_id": ALERT, "what": "opened"}
        for seq in (1, 2, 3)
    ],
    "delivery_attempts": [
        {"id": seq, "delivery_seq": seq, "at": US, "ended_at": US + 1, "outcome": outcome}
        for seq, outcome in ((1, "sent"), (3, "dead"))
    ],
    "channel_paces": [{"channel": "ops", "spent_until": US}],
    "subject_names": [
        {"valid_to": MS, "subject_id": 3, "name": "Bills", "labels": {"folder": "Finance"}}
    ],
    "absences": [{"missed_at": MS, "subject_id": 3, "ended_at": MS + 1000}],
    "turns": [{"at": US, "what": "start", "poll_id": 0}],
    "seals": [{"kind": kind, "before_day": S // 86400} for kind in KINDS],
}

# A value a minute, after a day that was sealed.
STRETCHES: Sequence[Row] = [
    {"valid_from": MS + 60_000 * place, "valid_to": MS + 60_000 * (place + 1)} for place in range(5)
]
LATEST: Sequence[Row] = [{"valid_from": MS + 300_000}]
_DAY = S // 86400 - 1
SEALED: Sequence[Row] = [
    {"day": _DAY, "valid_from": _DAY * 86_400_000 + 1, "valid_to": _DAY * 86_400_000 + 60_001}
]
