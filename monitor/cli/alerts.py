"""`alerts`: what is open, what was, and why."""

from typing import Annotated

import typer

from monitor.cli.context import opened
from monitor.cli.options import ConfigOption, JsonOption, SinceOption, noun
from monitor.cli.output import Column, print_json, say, table
from monitor.web.wording import clock_time, span

APP = noun("What is open, what was, and why.")


@APP.command("list")
def list_alerts(
    config: ConfigOption = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Include the alerts that are resolved.")
    ] = False,
    since: SinceOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alerts: the open ones, or with --all the resolved ones as well.

    --since leaves out what was resolved before that.
    """
    from monitor.store.queries import alerts  # noqa: PLC0415 - slow to import
    from monitor.web.documents import alert_json  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        now = history.now
        found = alerts(
            history.store,
            everything=everything,
            since=None if since is None else now - since,
        )
    if as_json:
        print_json([alert_json(alert) for alert in found])
        return
    if not found:
        say("No alerts." if everything else "No open alerts.")
        return
    table(
        [
            Column(title="id"),
            Column(title="severity"),
            Column(title="phase"),
            Column(title="since (UTC)"),
            Column(title="lasts"),
            Column(title="tenant"),
            Column(title="rule"),
            Column(title="summary"),
        ],
        [
            (
                alert.id,
                alert.severity.value,
                alert.phase.value,
                clock_time(alert.opened_at or alert.started_at, now),
                span((alert.resolved_at or now) - (alert.opened_at or alert.started_at)),
                alert.subject.tenant,
                alert.rule,
                alert.summary,
            )
            for alert in found
        ],
    )


@APP.command("show")
def show_alert(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="The alert's id, or the beginning of it.")
    ],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Explain an alert: the rule, the values it saw, every transition, every attempt to tell it."""
    from monitor.cli.alert_story import explained, rule_now, show  # noqa: PLC0415 - slow
    from monitor.store.queries import alert, alerts  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        story = alert(history.store, identifier) if identifier else None
        if story is None:
            known = [one.id for one in alerts(history.store, everything=True)]
            raise typer.BadParameter(_unknown(identifier, known), param_hint="ID")
        rule = rule_now(history.configuration, story.alert.rule)
        now = history.now
    if as_json:
        print_json(explained(story, rule))
    else:
        show(story, rule, now)


def _unknown(identifier: str, known: list[str]) -> str:
    """Say which ids might be meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip

    wanted = identifier.upper()
    begin = [one for one in known if wanted and one.startswith(wanted)]
    if len(begin) > 1:
        return f"several alerts begin with {identifier!r}: {', '.join(sorted(begin)[:5])}"
    near = get_close_matches(wanted, known, n=3, cutoff=0.5)
    if near:
        return f"no alert {identifier!r}; nearest: {', '.join(near)}"
    return f"no alert {identifier!r}; `alerts list --all` shows all of them"
