"""`alerts`: what is open, what was, and why; and who takes care of it."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import Opened, opened
from monitor.cli.options import (
    AuthorOption,
    ConfigOption,
    JsonOption,
    SinceOption,
    duration,
    noun,
)
from monitor.cli.output import Column, clean, print_json, say, table
from monitor.cli.people import author_of, meant
from monitor.cli.times import both
from monitor.core.alert import Alert, Phase
from monitor.core.duration import format_duration
from monitor.core.mute import Acknowledgement
from monitor.web.wording import clock_time, span

if TYPE_CHECKING:
    from monitor.web.story import Explanation

APP = noun("What is open, what was, and why; and who takes care of it.")

LONGEST = timedelta(days=30)
_TITLES = ("id", "severity", "phase", "muted", "since (UTC)", "lasts", "tenant", "rule", "summary")
IdArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The alert's id, or the beginning of it.")
]


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
    from monitor.store.queries import alerts, newest_acknowledgements  # noqa: PLC0415 - slow
    from monitor.web.documents import alert_json, in_force, quieted  # noqa: PLC0415 - slow

    with opened(config) as history:
        now = history.now
        found = alerts(
            history.store,
            everything=everything,
            since=None if since is None else now - since,
        )
        newest = newest_acknowledgements(history.store)
    given = {alert.id: in_force(alert, newest.get(alert.id), now) for alert in found}
    if as_json:
        print_json([alert_json(alert, given[alert.id]) for alert in found])
        return
    if not found:
        say("No alerts." if everything else "No open alerts.")
        return
    table(
        [Column(title=title) for title in _TITLES],
        [
            (
                alert.id,
                alert.severity.value,
                alert.phase.value,
                ", ".join(quieted(alert, given[alert.id])),
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
    identifier: IdArgument, config: ConfigOption = None, *, as_json: JsonOption = False
) -> None:
    """Explain an alert: the rule, what happened in order of time, who was told and who was not."""
    from monitor.cli.alert_story import show  # noqa: PLC0415 - slow to import
    from monitor.web.story import story_json  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        found = _explained(identifier, history)
    if as_json:
        print_json(story_json(found))
    else:
        show(found)


@APP.command("ack")
def acknowledge(
    identifier: IdArgument,
    config: ConfigOption = None,
    *,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What is being done.")] = "",
    length: Annotated[
        timedelta | None,
        typer.Option(
            "--for", metavar="DURATION", parser=duration, help="For how long; default: 24h."
        ),
    ] = None,
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Acknowledge an open alert: somebody takes care of it, so it is not repeated or escalated.

    It counts until the alert is resolved (that is told), gets worse, or the time is over.
    """
    length = timedelta(hours=24) if length is None else length
    if length > LONGEST:
        msg = f"must be {format_duration(LONGEST)} at most"
        raise typer.BadParameter(msg, param_hint="--for")
    with opened(config) as history:
        found = _explained(identifier, history)
        _check_is_open(found.alert)
        given = Acknowledgement(
            alert_id=found.alert.id,
            severity=found.alert.severity,
            at=history.now,
            expires_at=history.now + length,
            author=author_of(author),
            note=note.strip(),
        )
        history.store.acknowledge(given)
    if as_json:
        from monitor.web.documents import alert_json  # noqa: PLC0415 - slow to import

        print_json(alert_json(found.alert, given) | {"note": given.note})
        return
    say(f"{found.alert.id}  acknowledged by {given.author}", style="bold")
    say(found.alert.summary)
    say(f"Nobody is reminded of it until {both(given.expires_at)}, unless it gets worse before.")


def _check_is_open(alert: Alert) -> None:
    """Refuse what cannot be acknowledged: nobody was told of it yet, or it is over."""
    match alert.phase:
        case Phase.PENDING:
            problem = "is pending: nobody was told of it yet; only an open alert is acknowledged"
        case Phase.RESOLVED:
            problem = "is already resolved: there is nothing left to acknowledge"
        case Phase.FIRING:
            return
    msg = f"{alert.id} ({clean(alert.summary)}) {problem}"
    raise typer.BadParameter(msg, param_hint="ID")


def _explained(identifier: str, history: Opened) -> "Explanation":
    """Return the alert that is meant, with all that explains it."""
    from monitor.store.queries import alerts  # noqa: PLC0415 - slow to import
    from monitor.web.story import explain  # noqa: PLC0415 - slow to import

    given = identifier.strip()
    found = explain(history.configuration, history.store, given, history.now) if given else None
    if found is None:
        known = [one.id for one in alerts(history.store, everything=True)]
        name = meant(identifier, known, "alert", "alerts list --all")
        found = explain(history.configuration, history.store, name, history.now)
    if found is None:
        msg = f"no alert {identifier!r}"
        raise typer.BadParameter(msg, param_hint="ID")
    return found
