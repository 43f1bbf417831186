"""Classic and modern folders side by side, and sessions that are made anew."""

from dataclasses import replace
from typing import Any

import pytest

from monitor.simulator.estates import default_estate, middle_estate
from monitor.simulator.profiles import PROFILES
from monitor.simulator.scenario import parse_scenario
from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import FUNCTION, GLOBAL_SESSIONS, RUNTIMES, Caller

SIDE_BY_SIDE = ["2019.10", "2020.10", "2022.4"]
ATTENDED_AND_SERVERLESS = 13


def mixed(version: str, **settings: Any) -> Caller:  # noqa: ANN401  settings of many types
    return Caller(
        profile=PROFILES[version],
        estate=replace(default_estate(), mixed=True),
        settings=Settings(**settings),
    )


def folders(caller: Caller) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {"Manual": [], "Automatic": []}
    for row in caller.get("/odata/Folders").rows:
        found[row["ProvisionType"]].append(row["Id"])
    return found


def sessions_of(caller: Caller, folder: int) -> list[dict[str, Any]]:
    header = {"X_UIPATH_OrganizationUnitId": str(folder)}
    return caller.get("/odata/Sessions", "$expand=Robot", **header).rows


def global_sessions(caller: Caller) -> list[dict[str, Any]]:
    old = caller.simulator.profile.name == "2019.10"
    return caller.get(f"{GLOBAL_SESSIONS}()" if old else GLOBAL_SESSIONS, "$expand=Robot").rows


@pytest.mark.parametrize("version", SIDE_BY_SIDE)
def test_a_mixed_tenant_has_folders_of_both_kinds(version: str) -> None:
    found = folders(mixed(version))

    assert len(found["Manual"]) == 2
    assert len(found["Automatic"]) >= 4


@pytest.mark.parametrize("version", ["2023.10", "cloud"])
def test_later_versions_have_modern_folders_alone(version: str) -> None:
    assert folders(mixed(version))["Manual"] == []


def test_a_server_without_folders_stays_without() -> None:
    assert len(mixed("2018.4").get("/odata/Sessions").rows) == 40


@pytest.mark.parametrize("version", SIDE_BY_SIDE)
def test_a_classic_folder_shows_its_robots_and_a_modern_one_those_of_users(version: str) -> None:
    caller = mixed(version)
    found = folders(caller)
    classic = [row for id_ in found["Manual"] for row in sessions_of(caller, id_)]
    modern = sessions_of(caller, found["Automatic"][0])

    assert classic
    assert {row["Robot"]["ProvisionType"] for row in classic} == {"Manual"}
    assert not {row["Id"] for row in classic} & {row["Id"] for row in modern}
    assert len(classic) == len({row["Id"] for row in classic})


@pytest.mark.parametrize("version", SIDE_BY_SIDE)
def test_the_tenants_sessions_are_classic_robots_and_those_of_users(version: str) -> None:
    caller = mixed(version)
    provision = [row["Robot"]["ProvisionType"] for row in global_sessions(caller) if row["Robot"]]

    assert set(provision) == {"Manual", "Automatic"}
    assert provision.count("Manual") >= 12


def test_every_session_of_a_mixed_tenant_shows_in_one_of_the_lists() -> None:
    caller = mixed("2022.4")
    runtimes = {row["SessionId"] for row in caller.get(RUNTIMES).rows}
    of_tenant = {row["Id"] for row in global_sessions(caller)}
    classic = {r["Id"] for id_ in folders(caller)["Manual"] for r in sessions_of(caller, id_)}

    assert len(runtimes | of_tenant) == 41
    assert classic < of_tenant
    assert not classic & runtimes


def test_a_classic_folder_has_no_runtimes() -> None:
    caller = mixed("2022.4")
    found = folders(caller)
    path = f"{RUNTIMES}ByFolderId(folderId=%d)"

    assert caller.get(path % found["Manual"][0]).rows == []
    assert caller.get(path % found["Automatic"][0]).rows


def test_in_2019_10_every_unattended_robot_is_a_classic_one() -> None:
    caller = mixed("2019.10")
    types = {row["Robot"]["Type"] for row in global_sessions(caller) if row["Robot"]["UserId"]}

    assert types == {"Attended"}
    assert len(global_sessions(caller)) == 40


def test_a_machine_shows_the_modern_unattended_sessions_of_2020_10() -> None:
    caller = mixed("2020.10")
    path = f"/odata/Sessions/{FUNCTION}.GetMachineSessions(key=229978)"
    rows = caller.get(path, "$expand=Robot").rows

    assert [row for row in rows if row["Robot"] is None]


@pytest.mark.parametrize("version", SIDE_BY_SIDE)
def test_no_queue_is_linked_to_a_classic_folder(version: str) -> None:
    caller = Caller(profile=PROFILES[version], estate=replace(middle_estate(), mixed=True))
    classic = set(folders(caller)["Manual"])
    linked = [q for q in caller.simulator.estate.queues if len(q.folder_ids) > 1]

    assert classic
    assert all(classic.isdisjoint(queue.folder_ids) for queue in linked)
    assert bool(linked) == (version == "2022.4")


def test_a_scenario_chooses_a_mixed_tenant_of_any_size() -> None:
    text = "[estate]\nkind = 'small'\nmixed = true"
    estate = parse_scenario(text, place="x.toml").estate

    assert (estate.mixed, len(estate.sessions)) == (True, 10)


@pytest.mark.parametrize("entity", ["robot:svc-invoice-011", "host:VM-RPA-01"])
def test_a_session_that_is_made_anew_has_another_id_and_nothing_else(entity: str) -> None:
    caller = Caller(settings=Settings(unattended_in_global_sessions=True))
    before, session = caller.robot("svc-invoice-011"), global_sessions(caller)
    caller.simulator.change(entity, {"recreate": True})
    after = caller.robot("svc-invoice-011")
    again = global_sessions(caller)

    assert after.pop("SessionId") not in {before.pop("SessionId"), 5101, 5102}
    assert after == before
    changed = len({row["Id"] for row in again} - {row["Id"] for row in session})
    assert changed == (1 if entity.startswith("robot") else 4)
    assert [row["Id"] for row in again] == sorted(row["Id"] for row in again)


def test_a_session_can_be_made_anew_again() -> None:
    caller = Caller()
    ids = []
    for _ in range(3):
        ids.append(caller.robot("svc-invoice-011")["SessionId"])
        caller.simulator.recreate_robot("svc-invoice-011")

    assert len(set(ids)) == 3


def test_a_clock_that_goes_back_knows_the_session_that_was() -> None:
    caller = Caller()
    first = caller.robot("svc-invoice-011")["SessionId"]
    caller.clock.at(60)
    caller.simulator.recreate_robot("svc-invoice-011")
    second = caller.robot("svc-invoice-011")["SessionId"]
    seen = []
    for at in (0, 61):
        caller.clock.at(at)
        seen.append(caller.robot("svc-invoice-011")["SessionId"])

    assert seen == [first, second]
