"""Faults that answer 200 with rows that are missing, foreign, repeated or bent."""

from collections import Counter

import pytest

from monitor.simulator.endpoints import Endpoint
from monitor.simulator.profiles import CLOUD
from tests.unit.simulator.callers import (
    FUNCTION,
    GLOBAL_SESSIONS,
    LICENSE,
    QUEUE_STATUS,
    RUNTIMES,
    Answer,
    Caller,
)

FOLDERS_OF_USER = "/api/Folders/GetAllForCurrentUser"
STATS = "/api/Stats/GetSessionsStats"
PERMISSIONS = f"/odata/Users/{FUNCTION}.GetCurrentPermissions"
LISTS = [endpoint for endpoint in CLOUD.endpoints if endpoint.entity and not endpoint.single]


def hit_by(kind: str, path: str, query: str = "") -> Answer:
    caller = Caller()
    caller.simulator.faults.start(kind)
    return caller.get(path, query)


def ask(caller: Caller, endpoint: Endpoint) -> Answer:
    path = endpoint.path.replace("{folderId}", "62511").replace("{key}", "229978")
    return caller.get(path, "$count=true", X_UIPATH_OrganizationUnitId="62511")


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.name)
def test_every_list_may_be_empty(endpoint: Endpoint) -> None:
    caller = Caller()
    assert ask(caller, endpoint).rows

    caller.simulator.faults.start("empty")
    answer = ask(caller, endpoint)
    assert answer.rows == []
    assert answer.json["@odata.count"] == 0


def test_what_is_no_list_of_odata_may_be_empty_too() -> None:
    assert hit_by("empty", STATS).json == []
    assert hit_by("empty", FOLDERS_OF_USER).json == {"PageItems": [], "Count": 0}
    assert hit_by("empty", PERMISSIONS).json == {"UserId": 41, "Permissions": []}
    assert hit_by("empty", "/api/Status/Version").json == {}
    assert set(hit_by("empty", LICENSE).json) == {"@odata.context"}


def test_a_sign_in_may_give_nothing() -> None:
    caller = Caller()
    caller.simulator.faults.start("empty", on="Token")

    assert caller.sign_in().json == {}


@pytest.mark.parametrize("path", [LICENSE, RUNTIMES, STATS, FOLDERS_OF_USER])
def test_a_body_may_be_missing(path: str) -> None:
    answer = hit_by("empty-body", path)

    assert (answer.status, answer.reply.body) == (200, b"")


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.name)
def test_every_list_may_have_rows_of_another_kind(endpoint: Endpoint) -> None:
    caller = Caller()
    caller.simulator.faults.start("other-shape")
    rows = ask(caller, endpoint).rows

    assert [row["Name"] for row in rows] == ["Asset 1", "Asset 2", "Asset 3"]
    assert endpoint.entity is not None
    assert not {"State", "Status", "QueueDefinitionId", "HostMachineName"} & set(rows[0])


def test_rows_of_another_kind_come_in_pages_too() -> None:
    assert [row["Id"] for row in hit_by("other-shape", RUNTIMES, "$top=2&$skip=1").rows] == [
        702,
        703,
    ]
    assert hit_by("other-shape", RUNTIMES, "$top=2&$skip=3").rows == []


def test_what_is_no_list_of_odata_may_be_of_another_kind_too() -> None:
    assert hit_by("other-shape", STATS).json[0]["Name"] == "Asset 1"
    assert hit_by("other-shape", FOLDERS_OF_USER).json["Name"] == "Asset 1"
    assert hit_by("other-shape", LICENSE).json["Name"] == "Asset 1"
    caller = Caller()
    caller.simulator.faults.start("other-shape")
    assert "access_token" not in caller.sign_in().json


def test_every_row_may_come_twice_over_all_pages() -> None:
    once = [row["SessionId"] for row in Caller().get(RUNTIMES).rows]
    caller = Caller()
    caller.simulator.faults.start("duplicates")
    first = caller.get(RUNTIMES, "$top=101&$count=true")
    second = caller.get(RUNTIMES, "$top=101&$skip=101")
    seen = [row["SessionId"] for row in first.rows + second.rows]

    assert first.json["@odata.count"] == 2 * len(once)
    assert seen == [id_ for id_ in once for _ in range(2)]
    assert set(Counter(seen).values()) == {2, 6}  # three runtimes a host, one serverless
    assert len(caller.get(STATS).json) == 8


def test_names_may_be_hostile_and_stay_apart() -> None:
    plain = [row["HostMachineName"] for row in Caller().get(RUNTIMES).rows]
    rows = hit_by("hostile-text", RUNTIMES).rows
    names = [row["HostMachineName"] for row in rows]

    assert len(set(names)) >= len(set(plain))
    assert all(name.startswith(before) for name, before in zip(names, plain, strict=True))
    for poison in ("\x1b[31m", "<script>", "\r\n", "\u202e", "\x00"):
        assert all(poison in name for name in names)
    assert len(names[0]) == 5000
    assert rows[0]["Status"] in {"Available", "Busy"}
    assert "T" in rows[0]["ReportingTime"]


def test_hostile_names_reach_every_kind_of_answer() -> None:
    session = hit_by("hostile-text", GLOBAL_SESSIONS, "$expand=Robot").rows[0]
    assert "<script>" in session["Robot"]["Name"]
    assert all("<script>" in type_ for type_ in hit_by("hostile-text", LICENSE).json["Used"])
    assert "<script>" in hit_by("hostile-text", STATS).json[0]["title"]
    assert "<script>" in hit_by("hostile-text", FOLDERS_OF_USER).json["PageItems"][0]["DisplayName"]


def test_numbers_may_be_huge_and_keys_stay() -> None:
    (row, *_) = hit_by("huge-numbers", QUEUE_STATUS).rows

    assert row["Id"] == 29200
    assert row["QueueDefinitionId"] == 2**63 - 1 - 29200
    assert row["ItemsToProcess"] > 2**62
    assert row["ProcessingMeanTime"] > 1e300
    assert row["QueueDefinitionAcceptAutomaticallyRetry"] is True
    assert hit_by("huge-numbers", LICENSE).json["Used"]["Unattended"] == 2**63 - 1 - 28
    assert hit_by("huge-numbers", STATS).json[0]["count"] > 2**62


def test_values_may_be_of_the_wrong_type() -> None:
    first, second, third, fourth = hit_by("wrong-types", QUEUE_STATUS, "$skip=1").rows[:4]

    assert first["Id"] == "29200"
    assert first["QueueDefinitionName"] == "Invoices"
    assert second["QueueDefinitionName"] == len("Payments")
    assert third["QueueDefinitionName"] == ["BankStatements"]
    assert third["ReleaseId"] == [129202]
    assert fourth["QueueDefinitionName"] == "VendorOnboarding"
    assert hit_by("wrong-types", STATS).json[0]["count"].isdigit()
    assert hit_by("wrong-types", LICENSE).json["Used"]["Unattended"] == "28"
