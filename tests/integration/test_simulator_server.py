"""The simulated Orchestrator over real sockets: transport, faults of transport, control, ending."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

CONFIGURATION = "UiPath.Server.Configuration.OData"
RUNTIMES = f"/odata/Sessions/{CONFIGURATION}.GetMachineSessionRuntimes"
LICENSE = f"/odata/Settings/{CONFIGURATION}.GetLicense"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class HandClock:
    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def server(clock: HandClock) -> Iterator[RunningServer]:
    with serve(Simulator(clock=clock.now), control=True) as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    token = server.simulator.accounts.access_token
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=5, trust_env=False) as caller:
        yield caller


def test_an_application_signs_in_and_reads(server: RunningServer) -> None:
    accounts = server.simulator.accounts
    with httpx.Client(trust_env=False) as caller:
        token = caller.post(
            f"{server.base_url}/identity_/connect/token",
            data={
                "grant_type": "client_credentials",
                "client_id": accounts.client_id,
                "client_secret": accounts.client_secret,
                "scope": "OR.Robots.Read",
            },
        ).json()["access_token"]
        answer = caller.get(server.url + RUNTIMES, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200
    assert len(answer.json()["value"]) == 28 * 3 + 1


def test_the_date_is_the_injected_clocks_and_there_is_one_only(
    client: httpx.Client, clock: HandClock
) -> None:
    clock.instant = START + timedelta(days=1)
    answer = client.get(LICENSE)

    assert answer.headers.get_list("date") == ["Tue, 06 Jan 2026 08:00:00 GMT"]
    assert answer.headers["api-supported-versions"] == "20.0"
    assert "server" not in answer.headers


def test_large_answers_are_packed_for_those_who_ask(client: httpx.Client) -> None:
    packed = client.get(RUNTIMES)
    plain = client.get(RUNTIMES, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 4


def test_a_connection_is_kept_for_the_next_request(
    client: httpx.Client, server: RunningServer
) -> None:
    took_s = []
    for _ in range(20):
        started = time.perf_counter()
        assert client.get(RUNTIMES).status_code == 200
        took_s.append(time.perf_counter() - started)

    # An acknowledgement awaited between head and body would cost each request 40 ms, also the
    # luckiest on a busy machine.
    assert min(took_s) < 0.035
    assert len(server.simulator.requests) == 20


def test_a_slow_answer_comes_after_its_delay(client: httpx.Client, server: RunningServer) -> None:
    server.simulator.faults.start("slow", delay_s=0.2)
    started = time.perf_counter()

    assert client.get(LICENSE).status_code == 200
    assert time.perf_counter() - started >= 0.2


def test_a_caller_that_gives_up_meets_a_time_out(
    client: httpx.Client, server: RunningServer
) -> None:
    server.simulator.faults.start("slow", delay_s=30, times=1)
    with pytest.raises(httpx.ReadTimeout):
        client.get(LICENSE, timeout=0.1)

    assert client.get(LICENSE).status_code == 200


def test_a_dripping_answer_arrives_whole_in_pieces(
    client: httpx.Client, server: RunningServer
) -> None:
    expected = client.get(LICENSE).content
    server.simulator.faults.start("drip", chunk=300, delay_s=0.02)
    with client.stream("GET", LICENSE, headers={"Accept-Encoding": "identity"}) as answer:
        pieces = list(answer.iter_raw())

    assert len(pieces) > 1
    assert b"".join(pieces) == expected


def test_a_truncated_answer_breaks_off(client: httpx.Client, server: RunningServer) -> None:
    server.simulator.faults.start("truncated", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete"):
        client.get(LICENSE)

    assert client.get(LICENSE).status_code == 200


def test_a_reset_connection_is_an_error_of_reading(
    client: httpx.Client, server: RunningServer
) -> None:
    server.simulator.faults.start("reset", times=1)
    with pytest.raises(httpx.ReadError):
        client.get(LICENSE)

    assert client.get(LICENSE).status_code == 200
    assert [asking.status for asking in server.simulator.requests] == [0, 200]


def test_a_bomb_is_small_on_the_wire_and_large_unpacked(
    client: httpx.Client, server: RunningServer
) -> None:
    server.simulator.faults.start("gzip-bomb", megabytes=8)
    answer = client.get(LICENSE)

    assert int(answer.headers["content-length"]) < 100_000
    assert len(answer.content) > 8_000_000
    assert answer.json() == {"value": []}


def test_a_redirect_leads_elsewhere(client: httpx.Client, server: RunningServer) -> None:
    server.simulator.faults.start("redirect", location="https://elsewhere.example/")
    answer = client.get(LICENSE)

    assert answer.status_code == 302
    assert answer.headers["location"] == "https://elsewhere.example/"


def test_encoded_paths_and_options_are_understood(client: httpx.Client) -> None:
    query = "$filter=HostMachineName%20eq%20%27VM-RPA-01%27&%24top=1"
    answer = client.get(f"{RUNTIMES}?{query}")

    assert len(answer.json()["value"]) == 1


def test_switches_work_over_http(
    client: httpx.Client, server: RunningServer, clock: HandClock
) -> None:
    control = f"{server.base_url}/_simulator"
    assert client.post(f"{control}/silence/svc-invoice-011").status_code == 204
    assert client.post(f"{control}/silence-host/VM-RPA-02").status_code == 204
    clock.instant += timedelta(seconds=300)
    unresponsive = {
        row["ServiceUserName"]
        for row in client.get(RUNTIMES).json()["value"]
        if row["IsUnresponsive"]
    }
    assert len(unresponsive) == 5

    client.post(f"{control}/revive/svc-invoice-011")
    client.post(f"{control}/revive-host/VM-RPA-02")
    assert not any(row["IsUnresponsive"] for row in client.get(RUNTIMES).json()["value"])

    change = {"entity": "queue:Invoices", "change": {"new": 777, "arrivals": 0, "capacity": 0}}
    client.post(f"{control}/change", json=change)
    assert server.simulator.queue("Invoices").new == 777

    client.post(f"{control}/faults", json={"kind": "forbidden", "on": "GetLicense"})
    assert client.get(LICENSE).status_code == 403
    client.delete(f"{control}/faults/forbidden")
    assert client.get(LICENSE).status_code == 200

    asked = client.get(f"{control}/requests").json()
    assert [entry["status"] for entry in asked] == [200, 200, 403, 200]
    client.delete(f"{control}/requests")
    assert server.simulator.requests == ()


def test_what_was_asked_is_counted_over_http(client: httpx.Client, server: RunningServer) -> None:
    for path in (LICENSE, LICENSE, "/odata/QueueItems"):
        client.get(path)
    counts = client.get(f"{server.base_url}/_simulator/counts").json()

    assert counts == {"total": 3, "metered": 1, "endpoints": {"GetLicense": 2, "QueueItems": 1}}


def test_a_switch_that_makes_no_sense_is_refused(
    client: httpx.Client, server: RunningServer
) -> None:
    control = f"{server.base_url}/_simulator"

    assert "no robot 'nobody'" in client.post(f"{control}/silence/nobody").json()["error"]
    assert client.post(f"{control}/change", content=b"{").status_code == 400
    assert client.post(f"{control}/change", json={}).status_code == 400
    assert client.post(f"{control}/change", json=[]).status_code == 400
    assert client.post(f"{control}/nonsense").status_code == 404


def test_without_the_flag_there_are_no_switches(clock: HandClock) -> None:
    with serve(Simulator(clock=clock.now)) as server, httpx.Client(trust_env=False) as caller:
        answer = caller.post(f"{server.base_url}/_simulator/silence/svc-invoice-011")

        assert answer.status_code == 405
        clock.instant += timedelta(seconds=300)
        assert not server.simulator.session("svc-invoice-011").is_unresponsive


def test_a_server_ends_quickly_whatever_is_under_way(clock: HandClock) -> None:
    simulator = Simulator(clock=clock.now)
    simulator.faults.start("slow", delay_s=60)
    server = serve(simulator).start()
    headers = {"Authorization": f"Bearer {simulator.accounts.access_token}"}
    failures: list[Exception] = []

    def ask() -> None:
        try:
            httpx.get(server.url + LICENSE, headers=headers, timeout=30, trust_env=False)
        except httpx.TransportError as error:
            failures.append(error)

    callers = [threading.Thread(target=ask) for _ in range(3)]
    for caller in callers:
        caller.start()
    deadline = time.monotonic() + 5
    while len(simulator.requests) < 3 and time.monotonic() < deadline:
        threading.Event().wait(0.01)

    started = time.perf_counter()
    server.stop()
    took = time.perf_counter() - started
    for caller in callers:
        caller.join(5)

    assert took < 0.5
    assert len(failures) == 3


def test_a_port_in_use_is_told_at_once(server: RunningServer, clock: HandClock) -> None:
    with pytest.raises(OSError, match="in use"):
        serve(Simulator(clock=clock.now), port=server.port)


def test_a_stopped_server_frees_its_port(clock: HandClock) -> None:
    simulator = Simulator(clock=clock.now)
    with serve(simulator) as first:
        port = first.port
    with serve(simulator, port=port) as second:
        assert second.port == port


def test_bytes_that_are_no_http_do_no_harm(server: RunningServer, client: httpx.Client) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")

    assert client.get(LICENSE).status_code == 200
