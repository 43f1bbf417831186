"""`silences`: some alerts are not told for a while, because somebody said so."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import Opened, opened
from monitor.cli.labels import glob_hints, unknown_labels, where_of
from monitor.cli.options import (
    AuthorOption,
    ConfigOption,
    JsonOption,
    duration,
    noun,
)
from monitor.cli.output import Column, complain, print_json, say, table
from monitor.cli.people import author_of, meant
from monitor.cli.times import both, instant, short
from monitor.core.alert import Alert, Phase
from monitor.core.duration import format_duration
from monitor.core.matching import Where
from monitor.core.mute import Silence
from monitor.core.routing import alert_labels
from monitor.web.wording import count, span

if TYPE_CHECKING:
    from monitor.config.compose import Configuration
    from monitor.store.store import Store

APP = noun("Keep some alerts from being told for a while.")

LONGEST = timedelta(days=30)
NAMED = 5
_ID_BYTES = 5


@APP.command("add")
def add_silence(
    matchers: Annotated[
        list[str] | None,
        typer.Argument(metavar="MATCHER", help="More matchers, as after --where."),
    ] = None,
    config: ConfigOption = None,
    *,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MATCHER",
            help="Which alerts: name=x, name!=x, name=~REGEX or name!~REGEX, over any label. May "
            "be given several times: all must match.",
        ),
    ] = None,
    length: Annotated[
        timedelta | None,
        typer.Option("--for", metavar="DURATION", parser=duration, help="For how long."),
    ] = None,
    starts: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When it begins; default: now.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it ends, instead of --for.")
    ] = None,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who ask later.")],
    author: AuthorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Silence the alerts that match, from now on or for a time ahead.

    Nothing is lost: what is still open when the silence ends is told then, and of what was told
    before the end is. A TIME is 2027-03-28T01:30:00Z, 2027-03-28T03:30 by this machine's clock, or
    03:30 for the next one. A silence ends, after 30 days at the latest.
    """
    chosen = where_of([*(where or ()), *(matchers or ())], "--where")
    if not comment.strip():
        raise typer.BadParameter("must say why, for those who ask later", param_hint="--comment")
    with opened(config) as history:
        remarks = [*unknown_labels(chosen.names, history.configuration, "--where")]
        begin, end = _time(history.now, starts, length, until)
        silence = Silence(
            id=_new_id(),
            where=chosen,
            starts_at=begin,
            ends_at=end,
            author=author_of(author),
            comment=comment.strip(),
        )
        try:
            history.store.add_silence(silence, history.now)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--where") from None
        covered = _covered(chosen, history.configuration, history.store)
    if as_json:
        from monitor.web.story import silence_json  # noqa: PLC0415 - slow to import

        print_json(silence_json(silence, history.now) | {"covers": [one.id for one in covered]})
    else:
        _show_new(silence, covered, history.now)
    for remark in (*remarks, *glob_hints(chosen)):
        complain(f"Note: {remark}")


@APP.command("list")
def list_silences(
    config: ConfigOption = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Include the silences that have ended.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List the silences that are active or yet to begin."""
    from monitor.web.story import silence_json, state_of  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        now = history.now
        found = history.store.list_silences(now, all_=everything)
    if as_json:
        print_json([silence_json(silence, now) for silence in found])
        return
    if not found:
        say("No silences." if everything else "No silences; --all shows those that have ended.")
        return
    titles = ("id", "state", "from", "to", "where", "author", "comment")
    table(
        [Column(title=title) for title in titles],
        [
            (
                silence.id,
                state_of(silence, now),
                short(silence.starts_at, now),
                short(silence.ends_at, now),
                str(silence.where),
                silence.author,
                silence.comment,
            )
            for silence in found
        ],
    )


@APP.command("expire")
def expire_silence(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="The silence's id, or the beginning of it.")
    ],
    config: ConfigOption = None,
) -> None:
    """End a silence now; what is still open is told."""
    with opened(config) as history:
        silence = _found(identifier, history)
        if not history.store.expire_silence(silence.id, history.now):
            msg = f"the silence {silence.id} has ended already"
            raise typer.BadParameter(msg, param_hint="ID")
        covered = _covered(silence.where, history.configuration, history.store)
    if silence.is_active(history.now):
        say(f"{silence.id} has ended: {silence.where}; it covered {_named(covered)}.")
    else:
        say(f"{silence.id} will not begin: {silence.where}.")


def _time(
    now: datetime, starts: str | None, length: timedelta | None, until: str | None
) -> tuple[datetime, datetime]:
    """Return when a silence begins and ends; what is over cannot be silenced any more."""
    asked = now if starts is None else instant(starts, now, "--from")
    begin = max(asked, now)
    if (length is None) == (until is None):
        raise typer.BadParameter(
            "say when it ends: --for 2h or --until 06:00, one of them", param_hint="--for"
        )
    if length is not None:
        option, end = "--for", asked + length
    else:
        option, end = "--until", instant(until or "", now, "--until")
    if end <= begin:
        reason = "is over already" if end <= now else "comes before --from"
        msg = f"{both(end)} {reason}"
        raise typer.BadParameter(msg, param_hint=option)
    if end - begin > LONGEST:
        msg = (
            f"must be {format_duration(LONGEST)} at most: a silence that is longer is forgotten; "
            "what recurs is a maintenance window"
        )
        raise typer.BadParameter(msg, param_hint=option)
    return begin, end


def _show_new(silence: Silence, covered: list[Alert], now: datetime) -> None:
    begins = silence.starts_at > now
    say(f"{silence.id}  {silence.where}", style="bold")
    table(
        [Column(title="")] * 2,
        [
            ("from", both(silence.starts_at) + ("" if begins else ", which is now")),
            ("to", f"{both(silence.ends_at)}, {span(silence.ends_at - silence.starts_at)} later"),
            ("by", f"{silence.author}: {silence.comment}"),
            ("now", f"covers {_named(covered)}"),
        ],
    )


def _named(covered: list[Alert]) -> str:
    """Return `2 open alerts: Invoices, Mail`; a pending one is said to be so."""
    if not covered:
        return "no open alert"
    names = [
        alert.subject.name + (" (pending)" if alert.phase is Phase.PENDING else "")
        for alert in covered[:NAMED]
    ]
    rest = len(covered) - len(names)
    more = f" and {rest} more" if rest else ""
    return f"{count(len(covered), 'open alert')}: {', '.join(names)}{more}"


def _covered(where: Where, configuration: "Configuration", store: "Store") -> list[Alert]:
    """Return the open alerts that match, the worst and oldest first."""
    from monitor.store.queries import alerts  # noqa: PLC0415 - slow to import

    rules = configuration.plan.rules
    return [
        alert
        for alert in alerts(store)
        if where.matches(alert_labels(alert, rules.get(alert.rule)))
    ]


def _found(identifier: str, history: Opened) -> Silence:
    known = {one.id: one for one in history.store.list_silences(history.now, all_=True)}
    return known[meant(identifier, known, "silence", "silences list --all")]


def _new_id() -> str:
    """Return eight letters and digits that nobody has to type in full."""
    return base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode()
