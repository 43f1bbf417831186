"""How the pages of a list come: one by one or some at a time, in order, and none kept."""

import json
import threading
import weakref
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from monitor.errors import AccessDenied, UnexpectedResponse
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.wire import Folder
from tests.wires import BASE, FakeClock, Server, a_client, page, paged, query_of, refusal

PATH = "/odata/Folders"


@pytest.fixture
def server() -> Server:
    return Server(FakeClock())


@pytest.fixture
def client(server: Server) -> Iterator[OrchestratorClient]:
    with a_client(server, server.clock) as client:
        yield client


def rows(count: int, first: int = 1) -> list[dict[str, object]]:
    return [{"Id": first + i, "DisplayName": f"F{first + i}"} for i in range(count)]


def ids(client: OrchestratorClient) -> list[int | None]:
    with client.poll(30) as poll:
        return [row.id for row in poll.list(PATH, row=Folder)]


@pytest.mark.parametrize(("page_s", "threads"), [(0.001, "one"), (0.2, "several")])
def test_pages_come_together_only_where_waiting_for_each_would_take_long(
    client: OrchestratorClient, server: Server, page_s: float, threads: str
) -> None:
    askers: set[str] = set()
    answer = paged(rows(4500))

    def serve(request: httpx.Request) -> httpx.Response:
        askers.add(threading.current_thread().name)
        server.clock.advance(page_s)
        return answer(request)

    server.routes[PATH] = serve
    for _ in range(2):
        assert ids(client) == list(range(1, 4501))

    assert (len(askers) > 1) == (threads == "several")


@pytest.mark.parametrize("page_s", [0.001, 0.2])
def test_pages_are_handed_on_as_they_come_and_few_are_under_way(
    client: OrchestratorClient, server: Server, page_s: float
) -> None:
    at_work: set[str] = set()
    most: list[int] = []
    answer = paged(rows(40_000))

    def serve(request: httpx.Request) -> httpx.Response:
        at_work.add(threading.current_thread().name)
        most.append(len(at_work))
        server.clock.advance(page_s)
        try:
            return answer(request)
        finally:
            at_work.discard(threading.current_thread().name)

    server.routes[PATH] = serve
    with client.poll(1000) as poll:
        poll.list(PATH, row=Folder)
    before = len(server.asked)
    with client.poll(1000) as poll:
        for taken, some in enumerate(poll.pages(PATH, row=Folder), start=1):
            assert [row.id for row in some] == list(range(taken * 1000 - 999, taken * 1000 + 1))
            assert taken <= len(server.asked) - before <= taken + (0 if page_s < 0.1 else 9)

    assert taken == 40
    assert max(most) <= 8


@pytest.mark.parametrize("page_s", [0.001, 0.2])
def test_whoever_has_seen_enough_causes_no_more_requests(
    client: OrchestratorClient, server: Server, page_s: float
) -> None:
    answer = paged(rows(40_000))

    def serve(request: httpx.Request) -> httpx.Response:
        server.clock.advance(page_s)
        return answer(request)

    server.routes[PATH] = serve
    with client.poll(1000) as poll:
        poll.list(PATH, row=Folder)
    before = len(server.asked)
    with client.poll(1000) as poll:
        pages = poll.pages(PATH, row=Folder)
        next(pages)
        pages.close()
        asked = len(server.asked) - before

        assert asked <= 10
        assert not _pollers()


def _pollers() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("poll")]


def test_the_rows_of_a_page_that_was_let_go_are_gone_before_the_next_one_comes(
    client: OrchestratorClient, server: Server
) -> None:
    class Row(msgspec.Struct, rename="pascal", weakref=True):
        id: int

    alive: list[int] = []
    seen: list[weakref.ref[Row]] = []
    answer = paged(rows(5000))

    def serve(request: httpx.Request) -> httpx.Response:
        alive.append(sum(one() is not None for one in seen))
        return answer(request)

    server.routes[PATH] = serve
    with client.poll(30) as poll:
        pages = poll.pages(PATH, row=Row)
        for _ in range(5):
            seen.extend(map(weakref.ref, next(pages)))

    assert alive == [0] * 5
    assert len(seen) == 5000


@pytest.mark.parametrize("page_s", [0.001, 0.2])
def test_a_failure_comes_after_the_pages_before_it(
    client: OrchestratorClient, server: Server, page_s: float
) -> None:
    answer = paged(rows(10_000))
    refused_at = ""

    def serve(request: httpx.Request) -> httpx.Response:
        server.clock.advance(page_s)
        is_refused = query_of(request).get("$skip") == refused_at
        return refusal(403) if is_refused else answer(request)

    server.routes[PATH] = serve
    ids(client)
    refused_at = "3000"
    with client.poll(30) as poll:
        pages = poll.pages(PATH, row=Folder)
        assert [len(next(pages)) for _ in range(3)] == [1000] * 3
        with pytest.raises(AccessDenied):
            next(pages)
    assert not _pollers()

    refused_at = ""
    assert len(ids(client)) == 10_000


def test_a_link_to_what_is_not_there_does_not_make_the_list_missing(
    client: OrchestratorClient, server: Server
) -> None:
    link = f"{BASE}/odata/Nothing"
    server.routes[PATH] = page(rows(2), **{"@odata.nextLink": link})

    with pytest.raises(UnexpectedResponse, match="the link to the next page leads nowhere"):
        ids(client)


def test_links_in_a_circle_are_not_gone_round(client: OrchestratorClient, server: Server) -> None:
    link = f"{BASE}{PATH}?$skiptoken=2"
    server.routes[PATH] = page(rows(2), **{"@odata.nextLink": link})

    with pytest.raises(UnexpectedResponse, match="in a circle"):
        ids(client)
    assert len(server.asked) == 2


@pytest.mark.parametrize("count", ["12", 1.5, True, -1, None])
def test_a_count_that_is_none_ends_no_list(
    client: OrchestratorClient, server: Server, count: object
) -> None:
    answer = paged(rows(2500))

    def serve(request: httpx.Request) -> httpx.Response:
        return page(json.loads(answer(request).content)["value"], **{"@odata.count": count})

    server.routes[PATH] = serve
    for _ in range(2):
        assert len(ids(client)) == 2500


@pytest.mark.parametrize("link", ["", 5, {}])
def test_a_link_that_is_none_is_not_followed(
    client: OrchestratorClient, server: Server, link: object
) -> None:
    server.routes[PATH] = page(rows(2), **{"@odata.nextLink": link})

    assert ids(client) == [1, 2]


@pytest.mark.parametrize(
    "body", [b'\xef\xbb\xbf{"Id": 7}', b'{"Id": 7, "DisplayName": "\\ud800"}', b'{"Id": 7}']
)
def test_an_entity_is_mended_as_the_rows_of_lists_are(
    client: OrchestratorClient, server: Server, body: bytes
) -> None:
    server.routes[PATH] = httpx.Response(200, content=body)
    with client.poll(30) as poll:
        assert poll.get(PATH, type=Folder).id == 7
