"""The tenant of an old version: its folders, robots, sessions and queues."""

from typing import Any

import pytest

from monitor.simulator.estates import default_estate
from monitor.simulator.profiles import CLOUD, PROFILES
from monitor.simulator.scenario import load_scenario, parse_scenario, scenario_names
from monitor.simulator.settings import Settings
from monitor.simulator.vintage import fitted
from tests.unit.simulator.callers import FUNCTION, GLOBAL_SESSIONS, RUNTIMES, START, Caller

CLASSIC = ["2019.10", "2020.10"]
MACHINE = f"/odata/Sessions/{FUNCTION}.GetMachineSessions(key=%d)"


def asked(version: str, **settings: Any) -> Caller:  # noqa: ANN401  settings of many types
    return Caller(profile=PROFILES[version], settings=Settings(**settings))


def global_sessions(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    old = caller.simulator.profile.name == "2019.10"
    return caller.get(f"{GLOBAL_SESSIONS}()" if old else GLOBAL_SESSIONS, query).rows


def test_the_cloud_is_as_it_is() -> None:
    estate = default_estate()

    assert fitted(estate, CLOUD) is estate


@pytest.mark.parametrize("version", CLASSIC)
def test_folders_were_classic_until_2020_10(version: str) -> None:
    rows = asked(version).get("/odata/Folders").rows
    kinds = {row["FullyQualifiedName"]: row["ProvisionType"] for row in rows}

    assert kinds.pop("anna.berg@acme.example's workspace", "Automatic") == "Automatic"
    assert set(kinds.values()) == {"Manual"}
    assert len(kinds) == 6


@pytest.mark.parametrize("version", ["2022.4", "2023.10", "cloud"])
def test_folders_are_modern_since(version: str) -> None:
    rows = asked(version).get("/odata/Folders").rows

    assert {row["ProvisionType"] for row in rows} == {"Automatic"}


@pytest.mark.parametrize("version", CLASSIC)
def test_a_classic_folder_shows_the_sessions_of_its_robots(version: str) -> None:
    caller = asked(version)
    folders = [r for r in caller.get("/odata/Folders").rows if r["ProvisionType"] == "Manual"]
    seen: list[int] = []
    for folder in folders:
        header = {"X_UIPATH_OrganizationUnitId": str(folder["Id"])}
        rows = caller.get("/odata/Sessions", "$expand=Robot", **header).rows
        assert rows
        assert {row["FolderName"] for row in rows} == {folder["DisplayName"]}
        assert {row["Robot"]["ProvisionType"] for row in rows} == {"Manual"}
        seen += [row["Id"] for row in rows]

    assert len(seen) == len(set(seen)) == 40
    assert sorted(seen) == [row["Id"] for row in global_sessions(caller)]


@pytest.mark.parametrize("version", CLASSIC)
def test_without_a_header_classic_sessions_are_those_of_the_default_folder(version: str) -> None:
    rows = asked(version).get("/odata/Sessions").rows

    assert {row["FolderName"] for row in rows} == {"Shared"}


def test_without_folders_all_sessions_come_at_once() -> None:
    rows = asked("2018.4").get("/odata/Sessions", "$expand=Robot").rows

    assert len(rows) == 40
    assert {row["Robot"]["Type"] for row in rows} == {"Attended", "Unattended"}
    standard = [row["Robot"] for row in rows if row["Robot"]["HostingType"] == "Standard"]
    assert len(standard) == 28
    assert {robot["MachineName"] for robot in standard} == {"UnattendedPool"}


def test_unattended_sessions_of_modern_folders_are_not_among_those_of_the_tenant() -> None:
    assert len(global_sessions(asked("2023.10"))) == 13
    assert len(global_sessions(asked("2023.10", unattended_in_global_sessions=True))) == 41


@pytest.mark.parametrize("version", ["2020.10", "2023.10", "cloud"])
def test_the_sessions_of_a_machine_tell_the_user_of_the_service(version: str) -> None:
    caller = asked(version)
    rows = caller.get(MACHINE % 229978).rows

    assert len(rows) == 28
    assert rows[0]["ServiceUserName"] == "ACME\\svc-invoice-011"
    assert rows[0]["Version"]
    unknown = caller.get(MACHINE % 1)
    assert (unknown.status, unknown.json["errorCode"]) == (404, 1002)


def test_a_session_of_a_machine_has_the_id_of_its_runtimes() -> None:
    caller = asked("2022.4")
    ids = {row["Id"] for row in caller.get(MACHINE % 229978).rows}

    unattended = caller.get(RUNTIMES, "runtimeType=Unattended").rows
    assert ids == {row["SessionId"] for row in unattended}


@pytest.mark.parametrize("version", PROFILES)
def test_robots_are_as_old_as_the_server(version: str) -> None:
    caller = asked(version)
    hosts = caller.simulator.estate.hosts

    assert {host.version for host in hosts} == {PROFILES[version].robot_version}
    (pool,) = [row for row in caller.get("/odata/Machines").rows if row["Id"] == 229978]
    assert pool["RobotVersions"][0]["Version"] == hosts[0].version


@pytest.mark.parametrize(
    ("version", "types"),
    [
        ("2018.4", "Attended Development NonProduction Unattended"),
        ("2019.10", "Attended Development NonProduction StudioX Unattended"),
        (
            "2020.10",
            "Attended Development Headless NonProduction StudioPro StudioX TestAutomation Unattended",
        ),
    ],
)
def test_licenses_are_of_the_types_of_the_time(version: str, types: str) -> None:
    caller = asked(version)
    path = f"/odata/Settings/{FUNCTION}.GetLicense"
    body = caller.get(path if version == "2020.10" else f"{path}()").json

    assert sorted(body["Allowed"]) == sorted(body["Used"]) == types.split()
    assert "HostLicenseId" in body


@pytest.mark.parametrize("version", ["2018.4", *CLASSIC])
def test_queues_could_not_be_linked_yet(version: str) -> None:
    rows = asked(version).get("/odata/QueueDefinitions").rows

    assert [row["Name"] for row in rows].count("Invoices") == 1
    assert len(rows) == 15


@pytest.mark.parametrize("version", CLASSIC)
def test_a_folder_header_chooses_the_queues(version: str) -> None:
    rows = asked(version).get("/odata/QueueDefinitions", X_UIPATH_OrganizationUnitId="62511").rows

    assert [row["Name"] for row in rows] == ["Invoices", "Payments", "BankStatements"]


def test_a_refused_bare_call_is_told_in_the_words_of_the_time() -> None:
    caller = asked("2019.10", bare_queue_status="refused")
    path = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus()"

    assert "organization unit" in caller.get(path).json["message"]
    assert caller.get(path).json["errorCode"] == 1101


def test_without_folders_no_bare_call_is_refused() -> None:
    caller = asked("2018.4", bare_queue_status="refused")
    path = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus()"

    assert len(caller.get(path).rows) == 15


@pytest.mark.parametrize("version", PROFILES)
@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_plays_in_every_version(version: str, name: str) -> None:
    caller = Caller(profile=PROFILES[version], scenario=load_scenario(name))
    caller.clock.at(3600)

    assert caller.simulator.queue("Invoices").new >= 0


def test_what_happens_to_things_that_do_not_exist_yet_does_not_happen() -> None:
    text = """
        [[at]]
        second = 1
        entity = "license:AgentService"
        change = { used = 5 }
        [[at]]
        second = 1
        entity = "robot:svc-invoice-011"
        change = { silent = true }
        """
    scenario = parse_scenario(text, place="test")
    caller = Caller(profile=PROFILES["2018.4"], scenario=scenario)
    caller.clock.at(300)

    assert caller.simulator.started_at == START
    assert caller.simulator.session("svc-invoice-011").is_unresponsive
