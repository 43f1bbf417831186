"""The way an alert would take: which routes are tried, which are taken, and what might mute it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.cli.times import both
from monitor.core.calendar import Maintenance
from monitor.core.kinds import CHANNEL
from monitor.core.plan import Plan
from monitor.core.routing import Route, taken_routes
from monitor.web.story import why_not


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A route, whether the alert takes it, and why."""

    route: Route
    is_taken: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """What may keep the alert from being told; `is_now` when it does at the time asked about."""

    text: str
    is_now: bool
    route: str | None = None


def tried_routes(labels: Mapping[str, str], plan: Plan) -> list[Tried]:
    """Return all routes in their order, or the one that a rule's own channels stand for."""
    rule = plan.rules.get(labels.get("rule", ""))
    taken = taken_routes(labels, rule, plan.routes)
    if rule is not None and rule.channels:
        why = f"the rule {rule.name} has its own channels: no route is asked"
        return [Tried(route=_without_itself(taken[0], labels, plan), is_taken=True, why=why)]
    found = []
    last: Route | None = None
    for route in plan.routes:
        failed = why_not(route.where, labels)
        is_taken = any(route is one for one in taken)
        if last is not None and not last.continue_:
            why = f"not asked: {last.name} is the last that is"
        elif is_taken:
            last = route
            why = _why_taken(route, failed)
        else:
            why = failed
        shown = _without_itself(route, labels, plan) if is_taken else route
        found.append(Tried(route=shown, is_taken=is_taken, why=why))
    return found


def reason(tried: Sequence[Tried], place: int) -> str:
    """Return why the route at a place is taken, and why those before it are not."""
    before = [f"{one.route.name} is not ({one.why})" for one in tried[:place] if not one.is_taken]
    return "; ".join((tried[place].why, *before))


def obstacles(labels: Mapping[str, str], plan: Plan, at: datetime) -> list[Obstacle]:
    """Return the windows and inhibitions that are about such an alert, whether or not just now."""
    found = [_of_window(each, at) for each in plan.muting if each.where.matches(labels)]
    for tried in tried_routes(labels, plan):
        if tried.is_taken:
            found += _of_route(tried.route, plan, at)
    for inhibition in plan.inhibitions:
        if inhibition.target.matches(labels):
            same = f" with the same {', '.join(inhibition.equal)}" if inhibition.equal else ""
            text = f"inhibition: {inhibition.name}: while an alert with {inhibition.source} is open"
            found.append(Obstacle(text=text + same, is_now=False))
    return found


def _why_taken(route: Route, failed: str) -> str:
    if failed:
        return "no route matches, and the last is the default"
    matches = f"matches {route.where}"
    return f"{matches}; continue: the routes after it are asked too" if route.continue_ else matches


def _of_route(route: Route, plan: Plan, at: datetime) -> Iterator[Obstacle]:
    for name in route.mute_in:
        window = plan.windows[name].window
        text = f"route: {route.name} is muted in {name}{_when(plan.windows[name], at)}"
        yield Obstacle(text=text, is_now=window.contains(at), route=route.name)
    if route.active_in:
        is_open = any(plan.windows[name].window.contains(at) for name in route.active_in)
        names = (f"{name}{_when(plan.windows[name], at)}" for name in route.active_in)
        text = f"route: {route.name} is active in {', '.join(names)} only"
        yield Obstacle(text=text, is_now=not is_open, route=route.name)


def _of_window(each: Maintenance, at: datetime) -> Obstacle:
    text = f"maintenance: {each.name}{_when(each, at)}"
    return Obstacle(text=text, is_now=each.window.contains(at))


def _when(each: Maintenance, at: datetime) -> str:
    """Return ` (until …)` or ` (next from …)`."""
    following = each.window.occurrences(at, 1)
    if not following:
        return " (not within ten years)"
    (one,) = following
    if one.start > at:
        return f" (next from {both(one.start)})"
    return " (without an end)" if one.end is None else f" (until {both(one.end)})"


def _without_itself(route: Route, labels: Mapping[str, str], plan: Plan) -> Route:
    """Return a route without the channel that the alert is about: it would not hear of it."""
    failing = labels.get("key") or labels.get("name") or labels.get("channel")
    if labels.get("kind") != CHANNEL.name or not failing:
        return route
    channels = tuple(name for name in route.channels if name != failing)
    others = tuple(name for name in plan.channels if name != failing)
    return replace(route, channels=channels or others)
