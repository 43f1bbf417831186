"""Sentences about what is accepted but worth a word: not wrong, and not silent either."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from monitor.config.names import Path, dotted, suggestion
from monitor.config.secrets import secrets_within
from monitor.config.settings import Settings
from monitor.config.tenants import UserKey
from monitor.config.values import host_and_port
from monitor.config.windows import muting
from monitor.core.kinds import CHANNEL, COLLECTOR, KINDS
from monitor.core.matching import Where
from monitor.core.recurrence import ORIGIN
from monitor.core.rule import Rule
from monitor.core.severity import Severity

SUBJECT_LABELS = ("tenant", "kind", "name", "key")
"""What a rule's `where` may look at beside the labels of its kind and of the tenants."""
ROUTE_LABELS = (*SUBJECT_LABELS, "rule", "rule_type", "severity")
"""What the `where` of a route, an inhibition or a window may look at of every alert."""

_USER_KEY = (
    "user keys have been without support since March 2025; register an external application and "
    'use type = "client-credentials"'
)


def notices_of(settings: Settings, rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """Return what the operator should know of a configuration that is right."""
    found = chain(
        _about_tenants(rules, settings),
        _about_secrets(settings),
        _about_routes(settings),
        _about_escalation(settings),
        _about_rules(rules, settings),
        _about_maintenance(settings),
        _about_labels(rules, settings),
        _about_values(rules, settings),
        _about_listener(settings),
    )
    return tuple(f"{dotted(path)}: {sentence}" for path, sentence in found)


def _about_tenants(rules: tuple[Rule, ...], settings: Settings) -> Iterator[tuple[Path, str]]:
    bases = Counter(tenant.deployment.base.lower() for tenant in settings.tenants.values())
    for name, tenant in settings.tenants.items():
        place = ("tenants", name)
        deployment = tenant.deployment
        for warning in deployment.warnings:
            key, _, sentence = warning.partition(": ")
            where = (*place, "auth", key) if key == "identity_url" else (*place, key)
            yield where, sentence or warning
        if bases[deployment.base.lower()] > 1:
            yield (*place, "url"), "another tenant has the same address: both are polled"
        if not tenant.verify:
            yield (*place, "verify"), "the server's certificate is not checked"
        if isinstance(tenant.auth, UserKey):
            yield (*place, "auth"), _USER_KEY
        if tenant.auth.expires and not any(rule.type == "credential-expiry" for rule in rules):
            yield (
                (*place, "auth", "expires"),
                "no rule warns of it; add a rule of type credential-expiry",
            )
        for label in sorted(tenant.labels):
            if of := _with_their_own(label):
                yield (*place, "labels", label), f"no effect on {of}: theirs of this name counts"


def _with_their_own(label: str) -> str:
    """Return which subjects have a label of this name already; a tenant's does not replace it."""
    if label in ROUTE_LABELS:
        return "anything"
    return ", ".join(f"{kind.name}s" for kind in KINDS.values() if label in kind.labels)


def _about_secrets(settings: Settings) -> Iterator[tuple[Path, str]]:
    if settings.database.password_in_url is not None:
        yield (
            ("database", "url"),
            "the password is better kept beside it, as `password_env` or `password_file`",
        )
    for path, source in secrets_within(settings):
        if source.readable_by_others:
            yield (*path[:-1], f"{path[-1]}_file"), "every user of this machine can read the file"


def _about_routes(settings: Settings) -> Iterator[tuple[Path, str]]:
    if not settings.channels:
        yield ("channels",), "none is defined: alerts are recorded and nobody is told"
        return
    routes = settings.routes
    for place, route in enumerate(routes[:-1]):
        if not route.where and not route.continue_:
            yield ("routes", place), "matches everything: the routes after it are never reached"
            return
    if routes and routes[-1].where != Where():
        yield (
            ("routes", len(routes) - 1, "where"),
            "the last route is the default: it also gets the alerts that no route matches",
        )


def _about_escalation(settings: Settings) -> Iterator[tuple[Path, str]]:
    for place, route in enumerate(settings.routes):
        for step_place, step in enumerate(route.escalate):
            if again := sorted(set(step.channels).intersection(route.channels)):
                yield (
                    ("routes", place, "escalate", step_place, "channels"),
                    f"no effect on {', '.join(again)}: the route leads there at once",
                )


def _about_rules(rules: tuple[Rule, ...], settings: Settings) -> Iterator[tuple[Path, str]]:
    if all(rule.kind in (CHANNEL.name, COLLECTOR.name) for rule in rules):
        yield ("rules",), "no rule is on: nothing that happens in Orchestrator opens an alert"
    of_tenants = {label for tenant in settings.tenants.values() for label in tenant.labels}
    for rule in rules:
        known = of_tenants.union(SUBJECT_LABELS, KINDS[rule.kind].labels)
        for label in sorted(rule.where.names - known):
            yield (
                ("rules", rule.name, "where"),
                f'no {rule.kind} carries the label "{label}": there it equals the empty text',
            )


def _about_maintenance(settings: Settings) -> Iterator[tuple[Path, str]]:
    for name, table in settings.maintenance.items():
        if table.interval is not None and table.interval > 1 and table.valid_from is None:
            yield (
                ("maintenance", name, "interval"),
                f"is counted from {ORIGIN}, a Monday, as there is no `valid_from`",
            )
    by_themselves = muting(settings.maintenance, settings.routes)
    for name in settings.maintenance:
        if name not in by_themselves:
            users = ", ".join(_users_of(name, settings))
            yield ("maintenance", name), f"mutes nothing by itself, it only serves {users}"


def _users_of(name: str, settings: Settings) -> Iterator[str]:
    """Return the windows and routes that name a window."""
    for other, table in settings.maintenance.items():
        if name in (*table.include, *table.exclude):
            yield dotted(("maintenance", other))
    for place, route in enumerate(settings.routes):
        if name in (*route.mute_in, *route.active_in):
            yield dotted(("routes", place))


def _about_labels(rules: tuple[Rule, ...], settings: Settings) -> Iterator[tuple[Path, str]]:
    """Tell of labels that no alert has; where they stand they equal the empty text."""
    for rule in rules:
        for label in rule.labels:
            if label in ROUTE_LABELS:
                place = ("rules", rule.name, "labels", label)
                yield place, f"no effect: every alert has a {label} of its own, which counts"
    known = {*ROUTE_LABELS}.union(
        *(kind.labels for kind in KINDS.values()),
        *(tenant.labels for tenant in settings.tenants.values()),
        *(rule.labels for rule in rules),
    )
    for path, names in _labels_asked_for(settings):
        for name in sorted({*names} - known):
            listed = ", ".join(sorted(known))
            yield path, f'no alert has the label "{name}"; known: {listed}'


def _about_values(rules: tuple[Rule, ...], settings: Settings) -> Iterator[tuple[Path, str]]:
    """Tell of what nothing can ever be: a severity, rule, kind or tenant that there is not."""
    known = {
        "severity": [severity.value for severity in Severity],
        "rule": [rule.name for rule in rules],
        "rule_type": sorted({rule.type for rule in rules}),
        "kind": list(KINDS),
        "tenant": list(settings.tenants),
    }
    for path, where in _wheres(settings):
        for matcher in where.matchers:
            values = known.get(matcher.name)
            if values and not any(map(matcher.matches, (*values, ""))):
                nearest = suggestion(matcher.values[0], values)
                yield path, f'"{matcher}" matches nothing; {nearest}'


def _wheres(settings: Settings) -> Iterator[tuple[Path, Where]]:
    for place, route in enumerate(settings.routes):
        yield ("routes", place, "where"), route.where
    for place, inhibition in enumerate(settings.inhibitions):
        yield ("inhibitions", place, "source"), inhibition.source
        yield ("inhibitions", place, "target"), inhibition.target
    for name, window in settings.maintenance.items():
        yield ("maintenance", name, "where"), window.where


def _labels_asked_for(settings: Settings) -> Iterator[tuple[Path, Iterable[str]]]:
    for path, where in _wheres(settings):
        yield path, where.names
    for place, route in enumerate(settings.routes):
        yield ("routes", place, "group_by"), route.group_by
    for place, inhibition in enumerate(settings.inhibitions):
        yield ("inhibitions", place, "equal"), inhibition.equal


def _about_listener(settings: Settings) -> Iterator[tuple[Path, str]]:
    host, _ = host_and_port(settings.web.listen)
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        yield ("web", "listen"), "the status page asks for no password: reachable from elsewhere"
