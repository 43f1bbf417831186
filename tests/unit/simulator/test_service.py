from typing import Any

import pytest

from monitor.simulator.estates import large_estate
from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import (
    GLOBAL_SESSIONS,
    LICENSE,
    QUEUE_STATUS,
    RUNTIMES,
    Caller,
)

LISTS = ["/odata/Folders", RUNTIMES, GLOBAL_SESSIONS, QUEUE_STATUS, "/odata/QueueItems"]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_is_an_odata_envelope_without_a_count(path: str) -> None:
    body = Caller().get(path).json

    assert set(body) == {"@odata.context", "value"}


@pytest.mark.parametrize("path", LISTS)
def test_a_count_comes_when_asked_for(path: str) -> None:
    body = Caller().get(path, "$count=true&$top=1").json

    assert body["@odata.count"] >= len(body["value"]) == 1


@pytest.mark.parametrize(("policy", "expected"), [("always", True), ("never", False)])
def test_the_count_policy_is_a_setting(policy: str, expected: bool) -> None:  # noqa: FBT001  a table
    caller = Caller(settings=Settings(count=policy))

    assert ("@odata.count" in caller.get("/odata/Folders", "$count=true").json) is expected
    assert ("@odata.count" in caller.get("/odata/Folders").json) is expected


def test_each_session_has_a_row_for_each_runtime_type_even_without_slots() -> None:
    rows = [r for r in Caller().get(RUNTIMES).rows if r["SessionId"] == 5101]

    assert [(r["RuntimeType"], r["Runtimes"]) for r in rows] == [
        ("Unattended", 1),
        ("NonProduction", 0),
        ("Headless", 0),
    ]
    assert len({(r["Status"], r["ReportingTime"]) for r in rows}) == 1


def test_runtimes_can_be_asked_for_by_type() -> None:
    caller = Caller()

    assert len(caller.get(RUNTIMES, "runtimeType=Unattended").rows) == 28
    assert caller.get(RUNTIMES, "runtimeType=Nonsense").status == 400


def test_the_robot_of_a_session_shows_only_when_expanded() -> None:
    caller = Caller()
    assert "Robot" not in caller.get(GLOBAL_SESSIONS).rows[0]

    robot = caller.get(GLOBAL_SESSIONS, "$expand=Robot").rows[0]["Robot"]
    assert robot["Name"] == "attended-anna.berg"
    assert robot["LicenseKey"]


def test_secrets_show_only_to_those_who_do_not_select() -> None:
    caller = Caller()
    fields = "$select=Id,Key,Name,Type,Scope,UnattendedSlots"

    assert caller.get("/odata/Machines").rows[0]["ClientSecret"]
    assert set(caller.get("/odata/Machines", fields).rows[0]) == {
        "Id", "Key", "Name", "Type", "Scope", "UnattendedSlots",
    }  # fmt: skip
    assert caller.get("/odata/QueueItems").rows[0]["SpecificContent"]["Customer"]


def test_the_host_in_maintenance_says_so() -> None:
    rows = Caller().get(RUNTIMES, "$filter=MaintenanceMode eq 'Enabled'").rows

    assert {row["HostMachineName"] for row in rows} == {"VM-RPA-08"}


def test_a_linked_queue_shows_once_for_each_of_its_folders() -> None:
    caller = Caller()
    only = "$filter=Name eq 'Invoices'"
    assert len(caller.get("/odata/QueueDefinitions", only).rows) == 2

    finance = caller.get("/odata/QueueDefinitions", only, X_UIPATH_OrganizationUnitId="62511").rows
    assert [row["FoldersCount"] for row in finance] == [2]

    caller.simulator.settings.repeat_linked = False
    assert len(caller.get("/odata/QueueDefinitions", only).rows) == 1


def test_the_items_of_a_linked_queue_are_counted_once_a_folder() -> None:
    caller = Caller()
    caller.simulator.freeze_queue("Invoices", new=7)
    query = "$count=true&$top=1&$filter=QueueDefinitionId eq 29200 and Status eq 'New'"

    assert caller.get("/odata/QueueItems", query).json["@odata.count"] == 14
    one = caller.get("/odata/QueueItems", query, X_UIPATH_OrganizationUnitId="62511").json
    assert one["@odata.count"] == 7


def test_overdue_and_deferred_items_can_be_found() -> None:
    caller = Caller()
    caller.simulator.freeze_queue("Leavers", new=9, overdue=2, deferred=3)
    now = "2026-01-05T08:00:00Z"
    queue = "QueueDefinitionId eq 29206 and Status eq 'New'"

    overdue = caller.get("/odata/QueueItems", f"$filter={queue} and DueDate lt {now}").rows
    deferred = caller.get("/odata/QueueItems", f"$filter={queue} and DeferDate gt {now}").rows
    everything = caller.get("/odata/QueueItems", f"$filter={queue}").rows

    assert (len(overdue), len(deferred), len(everything)) == (2, 3, 9)


def test_the_status_of_queues_agrees_with_the_items() -> None:
    caller = Caller()
    caller.clock.at(333)
    (status,) = caller.get(QUEUE_STATUS, "$filter=QueueDefinitionName eq 'Shipments'").rows
    id_ = status["QueueDefinitionId"]
    query = f"$filter=QueueDefinitionId eq {id_} and Status eq '%s'&$count=true&$top=1"

    for name, field in (("New", "ItemsToProcess"), ("InProgress", "ItemsInProgress")):
        body = caller.get("/odata/QueueItems", query % name).json
        assert body["@odata.count"] == status[field]


def test_a_page_of_queue_items_has_at_most_a_hundred_rows() -> None:
    caller = Caller()
    caller.simulator.freeze_queue("Invoices", new=300)

    assert len(caller.get("/odata/QueueItems", "$top=1000").rows) == 100


def test_other_pages_have_at_most_a_thousand_rows_and_add_up() -> None:
    caller = Caller(estate=large_estate(sessions=1200, queues=1, folders=1))
    root = "/acme/Large/orchestrator_"
    seen: list[Any] = []
    for skip in (0, 1000, 2000, 3000):
        query = f"$top=5000&$skip={skip}&$orderby=SessionId"
        rows = caller.send("GET", root + RUNTIMES, query).rows
        assert len(rows) <= 1000
        seen += [(row["SessionId"], row["RuntimeType"]) for row in rows]

    assert len(seen) == len(set(seen)) == 1080 * 2


def test_the_license_is_a_single_entity_with_open_maps() -> None:
    body = Caller().get(LICENSE).json

    assert body["Allowed"]["Unattended"] == 32
    assert body["Used"]["Unattended"] == 28
    assert "Local" in body["Used"]
    assert "Local" not in body["Allowed"]
    assert body["IsExpired"] is False


def test_licenses_expire() -> None:
    caller = Caller()
    caller.simulator.set_expiry(days=-1)

    assert caller.get(LICENSE, "$select=IsExpired").json["IsExpired"] is True


def test_the_session_totals_agree_with_the_sessions() -> None:
    caller = Caller()
    caller.simulator.silence_host("VM-RPA-02")
    caller.clock.at(500)
    totals = {row["title"]: row["count"] for row in caller.get("/api/Stats/GetSessionsStats").json}

    assert totals["Unresponsive"] == 4
    assert totals["Disconnected"] == 3
    assert sum(totals.values()) == 41


def test_the_folders_of_the_user_come_in_pages_of_their_own() -> None:
    caller = Caller()
    body = caller.get("/api/Folders/GetAllForCurrentUser", "take=2&skip=1").json

    assert (len(body["PageItems"]), body["Count"]) == (2, 7)
    answer = caller.get("/api/Folders/GetAllForCurrentUser", "take=1001")
    assert (answer.status, answer.json["errorCode"]) == (400, 1009)


def test_every_answer_carries_the_api_version_and_the_injected_date() -> None:
    headers = Caller().get("/odata/Folders").reply.headers

    assert headers["api-supported-versions"] == "20.0"
    assert headers["Date"] == "Mon, 05 Jan 2026 08:00:00 GMT"


def test_the_journal_tells_what_was_asked_and_no_secret() -> None:
    caller = Caller()
    caller.sign_in()
    caller.get(QUEUE_STATUS, "$top=5", X_UIPATH_OrganizationUnitId="62511")
    signed_in, asked = caller.simulator.requests

    assert (signed_in.endpoint, signed_in.status) == ("Token", 200)
    assert (asked.endpoint, asked.query, asked.folder, asked.status) == (
        "RetrieveQueuesProcessingStatus", "$top=5", "62511", 200,
    )  # fmt: skip
    accounts = caller.simulator.accounts
    told = repr(caller.simulator.requests) + repr(accounts)
    assert accounts.client_secret not in told
    assert accounts.access_token not in told
