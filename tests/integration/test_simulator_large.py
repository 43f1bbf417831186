"""The largest simulated tenant over a real socket: faults of transport, and ending amid them."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from monitor.simulator.estates import large_estate
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

CONFIGURATION = "UiPath.Server.Configuration.OData"
RUNTIMES = f"/odata/Sessions/{CONFIGURATION}.GetMachineSessionRuntimes?$top=1000"
LICENSE = f"/odata/Settings/{CONFIGURATION}.GetLicense"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ESTATE = large_estate()


@pytest.fixture
def server() -> Iterator[RunningServer]:
    with serve(Simulator(clock=lambda: START, estate=ESTATE)) as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {server.simulator.accounts.access_token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=10, trust_env=False) as caller:
        yield caller


def idle(server: RunningServer) -> bool:
    """Wait until no request is being answered; False where one still is after five seconds."""
    deadline = time.monotonic() + 5
    while server.busy and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return not server.busy


def test_all_sessions_come_page_by_page(client: httpx.Client) -> None:
    ids = set()
    for skip in range(0, 20_000, 1000):
        rows = client.get(f"{RUNTIMES}&$skip={skip}&$select=SessionId").json()["value"]
        ids |= {row["SessionId"] for row in rows}

    assert len(ids) == 9000


def test_a_large_page_drips_and_arrives_whole(client: httpx.Client, server: RunningServer) -> None:
    expected = client.get(RUNTIMES).json()
    server.simulator.faults.start("drip", chunk=100_000, delay_s=0.01)
    with client.stream("GET", RUNTIMES, headers={"Accept-Encoding": "identity"}) as answer:
        pieces = list(answer.iter_raw())
    server.simulator.faults.clear()

    assert len(pieces) >= 4
    assert client.get(RUNTIMES).json() == expected


@pytest.mark.parametrize("kind", ["drip", "slow"])
def test_an_answer_that_takes_forever_ends_when_the_caller_leaves(
    client: httpx.Client, server: RunningServer, kind: str
) -> None:
    server.simulator.faults.start(kind, delay_s=3600, times=1)
    with (
        pytest.raises(httpx.ReadTimeout),
        client.stream("GET", RUNTIMES, timeout=0.3) as answer,
    ):
        answer.read()

    assert idle(server)
    assert client.get(LICENSE).status_code == 200


@pytest.mark.parametrize("kind", ["drip", "slow"])
def test_the_server_ends_amid_an_answer_that_takes_forever(
    client: httpx.Client, server: RunningServer, kind: str
) -> None:
    server.simulator.faults.start(kind, delay_s=3600)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            client.get(RUNTIMES)
        except httpx.TransportError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 5
    while not server.busy and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    started = time.perf_counter()
    server.stop()
    took_s = time.perf_counter() - started
    asking.join(5)

    assert took_s < 2
    assert len(failures) == 1


def test_a_caller_that_reads_slowly_holds_nobody_up(
    client: httpx.Client, server: RunningServer
) -> None:
    server.simulator.faults.start("drip", on="GetMachine*", chunk=1000, delay_s=0.05)
    with client.stream("GET", RUNTIMES) as answer:
        first = next(answer.iter_raw())
        assert client.get(LICENSE).status_code == 200

    assert first
    assert idle(server)


def test_a_large_page_breaks_off(client: httpx.Client, server: RunningServer) -> None:
    server.simulator.faults.start("truncated", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete"):
        client.get(RUNTIMES)
    server.simulator.faults.start("reset", times=1)
    with pytest.raises(httpx.ReadError):
        client.get(RUNTIMES)
    server.simulator.faults.start("html", times=1)
    assert client.get(RUNTIMES).text.startswith("<!DOCTYPE html>")

    assert len(client.get(RUNTIMES).json()["value"]) == 1000


def test_hostile_rows_come_in_large_pages_too(client: httpx.Client, server: RunningServer) -> None:
    server.simulator.faults.start("hostile-text")
    rows = client.get(RUNTIMES).json()["value"]

    assert len(rows) == 1000
    assert len(rows[10]["HostMachineName"]) == 5000
