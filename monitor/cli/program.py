"""All commands in one program, and what becomes of a failure: a sentence and an exit status."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from monitor import __version__
from monitor.cli import (
    alerts,
    channels,
    check,
    config,
    db,
    deliveries,
    history,
    launch,
    maintenance,
    report,
    routes,
    rules,
    silences,
    status,
)
from monitor.cli.options import ConfigOption
from monitor.cli.output import complain
from monitor.errors import MonitorError

APP = typer.Typer(
    name="orchestrator-monitor",
    help="Watch UiPath Orchestrator and tell people, early and without noise, when work stops.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - the parser calls it like this
    if value:
        typer.echo(f"orchestrator-monitor {__version__}")
        raise typer.Exit


@APP.callback()
def _root(
    config: ConfigOption = None,
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Take the options that go before the verb."""


launch.add_to(APP)
check.add_to(APP)
status.add_to(APP)
APP.add_typer(alerts.APP, name="alerts")
APP.add_typer(silences.APP, name="silences")
APP.add_typer(deliveries.APP, name="deliveries")
history.add_to(APP)
APP.add_typer(report.APP, name="report")
APP.add_typer(rules.APP, name="rules")
APP.add_typer(routes.APP, name="routes")
APP.add_typer(maintenance.APP, name="maintenance")
APP.add_typer(channels.APP, name="channels")
APP.add_typer(config.APP, name="config")
APP.add_typer(db.APP, name="db")


def execute(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; our failures come without traceback."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a robot's name must not end the command.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        APP(list(arguments), prog_name="orchestrator-monitor")
    except MonitorError as error:
        complain(str(error))
        return error.exit_status
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0
