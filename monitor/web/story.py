"""Why did an alert open, who was told, and what kept the others from it: `alerts show`.

Everything is read from what was stored when it happened. The configuration of today adds only
which rule and routes the alert would have now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.config.compose import Configuration
from monitor.core.alert import Alert, EventKind
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.duration import format_duration
from monitor.core.matching import Where
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.routing import Route, alert_labels, taken_routes
from monitor.core.rule import Rule
from monitor.store.queries import AlertStory, alert
from monitor.store.store import Store
from monitor.web.documents import alert_json, in_force
from monitor.web.wording import iso, matcher_texts

UNREADABLE = "unreadable"
ONLY_COUNTED = "counted among others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A silence that was there while the alert was; `why_not` is empty when it covers it."""

    silence: Silence
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Muting:
    """A time in which an alert was not told; `until` is None while it goes on."""

    text: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A story, and what bears on it. `rule` and `routes` are as the configuration has them now."""

    now: datetime
    story: AlertStory
    rule: Rule | None
    routes: tuple[Route, ...]
    silences: tuple[Considered, ...]

    @property
    def alert(self) -> Alert:
        """Return the alert itself."""
        return self.story.alert

    @property
    def waiting(self) -> Mapping[str, Delivery]:
        """Return the messages about it that no channel has taken yet, by id."""
        due = (one for one, _ in self.story.deliveries if one.state is DeliveryState.DUE)
        return {one.id: one for one in due}

    @property
    def acknowledgement(self) -> Acknowledgement | None:
        """Return the acknowledgement that counts."""
        newest = self.story.acknowledgements[-1:]
        return in_force(self.alert, newest[0], self.now) if newest else None


def explain(
    configuration: Configuration, store: Store, alert_id: str, now: datetime
) -> Explanation | None:
    """Return what there is to say of an alert, named by its id or a clear beginning of it."""
    story = alert(store, alert_id)
    if story is None:
        return None
    one = story.alert
    rule = configuration.plan.rules.get(one.rule)
    labels = alert_labels(one, rule)
    return Explanation(
        now=now,
        story=story,
        rule=rule,
        routes=taken_routes(labels, rule, configuration.plan.routes),
        silences=considered(one, labels, store.list_silences(now, all_=True), now),
    )


def considered(
    alert: Alert, labels: Mapping[str, str], silences: Sequence[Silence], now: datetime
) -> tuple[Considered, ...]:
    """Return the silences whose time overlaps the alert's, with the verdict on each."""
    end = alert.resolved_at or now
    return tuple(
        Considered(silence=silence, why_not=why_not(silence.where, labels))
        for silence in silences
        if silence.starts_at <= end
        and alert.started_at < silence.ends_at
        # One that was expired before it began has never been.
        and silence.starts_at < silence.ends_at
    )


def why_not(where: Where, labels: Mapping[str, str]) -> str:
    """Return the first matcher that labels do not pass, and what is there instead; else nothing."""
    for matcher in where.matchers:
        text = labels.get(matcher.name, "")
        if not matcher.matches(text):
            found = f'it is "{text}"' if text else "it has none"
            return f"{matcher}: {found}"
    return ""


def mutings(story: AlertStory) -> tuple[Muting, ...]:
    """Return what muted the alert and when, by the recorded events."""
    found: list[Muting] = []
    running: dict[str, datetime] = {}
    for event in story.events:
        if event.kind is EventKind.MUTED:
            running.setdefault(event.detail, event.at)
        elif event.kind is EventKind.UNMUTED and event.detail in running:
            since = running.pop(event.detail)
            found.append(Muting(text=event.detail, since=since, until=event.at))
    found += [Muting(text=text, since=since, until=None) for text, since in running.items()]
    return tuple(sorted(found, key=lambda muting: muting.since))


def told(delivery: Delivery, story: AlertStory) -> str:
    """Return what a message said of the alert: opened, resolved, gone.

    Every delivery of a story speaks of the alert. One that names nobody was stored unreadably; a
    long one names the worst and counts the others.
    """
    said = [item.what for item in delivery.message.items if item.alert_id == story.alert.id]
    return ", ".join(said) or (ONLY_COUNTED if delivery.message.items else UNREADABLE)


def why_withdrawn(delivery: Delivery, story: AlertStory) -> str:
    """Return why a message was taken back: what happened at that very moment."""
    at = delivery.settled_at
    for other, _ in story.deliveries:
        is_later = other.id != delivery.id and other.channel == delivery.channel
        if is_later and other.message.at == at:
            return f"a newer message says it instead: {told(other, story)}"
    for event in story.events:
        if event.at == at and event.kind is EventKind.MUTED:
            return f"muted before it was sent: {event.detail}"
    for event in story.events:
        if event.at == at and event.kind in (EventKind.RESOLVED, EventKind.DROPPED):
            return "it was over before this was sent"
    return "it was no longer true, or not to be told any more"


def alert_document(
    configuration: Configuration, store: Store, alert_id: str, now: datetime
) -> dict[str, object] | None:
    """Return one alert with everything that explains it; None when there is none of this id."""
    found = explain(configuration, store, alert_id, now)
    return None if found is None else story_json(found)


def story_json(found: Explanation) -> dict[str, object]:
    """Return the alert as in a list, with the rule as it was, and all that happened, in order."""
    story = found.story
    return alert_json(found.alert, found.acknowledgement) | {
        "rule_text": found.alert.rule_text,
        "rule_now": None if found.rule is None else _rule_json(found.rule),
        "events": [
            {
                "at": iso(event.at),
                "event": event.kind.value,
                "reason": event.reason.value,
                "detail": event.detail,
                "severity": event.severity.value,
                "phase": event.phase.value,
                "value": event.value,
                "limit": event.limit,
                "summary": event.summary,
            }
            for event in story.events
        ],
        "told": list(_told_json(found)),
        "routes_now": [
            {"route": route.name, "channels": list(route.channels)} for route in found.routes
        ],
        "mutes": [
            {"text": each.text, "from": iso(each.since), "until": iso(each.until)}
            for each in mutings(story)
        ],
        "silences": [
            silence_json(each.silence, found.now)
            | {"matches": not each.why_not, "why_not": each.why_not or None}
            for each in found.silences
        ],
        "acknowledgements": [acknowledgement_json(each) for each in story.acknowledgements],
        "deliveries": [
            delivery_json(delivery)
            | {
                "told": told(delivery, story),
                "reason": (
                    why_withdrawn(delivery, story)
                    if delivery.state is DeliveryState.WITHDRAWN
                    else None
                ),
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


def silence_json(silence: Silence, now: datetime) -> dict[str, object]:
    """Return a silence as scripts read it."""
    return {
        "id": silence.id,
        "where": matcher_texts(silence.where),
        "from": iso(silence.starts_at),
        "to": iso(silence.ends_at),
        "author": silence.author,
        "comment": silence.comment,
        "state": state_of(silence, now),
    }


def state_of(silence: Silence, now: datetime) -> str:
    """Return `active`, `upcoming` or `ended`."""
    if now >= silence.ends_at:
        return "ended"
    return "active" if silence.is_active(now) else "upcoming"


def acknowledgement_json(given: Acknowledgement) -> dict[str, object]:
    """Return an acknowledgement as scripts read it."""
    return {
        "at": iso(given.at),
        "until": iso(given.expires_at),
        "author": given.author,
        "note": given.note,
        "severity": given.severity.value,
    }


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """Return what `alerts show` and `deliveries list` have in common."""
    return {
        "id": delivery.id,
        "channel": delivery.channel,
        "state": delivery.state.value,
        "created_at": iso(delivery.created_at),
        "next_at": iso(delivery.next_at) if delivery.state is DeliveryState.DUE else None,
        "settled_at": iso(delivery.settled_at),
        "last_error": delivery.last_error,
    }


def _rule_json(rule: Rule) -> dict[str, object]:
    return {
        "type": rule.type,
        "severity": rule.severity.value,
        "limit": rule.limit,
        "where": str(rule.where),
        "for": format_duration(rule.policy.hold),
        "keep_open": format_duration(rule.policy.keep_open),
        "text": rule.source,
    }


def _told_json(found: Explanation) -> Iterator[dict[str, object]]:
    waiting = found.waiting
    for channel, last in found.alert.told.items():
        yield {
            "channel": channel,
            "knows": last.saying.value,
            "severity": last.severity.value,
            "at": iso(last.at),
            "first_at": iso(last.first_at),
            "reminders": last.reminders,
            "route": last.route,
            "delivery": last.delivery,
            "is_delivered": last.delivery not in waiting,
        }
