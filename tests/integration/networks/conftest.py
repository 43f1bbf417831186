"""A simulated Orchestrator and an authority, for all tests of networks."""

import socket
from collections.abc import Iterator

import pytest
import trustme

from monitor.clock import SystemClock
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator


@pytest.fixture(scope="package")
def orchestrator() -> Iterator[RunningServer]:
    """A plain http server of a simulated tenant."""
    with serve(Simulator(clock=SystemClock().now)) as server:
        yield server


@pytest.fixture(scope="package")
def authority() -> trustme.CA:
    """The private authority of a company."""
    return trustme.CA()


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no name be known."""

    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
