"""IPv6, and links that crawl."""

import gzip
import json
import socket
import time

import pytest

from monitor.clock import SystemClock
from monitor.errors import OrchestratorError
from monitor.orchestrator.client import ClientOptions
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator
from tests.integration.networks.callers import (
    PATH,
    calling,
    names,
    names_without_network,
    sentence,
)
from tests.integration.networks.links import (
    full_backlog,
    listening,
    nobody,
    relay_to,
    say,
)
from tests.wires import pat

HERE = "127.0.0.1"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: 2\r\n\r\n{}"
ONCE = ClientOptions(timeout_s=0.2, attempts=1)


def test_ipv6_by_address() -> None:
    with serve(Simulator(clock=SystemClock().now), host="::1") as orchestrator:
        assert orchestrator.base_url == f"http://[::1]:{orchestrator.port}"
        with calling(orchestrator, orchestrator.base_url) as client:
            assert len(names(client)) > 10


def test_an_ipv6_address_stands_in_brackets_in_what_is_told(orchestrator: RunningServer) -> None:
    port = nobody()
    with calling(orchestrator, f"http://[::1]:{port}", options=ONCE) as client:
        assert sentence(client) == (
            f"sign-in at [::1]:{port}: [::1]:{port} refuses connections; check that it runs, and "
            "the port in `url` (or `identity_url`)"
        )


def both_families(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(_host: str, port: int, **_: object) -> list[object]:
        v6 = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", port, 0, 0))
        v4 = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        return [v6, v4]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: (look_up if host == "localhost" else real)(host, *a, **k),
    )


def test_where_ipv6_refuses_ipv4_answers(
    orchestrator: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_families(monkeypatch)
    with calling(orchestrator, f"http://localhost:{orchestrator.port}") as client:
        assert names(client) == names_without_network(orchestrator)


def test_where_ipv6_leads_nowhere_ipv4_answers(
    orchestrator: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_families(monkeypatch)
    options = ClientOptions(timeout_s=0.4, attempts=1)
    origin = f"http://localhost:{orchestrator.port}"
    with (
        full_backlog("::1", orchestrator.port),
        calling(orchestrator, origin, options=options, credentials=pat()) as client,
        client.poll(5) as poll,
        pytest.raises(OrchestratorError, match="401"),
    ):
        poll.get(PATH, type=dict)


def test_a_crawling_link_ends_at_the_deadline_of_the_poll(orchestrator: RunningServer) -> None:
    with listening(relay_to(orchestrator.port, bytes_per_s=1000)) as link:
        options = ClientOptions(timeout_s=30)
        origin = f"http://{HERE}:{link.port}"
        with calling(orchestrator, origin, options=options) as client:
            started = time.monotonic()
            text = sentence(client, deadline_s=0.4)
            took_s = time.monotonic() - started

    assert text == (
        f"sign-in at {HERE}:{link.port}: no complete answer within the time of this poll; "
        "Orchestrator or the network is slow, or `every` is too short"
    )
    assert took_s < 2


def test_a_large_page_over_a_slow_link_is_read_within_the_deadline(
    orchestrator: RunningServer,
) -> None:
    rows = [{"Id": number, "Name": f"robot {number}"} for number in range(10_000)]
    body = gzip.compress(json.dumps({"value": rows}).encode())
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert len(body) > 30_000
    with (
        listening(say(head + body)) as server,
        listening(relay_to(server.port, bytes_per_s=len(body) * 4)) as link,
        calling(
            orchestrator,
            f"http://{HERE}:{link.port}",
            options=ClientOptions(timeout_s=0.2, attempts=1),
            credentials=pat(),
        ) as client,
        client.poll(5) as poll,
    ):
        assert poll.get(PATH, type=dict)["value"] == rows
