"""The options that commands share, and how their values are read."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from monitor.core.duration import parse_duration

_CHOSEN = "monitor.config"


def _remember(context: typer.Context, value: Path | None) -> Path | None:
    """Let `--config` be given before or after the verb: the last one counts."""
    if value is not None:
        context.meta[_CHOSEN] = value
    chosen = context.meta.get(_CHOSEN)
    return chosen if isinstance(chosen, Path) else None


def duration(text: str) -> timedelta:
    """Read an option such as `90s`, `10m`, `7d` or `1h30m`.

    Raises:
        typer.BadParameter: it is something else, or no time at all.
    """
    try:
        length = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if not length:
        raise typer.BadParameter("must be longer than 0s")
    return length


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        callback=_remember,
        help="Configuration file, instead of $ORCHESTRATOR_MONITOR_CONFIG, ./config.toml or "
        "/etc/orchestrator-monitor/config.toml.",
    ),
]
SinceOption = Annotated[
    timedelta | None,
    typer.Option(metavar="DURATION", parser=duration, help="How far back to look, such as 7d."),
]
AuthorOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who says so; default: the login name.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def noun(about: str) -> typer.Typer:
    """Return an empty group of commands that takes `--config` as well."""
    group = typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None)

    @group.callback()
    def _before(config: ConfigOption = None) -> None:
        """Take the options that go before the verb."""

    return group
