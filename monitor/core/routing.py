"""Who hears of which events: one message per channel for everything one evaluation changed.

A channel is told of an end only when it was told of the beginning: `Alert.told` remembers whom.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.alert import Alert, AlertEvent, EventKind
from monitor.core.delivery import Delivery
from monitor.core.matching import Where
from monitor.core.message import Message, item_of
from monitor.core.rule import Rule
from monitor.core.sample import subject_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Alerts whose labels match `where` go to `channels`; `continue_` asks later routes too.

    `name` is for people (`routes test`).
    """

    channels: tuple[str, ...]
    where: Where = field(default_factory=Where)
    continue_: bool = False
    send_resolved: bool = True
    name: str = ""


def route(
    events: Iterable[AlertEvent],
    routes: Sequence[Route],
    rules: Mapping[str, Rule],
    now: datetime,
) -> tuple[tuple[Alert, ...], tuple[Delivery, ...]]:
    """Return the alerts whose `told` changed, and one delivery per channel that hears of anything.

    A beginning goes to the rule's own channels, else where the routes lead. An end goes to those
    that were told of the beginning, except through routes that do not send ends. Alerts that never
    opened are never told. The same events give the same deliveries, ids included, so doing it
    twice tells nobody twice.
    """
    told: dict[str, Alert] = {}
    by_channel: dict[str, list[AlertEvent]] = {}
    for event in events:
        alert = event.alert
        if alert.id in told:
            # Opened and ended within one evaluation: the end is for whom the beginning went to.
            alert = told[alert.id] = replace(alert, told=told[alert.id].told)
        rule = rules.get(alert.rule)
        if event.kind is EventKind.OPENED:
            listeners = _listeners(alert, rule, routes)
            if alert.told != listeners:
                told[alert.id] = replace(alert, told=listeners)
        elif event.kind is EventKind.RESOLVED:
            deaf = _deaf_to_ends(alert, rule, routes)
            listeners = tuple(channel for channel in alert.told if channel not in deaf)
        else:
            continue
        for channel in listeners:
            by_channel.setdefault(channel, []).append(event)
    deliveries = (_delivery(channel, heard, rules, now) for channel, heard in by_channel.items())
    return tuple(told.values()), tuple(deliveries)


def alert_labels(alert: Alert, rule: Rule | None = None) -> dict[str, str]:
    """Return what the `where` of a route may look at.

    The rule's own labels win over the subject's; nothing wins over what names the alert.
    """
    own = alert.labels if rule is None else rule.labels
    labels = subject_labels(replace(alert.subject, labels={**alert.subject.labels, **own}))
    return {**labels, "rule": alert.rule, "severity": alert.severity.value}


def matching_routes(labels: Mapping[str, str], routes: Sequence[Route]) -> tuple[Route, ...]:
    """Return the routes that an alert with these labels takes.

    The first that matches, and those after it for as long as each says `continue`. Where none
    matches, the last route is the default.
    """
    taken: list[Route] = []
    for candidate in routes:
        if candidate.where.matches(labels):
            taken.append(candidate)
            if not candidate.continue_:
                break
    return tuple(taken or routes[-1:])


def _listeners(alert: Alert, rule: Rule | None, routes: Sequence[Route]) -> tuple[str, ...]:
    if rule is not None and rule.channels:
        return rule.channels
    taken = matching_routes(alert_labels(alert, rule), routes)
    return tuple(dict.fromkeys(channel for found in taken for channel in found.channels))


def _deaf_to_ends(alert: Alert, rule: Rule | None, routes: Sequence[Route]) -> set[str]:
    """Return the channels that all of the alert's routes to them keep from hearing of ends.

    A channel that no route leads to any more was told of the beginning and hears of the end.
    """
    if rule is not None and rule.channels:
        return set()
    taken = matching_routes(alert_labels(alert, rule), routes)
    hearing = {channel for found in taken if found.send_resolved for channel in found.channels}
    return {channel for found in taken for channel in found.channels} - hearing


def _delivery(
    channel: str, events: Sequence[AlertEvent], rules: Mapping[str, Rule], now: datetime
) -> Delivery:
    items = []
    for event in events:
        rule = rules.get(event.alert.rule)
        items.append(item_of(event, None if rule is None else rule.runbook_url))
    return Delivery(
        id=_delivery_id(channel, events),
        channel=channel,
        message=Message(at=now, items=tuple(items)),
        created_at=now,
        next_at=now,
    )


def _delivery_id(channel: str, events: Sequence[AlertEvent]) -> str:
    facts = sorted(f"{event.alert.id} {event.kind} {event.at.isoformat()}" for event in events)
    text = "\n".join((channel, *facts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
