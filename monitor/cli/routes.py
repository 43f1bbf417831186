"""`routes`: who would hear of an alert, and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.labels import labels_of, shown_labels, unknown_labels
from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import Column, complain, print_json, say, table
from monitor.cli.times import both, instant
from monitor.clock import SystemClock
from monitor.core.duration import format_duration
from monitor.core.routing import Route
from monitor.core.severity import Severity

if TYPE_CHECKING:
    from monitor.cli.path import Obstacle, Tried
    from monitor.config.compose import Configuration

APP = noun("Who hears of which alerts.")


@APP.command("test")
def try_labels(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LABEL=VALUE",
            help="Labels of the alert: severity=critical rule=invoice-backlog folder=Finance …",
        ),
    ] = None,
    config: ConfigOption = None,
    *,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="For the windows: as in `silences add`; default: now."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Tell which routes and channels an alert with these labels would take, and why.

    A rule in the configuration adds its own labels, kind and severity; a tenant adds its labels.
    """
    from monitor.cli.path import obstacles, tried_routes  # noqa: PLC0415 - slow to import
    from monitor.config.load import load  # noqa: PLC0415 - slow to import

    given = labels_of(arguments or [])
    now = SystemClock().now()
    time = now if at is None else instant(at, now, "--at")
    configuration = load(config, read_secrets=False)
    remarks = [
        *unknown_labels(given, configuration, "LABEL=VALUE"),
        *_remarks(given, configuration),
    ]
    labels = _completed(given, configuration)
    tried = tried_routes(labels, configuration.plan)
    found = obstacles(labels, configuration.plan, time)
    if as_json:
        print_json(list(_rows(tried, labels, found)))
    else:
        _show(tried, labels, found, time)
    for remark in remarks:
        complain(f"Note: {remark}")


def _completed(given: Mapping[str, str], configuration: "Configuration") -> dict[str, str]:
    """Return the labels with those that the rule and the tenant add."""
    tenant = configuration.tenants.get(given.get("tenant", ""))
    rule = configuration.plan.rules.get(given.get("rule", ""))
    labels = {} if tenant is None else tenant.labels
    if rule is None:
        return {**labels, **given}
    own = {"kind": rule.kind, "severity": rule.severity.value}
    return {**labels, **rule.labels, **own, **given, "rule_type": rule.type, "rule": rule.name}


def _remarks(given: Mapping[str, str], configuration: "Configuration") -> Iterator[str]:
    from monitor.config.names import suggestion  # noqa: PLC0415 - slow to import

    for label, known in (
        ("rule", configuration.plan.rules),
        ("tenant", configuration.tenants),
        ("severity", [severity.value for severity in Severity]),
    ):
        if label in given and given[label] not in known:
            yield f"there is no {label} {given[label]!r}; {suggestion(given[label], known)}"


def _rows(
    tried: Sequence["Tried"], labels: Mapping[str, str], found: Sequence["Obstacle"]
) -> Iterator[dict[str, object]]:
    from monitor.cli.path import reason  # noqa: PLC0415 - slow to import

    for place, one in enumerate(tried):
        if not one.is_taken:
            continue
        route = one.route
        own = [each for each in found if each.route in (None, route.name)]
        yield {
            "route": route.name,
            "channels": list(route.channels),
            "group_by": list(route.group_by),
            "group": _group(route, labels),
            "reason": reason(tried, place),
            "escalate": [
                {"after": format_duration(step.after), "channels": list(step.channels)}
                for step in route.escalate
            ],
            "muted_by": [each.text for each in own if each.is_now],
            "may_mute": [each.text for each in own if not each.is_now],
        }


def _show(
    tried: Sequence["Tried"],
    labels: Mapping[str, str],
    found: Sequence["Obstacle"],
    time: datetime,
) -> None:
    say(f"An alert with {shown_labels(labels) or 'no labels'}, {both(time)}", style="bold")
    say()
    if not tried:
        say("Nobody hears of it: the configuration has no channel.")
        return
    table(
        [Column(title=title) for title in ("route", "taken", "channels", "why")],
        [
            (
                one.route.name,
                "yes" if one.is_taken else "no",
                ", ".join(one.route.channels) if one.is_taken else "",
                one.why,
            )
            for one in tried
        ],
    )
    say()
    for one in tried:
        if one.is_taken:
            say(f"{one.route.name}: {'; '.join(_manner(one.route, labels))}.")
    for title, rows in (
        ("Muted at this time", [each.text for each in found if each.is_now]),
        ("What may mute it", [each.text for each in found if not each.is_now]),
    ):
        if rows:
            say()
            say(title, style="bold")
            table([Column(title="")], [(text,) for text in rows], indent=2)


def _manner(route: Route, labels: Mapping[str, str]) -> Iterator[str]:
    """Yield in which company, how soon and how often is told."""
    group = ", ".join(f"{name}={text or '(none)'}" for name, text in _group(route, labels).items())
    yield f"one message for all with {group}" if group else "one message for all"
    severity = next((one for one in Severity if one.value == labels.get("severity")), None)
    if route.digest is not None:
        yield "told in a digest"
    else:
        wait = format_duration(route.group_wait)
        interval = format_duration(route.group_interval)
        first = f"after {wait} (critical: at once)"
        if severity is not None:
            first = "at once" if severity is Severity.CRITICAL else f"after {wait}"
        yield f"the first {first}, the next after {interval}"
    if severity is not None:
        every = route.repeat_after(severity, 0)
        grows = "" if route.repeat_growth <= 1 else f", each {route.repeat_growth:g} times later"
        yield "not repeated" if every is None else f"repeated after {format_duration(every)}{grows}"
    for step in route.escalate:
        after = format_duration(step.after)
        yield f"{', '.join(step.channels)} after {after}, unless somebody acknowledges"
    if not route.send_resolved:
        yield "its end is not told"


def _group(route: Route, labels: Mapping[str, str]) -> dict[str, str]:
    return dict(zip(route.group_by, route.group(labels), strict=True))
