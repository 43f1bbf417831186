"""Which version has what: endpoints, their paths, addresses, sign-ins, headers, fields."""

import pytest

from monitor.simulator.endpoints import Endpoint
from monitor.simulator.profiles import CLOUD, PROFILES, Profile
from tests.unit.simulator.callers import TENANT, Caller

ORDER = ["2018.4", "2019.10", "2020.10", "2022.4", "2023.10", "cloud"]
FIRST = {
    "Status": "2018.4",
    "Version": "2022.4",
    "Folders": "2019.10",
    "FoldersOfUser": "cloud",
    "GetAllFoldersForCurrentUser": "2019.10",
    "OrganizationUnits": "2019.10",
    "GetMachineSessionRuntimes": "2022.4",
    "GetMachineSessionRuntimesByFolderId": "2022.4",
    "GetMachineSessions": "2020.10",
    "GetGlobalSessions": "2019.10",
    "Sessions": "2018.4",
    "Machines": "2018.4",
    "RetrieveQueuesProcessingStatus": "2018.4",
    "QueueDefinitions": "2018.4",
    "GetQueuesAcrossFolders": "2022.4",
    "QueueItems": "2018.4",
    "GetLicense": "2018.4",
    "GetSessionsStats": "2018.4",
    "GetLicenseStats": "2018.4",
    "GetCurrentPermissions": "2018.4",
}
PRESENT = [
    (version, name)
    for version in ORDER
    for name, first in FIRST.items()
    if ORDER.index(first) <= ORDER.index(version)
]
ABSENT = [
    (version, name) for version in ORDER for name in FIRST if (version, name) not in set(PRESENT)
]
FOLDER = "62511"
each = pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
standalone = pytest.mark.parametrize(
    "profile", [p for p in PROFILES.values() if p is not CLOUD], ids=lambda profile: profile.name
)


def path_of(endpoint: Endpoint) -> str:
    return endpoint.path.replace("{folderId}", FOLDER).replace("{key}", "229978")


def endpoint(profile: Profile, name: str) -> Endpoint:
    (found,) = [endpoint for endpoint in profile.endpoints if endpoint.name == name]
    return found


def caller_of(version: str) -> Caller:
    """Sign in so that every endpoint answers: one of them refuses tokens of applications."""
    caller = Caller(profile=PROFILES[version])
    caller.token = caller.with_password().json["result"]
    return caller


def test_the_profiles_are_these() -> None:
    assert list(PROFILES) == ORDER
    assert {endpoint.name for endpoint in CLOUD.endpoints} == set(FIRST)


@pytest.mark.parametrize(("version", "name"), PRESENT)
def test_an_endpoint_answers_where_the_version_has_it(version: str, name: str) -> None:
    caller = caller_of(version)
    found = endpoint(PROFILES[version], name)
    query = "days=1" if name == "GetLicenseStats" else ""
    answer = caller.get(path_of(found), query, X_UIPATH_OrganizationUnitId=FOLDER)

    assert answer.status == 200
    assert caller.simulator.requests[-1].endpoint == name


@pytest.mark.parametrize(("version", "name"), ABSENT)
def test_an_endpoint_is_not_found_where_the_version_lacks_it(version: str, name: str) -> None:
    later = endpoint(CLOUD, name)
    caller = caller_of(version)

    assert caller.get(path_of(later)).status == 404
    assert caller.get(path_of(later) + "()").status == 404
    assert caller.simulator.requests[-1].endpoint == "Unknown"


@pytest.mark.parametrize("version", ORDER)
@pytest.mark.parametrize("name", ["RetrieveQueuesProcessingStatus", "GetLicense"])
def test_functions_had_parentheses_before_2020_10(version: str, name: str) -> None:
    caller = caller_of(version)
    plain = path_of(endpoint(CLOUD, name))
    had = version in {"2018.4", "2019.10"}

    assert caller.get(plain).status == (404 if had else 200)
    assert caller.get(plain + "()").status == (200 if had else 404)


@standalone
def test_a_server_of_ones_own_has_the_bare_root_alone(profile: Profile) -> None:
    caller = Caller(profile=profile)

    assert caller.send("GET", "/odata/Machines").status == 200
    assert caller.send("GET", f"{TENANT}/odata/Machines").status == 404
    assert caller.send("GET", f"{TENANT}/api/Status/Get").status == 404


@pytest.mark.parametrize(
    ("version", "paths"),
    [
        ("2018.4", {"/api/Account/Authenticate"}),
        ("2019.10", {"/api/Account/Authenticate"}),
        ("2020.10", {"/api/Account/Authenticate", "/identity/connect/token"}),
        ("2022.4", {"/api/Account/Authenticate", "/identity/connect/token"}),
        ("2023.10", {"/api/Account/Authenticate", "/identity/connect/token"}),
    ],
)
def test_sign_ins_are_those_of_the_version(version: str, paths: set[str]) -> None:
    caller = Caller(profile=PROFILES[version])
    for path in [*CLOUD.sign_ins, "/acme/identity_/connect/token"]:
        assert (caller.send("POST", path).status != 405) == (path in paths), path
    caller.token = caller.simulator.accounts.access_token
    assert caller.get("/odata/Machines").status == 401


def test_an_application_signs_in_since_2020_10() -> None:
    for version in ORDER[2:]:
        caller = Caller(profile=PROFILES[version])
        caller.token = caller.sign_in("OR.Machines.Read").json["access_token"]
        assert caller.get("/odata/Machines").status == 200
        assert caller.get("/odata/QueueDefinitions").status == 403


@each
def test_the_folders_of_the_navigation_are_not_for_applications(profile: Profile) -> None:
    caller = Caller(profile=profile)
    path = "/api/FoldersNavigation/GetAllFoldersForCurrentUser"
    if profile.name in ORDER[2:]:
        caller.token = caller.sign_in().json["access_token"]
        assert caller.get(path).status == 403
        assert "OAuth" in caller.get(path).json["errorMessage"]
    if profile.name != "2018.4":
        caller.token = caller.with_password().json["result"]
        names = [row["FullyQualifiedName"] for row in caller.get(path).json]
        assert "Finance/Accounts Payable" in names


def test_a_personal_token_is_that_of_an_application() -> None:
    assert Caller().get("/api/FoldersNavigation/GetAllFoldersForCurrentUser").status == 403


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2018.4", None),
        ("2019.10", None),
        ("2020.10", "11.1"),
        ("2022.4", "15.0"),
        ("2023.10", "16.0, 17.0"),
        ("cloud", "20.0"),
    ],
)
def test_each_answer_tells_the_api_versions_since_they_are_told(
    version: str, expected: str | None
) -> None:
    headers = Caller(profile=PROFILES[version]).get("/odata/Machines").reply.headers

    assert headers.get("api-supported-versions") == expected


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        ("2018.4", set()),
        ("2019.10", {"X_UIPATH_OrganizationUnitId"}),
        ("2020.10", {"X_UIPATH_OrganizationUnitId", "X_UIPATH_FolderPath"}),
        ("2022.4", {"X_UIPATH_OrganizationUnitId", "X_UIPATH_FolderPath", "X_UIPATH_FolderKey"}),
    ],
)
def test_a_folder_header_of_a_later_version_is_ignored(version: str, accepted: set[str]) -> None:
    caller = Caller(profile=PROFILES[version])
    everything = caller.get("/odata/QueueDefinitions").rows
    for header in ("X_UIPATH_OrganizationUnitId", "X_UIPATH_FolderPath", "X_UIPATH_FolderKey"):
        answer = caller.get("/odata/QueueDefinitions", **{header: "nowhere"})
        if header in accepted:
            assert answer.json["errorCode"] == 1100
        else:
            assert answer.rows == everything


@pytest.mark.parametrize(
    ("version", "path", "field"),
    [
        ("2018.4", "/odata/Sessions", "FolderName"),
        ("2018.4", "/odata/QueueDefinitions", "SlaInMinutes"),
        ("2018.4", "/odata/QueueItems", "RiskSlaDate"),
        ("2019.10", "/odata/Folders", "IsPersonal"),
        ("2019.10", "/odata/Folders", "Key"),
        ("2019.10", "/odata/Machines", "Scope"),
        ("2020.10", "/odata/Folders", "FolderType"),
        ("2020.10", "/odata/Sessions", "Platform"),
        ("2020.10", "/odata/QueueDefinitions", "FoldersCount"),
        ("2023.10", "/odata/QueueDefinitions", "RetryAbandonedItems"),
    ],
)
def test_a_field_of_a_later_version_is_neither_shown_nor_taken(
    version: str, path: str, field: str
) -> None:
    caller = Caller(profile=PROFILES[version])
    assert all(field not in row for row in caller.get(path).rows)
    later = Caller().get(path, X_UIPATH_OrganizationUnitId=FOLDER).rows
    assert all(field in row for row in later)

    for query in (f"$select={field}", f"$filter={field} eq null", f"$orderby={field}"):
        answer = caller.get(path, query)
        assert (answer.status, answer.json["errorCode"]) == (400, 1000), query


def test_a_field_of_a_robot_of_a_later_version_is_neither_shown_nor_taken() -> None:
    caller = Caller(profile=PROFILES["2018.4"])
    robot = caller.get("/odata/Sessions", "$expand=Robot").rows[0]["Robot"]

    assert "UserId" not in robot
    assert robot["Version"] == "18.4.3"
    assert caller.get("/odata/Sessions", "$filter=Robot/UserId eq 1").status == 400
    assert caller.get("/odata/Sessions", "$filter=Robot/Type eq 'Unattended'").status == 200


def test_a_name_of_a_later_version_is_not_taken() -> None:
    query = "$filter=Robot/Type eq 'StudioPro'"

    assert Caller(profile=PROFILES["2019.10"]).get("/odata/Sessions", query).status == 400
    assert Caller(profile=PROFILES["2020.10"]).get("/odata/Sessions", query).status == 200


@each
def test_a_page_of_queue_items_is_capped_at_a_hundred_on_the_cloud_alone(
    profile: Profile,
) -> None:
    caller = Caller(profile=profile)
    caller.simulator.freeze_queue("Invoices", new=1500)
    expected = {"cloud": 100, "2018.4": 1500, "2019.10": 1500}.get(profile.name, 1000)
    rows = caller.get("/odata/QueueItems", "$top=1500&$filter=Status eq 'New'").rows

    assert len(rows) == expected


@standalone
def test_a_server_of_ones_own_counts_no_requests(profile: Profile) -> None:
    caller = Caller(profile=profile)
    caller.simulator.settings.metered_per_minute = 1

    assert [caller.get("/odata/QueueItems", "$top=1").status for _ in range(3)] == [200] * 3


@each
def test_old_lists_carry_a_count_that_nobody_asked_for(profile: Profile) -> None:
    body = Caller(profile=profile).get("/odata/Machines").json

    assert ("@odata.count" in body) == (profile.name in {"2018.4", "2019.10"})


def test_old_statistics_of_licenses_need_the_number_of_days() -> None:
    path = "/api/Stats/GetLicenseStats"
    rows = Caller(profile=PROFILES["2018.4"]).get(path, "days=2").json

    assert [row["robotType"] for row in rows] == [
        "Attended", "Unattended", "NonProduction", "Development",
    ] * 2  # fmt: skip
    assert rows[-1]["timestamp"] == "2026-01-05T08:00:00Z"
    assert Caller(profile=PROFILES["2018.4"]).get(path).status == 400
    assert Caller(profile=PROFILES["2020.10"]).get(path).status == 200
    assert Caller().get(path, "days=366").status == 400
