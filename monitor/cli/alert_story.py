"""The story of one alert, told to a person or a script: `alerts show`."""

from datetime import datetime

from monitor.cli.output import Column, say, table
from monitor.config.compose import Configuration
from monitor.core.alert import Alert
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.duration import format_duration
from monitor.core.rule import Rule
from monitor.store.queries import AlertStory, Attempt
from monitor.web.documents import story_json, told
from monitor.web.wording import clock_time, count, number, span


def rule_now(configuration: Configuration, name: str) -> Rule | None:
    """Return the rule as the configuration has it today; None when it is gone or off."""
    return next((rule for rule in configuration.rules if rule.name == name), None)


def explained(story: AlertStory, rule: Rule | None) -> dict[str, object]:
    """Return the story as scripts read it, and the rule as it is today."""
    today = None
    if rule is not None:
        today = {
            "type": rule.type,
            "severity": rule.severity.value,
            "limit": rule.limit,
            "where": str(rule.where),
            "for": format_duration(rule.policy.hold),
            "keep_open": format_duration(rule.policy.keep_open),
            "text": rule.source,
        }
    return story_json(story) | {"rule_now": today}


def show(story: AlertStory, rule: Rule | None, now: datetime) -> None:
    """Print the story."""
    alert = story.alert
    subject = alert.subject
    say(f"{alert.id}  {alert.severity.value}  {alert.phase.value}", style="bold")
    say(alert.summary)
    say()
    labels = ", ".join(f"{name}={value}" for name, value in subject.labels.items() if value)
    facts = [
        ("subject", f"{subject.kind} {subject.name} in tenant {subject.tenant}"),
        ("labels", labels),
        ("key", subject.key),
        *_rule_as_it_was(alert),
        ("rule now", _rule_now(alert, rule)),
        ("value", f"{number(alert.value)} (limit {number(alert.limit)})"),
        ("lasted" if alert.resolved_at else "lasts", _lasted(story, now)),
    ]
    table([Column(title="")] * 2, [(name, text) for name, text in facts if text])
    say()
    say("What happened (UTC)", style="bold")
    table(
        [Column(title="")] * 5,
        [
            (
                clock_time(event.at, now),
                event.kind.value,
                event.reason.value,
                f"value {number(event.value)}, limit {number(event.limit)}",
                event.summary,
            )
            for event in story.events
        ],
        indent=2,
    )
    say()
    if not story.deliveries:
        say("Nobody was told: no channel was to hear of it.")
        return
    say("Who was told (UTC)", style="bold")
    for delivery, attempts in story.deliveries:
        _show_delivery(delivery, attempts, story, now)


def _show_delivery(
    delivery: Delivery, attempts: tuple[Attempt, ...], story: AlertStory, now: datetime
) -> None:
    state = {
        DeliveryState.DUE: f"due, next attempt at {clock_time(delivery.next_at, now)}",
        DeliveryState.SENT: "sent",
        DeliveryState.DEAD: f"given up after {count(delivery.attempts, 'attempt')}",
    }[delivery.state]
    others = max(0, len(delivery.message.items) - 1)
    shared = f", with {count(others, 'other alert')}" if others else ""
    say(f"  {delivery.channel}: {told(delivery, story)}{shared}: {state}")
    table(
        [Column(title="")] * 3,
        [(clock_time(attempt.at, now), *_attempt(attempt)) for attempt in attempts],
        indent=4,
    )


def _attempt(attempt: Attempt) -> tuple[str, str]:
    if attempt.outcome is None:
        return "unknown", "under way, or cut off by the end of the process"
    answer = attempt.error or ("accepted" if attempt.outcome == "sent" else "")
    return {"retry": "failed", "dead": "failed"}.get(attempt.outcome, attempt.outcome), answer


def _rule_as_it_was(alert: Alert) -> list[tuple[str, str]]:
    first, *others = alert.rule_text.splitlines() or [""]
    named = f"{alert.rule}: {first}" if first else alert.rule
    return [("rule", named), *(("", line) for line in others)]


def _rule_now(alert: Alert, rule: Rule | None) -> str:
    """Return what became of the rule since; nothing while it is the same."""
    if rule is None:
        return "no longer in the configuration, or switched off"
    if rule.source == alert.rule_text:
        return ""
    return f"changed since: {'; '.join(rule.source.splitlines())}"


def _lasted(story: AlertStory, now: datetime) -> str:
    alert = story.alert
    begin = alert.opened_at or alert.started_at
    end = f" until {clock_time(alert.resolved_at, now)} UTC" if alert.resolved_at else ""
    before = ""
    if alert.opened_at is not None and alert.opened_at > alert.started_at:
        before = f"; first breached {span(alert.opened_at - alert.started_at)} earlier"
    length = span((alert.resolved_at or now) - begin)
    return f"{length}, since {clock_time(begin, now)} UTC{end}{before}"
