"""Servers that have GetMachineSessions and no list of hosts yet."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from monitor.collectors.sessions import COLLECTOR
from monitor.core.folder_scope import FolderScope
from monitor.core.kinds import SESSION
from monitor.orchestrator.folders import Folders
from tests.builders import shown
from tests.unit.collectors.session_machines import (
    A_QUARTER,
    DESKS,
    FARM,
    FOLDERS,
    HOSTS,
    MACHINES,
    POOL,
    a_host,
    a_machine,
    a_machines_tenant,
    asks,
    has,
    keys,
    of,
    shows,
)
from tests.unit.collectors.session_rows import (
    RUNTIMES,
    SERVICE,
    SESSIONS,
    Tenant,
    a_session,
    ago,
)
from tests.wires import page, paged, query_of, refusal


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_machines_tenant() as tenant:
        yield tenant


def test_hosts_that_no_list_shows_are_read_from_their_machines(tenant: Tenant) -> None:
    collected = tenant.sessions()

    assert keys(collected) == {"robot/759", *HOSTS}
    assert (collected.partial, collected.note, collected.skipped) == (False, "", 0)
    host = next(one for one in collected.samples if one.subject.labels["host"] == "VM-11")
    assert host.subject.name == "VM-11"
    assert host.subject.labels["robot_type"] == "Unattended"
    age_s = shown(host, collected.observed_at)[SESSION.index("heartbeat_age_s")]
    assert age_s == pytest.approx(10, abs=1)
    sums = {one.subject.name: one.values[:3] for one in tenant.hosts()}
    assert sums["VM-11"] == (None, None, 1)


def test_what_is_asked_of_the_machines_holds_no_secret(tenant: Tenant) -> None:
    tenant.poll()
    asked = {request.url.path: query_of(request) for request in tenant.server.requests}
    of_list = next(query for path, query in asked.items() if path.endswith(MACHINES))
    of_one = next(query for path, query in asked.items() if path.endswith(of(POOL)))

    assert of_list["$select"] == (
        "Id,Name,UnattendedSlots,NonProductionSlots,HeadlessSlots,TestAutomationSlots"
    )
    assert "ServiceUserName" in of_one["$select"]
    assert "RuntimeType" not in of_one["$select"]
    assert of_one["$expand"] == "Robot"


def test_all_are_asked_once_in_a_while_and_those_that_add_something_always(tenant: Tenant) -> None:
    assert asks(tenant).count(MACHINES) == 1
    assert asks(tenant) == [SESSIONS, of(POOL)]
    assert asks(tenant, A_QUARTER - 1) == [SESSIONS, of(POOL)]
    assert asks(tenant, 1) == sorted([MACHINES, FOLDERS, SESSIONS, of(POOL), of(DESKS), of(FARM)])
    assert asks(tenant) == [SESSIONS, of(POOL)]


def test_a_machine_that_adds_nothing_any_more_is_left_alone_from_the_next_sweep_on(
    tenant: Tenant,
) -> None:
    tenant.poll()
    shows(tenant, POOL, [])
    assert keys(tenant.sessions()) == {"robot/759"}
    assert tenant.poll().partial is False
    shows(tenant, POOL, [a_host(13)])
    assert len(keys(tenant.sessions())) == 2
    shows(tenant, POOL, [])
    asks(tenant, A_QUARTER)

    assert asks(tenant) == [SESSIONS]


def test_robots_of_classic_folders_are_in_the_lists_so_no_machine_is_asked(tenant: Tenant) -> None:
    tenant.server.routes[FOLDERS] = paged(
        [
            {"Id": 1, "FullyQualifiedName": "Claims", "ProvisionType": "Manual"},
            {"Id": 2, "FullyQualifiedName": "anna's", "IsPersonal": True},
        ]
    )

    assert asks(tenant) == sorted([f"{RUNTIMES}()", RUNTIMES, SESSIONS, FOLDERS])
    assert asks(tenant) == [SESSIONS]


def test_machines_are_asked_where_folders_cannot_be_listed(tenant: Tenant) -> None:
    tenant.server.routes[FOLDERS] = refusal(403, 0)

    assert keys(tenant.sessions()) >= HOSTS


@pytest.mark.parametrize(
    ("slots", "kind"),
    [
        ({"UnattendedSlots": 0, "HeadlessSlots": 1}, "Headless"),
        ({"UnattendedSlots": 1, "HeadlessSlots": 1}, "Unattended"),
        (dict.fromkeys(("UnattendedSlots", "NonProductionSlots"), None), ""),
        ({"UnattendedSlots": 0}, None),
    ],
)
def test_slots_tell_what_works_on_a_machine(
    tenant: Tenant, slots: dict[str, object], kind: str | None
) -> None:
    nothing = {} if kind is not None else {"HeadlessSlots": 0}
    unknown = {"HeadlessSlots": None, "TestAutomationSlots": None} if kind == "" else {}
    machine = {**a_machine(POOL), **unknown, **nothing, **slots}
    tenant.server.routes[MACHINES] = paged([machine])
    found = {
        one.subject.labels["robot_type"]
        for one in tenant.sessions().samples
        if one.subject.labels["robot_type"] != "Attended"
    }

    assert found == (set() if kind is None else {kind})


def test_a_machine_that_lost_its_slots_is_watched_as_long_as_it_shows_hosts(
    tenant: Tenant,
) -> None:
    tenant.poll()
    tenant.server.routes[MACHINES] = paged([a_machine(POOL, UnattendedSlots=0)])
    tenant.server.clock.advance(A_QUARTER)
    collected = tenant.sessions()

    assert keys(collected) >= HOSTS
    assert "Unattended" not in {one.subject.labels["robot_type"] for one in collected.samples}


# One session in two lists


def test_a_session_that_another_list_shows_is_there_once(tenant: Tenant) -> None:
    robot = {"Id": 5, "Name": "bot-5", "Username": "CORP\\bot-5", "Type": "Unattended"}
    shared = a_session(Id=11, HostMachineName="VM-11", MachineId=POOL, robot=robot)
    other = a_session(
        Id=90, HostMachineName="VM-12", MachineId=POOL, robot={**robot, "Username": SERVICE}
    )
    tenant.server.routes[SESSIONS] = paged([a_session(), shared, other])
    collected = tenant.sessions()

    assert keys(collected) == {"robot/759", "1/vm-11/corp\\bot-5", f"1/vm-12/{SERVICE.lower()}"}
    assert asks(tenant) == [SESSIONS]


def test_a_row_that_names_no_robot_leaves_it_to_the_machine_to_say_whose_it_is(
    tenant: Tenant,
) -> None:
    nameless = [a_host(11), a_host(77, HostMachineName="VM-12"), a_host(99, MachineId=77)]
    tenant.server.routes[SESSIONS] = paged([a_session(), *nameless])
    first = tenant.sessions()
    shows(tenant, POOL, refusal(403, 0))
    second = tenant.sessions()

    assert keys(first) == {"robot/759", "77/vm-99/", *HOSTS}
    assert keys(second) == {"robot/759", "77/vm-99/"}
    assert second.partial is True


def test_a_person_whom_only_a_machine_shows_is_a_person(tenant: Tenant) -> None:
    person = {"Id": 760, "Name": "attended-eve", "Username": "CORP\\eve"}
    row = a_session(Id=21, HostMachineName="LAPTOP-4", robot=person)
    shows(tenant, DESKS, [a_session(), {**row, "ServiceUserName": "CORP\\eve"}])
    collected = tenant.sessions()

    assert keys(collected) == {"robot/759", "robot/760", *HOSTS}
    names = {one.subject.key: one.subject.name for one in collected.samples}
    assert names["robot/760"] == "attended-eve"


def test_users_of_one_host_are_told_apart(tenant: Tenant) -> None:
    users = ["CORP\\svc-1", "CORP\\svc-2"]
    rows = [
        a_host(n, HostMachineName="VM-1", ServiceUserName=user) for n, user in enumerate(users, 11)
    ]
    no_machine = a_host(30, MachineId=None, MachineName=None, ServiceUserName=None)
    shows(tenant, POOL, [*rows, no_machine])
    collected = tenant.sessions()

    assert keys(collected) >= {"1/vm-1/corp\\svc-1", "1/vm-1/corp\\svc-2", "1/vm-30/"}
    names = {one.subject.name: one.subject.labels["machine"] for one in collected.samples}
    assert names.keys() >= {"VM-1 (CORP\\svc-1)", "VM-1 (CORP\\svc-2)", "VM-30"}
    assert names["VM-30"] == "M-1"


def test_hosts_in_folders_that_do_not_count_are_left_out(tenant: Tenant) -> None:
    tenant.collect = COLLECTOR.make("production", {}, Folders(FolderScope(include=("Finance",))))
    robot = {"Id": 5, "Name": "bot-5", "Username": "CORP\\bot-5", "Type": "Unattended"}
    outside = a_session(Id=11, HostMachineName="VM-11", robot=robot, OrganizationUnitId=2)
    tenant.server.routes[SESSIONS] = paged([a_session(), outside])
    shows(tenant, POOL, [a_host(11), a_host(12, OrganizationUnitId=2, FolderName="Claims")])

    assert keys(tenant.sessions()) == {"robot/759"}
    assert asks(tenant) == [SESSIONS]


# Many machines


def many(tenant: Tenant, count: int, *, with_hosts: int) -> None:
    has(
        tenant,
        {
            n: [a_host(n, MachineId=n, ReportingTime=ago(10))] if n <= with_hosts else []
            for n in range(1, count + 1)
        },
    )


def machines_asked(tenant: Tenant) -> list[str]:
    return [path for path in asks(tenant) if "key=" in path]


def test_of_many_machines_so_many_are_asked_in_a_poll_and_the_others_in_turns(
    tenant: Tenant,
) -> None:
    many(tenant, 150, with_hosts=10)
    polls = []
    for _ in range(4):
        before = len(tenant.server.asked)
        collected = tenant.sessions()
        asked = [path for path in tenant.server.asked[before:] if "key=" in path]
        polls.append((len(asked), collected.partial, collected.note))

    note = "{} of 150 machines read in this poll, the others in turns"
    assert polls == [
        (64, True, note.format(64)),
        (64, True, note.format(64)),
        (42, False, ""),
        (10, False, ""),
    ]
    assert len(keys(collected)) == 11


def test_more_needed_machines_than_a_poll_may_ask_take_turns(tenant: Tenant) -> None:
    many(tenant, 100, with_hosts=100)
    for _ in range(4):
        tenant.poll()
    third, fourth = machines_asked(tenant), machines_asked(tenant)
    collected = tenant.sessions()

    assert len(third) == len(fourth) == 64
    assert len({*third, *fourth}) == 100
    assert (len(keys(collected)), collected.partial) == (65, True)
    assert collected.note == "64 of 100 machines read in this poll, the others in turns"


def test_a_sweep_does_not_crowd_out_the_needed_ones(tenant: Tenant) -> None:
    many(tenant, 150, with_hosts=60)
    for _ in range(9):
        tenant.poll()
    tenant.server.clock.advance(A_QUARTER)
    needed = {of(n) for n in range(1, 61)}
    first = machines_asked(tenant)
    second = machines_asked(tenant)

    assert needed <= {*first}
    assert (len(first), len(second)) == (64, 64)
    assert len(needed & {*second}) == 48


def test_half_of_the_time_is_left_for_the_rest(tenant: Tenant) -> None:
    many(tenant, 60, with_hosts=60)
    server = tenant.server

    def slow(request: httpx.Request) -> httpx.Response:
        server.clock.elapsed += 1.5
        return page([a_host(POOL)])

    for n in range(1, 61):
        server.routes[of(n)] = slow
    collected = tenant.poll()

    assert len([path for path in server.asked if "key=" in path]) == 1 + 16
    assert collected.partial is True
    assert collected.note == "17 of 60 machines read in this poll, the others in turns"


def test_a_server_whose_time_is_set_back_is_asked_anew(tenant: Tenant) -> None:
    tenant.poll()
    tenant.server.clock.at -= timedelta(days=1)

    assert of(FARM) in asks(tenant)


def test_the_order_of_the_server_is_of_no_matter(tenant: Tenant) -> None:
    first = tenant.sessions()
    tenant.server.routes[MACHINES] = paged([a_machine(n) for n in (FARM, DESKS, POOL)])
    tenant.server.clock.advance(A_QUARTER)

    assert keys(tenant.sessions()) == keys(first)
