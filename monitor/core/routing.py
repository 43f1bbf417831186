"""Who hears of which alerts, in which company, and how soon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log
from typing import Protocol

from monitor.core.alert import Alert
from monitor.core.matching import Where
from monitor.core.rule import Rule
from monitor.core.severity import Severity

REPEATS: Mapping[Severity, timedelta | None] = {
    Severity.CRITICAL: timedelta(hours=4),
    Severity.WARNING: timedelta(hours=24),
    Severity.INFO: None,
}
"""How often an open alert is told again where the route does not say."""

LONGEST_REPEAT = timedelta(hours=24)


class Schedule(Protocol):
    """The times at which a digest goes out."""

    def next_after(self, at: datetime) -> datetime:
        """Return the first time after `at`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who else hears of an alert that nobody has acknowledged `after` it was first told."""

    after: timedelta
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Alerts whose labels match `where` go to `channels`; `continue_` asks later routes too.

    Alerts with the same text in the labels `group_by` share messages: the first waits
    `group_wait` for others, the next comes `group_interval` later at the earliest. Open alerts are
    told again after `repeat_every` (None: as `REPEATS` says, zero: never), a `repeat_growth` times
    longer at each repeat. `mute_in` and `active_in` name maintenance windows. With a `digest`
    everything waits for its next time. `name` is for people (`routes test`).
    """

    channels: tuple[str, ...]
    where: Where = field(default_factory=Where)
    continue_: bool = False
    send_resolved: bool = True
    name: str = ""
    group_by: tuple[str, ...] = ("tenant", "rule")
    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_every: timedelta | None = None
    repeat_growth: float = 1.0
    mute_in: tuple[str, ...] = ()
    active_in: tuple[str, ...] = ()
    escalate: tuple[Escalation, ...] = ()
    digest: Schedule | None = None

    def group(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """Return what alerts of one group have in common."""
        return tuple(labels.get(name, "") for name in self.group_by)

    def repeat_after(self, severity: Severity, reminders: int) -> timedelta | None:
        """Return the time to the next reminder after so many; None for never."""
        every = REPEATS[severity] if self.repeat_every is None else self.repeat_every
        if not every:
            return None
        # Compared as logarithms: the power may be beyond what a float holds.
        if reminders * log(self.repeat_growth) >= log(LONGEST_REPEAT / every):
            return max(every, LONGEST_REPEAT)
        return every * self.repeat_growth**reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A channel that is to hear of an alert, by way of a route.

    `since` is when an escalation brought it in; None for those that hear at once.
    """

    channel: str
    route: Route
    since: datetime | None = None


def alert_labels(alert: Alert, rule: Rule | None = None) -> dict[str, str]:
    """Return what the `where` of a route, silence or inhibition may look at.

    The rule's own labels win over the subject's; nothing wins over what names the alert.
    """
    own = alert.labels if rule is None else rule.labels
    return {
        **alert.subject.labels,
        **own,
        **({} if rule is None else {"rule_type": rule.type}),
        "tenant": alert.subject.tenant,
        "kind": alert.subject.kind,
        "name": alert.subject.name,
        "key": alert.subject.key,
        "rule": alert.rule,
        "severity": alert.severity.value,
    }


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


def taken_routes(
    labels: Mapping[str, str], rule: Rule | None, routes: Sequence[Route]
) -> tuple[Route, ...]:
    """Return the routes of an alert: its rule's own channels stand in for all of them."""
    if rule is not None and rule.channels:
        return (Route(name=f"rules.{rule.name}", channels=rule.channels),)
    return matching_routes(labels, routes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Since when an alert could be told, and when anybody first heard of it."""

    since: datetime
    told_at: datetime | None = None


def listeners(
    routes: Sequence[Route], known: Known, now: datetime
) -> tuple[tuple[Listener, ...], datetime | None]:
    """Return who hears of an alert that takes these routes, and when the next escalation comes.

    A channel that several routes lead to hears by way of the first. Escalation counts from the
    first message, or from when it was due where none got through.
    """
    found: dict[str, Listener] = {}
    for route in routes:
        for channel in route.channels:
            found.setdefault(channel, Listener(channel=channel, route=route))
    upcoming: datetime | None = None
    steps = [(route, step) for route in routes for step in route.escalate]
    for route, step in steps:
        begins = known.told_at or _due_at(route, known.since)
        if begins is None:
            continue
        at = begins + step.after
        if at > now:
            upcoming = at if upcoming is None else min(upcoming, at)
            continue
        for channel in step.channels:
            found.setdefault(channel, Listener(channel=channel, route=route, since=at))
    return tuple(found.values()), upcoming


def _due_at(route: Route, since: datetime) -> datetime | None:
    """Return when the first message of an alert is due; that of a digest has its own time."""
    return None if route.digest is not None else since + route.group_wait
