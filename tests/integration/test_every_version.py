"""The collectors on every version of Orchestrator that is simulated, over real sockets."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from monitor.collectors import licenses, queues, sessions
from monitor.core.sample import Collected
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials, Credentials, Password
from monitor.orchestrator.deployment import Deployment
from monitor.simulator.profiles import PROFILES
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
WITHOUT_APPLICATIONS = {"2018.4", "2019.10"}
ALL = {"sessions": sessions.COLLECTOR, "queues": queues.COLLECTOR, "licenses": licenses.COLLECTOR}
SIGN_INS = [
    pytest.param(version, how, id=f"{version}-{how}")
    for version in PROFILES
    for how in ("password", "application")
    if not (how == "application" and version in WITHOUT_APPLICATIONS)
    and not (how == "password" and version == "cloud")
]


class StandingClock:
    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def server(version: str) -> Iterator[RunningServer]:
    with serve(Simulator(clock=StandingClock().now, profile=PROFILES[version])) as running:
        yield running


def polled(server: RunningServer, how: str) -> dict[str, list[Collected]]:
    """Poll everything three times: what is learned by the way must not spoil the next."""
    accounts = server.simulator.accounts
    credentials: Credentials = ClientCredentials(
        client_id=accounts.client_id, client_secret=lambda: SecretStr(accounts.client_secret)
    )
    if how == "password":
        credentials = Password(
            username=accounts.username, password=lambda: SecretStr(accounts.password)
        )
    client = OrchestratorClient(
        Deployment.parse(server.url),
        credentials,
        clock=StandingClock(),
        options=ClientOptions(timeout_s=5, attempts=2),
        wait=lambda _: None,
    )
    asks = {name: plugin.make("demo", {}) for name, plugin in ALL.items()}
    found: dict[str, list[Collected]] = {name: [] for name in ALL}
    with closing(client):
        for _ in range(3):
            for name, ask in asks.items():
                with client.poll(10) as poll:
                    found[name].append(ask(poll))
    return found


@pytest.mark.parametrize(("version", "how"), SIGN_INS)
def test_sessions_queues_and_licenses_are_seen(
    server: RunningServer, version: str, how: str
) -> None:
    found = polled(server, how)

    for name, polls in found.items():
        names = [{sample.subject.identity for sample in poll.samples} for poll in polls]
        assert names[0], f"{name} of {version}"
        assert names[0] == names[1] == names[2]
        assert not any(poll.skipped for poll in polls)
    estate = server.simulator.estate
    seen = [sample for sample in found["sessions"][0].samples if sample.subject.kind == "session"]
    assert len(seen) == len(estate.sessions)
    assert len(found["queues"][0].samples) == len(estate.queues)
    assert server.simulator.writes == ()
