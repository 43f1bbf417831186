"""A simulated Orchestrator in the foreground: what `simulate` runs."""

import dataclasses
import signal
import threading
from types import FrameType

import typer

from monitor.cli.output import say
from monitor.clock import SystemClock
from monitor.config.values import host_and_port
from monitor.simulator.profiles import CLOUD, PROFILES, SignIn
from monitor.simulator.scenario import ScenarioInvalid, load_scenario
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

TENANT = """\
[tenants.simulated]
url = "{url}"
auth = {auth}"""
APPLICATION = (
    '{{ type = "client-credentials", client_id = "{client_id}", '
    'client_secret = "{client_secret}" }}'
)
PERSON = (
    '{{ type = "password", tenancy_name = "{tenancy_name}", username = "{username}", '
    'password = "{password}" }}'
)


def simulate(
    scenario: str | None,
    listen: str,
    stopping: threading.Event | None = None,
    *,
    profile: str = CLOUD.name,
) -> int:
    """Answer until Ctrl-C, SIGTERM or `stopping`; return the exit status.

    Raises:
        typer.BadParameter: the scenario has mistakes, there is no such profile, or the address
            cannot be listened on.
    """
    if profile not in PROFILES:
        message = f"no version {profile!r}; there are {', '.join(PROFILES)}"
        raise typer.BadParameter(message, param_hint="--profile")
    try:
        host, port = host_and_port(listen)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--listen") from None
    try:
        script = None if scenario is None else load_scenario(scenario)
    except ScenarioInvalid as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from None
    simulator = Simulator(clock=SystemClock().now, scenario=script, profile=PROFILES[profile])
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
    profile = simulator.profile
    version = "" if profile is CLOUD else f" {profile.name}"
    say(
        f"A simulated Orchestrator{version}: {len(estate.sessions)} sessions, "
        f"{len(estate.queues)} queues, {len(estate.licenses)} license types."
    )
    say("Watch it with this configuration; the secret is an invention:")
    say()
    for line in configuration(server).splitlines():
        say(line)
    say()
    say("Ctrl-C ends it.")


def configuration(server: RunningServer) -> str:
    """Return the table of the tenant, with a sign-in that the simulated version has."""
    simulator = server.simulator
    accounts = dataclasses.asdict(simulator.accounts)
    takes_applications = SignIn.CLIENT_CREDENTIALS in simulator.profile.sign_ins.values()
    auth = (APPLICATION if takes_applications else PERSON).format(**accounts)
    return TENANT.format(url=server.url, auth=auth)


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
