"""What the service refuses, and how: paths, verbs, options, folders, too many requests."""

import base64

import pytest

from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import (
    FUNCTION,
    GLOBAL_SESSIONS,
    LICENSE,
    QUEUE_STATUS,
    RUNTIMES,
    TENANT,
    Caller,
)

LISTS = ["/odata/Folders", RUNTIMES, GLOBAL_SESSIONS, QUEUE_STATUS, "/odata/QueueItems"]


@pytest.mark.parametrize(
    "path",
    [
        "/odata/Nonsense",
        "/odata/folders",
        RUNTIMES + "()",
        f"/odata/Sessions/{FUNCTION}.GetMachineSessionRuntimesByFolderId(folderId=x)",
        "/api/health",
        "/odata/Alerts",
        "",
        "/",
    ],
)
def test_an_unknown_path_is_not_found(path: str) -> None:
    assert Caller().get(path).status == 404


def test_a_wrong_tenant_is_told_by_the_gateway() -> None:
    answer = Caller().send("GET", "/acme/Nonsense/orchestrator_/odata/Folders")

    assert answer.status == 404
    assert b"'orchestrator' was not found" in answer.reply.body


def test_organization_and_tenant_are_compared_without_case() -> None:
    assert Caller().send("GET", "/ACME/production/orchestrator_/odata/Folders").status == 200


def test_the_bare_root_serves_the_same() -> None:
    caller = Caller()

    assert caller.send("GET", "/odata/Folders").rows == caller.get("/odata/Folders").rows


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_every_write_is_recorded_and_refused(method: str) -> None:
    caller = Caller()
    for path in (TENANT + "/odata/Folders", TENANT + "/odata/Jobs", "/nowhere"):
        assert caller.send(method, path).status == 405

    assert [asking.method for asking in caller.simulator.writes] == [method] * 3


def test_reading_and_signing_in_are_no_writes() -> None:
    caller = Caller()
    caller.sign_in()
    caller.get("/odata/Folders")

    assert caller.simulator.writes == ()


@pytest.mark.parametrize("query", ["$bogus=1", "take=1", "%24filter=Nope%20eq%201"])
@pytest.mark.parametrize("path", LISTS)
def test_an_unknown_option_is_refused_everywhere(path: str, query: str) -> None:
    answer = Caller().get(path, query)

    assert answer.status == 400
    assert answer.json["errorCode"] == 1000


def test_a_license_is_no_list() -> None:
    assert Caller().get(LICENSE, "$top=1").status == 400


def test_a_folder_may_be_named_in_four_ways() -> None:
    caller = Caller()
    folder = caller.get("/odata/Folders", "$filter=Id eq 62512").rows[0]
    encoded = base64.b64encode(folder["FullyQualifiedName"].encode("utf-16-le")).decode()
    ways: list[dict[str, str]] = [
        {"X_UIPATH_OrganizationUnitId": "62512"},
        {"X_UIPATH_FolderKey": folder["Key"]},
        {"X_UIPATH_FolderPath": "Finance/Accounts Payable"},
        {"X_UIPATH_FolderPath_Encoded": encoded},
    ]
    for way in ways:
        names = [row["QueueDefinitionName"] for row in caller.get(QUEUE_STATUS, **way).rows]
        assert names == ["Invoices", "VendorOnboarding", "ExpenseReports"]


def test_two_folder_headers_are_refused() -> None:
    headers = {"X_UIPATH_OrganizationUnitId": "62512", "X_UIPATH_FolderPath": "Finance"}

    assert Caller().get(QUEUE_STATUS, **headers).status == 400


def test_the_bare_status_of_queues_may_be_refused() -> None:
    caller = Caller(settings=Settings(bare_queue_status="refused"))
    answer = caller.get(QUEUE_STATUS)

    assert (answer.status, answer.json["errorCode"]) == (400, 1101)
    assert caller.get(QUEUE_STATUS, X_UIPATH_OrganizationUnitId="62511").status == 200


def test_sessions_of_a_folder_need_a_folder() -> None:
    caller = Caller()

    assert caller.get("/odata/Sessions").json["errorCode"] == 1101
    rows = caller.get("/odata/Sessions", X_UIPATH_OrganizationUnitId="62511").rows
    assert {row["FolderName"] for row in rows} == {"Finance"}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_unknown_folder_is_refused_as_set(status: int) -> None:
    caller = Caller(settings=Settings(unknown_folder_status=status))
    answer = caller.get(QUEUE_STATUS, X_UIPATH_OrganizationUnitId="1")

    assert (answer.status, answer.json["errorCode"]) == (status, 1100)


def test_a_folder_may_go_between_the_list_and_the_next_call() -> None:
    caller = Caller()
    caller.simulator.remove_folder("Claims", still_listed=True)

    assert caller.get("/odata/Folders", "$filter=DisplayName eq 'Claims'").rows
    answer = caller.get(QUEUE_STATUS, X_UIPATH_OrganizationUnitId="62514")
    assert answer.json["errorCode"] == 1100


def test_a_removed_folder_is_not_listed() -> None:
    caller = Caller()
    caller.simulator.remove_folder("Claims")

    assert not caller.get("/odata/Folders", "$filter=DisplayName eq 'Claims'").rows


def test_the_sessions_of_a_folder_come_without_a_header() -> None:
    caller = Caller()
    path = f"/odata/Sessions/{FUNCTION}.GetMachineSessionRuntimesByFolderId(folderId=%d)"

    assert caller.get(path % 62511).rows == caller.get(RUNTIMES).rows
    assert caller.get(path % 1).json["errorCode"] == 1100


def test_only_queue_items_are_metered() -> None:
    caller = Caller(settings=Settings(metered_per_minute=3))
    statuses = [caller.get("/odata/QueueItems").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert caller.get("/odata/QueueItems").reply.headers["Retry-After"] == "60"
    assert all(caller.get(QUEUE_STATUS).status == 200 for _ in range(10))

    caller.clock.forward(60)
    assert caller.get("/odata/QueueItems").status == 200
