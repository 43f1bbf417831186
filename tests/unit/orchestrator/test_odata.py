from collections.abc import Iterator

import httpx
import pytest

from monitor.errors import UnexpectedResponse
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.odata import query_string
from monitor.orchestrator.wire import Folder
from tests.wires import BASE, FakeClock, Server, a_client, page, paged, query_of

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


def ids(client: OrchestratorClient, **options: object) -> list[int | None]:
    with client.poll(30) as poll:
        found = poll.list(PATH, row=Folder, key=lambda row: row.id, **options)  # type: ignore[arg-type] # passed on
        return [row.id for row in found]


def test_values_are_percent_encoded_throughout_and_none_is_left_out() -> None:
    query = query_string(
        {"$filter": "Name eq 'O''Neil & Söhne+'", "$top": 5, "$skip": None, "x": True}
    )

    assert query == "$filter=Name%20eq%20%27O%27%27Neil%20%26%20S%C3%B6hne%2B%27&$top=5&x=true"


def test_the_options_arrive_as_the_server_wants_them(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = page([])
    ids(client, select=("Id", "Name"), expand=("Robot",), filter="Id gt 5", order_by="Name")

    assert query_of(server.requests[-1]) == {
        "$select": "Id,Name,Robot",
        "$expand": "Robot",
        "$filter": "Id gt 5",
        "$orderby": "Name",
        "$top": "1000",
    }
    assert b"%20" in server.requests[-1].url.query


def test_forty_rows_cost_one_request(client: OrchestratorClient, server: Server) -> None:
    server.routes[PATH] = paged(rows(40))

    assert ids(client) == list(range(1, 41))
    assert ids(client) == list(range(1, 41))
    assert len(server.asked) == 2


@pytest.mark.parametrize("count", [999, 1001, 2000, 2500, 10_000])
def test_all_pages_come_home_in_as_few_requests_as_there_are_pages(
    client: OrchestratorClient, server: Server, count: int
) -> None:
    server.routes[PATH] = paged(rows(count))
    pages = -(-count // 1000)

    assert ids(client) == list(range(1, count + 1))
    assert len(server.asked) == pages
    assert ids(client) == list(range(1, count + 1))
    assert len(server.asked) == 2 * pages


def test_a_list_of_exactly_one_page_is_asked_twice_only_the_first_time(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = paged(rows(1000))
    assert len(ids(client)) == 1000
    assert len(server.asked) == 2
    assert len(ids(client)) == 1000

    assert len(server.asked) == 3


@pytest.mark.parametrize(("before", "now"), [(5000, 3), (3, 5000), (4000, 4001), (3000, 0)])
def test_a_list_that_grows_or_shrinks_between_polls_is_whole(
    client: OrchestratorClient, server: Server, before: int, now: int
) -> None:
    server.routes[PATH] = paged(rows(before))
    ids(client)
    server.routes[PATH] = paged(rows(now))

    assert ids(client) == list(range(1, now + 1))


def test_a_list_that_has_shrunk_is_not_asked_to_its_former_end(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = paged(rows(5000))
    ids(client)
    server.routes[PATH] = paged(rows(3))
    before = len(server.asked)
    ids(client)

    assert len(server.asked) == before + 1


def test_a_page_that_is_short_by_itself_hides_none_of_those_behind_it(
    client: OrchestratorClient, server: Server
) -> None:
    whole = paged(rows(4500))

    def serve(request: httpx.Request) -> httpx.Response:
        if query_of(request).get("$skip") == "2000":
            return page(rows(990, first=2001))
        return whole(request)

    server.routes[PATH] = whole
    ids(client)
    server.routes[PATH] = serve

    assert len(ids(client)) == 4490


def test_a_list_is_whole_where_the_server_never_counts(
    client: OrchestratorClient, server: Server
) -> None:
    whole = paged(rows(4000))

    def serve(request: httpx.Request) -> httpx.Response:
        uncounted = request.url.copy_remove_param("$count")
        return whole(httpx.Request("GET", uncounted))

    server.routes[PATH] = serve
    for _ in range(2):
        assert ids(client) == list(range(1, 4001))


def test_a_count_that_was_not_asked_for_is_not_believed(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = [
        page(rows(1000), **{"@odata.count": 3}),
        page(rows(5, first=1001)),
    ]

    assert len(ids(client)) == 1005


def test_a_row_that_moves_between_pages_comes_once(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = [page(rows(1000)), page(rows(10, first=996))]

    assert ids(client) == list(range(1, 1006))


def test_a_smaller_page_size_is_kept_to(client: OrchestratorClient, server: Server) -> None:
    server.routes[PATH] = paged(rows(250))

    assert len(ids(client, page_size=100)) == 250
    assert {query_of(request)["$top"] for request in server.requests[1:]} == {"100"}


def test_an_endless_list_is_given_up(client: OrchestratorClient, server: Server) -> None:
    server.routes[PATH] = lambda _: page(rows(10), **{"@odata.count": 10**12})
    with pytest.raises(UnexpectedResponse, match="goes on"):
        ids(client, page_size=10)

    assert len(server.asked) <= 1100


def test_a_next_link_of_the_same_host_is_followed(
    client: OrchestratorClient, server: Server
) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if query_of(request).get("$skiptoken") == "2":
            return page(rows(2, first=3))
        return page(rows(2), **{"@odata.nextLink": f"{BASE}{PATH}?$skiptoken=2"})

    server.routes[PATH] = serve

    assert ids(client) == [1, 2, 3, 4]


def test_a_server_that_makes_pages_of_its_own_is_followed_every_time(
    client: OrchestratorClient, server: Server
) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        first = int(query.get("$skiptoken") or query.get("$skip") or 0) + 1
        if first > 1500:
            return page(rows(250, first=first))
        link = f"{BASE}{PATH}?$skiptoken={first + 499}"
        return page(rows(500, first=first), **{"@odata.nextLink": link})

    server.routes[PATH] = serve
    for _ in range(3):
        assert ids(client) == list(range(1, 1751))
    assert len(server.asked) == 12


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/acme/Production/orchestrator_/odata/Folders",
        "http://cloud.uipath.com/acme/Production/orchestrator_/odata/Folders",
        "https://cloud.uipath.com.evil.example/acme/Production/orchestrator_/odata/Folders",
        "https://cloud.uipath.com/other/Tenant/orchestrator_/odata/Folders",
        "//evil.example/acme/Production/orchestrator_/odata/Folders",
        "http://[bad",
    ],
)
def test_a_next_link_that_leads_elsewhere_never_sees_the_token(
    client: OrchestratorClient, server: Server, link: str
) -> None:
    server.routes[PATH] = page(rows(2), **{"@odata.nextLink": link})
    with pytest.raises(UnexpectedResponse, match="elsewhere"):
        ids(client)

    assert len(server.asked) == 1


def test_a_bad_row_is_left_out_and_counted(client: OrchestratorClient, server: Server) -> None:
    server.routes[PATH] = page(
        [{"Id": 1}, {"Id": "two"}, 3, {"Id": 4, "DisplayName": {}}, {"Id": 5}]
    )
    with client.poll(30) as poll:
        found = poll.list(PATH, row=Folder)

        assert [row.id for row in found] == [1, 5]
        assert poll.skipped == 3


def test_a_page_of_nothing_but_bad_rows_is_no_empty_list(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = page([{"Id": "one"}, {"Id": "two"}])

    with pytest.raises(UnexpectedResponse, match="2 rows"):
        ids(client)


@pytest.mark.parametrize("body", [{"items": []}, {"value": None}, {"value": {}}, [], 5])
def test_what_is_no_list_is_unexpected(
    client: OrchestratorClient, server: Server, body: object
) -> None:
    server.routes[PATH] = httpx.Response(200, json=body)

    with pytest.raises(UnexpectedResponse, match="JSON"):
        ids(client)


@pytest.mark.parametrize(
    "name", [rb"\ud800", rb"\udfff tail", rb"\ud83d\ud83d\ude00", rb"\uD83D", b"\xff\xfe"]
)
def test_text_that_is_no_unicode_blinds_nobody(
    client: OrchestratorClient, server: Server, name: bytes
) -> None:
    body = (
        b'{"value":[{"Id":1,"DisplayName":"a'
        + name
        + b'"},{"Id":2,"DisplayName":"\\ud83d\\ude00"}]}'
    )
    server.routes[PATH] = httpx.Response(200, content=body)
    with client.poll(30) as poll:
        found = poll.list(PATH, row=Folder)

    assert [row.id for row in found] == [1, 2]
    assert found[1].display_name == "\N{GRINNING FACE}"
    assert "\N{REPLACEMENT CHARACTER}" in (found[0].display_name or "")
