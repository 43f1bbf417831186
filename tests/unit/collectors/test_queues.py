from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from monitor.collectors.queues import COLLECTOR
from monitor.core.kinds import QUEUE
from monitor.core.sample import Collected, Sample
from monitor.errors import AccessDenied, Unreachable
from monitor.orchestrator.client import OrchestratorClient
from tests.builders import shown
from tests.wires import START, FakeClock, Server, a_client, page, paged, query_of, refusal

STATUS = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus"
FOLDERS = "/odata/Folders"
METRICS = [metric.name for metric in QUEUE.metrics]


def a_queue(queue_id: int = 29200, **fields: object) -> dict[str, object]:
    return {
        "QueueDefinitionId": queue_id,
        "QueueDefinitionName": f"Queue{queue_id}",
        "ItemsToProcess": 12,
        "ItemsInProgress": 2,
        "SuccessfulTransactionsNo": 10431,
        "ApplicationExceptionsNo": 57,
        "BusinessExceptionsNo": 120,
        "ProcessingMeanTime": 41.6,
        "LastProcessed": (START - timedelta(seconds=76)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ReleaseName": "Invoice_Performer",
        **fields,
    }


def a_folder(folder_id: int, name: str, **fields: object) -> dict[str, object]:
    return {"Id": folder_id, "FullyQualifiedName": name, "FolderType": "Standard", **fields}


class Tenant:
    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.collect = COLLECTOR.make("production", {})
        self.folders: dict[str, object] = {}
        self.bare: object = refusal(400, 1101)
        server.routes[STATUS] = self._status
        server.routes[FOLDERS] = paged(
            [
                a_folder(2, "Shared/Finance"),
                a_folder(1, "Shared"),
                a_folder(3, "stan's workspace", FolderType="Personal"),
                a_folder(4, "ann's workspace", IsPersonal=True),
            ]
        )

    def _status(self, request: httpx.Request) -> object:
        folder = request.headers.get("x-uipath-organizationunitid")
        return self.bare if folder is None else self.folders[folder]

    def poll(self) -> Collected:
        with self.client.poll(30) as poll:
            return self.collect(poll)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:
        yield Tenant(server, client)


def values(sample: Sample) -> dict[str, float | None]:
    return dict(zip(METRICS, shown(sample, START), strict=True))


def by_name(collected: Collected) -> dict[str, Sample]:
    return {sample.subject.name: sample for sample in collected.samples}


def test_all_queues_cost_one_request(tenant: Tenant) -> None:
    tenant.bare = page([a_queue(1), a_queue(2)])
    tenant.poll()
    first = len(tenant.server.asked)
    collected = tenant.poll()

    assert tenant.server.asked[first:] == [STATUS]
    assert len(collected.samples) == 2
    assert query_of(tenant.server.requests[-1])["$orderby"] == "QueueDefinitionId"


def test_a_queue_is_described(tenant: Tenant) -> None:
    tenant.bare = page([a_queue()])
    (sample,) = tenant.poll().samples

    assert (sample.subject.key, sample.subject.name) == ("29200", "Queue29200")
    assert sample.subject.labels == {
        "queue": "Queue29200",
        "folder": "",
        "process": "Invoice_Performer",
    }
    found = values(sample)
    assert found.pop("seconds_since_processed") == pytest.approx(76, abs=1)
    assert {metric: found.pop(metric) for metric in COLLECTOR.on_request} == dict.fromkeys(
        COLLECTOR.on_request
    )
    assert found == {
        "new_items": 12,
        "in_progress_items": 2,
        "successful_items": 10431,
        "failed_items": 177,
        "application_exceptions": 57,
        "business_exceptions": 120,
        "mean_processing_s": 41.6,
    }


def test_what_the_server_does_not_say_is_not_known(tenant: Tenant) -> None:
    tenant.bare = page(
        [{"QueueDefinitionId": 1, "ItemsToProcess": None, "ApplicationExceptionsNo": 3}]
    )
    (sample,) = tenant.poll().samples

    assert values(sample) == dict.fromkeys(METRICS, None) | {"application_exceptions": 3}
    assert sample.subject.name == "1"


def test_queue_items_are_not_asked_for_where_nobody_wants_them(tenant: Tenant) -> None:
    tenant.folders = {"1": page([a_queue()]), "2": page([])}
    tenant.poll()

    assert not [path for path in tenant.server.asked if "QueueItems" in path]


def test_where_a_folder_is_wanted_each_folder_is_asked_and_that_is_remembered(
    tenant: Tenant,
) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": page([a_queue(2)])}
    collected = tenant.poll()

    assert tenant.server.asked == [STATUS, FOLDERS, STATUS, STATUS]
    assert {name: s.subject.labels["folder"] for name, s in by_name(collected).items()} == {
        "Queue1": "Shared",
        "Queue2": "Shared/Finance",
    }
    tenant.poll()
    assert tenant.server.asked[4:] == [STATUS, STATUS]


def test_folders_are_listed_anew_after_a_quarter_of_an_hour(tenant: Tenant) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": page([]), "5": page([a_queue(5)])}
    tenant.poll()
    tenant.server.routes[FOLDERS] = paged([a_folder(5, "New")])
    tenant.server.clock.advance(899)
    assert set(by_name(tenant.poll())) == {"Queue1"}
    tenant.server.clock.advance(2)
    collected = tenant.poll()

    assert set(by_name(collected)) == {"Queue5"}
    assert collected.partial is False


def test_a_linked_queue_is_one_queue_in_the_first_of_its_folders(tenant: Tenant) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": page([a_queue(1), a_queue(2)])}
    collected = tenant.poll()

    assert [sample.subject.key for sample in collected.samples] == ["1", "2"]
    assert collected.samples[0].subject.labels["folder"] == "Shared"


def test_a_role_that_sees_queues_in_its_folders_only_works_too(tenant: Tenant) -> None:
    tenant.bare = refusal(403, 0)
    tenant.folders = {"1": page([a_queue(1)]), "2": refusal(403, 0)}

    assert set(by_name(tenant.poll())) == {"Queue1"}


def test_no_permission_at_all_names_the_permission(tenant: Tenant) -> None:
    tenant.bare = refusal(403, 0)
    tenant.folders = {"1": refusal(403, 0), "2": refusal(403, 0)}
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"Queues\.View"):
            tenant.poll()


@pytest.mark.parametrize("refused", [refusal(403, 0), refusal(403, 1100), refusal(404, 1100)])
def test_a_folder_that_is_refused_makes_its_queues_unknown_not_absent(
    tenant: Tenant, refused: httpx.Response
) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": page([a_queue(2)])}
    assert tenant.poll().partial is False
    tenant.folders["2"] = refused
    collected = tenant.poll()

    assert set(by_name(collected)) == {"Queue1"}
    assert collected.partial is True


def test_a_folder_that_was_never_readable_hides_nothing(tenant: Tenant) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": refusal(403, 0)}

    assert tenant.poll().partial is False


def test_a_queue_seen_in_another_folder_is_not_missed(tenant: Tenant) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": page([a_queue(1)])}
    tenant.poll()
    tenant.folders["2"] = refusal(403, 0)

    assert tenant.poll().partial is False


def test_a_folder_that_fails_fails_the_poll(tenant: Tenant) -> None:
    tenant.folders = {"1": page([a_queue(1)]), "2": refusal(503)}
    with pytest.raises(Unreachable):
        tenant.poll()


def test_no_visible_folder_is_told_and_asked_for_again(tenant: Tenant) -> None:
    tenant.server.routes[FOLDERS] = page([])
    for _ in range(2):
        with pytest.raises(Exception, match="folder"):
            tenant.poll()

    assert tenant.server.asked == [STATUS, FOLDERS] * 2


def test_an_unchanged_queue_keeps_its_object(tenant: Tenant) -> None:
    tenant.bare = page([a_queue(1), a_queue(2)])
    before = by_name(tenant.poll())
    tenant.bare = page([a_queue(1, ItemsToProcess=99), a_queue(2, ReleaseName="Other")])
    after = by_name(tenant.poll())

    assert after["Queue1"].subject is before["Queue1"].subject
    assert after["Queue2"].subject is not before["Queue2"].subject
    assert values(after["Queue1"])["new_items"] == 99


def test_a_row_without_an_id_is_counted(tenant: Tenant) -> None:
    tenant.bare = page([a_queue(1), {"QueueDefinitionName": "?"}])
    collected = tenant.poll()

    assert (len(collected.samples), collected.skipped, collected.partial) == (1, 1, True)


def test_every_queue_carries_the_labels_of_its_tenant_below_its_own(tenant: Tenant) -> None:
    tenant.collect = COLLECTOR.make("production", {"region": "emea", "folder": "not this"})
    tenant.bare = page([a_queue()])

    first, again = tenant.poll(), tenant.poll()

    labels = first.samples[0].subject.labels
    assert (labels["region"], labels["folder"], labels["queue"]) == ("emea", "", "Queue29200")
    assert first.samples[0].subject is again.samples[0].subject
