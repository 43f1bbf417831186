"""Every profile on a real socket: the address, the printed configuration, our own client."""

import threading
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
import pytest
from pydantic import SecretStr

from monitor.cli.main import run
from monitor.cli.simulation import configuration, simulate
from monitor.config.tenants import Tenant
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials, Credentials, Password
from monitor.orchestrator.deployment import Deployment, DeploymentKind
from monitor.simulator.profiles import PROFILES, Folders
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PEOPLE_ONLY = {"2018.4", "2019.10"}


class StandingClock:
    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0


class Machine(msgspec.Struct, rename="pascal"):
    id: int
    name: str


@pytest.fixture(params=PROFILES)
def server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    simulator = Simulator(clock=StandingClock().now, profile=PROFILES[request.param])
    with serve(simulator) as running:
        yield running


def test_the_printed_configuration_is_right_for_the_version(server: RunningServer) -> None:
    table = tomllib.loads(configuration(server))["tenants"]["simulated"]
    name = server.simulator.profile.name

    assert Tenant.model_validate(table)
    assert table["auth"]["type"] == ("password" if name in PEOPLE_ONLY else "client-credentials")
    in_path = urlsplit(table["url"]).path
    assert in_path == ("/acme/Production/orchestrator_" if name == "cloud" else "")
    kind = Deployment.parse(table["url"]).kind
    assert (kind is DeploymentKind.STANDALONE) == (name != "cloud")


def test_our_client_signs_in_and_pages_through_a_list(server: RunningServer) -> None:
    with closing(client(server)) as orchestrator, orchestrator.poll(10) as poll:
        rows = poll.list("/odata/Machines", row=Machine, select=("Id", "Name"))

    assert {row.name for row in rows} >= {"UnattendedPool", "TerminalServers"}
    endpoints = {asking.endpoint for asking in server.simulator.requests}
    assert endpoints == {"Token", "Machines"}
    assert server.simulator.writes == ()


def client(server: RunningServer) -> OrchestratorClient:
    accounts = server.simulator.accounts
    credentials: Credentials
    if server.simulator.profile.name in PEOPLE_ONLY:
        credentials = Password(
            username=accounts.username, password=lambda: SecretStr(accounts.password)
        )
    else:
        credentials = ClientCredentials(
            client_id=accounts.client_id,
            client_secret=lambda: SecretStr(accounts.client_secret),
            scopes=("OR.Default",),
        )
    return OrchestratorClient(
        Deployment.parse(server.url),
        credentials,
        clock=StandingClock(),
        options=ClientOptions(timeout_s=5, attempts=1),
        wait=lambda _: None,
    )


@pytest.mark.parametrize("name", PROFILES)
def test_simulate_takes_every_version(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    stopping = threading.Event()
    stopping.set()

    assert simulate(None, "127.0.0.1:0", stopping, profile=name) == 0
    first, *_ = capsys.readouterr().out.splitlines()
    sessions = 41 if PROFILES[name].folders is Folders.MODERN else 40
    assert first.endswith("license types.")
    assert f"{sessions} sessions, 15 queues" in first
    assert (f"Orchestrator {name}:" in first) == (name != "cloud")


def test_a_version_that_is_none_is_a_usage_error_that_names_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["simulate", "--profile", "2017.1", "--listen", "127.0.0.1:0"])

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "--profile" in told
    assert all(name in told for name in PROFILES)
