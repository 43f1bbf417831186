"""A tenant with queues and items, whose list of items is asked for in the few ways there are."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx

from monitor.collectors.queues import COLLECTOR
from monitor.core.kinds import QUEUE
from monitor.core.sample import Collected
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from tests.builders import shown
from tests.wires import START, FakeClock, Server, a_client, page, paged, query_of, refusal

STATUS = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus"
ITEMS = "/odata/QueueItems"
FOLDERS = "/odata/Folders"
DEFINITIONS = "/odata/QueueDefinitions"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
FILTERS = {
    "overdue": rf"Status eq 'New' and DueDate lt {TIME}",
    "deferred": rf"Status eq 'New' and DeferDate gt {TIME}",
    "ready": rf"Status eq 'New' and \(DeferDate eq null or DeferDate le {TIME}\)",
    "abandoned": rf"Status eq 'Abandoned' and StartProcessing gt {TIME}",
}
METRICS = ("overdue_items", "deferred_items", "oldest_new_s", "abandoned_items")


@dataclass(frozen=True)
class Item:
    """An item that every question of its kind finds; `age_s` at the start."""

    id: int
    queue: int
    kind: str
    age_s: float = 60.0


def piled(kind: str, queue: int, count: int, *, first: int = 1, age_s: float = 60.0) -> list[Item]:
    """Return so many items of a queue, by growing Id."""
    return [Item(first + place, queue, kind, age_s) for place in range(count)]


class Tenant:
    """Queue 1 is in Finance (1), queue 2 in Finance/AP (2)."""

    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.queues: dict[int, float | None] = {1: 5, 2: 5}
        self.items: list[Item] = []
        self.linked: set[int] = set()
        self.bare: object = None
        self.folder_answers: dict[str, object] = {}
        self.wants(*METRICS)
        server.routes[STATUS] = self._status
        server.routes[ITEMS] = self._answer
        server.routes[FOLDERS] = paged(
            [
                {"Id": 1, "FullyQualifiedName": "Finance"},
                {"Id": 2, "FullyQualifiedName": "Finance/AP"},
            ]
        )
        server.routes[DEFINITIONS] = paged(
            [{"Id": one, "FoldersCount": 1, "OrganizationUnitId": one} for one in (1, 2)]
        )

    def wants(self, *metrics: str) -> None:
        self.collect = COLLECTOR.make("production", {}, None, metrics)

    def _status(self, _: httpx.Request) -> httpx.Response:
        return page(
            [
                {"QueueDefinitionId": one, "ItemsToProcess": waiting}
                for one, waiting in self.queues.items()
            ]
        )

    def _answer(self, request: httpx.Request) -> object:
        folder = request.headers.get("x-uipath-organizationunitid")
        scripted = self.bare if folder is None else self.folder_answers.get(folder)
        if scripted is not None:
            return scripted
        return page(self._rows(query_of(request), folder))

    def _rows(self, query: dict[str, str], folder: str | None) -> list[dict[str, object]]:
        text = query["$filter"]
        kinds = [kind for kind, pattern in FILTERS.items() if re.match(pattern, text)]
        assert len(kinds) == 1, text
        rest = text[re.match(FILTERS[kinds[0]], text).end() :]  # type: ignore[union-attr] # matched above
        assert re.fullmatch(r"( and QueueDefinitionId ne \d+)*( and Id gt \d+)?", rest), rest
        after = re.search(r"Id gt (\d+)$", rest)
        left_out = {int(one) for one in re.findall(r"ne (\d+)", rest)}
        found = [
            item
            for item in sorted(self.items, key=lambda item: item.id)
            if item.kind == kinds[0]
            and item.queue not in left_out
            and item.id > (int(after[1]) if after else 0)
            and folder in (None, str(item.queue))
        ]
        repeated = [
            item
            for item in found
            for _ in range(2 if folder is None and item.queue in self.linked else 1)
        ]
        assert (query["$orderby"], query["$top"]) == ("Id", "100")
        columns: dict[str, Callable[[Item], object]] = {
            "Id": lambda item: item.id,
            "QueueDefinitionId": lambda item: item.queue,
            "CreationTime": lambda item: (
                f"{START - timedelta(seconds=item.age_s):%Y-%m-%dT%H:%M:%S}Z"
            ),
        }
        names = query["$select"].split(",")
        return [{name: columns[name](item) for name in names} for item in repeated[:100]]

    def poll(self, *, after_s: float = 60) -> Collected:
        self.server.clock.advance(after_s)
        with self.client.poll(30) as poll:
            return self.collect(poll)

    def numbers(self, metric: str, *, after_s: float = 60) -> dict[int, float | None]:
        """Poll, and return what a metric is of each queue."""
        return numbers_of(self.poll(after_s=after_s), metric)

    @property
    def filters(self) -> list[str]:
        """The filters of all questions about items so far, with the folder where one was named."""
        return [
            f"{request.headers.get('x-uipath-organizationunitid', '')}{query_of(request)['$filter']}"
            for request in self.server.requests
            if request.url.path.endswith(ITEMS)
        ]

    def kinds_asked(self) -> list[str]:
        """Return which questions were asked so far."""
        return [
            kind
            for text in self.filters
            for kind, pattern in FILTERS.items()
            if re.search(pattern, text)
        ]


def numbers_of(collected: Collected, metric: str) -> dict[int, float | None]:
    index, at = QUEUE.index(metric), collected.observed_at
    return {int(s.subject.key): shown(s, at)[index] for s in collected.samples}


@contextmanager
def a_tenant(*, share: int = 20) -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock, options=ClientOptions(metered_per_minute=share)) as client:
        yield Tenant(server, client)


NOT_PERMITTED = refusal(403, 0)
FOLDER_WANTED = refusal(400, 1101)
