"""`history`: the past of robots, queues and licenses, readable without SQL."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from monitor.cli.context import opened
from monitor.cli.moments import SinceMomentOption, UntilMomentOption
from monitor.cli.options import ConfigOption, duration
from monitor.core.kinds import KINDS, Kind

DEFAULT_SINCE = timedelta(days=1)


class Format(StrEnum):
    """How the past is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("history", short_help="Show the past of robots, queues and licenses.")(show_history)


def kinds() -> dict[str, Kind]:
    """Return the kinds that have a past, by the word for many of them."""
    return {kind.plural: kind for kind in KINDS.values() if kind.history and kind.plural}


def _kind(word: str) -> Kind:
    known = kinds()
    for plural, kind in known.items():
        if word.lower() in {plural, kind.name}:
            return kind
    message = f"no history of {word!r}; there is one of {', '.join(known)}"
    raise typer.BadParameter(message)


def show_history(
    kind: Annotated[
        Kind,
        typer.Argument(
            metavar="|".join(kinds()),
            parser=_kind,
            help="What to look back on.",
            show_default=False,
        ),
    ],
    config: ConfigOption = None,
    *,
    name: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Only names like this: 'Invoice*'.")
    ] = None,
    since: SinceMomentOption = None,
    until: UntilMomentOption = None,
    every: Annotated[
        timedelta | None,
        typer.Option(
            metavar="DURATION",
            parser=duration,
            help="One row a step, such as 1h, with average, least and greatest values.",
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="How to print it.", show_default=True)
    ] = Format.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    as_plot: Annotated[
        bool, typer.Option("--plot", help="Draw it, by steps of --every or as fits.")
    ] = False,
) -> None:
    """Show the past: every change that was recorded, or one row a step with --every.

    Without --since the last day. Times are UTC.
    """
    from monitor.cli import past, plot  # noqa: PLC0415 - slow to import

    chosen = Format.JSON if as_json else form
    with opened(config) as history:
        end = min(until.before(history.now) if until else history.now, history.now)
        begin = since.before(history.now) if since else end - DEFAULT_SINCE
        if begin >= end:
            raise typer.BadParameter("must be after --since", param_hint="--until")
        if as_plot:
            every = every or plot.step_of(end - begin)
        asked = past.Question(
            kind=kind, name=name, since=begin, until=end, now=history.now, every=every
        )
        rows = past.steps(history.store, asked) if every else past.changes(history.store, asked)
        if as_plot:
            plot.print_as_plot(rows, asked)
            return
        match chosen:
            case Format.JSON:
                past.print_as_json(rows)
            case Format.CSV:
                past.print_as_csv(rows, asked)
            case Format.TABLE:
                past.print_as_table(rows, asked)
