"""How every alert stands now: what flaps, what is muted and why, which routes it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.alert import Alert, AlertEvent, AlertKey, EventKind, Phase, Reason
from monitor.core.calendar import Maintenance
from monitor.core.evolve import evolve
from monitor.core.flapping import Flapping
from monitor.core.inhibition import inhibitors
from monitor.core.mute import Mute, MuteKind, Mutes, People, next_changes
from monitor.core.phrases import in_words
from monitor.core.plan import Plan
from monitor.core.routing import Route, alert_labels, taken_routes
from monitor.core.sample import AFFECTED

Transitions = Mapping[AlertKey, Sequence[datetime]]


@dataclass(slots=True, kw_only=True)
class Situation:
    """The alerts that somebody may have to be told of, and what bears on it.

    `affected` are the names of the subjects whose alerts an alert inhibits; `instants` those at
    which something will change by itself.
    """

    alerts: dict[AlertKey, Alert] = field(default_factory=dict)
    labels: dict[AlertKey, Mapping[str, str]] = field(default_factory=dict)
    routes: dict[AlertKey, tuple[Route, ...]] = field(default_factory=dict)
    mutes: dict[AlertKey, Sequence[Mute]] = field(default_factory=dict)
    affected: dict[AlertKey, list[str]] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)
    instants: list[datetime] = field(default_factory=list)

    def is_muted(self, key: AlertKey, route: Route) -> bool:
        """Tell whether an alert is kept from those whom a route leads to."""
        mutes = self.mutes[key]
        return bool(mutes) and any(mute.route in (None, route.name) for mute in mutes)


def assess(
    alerts: Mapping[AlertKey, Alert],
    plan: Plan,
    people: People,
    transitions: Transitions,
    now: datetime,
) -> Situation:
    """Find out how the alerts stand; what changed about flaps and mutes is in events too."""
    found = Situation()
    for key, alert in alerts.items():
        if alert.phase is Phase.PENDING and not alert.told:
            continue
        rule = plan.rules.get(alert.rule)
        policy = None if rule is None else rule.policy.flapping
        found.alerts[key] = _flapping(alert, policy, transitions.get(key, ()), now, found)
        labels = found.labels[key] = alert_labels(alert, rule)
        found.routes[key] = taken_routes(labels, rule, plan.routes)
    inhibited = inhibitors(
        plan.inhibitions, [(alert, found.labels[key]) for key, alert in found.alerts.items()]
    )
    mutes = Mutes(people, plan.muting, now)
    closed = _closed(plan, now)
    for key, alert in found.alerts.items():
        muting = mutes.of(alert, found.labels[key])
        for source in inhibited.get(key, ()):
            muting.append(_inhibited_by(source))
            if alert.phase is Phase.FIRING:
                known = found.affected.setdefault(source.key, _dependents(source))
                known.append(alert.subject.name or alert.subject.key)
        shut = [closed[r.name] for r in found.routes[key] if r.name in closed] if closed else []
        if len(shut) == len(found.routes[key]):
            # Nobody is left to hear of it.
            muting += shut
        found.mutes[key] = muting or shut
        if muting or alert.mutes:
            found.alerts[key] = _muted(alert, muting, now, found)
    found.instants += next_changes(people, _watched(plan), now)
    return found


def _flapping(
    alert: Alert,
    policy: Flapping | None,
    transitions: Sequence[datetime],
    now: datetime,
    found: Situation,
) -> Alert:
    was = alert.flapping_since is not None
    if not was and not transitions:
        return alert
    if policy is None or not policy.flaps(transitions, now, already=was):
        if not was:
            return alert
        calm = replace(alert, flapping_since=None)
        found.events.append(_event(calm, EventKind.SETTLED, Reason.CALMED, now))
        return calm
    found.instants.append(policy.ends_at(transitions, now))
    if was:
        return alert
    flapping = replace(alert, flapping_since=now)
    count = len(policy.recent(transitions, now))
    detail = f"{count} changes within {in_words(policy.window)}"
    found.events.append(_event(flapping, EventKind.FLAPPING, Reason.FLAPPED, now, detail))
    return flapping


def _muted(alert: Alert, mutes: Sequence[Mute], now: datetime, found: Situation) -> Alert:
    """Take over the mutes of an alert, with an event for each that began or ended."""
    names = tuple(str(mute) for mute in mutes)
    if names == alert.mutes:
        return alert
    began = [name for name in names if name not in alert.mutes]
    ended = [name for name in alert.mutes if name not in names]
    after = evolve(alert, mutes=names, unmuted_at=now if ended else alert.unmuted_at)
    for kind, reason, changed in (
        (EventKind.MUTED, Reason.MUTE_BEGAN, began),
        (EventKind.UNMUTED, Reason.MUTE_ENDED, ended),
    ):
        found.events += [_event(after, kind, reason, now, name) for name in changed]
    return after


def _closed(plan: Plan, now: datetime) -> dict[str, Mute]:
    """Return the routes that maintenance windows mute now, by name."""
    closed = {}
    for route in plan.routes:
        inside = [n for n in route.mute_in if plan.windows[n].window.contains(now)]
        if inside:
            name = f"{route.name} is muted in {inside[0]}"
            closed[route.name] = Mute(kind=MuteKind.ROUTE, name=name, route=route.name)
        elif route.active_in and not any(
            plan.windows[n].window.contains(now) for n in route.active_in
        ):
            name = f"{route.name} is active in {', '.join(route.active_in)} only"
            closed[route.name] = Mute(kind=MuteKind.ROUTE, name=name, route=route.name)
    return closed


def _watched(plan: Plan) -> list[Maintenance]:
    """Return the windows whose beginnings and ends matter, each once."""
    names = {n for route in plan.routes for n in (*route.mute_in, *route.active_in)}
    own = [window for window in plan.muting if window.name not in names]
    return [*own, *(plan.windows[name] for name in sorted(names))]


def _dependents(source: Alert) -> list[str]:
    """Return who depends on an alert's subject, whether or not their own alerts are open yet."""
    return list(filter(None, source.subject.labels.get(AFFECTED, "").split(", ")))


def _inhibited_by(source: Alert) -> Mute:
    name = f"{source.rule} on {source.subject.name} (incident {source.id})"
    return Mute(kind=MuteKind.INHIBITED, name=name)


def _event(
    alert: Alert, kind: EventKind, reason: Reason, now: datetime, detail: str = ""
) -> AlertEvent:
    return AlertEvent(alert=alert, kind=kind, reason=reason, at=now, detail=detail)
