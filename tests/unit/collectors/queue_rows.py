"""A tenant with queues in folders, as much of it readable as a test likes."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from monitor.collectors.queues import COLLECTOR
from monitor.core.folder_scope import FolderScope
from monitor.core.sample import Collected
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.folders import Folders
from tests.wires import FakeClock, Server, a_client, page, paged, query_of, refusal

STATUS = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus"
FOLDERS = "/odata/Folders"
DEFINITIONS = "/odata/QueueDefinitions"
ACROSS = f"{DEFINITIONS}/UiPath.Server.Configuration.OData.GetQueuesAcrossFolders"
PATHS = {1: "Finance", 2: "Finance/AP", 3: "Test", 4: "stan's workspace"}


def a_status(queue_id: int) -> dict[str, object]:
    return {
        "QueueDefinitionId": queue_id,
        "QueueDefinitionName": f"Queue{queue_id}",
        "ItemsToProcess": 0,
    }


def a_definition(queue_id: int, folder_id: int, *, of: int = 1) -> dict[str, object]:
    return {
        "Id": queue_id,
        "FoldersCount": of,
        "OrganizationUnitId": folder_id,
        "OrganizationUnitFullyQualifiedName": PATHS[folder_id],
    }


class Tenant:
    """Queue 1 is in Finance and Finance/AP, 2 in Finance/AP, 3 in Test, 4 in a workspace."""

    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.queues = {1: [1], 2: [1, 2], 3: [3], 4: [4]}
        self.refused: dict[int | None, httpx.Response] = {}
        # What the tenant's list does not show, though a folder does.
        self.hidden: set[int] = set()
        self.scoped("**")
        server.routes[STATUS] = self._status
        server.routes[FOLDERS] = paged(
            [
                {"Id": folder_id, "FullyQualifiedName": path, "IsPersonal": folder_id == 4}
                for folder_id, path in PATHS.items()
            ]
        )
        self.defines(
            [
                a_definition(1, 2, of=2),
                a_definition(1, 1, of=2),
                a_definition(2, 2),
                a_definition(3, 3),
                a_definition(4, 4),
            ]
        )

    def scoped(self, *include: str, exclude: tuple[str, ...] = ()) -> None:
        self.folders = Folders(FolderScope(include=include, exclude=exclude))
        self.collect = COLLECTOR.make("production", {}, self.folders)

    def defines(self, rows: list[dict[str, object]]) -> None:
        self.server.routes[DEFINITIONS] = paged(rows)

    def _status(self, request: httpx.Request) -> httpx.Response:
        named = request.headers.get("x-uipath-organizationunitid")
        folder_id = None if named is None else int(named)
        if folder_id in self.refused:
            return self.refused[folder_id]
        here = {queue for found in self.queues.values() for queue in found} - self.hidden
        if folder_id is not None:
            here = set(self.queues.get(folder_id, ()))
        return page([a_status(queue_id) for queue_id in sorted(here)])

    def poll(self) -> Collected:
        with self.client.poll(30) as poll:
            return self.collect(poll)

    def places(self) -> dict[str, str]:
        """Poll, and return the folder of each queue by its key."""
        return {s.subject.key: s.subject.labels["folder"] for s in self.poll().samples}

    def asks(self) -> list[str]:
        """Poll, and return the paths that were asked for."""
        before = len(self.server.asked)
        self.poll()
        return self.server.asked[before:]


@contextmanager
def a_tenant() -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:
        yield Tenant(server, client)


def lacking(column: str, rows: list[dict[str, object]]) -> object:
    """A list of a version without a column: naming it is refused."""

    def serve(request: httpx.Request) -> httpx.Response:
        if column in query_of(request).get("$select", column):
            return refusal(400, 1000)
        return page(rows)

    return serve
