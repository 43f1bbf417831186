"""A simulated Orchestrator in the foreground: what `simulate` runs."""

import signal
import threading
from types import FrameType

import typer

from monitor.cli.output import say
from monitor.clock import SystemClock
from monitor.config.values import host_and_port
from monitor.simulator.scenario import ScenarioInvalid, load_scenario
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

CONFIGURATION = """\
[tenants.simulated]
url = "{url}"
auth = {{ type = "client-credentials", client_id = "{client_id}", client_secret = "{secret}" }}"""


def simulate(scenario: str | None, listen: str, stopping: threading.Event | None = None) -> int:
    """Answer until Ctrl-C, SIGTERM or `stopping`; return the exit status.

    Raises:
        typer.BadParameter: the scenario has mistakes, or the address cannot be listened on.
    """
    try:
        host, port = host_and_port(listen)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--listen") from None
    try:
        script = None if scenario is None else load_scenario(scenario)
    except ScenarioInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from None
    simulator = Simulator(clock=SystemClock().now, scenario=script)
    try:
        server = serve(simulator, host, port, control=True)
    except OSError as error:
        message = f"{listen} cannot be listened on: {error.strerror or error}"
        raise typer.BadParameter(message, param_hint="--listen") from None
    if stopping is None:
        stopping = threading.Event()
        _stop_on_signals(stopping)
    with server:
        _introduce(server)
        stopping.wait()
    say("Stopped.")
    return 0


def _introduce(server: RunningServer) -> None:
    simulator = server.simulator
    estate = simulator.estate
    say(
        f"A simulated Orchestrator: {len(estate.sessions)} sessions, {len(estate.queues)} queues, "
        f"{len(estate.licenses)} license types."
    )
    say("Watch it with this configuration; the secret is an invention:")
    say()
    accounts = simulator.accounts
    configuration = CONFIGURATION.format(
        url=server.url, client_id=accounts.client_id, secret=accounts.client_secret
    )
    for line in configuration.splitlines():
        say(line)
    say()
    say("Ctrl-C ends it.")


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
