import json
from dataclasses import replace
from datetime import datetime

import pytest

from monitor.cli.alert_story import explained, show
from monitor.core.alert import Alert, EventKind, Phase, Reason, Severity
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.message import Message, MessageItem, What
from monitor.store.queries import AlertStory, Attempt, RecordedEvent
from tests.builders import NOW, a_backlog_rule, a_subject, after


def an_alert(phase: Phase = Phase.FIRING, resolved_at: datetime | None = None) -> Alert:
    return Alert(
        id="A7K2M9QX4T",
        rule="backlog",
        subject=a_subject(labels={"queue": "Invoices", "folder": "Finance"}),
        severity=Severity.WARNING,
        phase=phase,
        started_at=NOW,
        opened_at=after(120),
        resolved_at=resolved_at,
        updated_at=after(120),
        summary="Invoices: 900 items wait",
        value=900.0,
        limit=100.0,
        rule_text="queue-backlog, warning: new_items > 100\nopens after 2m",
    )


def an_event(seconds: float, kind: EventKind, reason: Reason, value: float) -> RecordedEvent:
    return RecordedEvent(
        at=after(seconds),
        kind=kind,
        reason=reason,
        severity=Severity.WARNING,
        phase=Phase.FIRING,
        value=value,
        limit=100.0,
        summary=f"Invoices: {value:.0f} items wait",
    )


def a_delivery(state: DeliveryState, *, others: int = 0) -> Delivery:
    items = tuple(
        MessageItem(
            alert_id="A7K2M9QX4T" if number == 0 else f"OTHER{number}",
            rule="backlog",
            severity=Severity.WARNING,
            what=What.OPENED,
            tenant="production",
            kind="queue",
            name="Invoices",
            folder="Finance",
            summary="",
            started_at=NOW,
            ended_at=None,
        )
        for number in range(others + 1)
    )
    return Delivery(
        id="d1",
        channel="ops",
        message=Message(at=NOW, items=items),
        created_at=NOW,
        next_at=after(300),
        state=state,
        attempts=3,
    )


def an_attempt(outcome: str | None, error: str | None = None) -> Attempt:
    ended = None if outcome is None else after(121)
    return Attempt(at=after(120), ended_at=ended, outcome=outcome, error=error)


def told(capsys: pytest.CaptureFixture[str], story: AlertStory, seconds: float = 180) -> str:
    show(story, replace(a_backlog_rule(), source=story.alert.rule_text), after(seconds))
    return capsys.readouterr().out


def test_the_story_names_every_transition_with_the_value_that_was_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = AlertStory(
        alert=an_alert(),
        events=(
            an_event(0, EventKind.PENDING, Reason.BREACHED, 150),
            an_event(120, EventKind.OPENED, Reason.HOLD_OVER, 900),
        ),
        deliveries=(),
    )

    out = told(capsys, story)

    assert "09:00:00  pending  breached   value 150, limit 100" in out
    assert "09:02:00  opened   hold over  value 900, limit 100" in out
    assert "lasts    1 min, since 09:02:00 UTC; first breached 2 min earlier" in out
    assert "rule     backlog: queue-backlog, warning: new_items > 100\n" in out
    assert "\n         opens after 2m\n" in out
    assert "folder=Finance" in out
    assert "Nobody was told" in out


def test_a_message_that_is_still_due_says_when_it_is_tried_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    delivery = a_delivery(DeliveryState.DUE, others=2)
    attempts = (an_attempt("retry", "connection refused"), an_attempt(None))

    out = told(capsys, AlertStory(alert=an_alert(), events=(), deliveries=((delivery, attempts),)))

    assert "ops: opened, with 2 other alerts: due, next attempt at 09:05:00" in out
    assert "09:02:00  failed   connection refused" in out
    assert "09:02:00  unknown  under way, or cut off" in out


def test_a_message_that_arrived_and_one_that_never_will_are_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    deliveries = (
        (a_delivery(DeliveryState.SENT), (an_attempt("sent"),)),
        (a_delivery(DeliveryState.DEAD), (an_attempt("dead", "404 from the service"),)),
    )

    out = told(capsys, AlertStory(alert=an_alert(), events=(), deliveries=deliveries))

    assert "ops: opened: sent\n    09:02:00  sent  accepted" in out
    assert (
        "ops: opened: given up after 3 attempts\n    09:02:00  failed  404 from the service" in out
    )


def test_a_rule_that_is_gone_is_said_to_be_gone(capsys: pytest.CaptureFixture[str]) -> None:
    resolved = an_alert(Phase.RESOLVED, resolved_at=after(180))

    show(AlertStory(alert=resolved, events=(), deliveries=()), None, after(240))

    out = capsys.readouterr().out
    assert "backlog: queue-backlog, warning: new_items > 100\n" in out
    assert "rule now  no longer in the configuration" in out
    assert "lasted    1 min, since 09:02:00 UTC until 09:03:00 UTC" in out


def test_a_rule_that_was_changed_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    story = AlertStory(alert=an_alert(), events=(), deliveries=())
    same = replace(a_backlog_rule(), source=story.alert.rule_text)
    other = replace(
        a_backlog_rule(), source="queue-backlog, warning: new_items > 9\nopens after 5m"
    )

    show(story, same, after(180))
    assert "rule now" not in capsys.readouterr().out
    show(story, other, after(180))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "rule now" in line]
    assert line.endswith("changed since: queue-backlog, warning: new_items > 9; opens after 5m")


def test_a_message_that_could_not_be_read_is_said_to_be_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sound = a_delivery(DeliveryState.DEAD)
    torn = replace(sound, message=replace(sound.message, items=()))

    out = told(capsys, AlertStory(alert=an_alert(), events=(), deliveries=((torn, ()),)))

    assert "ops: unreadable: given up" in out


def test_scripts_get_the_same_story() -> None:
    delivery = a_delivery(DeliveryState.SENT)
    event = an_event(0, EventKind.OPENED, Reason.BREACHED, 900)

    story = explained(
        AlertStory(
            alert=an_alert(), events=(event,), deliveries=((delivery, (an_attempt("sent"),)),)
        ),
        a_backlog_rule(),
    )

    assert story["rule_text"] == an_alert().rule_text
    assert story["events"] == [
        {
            "at": "2026-01-05T09:00:00Z",
            "event": "opened",
            "reason": "breached",
            "severity": "warning",
            "phase": "firing",
            "value": 900.0,
            "limit": 100.0,
            "summary": "Invoices: 900 items wait",
        }
    ]
    (sent,) = json.loads(json.dumps(story["deliveries"]))
    assert (sent["channel"], sent["state"], sent["told"]) == ("ops", "sent", "opened")
    assert sent["next_at"] is None
