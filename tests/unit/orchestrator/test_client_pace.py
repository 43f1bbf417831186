"""What the client does where Orchestrator asks to slow down, and with its share of requests."""

import httpx
import pytest

from monitor.errors import HeldBack, Throttled, Unreachable
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.pressure import Need
from monitor.orchestrator.wire import Folder
from tests.wires import FakeClock, Server, a_client, page

ITEMS = "/odata/QueueItems"
OTHER = "/odata/Folders"


@pytest.fixture
def server() -> Server:
    server = Server(FakeClock())
    server.routes[ITEMS] = page([])
    server.routes[OTHER] = page([])
    return server


def ask(client: OrchestratorClient, path: str = OTHER, need: Need = Need.ORDINARY) -> None:
    with client.poll(30, need) as poll:
        poll.list(path, row=Folder)


def test_a_refusal_keeps_the_others_from_asking_and_the_sessions_go_on(server: Server) -> None:
    with a_client(server, server.clock) as client:
        server.routes[OTHER] = httpx.Response(429)
        with pytest.raises(Throttled):
            ask(client)
        server.routes[OTHER] = page([])
        with pytest.raises(HeldBack) as caught:
            ask(client)
        ask(client, need=Need.FIRST)

    assert len(server.asked) == 2
    assert str(caught.value) == (
        "/odata/Folders: Orchestrator asked to slow down (429); not asked again until 08:05:00 UTC"
    )
    assert (caught.value.kind, caught.value.retry_after_s) == ("throttled", 60)


def test_it_asks_again_when_the_wait_is_over(server: Server) -> None:
    with a_client(server, server.clock) as client:
        server.routes[OTHER] = [httpx.Response(429, headers={"Retry-After": "90"}), page([])]
        with pytest.raises(Throttled):
            ask(client)
        server.clock.advance(90)
        ask(client)


def test_a_sign_in_that_is_throttled_holds_back_too(server: Server) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        server.requests.append(request)
        return httpx.Response(429)

    with a_client(refuse, server.clock) as client:
        for condition in (Throttled, HeldBack):
            with pytest.raises(condition):
                ask(client)

    assert len(server.requests) == 1


def test_a_metered_list_is_asked_within_the_share_only(server: Server) -> None:
    with a_client(server, server.clock) as client:
        for _ in range(5):
            ask(client, ITEMS)
        with pytest.raises(HeldBack, match="`metered_requests_per_minute`"):
            ask(client, ITEMS)
        ask(client)

    assert server.asked == [ITEMS] * 5 + [OTHER]


def test_a_refused_metered_list_leaves_the_others_alone(server: Server) -> None:
    server.routes[ITEMS] = httpx.Response(429)
    with a_client(server, server.clock) as client:
        for condition in (Throttled, HeldBack):
            with pytest.raises(condition):
                ask(client, ITEMS)
        ask(client)


def test_a_metered_list_that_fails_is_not_asked_again_in_the_same_poll(server: Server) -> None:
    server.routes[ITEMS] = httpx.Response(503)
    with a_client(server, server.clock) as client, pytest.raises(Unreachable):
        ask(client, ITEMS)

    assert server.asked == [ITEMS]
