"""`check`: does it all work: configuration, database, sign-in, every collector, channels?"""

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import ConfigOption, JsonOption
from monitor.cli.output import Column, clean, print_json, say, table
from monitor.web.wording import count

if TYPE_CHECKING:
    from monitor.cli.findings import Finding
    from monitor.config.compose import Configuration


_STATE_WIDTH = len("warning")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("check", short_help="Try sign-in, collectors, database, channels.")(check)


def check(
    config: ConfigOption = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only the configuration and the database.")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Send a test message through every channel.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Try everything once: sign in, poll with every collector, look at database and channels.

    Exits with 1 when a check failed, 2 when the configuration is wrong, 3 when Orchestrator cannot
    be reached or signed in to, 4 when the database cannot be used: the highest that applies.
    """
    from monitor.config.load import load  # noqa: PLC0415 - slow to import
    from monitor.daemon.logs import configure  # noqa: PLC0415 - slow to import
    from monitor.daemon.wiring import secrets_of  # noqa: PLC0415 - slow to import

    configuration = load(config)
    found: list[Finding] = []
    width = _widest(configuration)
    # What libraries have to say is said by the findings already, in better words.
    with closing(configure("critical", configuration.log.format, secrets_of(configuration))):
        for finding in _look(configuration, offline=offline, notify=notify):
            found.append(finding)
            if not as_json:
                _show(finding, width)
    status = max((finding.status for finding in found), default=0)
    if as_json:
        print_json(
            {"ok": not status, "file": str(configuration.file), "checks": [f.json() for f in found]}
        )
    else:
        failed = sum(bool(finding.status) for finding in found)
        remarks = sum(finding.state == "warning" for finding in found)
        say()
        if failed:
            say(f"{failed} of {count(len(found), 'check')} failed.", style="bold red")
        elif remarks:
            say(f"It works; {count(remarks, 'warning')} above.", style="bold yellow")
        else:
            say("All is well.", style="bold green")
    if status:
        raise typer.Exit(status)


def _look(configuration: "Configuration", *, offline: bool, notify: bool) -> Iterator["Finding"]:
    from monitor.cli import findings, tenant_findings  # noqa: PLC0415 - slow to import
    from monitor.clock import SystemClock  # noqa: PLC0415 - with the rest

    clock = SystemClock()
    yield from findings.of_configuration(configuration)
    yield from findings.of_maintenance(configuration, clock)
    yield from findings.of_database(configuration)
    if not offline:
        for name in configuration.tenants:
            yield from tenant_findings.of_tenant(name, configuration, clock)
    yield from findings.of_channels(configuration, clock, notify=notify and not offline)


def _show(finding: "Finding", width: int) -> None:
    about = clean(finding.about)
    table(
        [Column(title="")] * 3,
        [(about.ljust(width), finding.state.value.ljust(_STATE_WIDTH), finding.detail)],
    )


def _widest(configuration: "Configuration") -> int:
    """Return the width of the first column, so that every row can be shown as it comes."""
    rows = ["configuration", "database"]
    rows += [f"maintenance {name}" for name in configuration.plan.windows]
    rows += [f"channel {name}" for name in configuration.channels]
    parts = ("sign-in", "reached", "clock", "cost", *configuration.collectors)
    rows += [f"{name}/{part}" for name in configuration.tenants for part in parts]
    return max(len(clean(row)) for row in rows)
