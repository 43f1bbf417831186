"""`history`: the past of robots, queues and licenses, readable without SQL."""

import sys
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import opened
from monitor.cli.moments import SinceMomentOption, UntilMomentOption
from monitor.cli.options import ConfigOption, duration
from monitor.core.kinds import Kind, kind_with_past, kinds_with_past

if TYPE_CHECKING:
    from monitor.web.past import Past, Row


class Format(StrEnum):
    """How the past is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("history", short_help="Show the past of robots, queues and licenses.")(show_history)


def _kind(word: str) -> Kind:
    try:
        return kind_with_past(word)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def show_history(
    kind: Annotated[
        Kind,
        typer.Argument(
            metavar="|".join(kinds_with_past()),
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
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC", help="Only this one, such as new_items; may be repeated."),
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
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write CSV, JSON or Parquet there; whole, or not at all."
        ),
    ] = None,
) -> None:
    """Show the past: every change that was recorded, or one row a step with --every.

    Without --since the last day. Times are UTC. What nobody saw is said to be so.
    """
    from monitor.cli import plot  # noqa: PLC0415 - slow to import
    from monitor.web.past import DEFAULT_SINCE, Past, Question, metrics_of  # noqa: PLC0415 - slow to import

    chosen = Format.JSON if as_json else form
    if chosen is Format.PARQUET and output is None:
        raise typer.BadParameter("Parquet is for a file: say which", param_hint="--output")
    if output is not None and (chosen is Format.TABLE or as_plot):
        message = "goes with --format csv, json or parquet"
        raise typer.BadParameter(message, param_hint="--output")
    try:
        only = metrics_of(kind, metric or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--metric") from None
    with opened(config) as history:
        end = min(until.before(history.now) if until else history.now, history.now)
        begin = since.before(history.now) if since else end - DEFAULT_SINCE
        if begin >= end:
            raise typer.BadParameter("must be after --since", param_hint="--until")
        if as_plot:
            every = every or plot.step_of(end - begin)
        asked = Question(
            kind=kind,
            name=name,
            since=begin,
            until=end,
            now=history.now,
            every=every,
            only=only,
        )
        past = Past(history.store, history.configuration.collectors, asked)
        if as_plot:
            plot.print_as_plot(_told(past, chosen, output), past)
        else:
            _show(past, chosen, output)


def _show(past: "Past", form: Format, output: Path | None) -> None:
    from monitor.cli import past as printed  # noqa: PLC0415 - slow to import
    from monitor.cli.whole_file import whole_bytes, whole_text  # noqa: PLC0415 - with them

    rows = _told(past, form, output)
    write = printed.write_json if form is Format.JSON else printed.write_csv
    if form is Format.TABLE:
        printed.print_as_table(rows, past)
    elif output is None:
        write(rows, past.asked, sys.stdout)
    elif form is Format.PARQUET:
        from monitor.cli.parquet import write_parquet  # noqa: PLC0415 - needs the extra

        with whole_bytes(output) as file:
            write_parquet(rows, past.asked, file)
    else:
        with whole_text(output) as text:
            write(rows, past.asked, text)


def _told(past: "Past", form: Format, output: Path | None) -> "Iterable[Row]":
    """Return the rows; how far it is is told, unless the rows themselves show it."""
    from monitor.cli.progress import watched  # noqa: PLC0415 - with the rest

    are_shown = output is None and form in {Format.CSV, Format.JSON} and sys.stdout.isatty()
    return past.rows() if are_shown else watched(past.rows(), "rows")
