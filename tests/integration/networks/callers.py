"""Clients as the daemon has them, and what they bring home: samples, or one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from monitor.clock import Clock, SystemClock
from monitor.collectors import sessions
from monitor.core.sample import Collected
from monitor.errors import OrchestratorError
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials, Credentials
from monitor.orchestrator.deployment import Deployment
from monitor.simulator.server import RunningServer

PATH = "/odata/Folders"


class AheadClock(SystemClock):
    """The machine's clock, moved ahead when a test says so: both hands together."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.ahead_s)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s


@contextmanager
def calling(
    orchestrator: RunningServer,
    origin: str,
    *,
    options: ClientOptions | None = None,
    clock: Clock | None = None,
    credentials: Credentials | None = None,
) -> Iterator[OrchestratorClient]:
    """A client of the simulated tenant that goes by `origin` instead of the server's own."""
    accounts = orchestrator.simulator.accounts
    client = OrchestratorClient(
        Deployment.parse(orchestrator.url.replace(orchestrator.base_url, origin)),
        credentials
        or ClientCredentials(
            client_id=accounts.client_id, client_secret=lambda: SecretStr(accounts.client_secret)
        ),
        clock=clock or SystemClock(),
        options=options or ClientOptions(timeout_s=3, attempts=1),
        wait=lambda _: None,
    )
    try:
        yield client
    finally:
        client.close()


def collected(client: OrchestratorClient, deadline_s: float = 10) -> Collected:
    """Poll the sessions."""
    with client.poll(deadline_s) as poll:
        return sessions.COLLECTOR.make("demo", {})(poll)


def names(client: OrchestratorClient, deadline_s: float = 10) -> list[str]:
    """Poll the sessions and return who was seen."""
    return sorted(sample.subject.name for sample in collected(client, deadline_s).samples)


def names_without_network(orchestrator: RunningServer) -> list[str]:
    """What there is to see."""
    with calling(orchestrator, orchestrator.base_url) as client:
        found = names(client)
    assert len(found) > 10
    return found


def sentence(client: OrchestratorClient, deadline_s: float = 5) -> str:
    """Poll in vain and return what a person reads."""
    with client.poll(deadline_s) as poll, pytest.raises(OrchestratorError) as caught:
        poll.get(PATH, type=dict)
    text = str(caught.value)
    endpoint = caught.value.endpoint
    assert text.startswith(f"{endpoint}: ")
    rest = text.removeprefix(f"{endpoint}: ")
    assert "; " in rest, text  # the cause; the cure
    assert ". " not in rest, text
    assert not rest.endswith("."), text
    assert text.isprintable()
    return text
