"""What a role without a permission is refused, and how."""

import pytest

from monitor.simulator.permissions import HELD
from monitor.simulator.profiles import PROFILES
from monitor.simulator.scenario import ScenarioInvalid, parse_scenario
from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import (
    FUNCTION,
    GLOBAL_SESSIONS,
    LICENSE,
    QUEUE_STATUS,
    RUNTIMES,
    Caller,
)

BY_FOLDER = f"{RUNTIMES}ByFolderId(folderId=62511)"
ACROSS = f"/odata/QueueDefinitions/{FUNCTION}.GetQueuesAcrossFolders"
PERMISSIONS = f"/odata/Users/{FUNCTION}.GetCurrentPermissions"
HEADER = "62511"


def without(*names: str, version: str = "cloud", folders: tuple[str, ...] = ()) -> Caller:
    settings = Settings(denied=frozenset(names), denied_folders=frozenset(folders))
    return Caller(profile=PROFILES[version], settings=settings)


@pytest.mark.parametrize(
    ("denied", "path"),
    [
        ("Units.View", "/odata/Folders"),
        ("Units.View", "/odata/OrganizationUnits"),
        ("Machines.View", RUNTIMES),
        ("Machines.View", "/odata/Machines"),
        ("Machines.View", f"/odata/Sessions/{FUNCTION}.GetMachineSessions(key=229978)"),
        ("Robots.View", "/odata/Sessions"),
        ("Robots.View", "/api/Stats/GetSessionsStats"),
        ("Queues.View", QUEUE_STATUS),
        ("Queues.View", "/odata/QueueDefinitions"),
        ("Queues.View", "/odata/QueueItems"),
        ("Transactions.View", "/odata/QueueItems"),
        ("License.View", "/api/Stats/GetLicenseStats"),
    ],
)
def test_an_endpoint_is_refused_to_a_role_that_lacks_its_permission(denied: str, path: str) -> None:
    caller = Caller()
    assert caller.get(path, X_UIPATH_OrganizationUnitId=HEADER).status == 200

    caller.simulator.settings.denied = frozenset({denied})
    answer = caller.get(path, X_UIPATH_OrganizationUnitId=HEADER)
    assert answer.status == 403
    assert answer.json["unAuthorizedRequest"] is True
    assert answer.json["error"]["message"] == "You are not authorized!"


@pytest.mark.parametrize(
    "path", ["/api/Folders/GetAllForCurrentUser", LICENSE, PERMISSIONS, "/api/Status/Get"]
)
def test_whoever_is_signed_in_may_ask_the_rest(path: str) -> None:
    assert without(*HELD).get(path).status == 200


def test_the_runtimes_of_a_folder_need_one_of_two_permissions() -> None:
    assert without("Machines.View").get(BY_FOLDER).status == 200
    assert without("Jobs.Create").get(BY_FOLDER).status == 200
    assert without("Machines.View", "Jobs.Create").get(BY_FOLDER).status == 403


@pytest.mark.parametrize(
    ("version", "denied", "rows"),
    [
        ("cloud", (), 13),
        ("cloud", ("Robots.View",), 13),
        ("cloud", ("Users.View",), 0),
        ("2020.10", (), 40),
        ("2020.10", ("Robots.View",), 0),
        ("2020.10", ("Users.View",), 40),
    ],
)
def test_who_may_see_robots_sees_classic_ones_and_who_may_see_users_theirs(
    version: str, denied: tuple[str, ...], rows: int
) -> None:
    assert len(without(*denied, version=version).get(GLOBAL_SESSIONS).rows) == rows


def test_the_sessions_of_the_tenant_are_refused_to_who_may_see_neither() -> None:
    assert without("Users.View", "Robots.View").get(GLOBAL_SESSIONS).status == 403


def test_robots_are_expanded_only_for_who_may_see_users() -> None:
    assert without("Users.View").get(GLOBAL_SESSIONS, "$expand=Robot").status == 403
    old = without("Users.View", version="2020.10")
    assert old.get(GLOBAL_SESSIONS, "$expand=Robot").status == 200


def test_permissions_that_are_denied_are_not_among_the_current_ones() -> None:
    body = without("Queues.View", "License.View").get(PERMISSIONS).json

    assert body["Permissions"] == [
        name for name in HELD if name not in {"Queues.View", "License.View"}
    ]


def test_a_denied_folder_hides_its_queues_and_refuses_to_be_asked() -> None:
    caller = without(folders=("Finance",))
    names = [row["QueueDefinitionName"] for row in caller.get(QUEUE_STATUS).rows]
    assert names.count("Invoices") == 1
    assert "Payments" not in names
    assert "ClaimIntake" in names

    for path in (QUEUE_STATUS, "/odata/QueueDefinitions", "/odata/QueueItems"):
        assert caller.get(path, X_UIPATH_OrganizationUnitId="62511").status == 403
        assert caller.get(path, X_UIPATH_OrganizationUnitId="62512").status == 200
    assert caller.get("/odata/Sessions", X_UIPATH_OrganizationUnitId="62511").status == 200


def test_queues_across_folders_are_those_the_role_may_see() -> None:
    names = [row["Name"] for row in without(folders=("Finance", "Claims")).get(ACROSS).rows]
    assert names[:2] == ["Invoices", "VendorOnboarding"]
    assert len(names) == 10

    assert without("Queues.View").get(ACROSS).rows == []


def test_a_scenario_may_deny() -> None:
    text = '[settings]\ndenied = ["Machines.View"]\ndenied_folders = ["Finance"]\n'
    settings = parse_scenario(text, place="test").settings

    assert settings.denied == {"Machines.View"}
    assert settings.denied_folders == {"Finance"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('denied = ["Machine.View"]', "'Machine.View' is not one of 'Robots.View'"),
        ('denied = "Machines.View"', "settings.denied: must be a list of texts"),
        ("denied = [1]", "settings.denied: must be a list of texts"),
        ('denied_folders = ["Finanz"]', "denied_folders: no folder 'Finanz'"),
    ],
)
def test_a_slip_in_what_is_denied_is_told(line: str, told: str) -> None:
    with pytest.raises(ScenarioInvalid, match=told):
        parse_scenario(f"[settings]\n{line}\n", place="test")
