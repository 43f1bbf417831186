from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from monitor.cli.findings import Finding, State
from monitor.cli.tenant_findings import _clock, _Cycle, _reached
from monitor.config.compose import Configuration
from monitor.config.load import load_text
from monitor.orchestrator.client import OrchestratorClient
from tests.wires import FakeClock, Server, a_client, page, refusal

SESSIONS = "/odata/Sessions/UiPath.Server.Configuration.OData.GetGlobalSessions"
RUNTIMES = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes"
VERSION = "/api/Status/Version"
TEXT = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "token-of-a-test" }
[channels.ops]
url = "json://localhost"
"""


@pytest.fixture
def server() -> Server:
    return Server(FakeClock())


@pytest.fixture
def client(server: Server) -> Iterator[OrchestratorClient]:
    with a_client(server, server.clock) as made:
        yield made


@pytest.fixture
def configuration() -> Configuration:
    return load_text(TEXT, Path("config.toml"))


def of_sessions(
    server: Server, client: OrchestratorClient, configuration: Configuration
) -> Finding:
    return _Cycle("production", configuration, client, server.clock).of("sessions")


def test_what_could_not_be_read_is_said_in_words_and_is_a_warning(
    server: Server, client: OrchestratorClient, configuration: Configuration
) -> None:
    server.routes = {RUNTIMES: refusal(403, 0), SESSIONS: page([])}
    finding = of_sessions(server, client, configuration)

    assert finding.state is State.WARNING
    assert finding.detail.endswith(
        "; hosts are not readable; grant Machines.View to see all of them"
    )
    assert finding.status == 0


def test_a_version_that_has_no_better_list_is_fine_and_costs_what_later_polls_cost(
    server: Server, client: OrchestratorClient, configuration: Configuration
) -> None:
    server.routes = {SESSIONS: page([])}
    finding = of_sessions(server, client, configuration)

    assert finding.state is State.OK
    assert finding.detail == "no sessions and no machines in 0.0 s; 1 request every 30s"


def test_the_cost_of_all_collectors_is_told_by_the_minute(
    server: Server, client: OrchestratorClient, configuration: Configuration
) -> None:
    server.routes = {SESSIONS: page([]), RUNTIMES: page([])}
    cycle = _Cycle("production", configuration, client, server.clock)
    cycle.of("sessions")
    assert cycle.cost().detail == "about 4.0 requests a minute, none metered"

    cycle.metered_a_minute = 2.5
    assert cycle.cost().detail == "about 4.0 requests a minute, 2.5 of them metered"


@pytest.mark.parametrize(
    ("version", "told"),
    [
        (httpx.Response(200, json={"version": "26.3.0\x1b[2J"}), "version 26.3.0 [2J, API 20.0"),
        (httpx.Response(404), ""),
    ],
)
def test_the_version_is_told_where_the_server_tells_it(
    server: Server, client: OrchestratorClient, version: httpx.Response, told: str
) -> None:
    version.headers["api-supported-versions"] = "9.0, 20.0, nonsense, 11.1"
    server.routes = {VERSION: version}
    base = "https://cloud.uipath.com/acme/Production/orchestrator_ answers"

    assert _reached(client) == (f"{base}, {told}" if told else base)


@pytest.mark.parametrize(
    ("ahead_s", "state", "words"),
    [
        (3, State.OK, "s ahead of this machine's, within"),
        (-20, State.OK, "s behind this machine's, within"),
        (-4000, State.WARNING, "; set the one that is wrong"),
    ],
)
def test_a_clock_that_is_far_off_is_a_warning(
    server: Server, client: OrchestratorClient, ahead_s: float, state: State, words: str
) -> None:
    ours = server.clock
    server.clock = FakeClock()
    server.clock.advance(ahead_s)
    server.clock.elapsed = ours.elapsed
    server.routes = {VERSION: httpx.Response(404)}
    _reached(client)
    finding = _clock("production", client)

    assert (finding.about, finding.state) == ("production/clock", state)
    assert words in finding.detail


def test_a_server_that_tells_no_time_is_a_warning(client: OrchestratorClient) -> None:
    assert _clock("production", client).state is State.WARNING
