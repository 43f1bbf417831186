from collections.abc import Iterator, Mapping

import httpx
import pytest

from monitor.errors import AccessDenied, Unreachable
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.each_folder import EachFolder
from monitor.orchestrator.listing import Listing
from monitor.orchestrator.wire import Runtime, Session
from tests.wires import FakeClock, Server, a_client, page, query_of, refusal

LIST = "/odata/Sessions"
FOLDERS = {7: "A", 3: "B", 5: "C"}


class Tenant:
    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.each = EachFolder(Listing(LIST, Session), "Robots.View")
        self.shows: dict[int, object] = {
            folder_id: page([{"Id": folder_id * 10, "ReportingTime": None}])
            for folder_id in FOLDERS
        }
        server.routes[LIST] = lambda request: self.shows[
            int(request.headers["x-uipath-organizationunitid"])
        ]

    def ask(self, folders: Mapping[int, str] = FOLDERS) -> dict[int, list[int | None]]:
        with self.client.poll(30) as poll:
            answers = self.each.ask(poll, folders)
        return {folder_id: [row.id for row in rows] for folder_id, rows in answers.items()}


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:
        yield Tenant(server, client)


def test_every_folder_is_asked_and_answers_in_order(tenant: Tenant) -> None:
    assert list(tenant.ask().items()) == [(7, [70]), (3, [30]), (5, [50])]
    assert tenant.each.refusal is None
    assert tenant.ask({}) == {}


def test_a_refused_folder_is_left_alone_for_half_an_hour(tenant: Tenant) -> None:
    tenant.shows[3] = refusal(403, 0)
    assert list(tenant.ask()) == [7, 5]
    assert isinstance(tenant.each.refusal, AccessDenied)
    tenant.shows[3] = page([])
    tenant.server.clock.advance(1700)
    assert list(tenant.ask()) == [7, 5]
    assert len(tenant.server.asked) == 5
    tenant.server.clock.advance(200)

    assert list(tenant.ask()) == [7, 3, 5]


def test_refusals_can_be_forgotten(tenant: Tenant) -> None:
    tenant.shows[3] = refusal(404, 1100)
    tenant.ask()
    tenant.shows[3] = page([])
    tenant.each.forget()

    assert list(tenant.ask()) == [7, 3, 5]


def test_any_other_failure_of_a_folder_is_one_of_the_poll(tenant: Tenant) -> None:
    tenant.shows[3] = refusal(503)
    with pytest.raises(Unreachable):
        tenant.ask()


@pytest.mark.parametrize(
    ("refused", "note"),
    [
        (0, ""),
        (1, "5 of 6 folders readable; grant Robots.View in F0"),
        (3, "3 of 6 folders readable; grant Robots.View in F0, F1, F2"),
        (5, "1 of 6 folders readable; grant Robots.View in F0, F1, F2 and 2 more"),
    ],
)
def test_the_note_names_three_folders_at_most(tenant: Tenant, refused: int, note: str) -> None:
    folders = {number: f"F{number}" for number in range(6)}

    assert tenant.each.note(folders, range(refused, 6)) == note


def test_a_function_takes_the_folder_in_its_path(tenant: Tenant) -> None:
    path = f"{LIST}/UiPath.Server.Configuration.OData.GetIt(folderId=7)"

    def answer(request: httpx.Request) -> httpx.Response:
        assert "x-uipath-organizationunitid" not in request.headers
        assert "Folder" not in query_of(request)["$select"].split(",")
        return page([{"SessionId": 1, "ReportingTime": None}])

    tenant.server.routes[path] = answer
    listing = Listing(path.replace("7", "{}"), Runtime, order_by="SessionId")
    each = EachFolder(listing, "Machines.View")
    with tenant.client.poll(30) as poll:
        assert list(each.ask(poll, {7: "A"})) == [7]
