"""`run`, `demo` and `simulate`: the commands that go on until they are stopped."""

from datetime import timedelta
from typing import Annotated

import typer

from monitor.cli.options import ConfigOption, duration

_PORTS = 65535
_FASTEST = 1000.0


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("demo", short_help="Watch it work, with a simulated Orchestrator.")(demo)
    app.command("simulate", short_help="Run a simulated Orchestrator alone.")(simulate)
    app.command("run", short_help="Run the daemon.")(run)


def run(
    config: ConfigOption = None,
    *,
    once: Annotated[
        bool,
        typer.Option(
            "--once", help="Run every collector once, evaluate, deliver what is due, exit."
        ),
    ] = False,
) -> None:
    """Run the daemon until it is told to stop."""
    from monitor.cli.run import run as run_daemon  # noqa: PLC0415 - slow to import

    raise typer.Exit(run_daemon(config, once=once))


def demo(
    length: Annotated[
        timedelta | None,
        typer.Option(
            "--for", metavar="DURATION", parser=duration, help="End by itself after this."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=_PORTS, help="Port of the status page; 0 picks a free one.")
    ] = 0,
    speed: Annotated[
        float,
        typer.Option(min=1.0, max=_FASTEST, help="How many seconds pass in one."),
    ] = 20.0,
) -> None:
    """Watch it work: a simulated Orchestrator, the daemon and its messages on this machine."""
    from monitor.cli.demo import demo as run_demo  # noqa: PLC0415 - slow to import

    seconds = None if length is None else length.total_seconds()
    raise typer.Exit(run_demo(seconds=seconds, port=port, speed=speed))


def simulate(
    scenario: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Scenario file, or the name of one that is shipped."),
    ] = None,
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where to answer; port 0 picks a free one.")
    ] = "127.0.0.1:8322",
    profile: Annotated[
        str, typer.Option(metavar="VERSION", help="Version of Orchestrator: cloud, 2023.10, …")
    ] = "cloud",
) -> None:
    """Run a simulated Orchestrator alone, to try a configuration on."""
    from monitor.cli.simulation import simulate as run_simulation  # noqa: PLC0415 - slow

    raise typer.Exit(run_simulation(scenario, listen, profile=profile))
