from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest

from monitor.collectors.sessions import COLLECTOR
from monitor.core.folder_scope import FolderScope
from monitor.core.sample import Collected
from monitor.errors import AccessDenied
from monitor.orchestrator.folders import Folders
from tests.unit.collectors.session_rows import (
    RUNTIMES,
    SESSIONS,
    Tenant,
    a_runtime,
    a_session,
    a_tenant,
)
from tests.wires import page, paged, query_of, refusal

FOLDERS = "/odata/Folders"
PLAIN = "/odata/Sessions"
HALF_AN_HOUR = timedelta(minutes=30).total_seconds()
PATHS = {1: "Finance", 2: "Finance/AP", 3: "Test"}


def in_folder(folder_id: int) -> str:
    return f"{RUNTIMES}ByFolderId(folderId={folder_id})"


def a_robot(session_id: int, **fields: object) -> dict[str, object]:
    """A classic robot's session."""
    robot = {"Id": session_id * 10, "Name": f"bot-{session_id}", "Type": "Unattended"}
    host = f"HOST-{session_id}"
    return a_session(Id=session_id, HostMachineName=host, robot=robot, **fields)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        tenant.server.routes[FOLDERS] = paged(
            [{"Id": folder_id, "FullyQualifiedName": path} for folder_id, path in PATHS.items()]
        )
        yield tenant


def scoped(tenant: Tenant, *include: str, exclude: tuple[str, ...] = ()) -> None:
    folders = Folders(FolderScope(include=include, exclude=exclude))
    tenant.collect = COLLECTOR.make("production", {}, folders)


def shows_by_folder(tenant: Tenant, shown: dict[int, object]) -> None:
    for folder_id, answer in shown.items():
        route = page(answer) if isinstance(answer, list) else answer
        tenant.server.routes[in_folder(folder_id)] = route


def plainly(shown: dict[int | None, object]) -> Callable[[httpx.Request], httpx.Response]:
    def serve(request: httpx.Request) -> httpx.Response:
        named = request.headers.get("x-uipath-organizationunitid")
        answer = shown.get(None if named is None else int(named), refusal(400, 1101))
        if isinstance(answer, list):
            return page(answer)
        assert isinstance(answer, httpx.Response)
        return answer

    return serve


def places(collected: Collected) -> dict[str, str]:
    """The folder of each host or robot."""
    return {s.subject.labels["host"]: s.subject.labels["folder"] for s in collected.samples}


def asks(tenant: Tenant) -> list[str]:
    before = len(tenant.server.asked)
    tenant.poll()
    return tenant.server.asked[before:]


def test_hosts_are_read_by_folder_where_the_tenants_are_refused(tenant: Tenant) -> None:
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    both = a_runtime(SessionId=1, HostMachineName="A", RuntimeType="Unattended", Runtimes=2)
    shows_by_folder(
        tenant,
        {
            1: [both, both | {"RuntimeType": "Headless", "Runtimes": 1}],
            2: [both, a_runtime(SessionId=2, HostMachineName="B")],
            3: [both],
        },
    )
    collected = tenant.sessions()

    assert places(collected) == {"A": "Finance", "B": "Finance/AP"}
    assert collected.partial is False
    assert collected.note == (
        "hosts are read folder by folder; grant Machines.View to see all of them"
    )
    (first, _) = tenant.hosts()
    assert first.values[0] == 3  # a host in three folders has its runtimes once
    assert sorted(asks(tenant)) == sorted([SESSIONS, *(in_folder(one) for one in PATHS)])


def test_the_tenants_hosts_are_asked_for_again_after_half_an_hour(tenant: Tenant) -> None:
    tenant.shows([a_runtime()])
    runtimes = tenant.server.routes[RUNTIMES]
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    shows_by_folder(tenant, {1: [a_runtime()], 2: [], 3: []})
    assert places(tenant.sessions()) == {"VM-RPA-07": "Finance"}
    tenant.server.routes[RUNTIMES] = runtimes
    tenant.server.clock.advance(HALF_AN_HOUR)

    assert asks(tenant) == [RUNTIMES, SESSIONS]
    assert tenant.poll().note == ""


def test_hosts_without_a_session_id_are_told_apart_by_folder_too(tenant: Tenant) -> None:
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    nameless = a_runtime(SessionId=None)
    shows_by_folder(tenant, {1: [], 2: [nameless, nameless], 3: [nameless]})

    assert places(tenant.sessions()) == {"VM-RPA-07": "Finance/AP"}


def test_only_folders_that_count_are_asked(tenant: Tenant) -> None:
    scoped(tenant, "Finance/**", exclude=("Finance",))
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    shows_by_folder(tenant, {2: [a_runtime()]})

    assert places(tenant.sessions()) == {"VM-RPA-07": "Finance/AP"}
    assert asks(tenant) == [SESSIONS, in_folder(2)]


def test_what_no_folder_shows_of_the_tenants_hosts_is_unknown_not_gone(tenant: Tenant) -> None:
    tenant.shows([a_runtime(SessionId=1, HostMachineName="A"), a_runtime(SessionId=2)])
    assert tenant.sessions().partial is False
    runtimes = tenant.server.routes[RUNTIMES]
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    shows_by_folder(tenant, {1: [a_runtime(SessionId=1, HostMachineName="A")], 2: [], 3: []})
    for _ in range(2):
        collected = tenant.sessions()
        assert places(collected) == {"A": "Finance"}
        assert collected.partial is True
    assert [sample.subject.labels["host"] for sample in tenant.hosts()] == ["A"]
    tenant.server.routes[RUNTIMES] = runtimes
    tenant.server.clock.advance(HALF_AN_HOUR)

    assert tenant.sessions().partial is False


def test_a_folder_that_is_refused_hides_its_hosts_and_is_named(tenant: Tenant) -> None:
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    shows_by_folder(tenant, {1: [], 2: [a_runtime()], 3: []})
    assert tenant.sessions().partial is False
    shows_by_folder(tenant, {2: refusal(403, 0)})
    collected = tenant.sessions()

    assert (len(collected.samples), collected.partial) == (0, True)
    assert collected.note.endswith(
        "2 of 3 folders readable; grant Machines.View or Jobs.Create in Finance/AP"
    )
    shows_by_folder(tenant, {2: []})
    tenant.server.clock.advance(HALF_AN_HOUR)
    collected = tenant.sessions()
    assert collected.partial is False
    assert "readable" not in collected.note


def test_the_robots_of_each_folder_are_read_where_its_hosts_are_refused(tenant: Tenant) -> None:
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    shows_by_folder(tenant, {1: refusal(403, 0), 2: refusal(404), 3: refusal(403, 0)})
    tenant.server.routes[PLAIN] = plainly(
        {1: [a_robot(1), a_robot(2)], 2: [a_robot(2)], 3: refusal(403, 0)}
    )
    tenant.server.routes[SESSIONS] = paged([a_robot(1)])
    collected = tenant.sessions()

    assert sorted(places(collected)) == ["HOST-1", "HOST-2"]
    assert places(collected)["HOST-2"] == "Finance"
    assert collected.note == (
        "hosts are read as the robots of each folder; grant Machines.View to see all of them; "
        "2 of 3 folders readable; grant Robots.View in Test"
    )
    assert asks(tenant) == [SESSIONS, PLAIN, PLAIN]
    shows_by_folder(tenant, {1: [a_runtime()]})
    tenant.server.clock.advance(HALF_AN_HOUR)
    collected = tenant.sessions()
    assert "VM-RPA-07" in places(collected)
    assert collected.partial is False


def test_what_the_robots_of_a_folder_no_longer_tell_is_unknown(tenant: Tenant) -> None:
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    shows_by_folder(tenant, {one: refusal(403, 0) for one in PATHS})
    tenant.server.routes[PLAIN] = plainly({1: [a_robot(1)], 2: [], 3: []})
    assert tenant.sessions().partial is False
    tenant.server.routes[PLAIN] = plainly({1: refusal(403, 0), 2: [], 3: []})
    assert tenant.sessions().partial is True
    tenant.server.routes[PLAIN] = refusal(403, 0)
    tenant.server.clock.advance(1)
    assert tenant.sessions().partial is True


@pytest.mark.parametrize("folders", [refusal(403, 0), paged([])])
def test_where_nothing_shows_the_hosts_the_people_are_left_and_that_is_said(
    tenant: Tenant, folders: object
) -> None:
    tenant.server.routes[FOLDERS] = folders
    tenant.shows(sessions=[a_session()])
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    collected = tenant.sessions()

    assert places(collected) == {"LAPTOP-3": ""}
    assert collected.note == "hosts are not readable; grant Machines.View to see all of them"
    assert asks(tenant) == [SESSIONS]


def test_people_that_are_refused_are_said_to_be(tenant: Tenant) -> None:
    tenant.shows([a_runtime()])
    tenant.server.routes[SESSIONS] = refusal(403, 0)

    assert tenant.sessions().note == (
        "people's robots are not readable; grant Users.View and Robots.View"
    )


def test_a_version_without_the_list_of_hosts_shows_all_in_the_other(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session(), a_robot(5)])
    del tenant.server.routes[RUNTIMES]
    collected = tenant.sessions()

    assert sorted(places(collected)) == ["HOST-5", "LAPTOP-3"]
    assert (collected.partial, collected.note) == (False, "")
    assert asks(tenant) == [SESSIONS]


def test_before_there_were_folders_the_robots_are_asked_for_without_one(tenant: Tenant) -> None:
    for path in (RUNTIMES, SESSIONS, FOLDERS):
        del tenant.server.routes[path]

    def older(request: httpx.Request) -> httpx.Response:
        assert "x-uipath-organizationunitid" not in request.headers
        if "OrganizationUnitId" in query_of(request).get("$select", ""):
            return refusal(400, 1000)
        return page([a_robot(1), a_robot(2)])

    tenant.server.routes[PLAIN] = older
    collected = tenant.sessions()

    assert sorted(places(collected)) == ["HOST-1", "HOST-2"]
    assert (collected.partial, collected.note) == (False, "")
    assert asks(tenant) == [PLAIN]
    tenant.shows([a_runtime()])
    tenant.server.clock.advance(48 * HALF_AN_HOUR)
    assert places(tenant.sessions()) == {"VM-RPA-07": ""}


def test_without_the_newer_lists_each_folder_is_asked_where_one_is_wanted(tenant: Tenant) -> None:
    for path in (RUNTIMES, SESSIONS):
        del tenant.server.routes[path]
    tenant.server.routes[PLAIN] = plainly({1: [a_robot(1)], 2: [a_robot(2)], 3: []})
    collected = tenant.sessions()

    assert places(collected) == {"HOST-1": "Finance", "HOST-2": "Finance/AP"}
    assert asks(tenant) == [PLAIN] * 3
    tenant.server.routes[PLAIN] = plainly({1: refusal(403, 0), 2: [a_robot(2)], 3: []})
    collected = tenant.sessions()
    assert (places(collected), collected.partial) == ({"HOST-2": "Finance/AP"}, True)
    assert collected.note == "2 of 3 folders readable; grant Robots.View in Finance"


def test_a_role_that_sees_robots_in_its_folders_only_works_on_older_versions(
    tenant: Tenant,
) -> None:
    del tenant.server.routes[RUNTIMES]
    tenant.server.routes[SESSIONS] = refusal(403, 0)
    tenant.server.routes[PLAIN] = plainly({1: [a_robot(1)], 2: [], 3: []})
    collected = tenant.sessions()

    assert places(collected) == {"HOST-1": "Finance"}
    assert collected.note.startswith("people's robots are read folder by folder; grant Users.View")


def test_everything_refused_names_a_permission_and_is_asked_again_each_time(
    tenant: Tenant,
) -> None:
    for path in (RUNTIMES, SESSIONS, PLAIN):
        tenant.server.routes[path] = refusal(403, 0)
    shows_by_folder(tenant, {one: refusal(403, 0) for one in PATHS})
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"grant the permission Machines\.View"):
            tenant.poll()
    tenant.shows([a_runtime()])
    assert len(tenant.sessions().samples) == 1


def test_the_folder_of_a_session_is_told_in_full(tenant: Tenant) -> None:
    tenant.shows(
        sessions=[
            a_session(OrganizationUnitId=2, FolderName="AP"),
            a_robot(5, OrganizationUnitId=99, FolderName="Other"),
            a_robot(6, OrganizationUnitId=0),
        ]
    )

    assert places(tenant.sessions()) == {"LAPTOP-3": "Finance/AP", "HOST-5": "Other", "HOST-6": ""}
    assert asks(tenant) == [RUNTIMES, SESSIONS]


def test_sessions_of_folders_that_do_not_count_are_left_out_with_their_hosts(
    tenant: Tenant,
) -> None:
    scoped(tenant, "Finance/**")
    unattended = {"Type": "Unattended", "Username": "CORP\\bot"}
    tenant.shows(
        [a_runtime(SessionId=1), a_runtime(SessionId=2, HostMachineName="B")],
        [
            a_session(Id=1, robot=unattended, OrganizationUnitId=3, FolderName="Test"),
            a_session(Id=7, HostMachineName="C", FolderName="Test"),
            a_robot(8, OrganizationUnitId=1, FolderName="Finance"),
        ],
    )
    collected = tenant.sessions()

    assert places(collected) == {"B": "", "HOST-8": "Finance"}
    assert collected.partial is False
    assert {sample.subject.labels["host"] for sample in tenant.hosts()} == {"B", "HOST-8"}


def test_a_session_whose_folder_cannot_be_looked_up_counts(tenant: Tenant) -> None:
    scoped(tenant, "Finance/**")
    tenant.server.routes[FOLDERS] = refusal(403, 0)
    tenant.shows(sessions=[a_robot(8, OrganizationUnitId=3, FolderName="Test")])

    assert places(tenant.sessions()) == {"HOST-8": "Test"}
