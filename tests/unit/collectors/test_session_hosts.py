"""What the sessions collector tells of hosts, from the same two answers."""

from collections.abc import Iterator

import pytest

from tests.unit.collectors.session_hosts import (
    GONE,
    SILENT,
    UNATTENDED,
    Row,
    at_the_host,
    counts,
    crew,
    only,
    values,
)
from tests.unit.collectors.session_rows import (
    RUNTIMES,
    SESSIONS,
    Tenant,
    a_runtime,
    a_session,
    a_tenant,
    ago,
)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_a_host_is_described_without_another_request(tenant: Tenant) -> None:
    tenant.shows([a_runtime(Runtimes=4, UsedRuntimes=3)])
    host = only(tenant.hosts())

    assert tenant.server.asked == [RUNTIMES, SESSIONS]
    assert (host.subject.kind, host.subject.tenant) == ("machine", "production")
    assert (host.subject.name, host.subject.key) == ("VM-RPA-07", "229978/vm-rpa-07")
    assert host.subject.labels == {
        "machine": "UnattendedPool",
        "host": "VM-RPA-07",
        "robot_type": "Unattended",
        "license_type": "Unattended",
        "affected": "VM-RPA-07",
    }
    assert values(host) == {
        "runtimes": 4,
        "used_runtimes": 3,
        "sessions": 1,
        "unresponsive_sessions": 0,
        "disconnected_sessions": 0,
        "late_sessions": 0,
    }


def test_each_host_counts_its_own_sessions(tenant: Tenant) -> None:
    states: list[Row] = [SILENT, GONE, {}, {"Status": "Busy"}]
    others = [
        a_runtime(SessionId=n, HostMachineName="VM-RPA-08", ServiceUserName=f"u{n}", **state)
        for n, state in enumerate(states)
    ]
    tenant.shows([*crew(3, **SILENT), *others])

    found = {host.subject.name: counts(host) for host in tenant.hosts()}
    assert found == {"VM-RPA-07": (3, 3, 0), "VM-RPA-08": (4, 1, 1)}


def test_a_host_that_connects_under_two_machines_is_two(tenant: Tenant) -> None:
    tenant.shows([a_runtime(SessionId=1), a_runtime(SessionId=2, MachineId=5, MachineName="Other")])

    hosts = tenant.hosts()
    assert [host.subject.key for host in hosts] == ["229978/vm-rpa-07", "5/vm-rpa-07"]
    assert [host.subject.labels["machine"] for host in hosts] == ["UnattendedPool", "Other"]
    assert {host.subject.name for host in hosts} == {"VM-RPA-07"}


def test_one_host_is_one_however_its_name_is_written(tenant: Tenant) -> None:
    first, second = crew(2)
    tenant.shows([first, {**second, "HostMachineName": "vm-rpa-07"}])

    host = only(tenant.hosts())
    assert (host.subject.name, counts(host)) == ("VM-RPA-07", (2, 0, 0))


@pytest.mark.parametrize("unknown", [None, ""])
def test_a_host_without_a_name_goes_by_its_machine(tenant: Tenant, unknown: str | None) -> None:
    tenant.shows([a_runtime(HostMachineName=unknown)])

    host = only(tenant.hosts()).subject
    assert (host.name, host.key, host.labels["host"]) == ("UnattendedPool", "229978/", "")


def test_a_host_of_which_only_a_number_is_known_goes_by_that(tenant: Tenant) -> None:
    tenant.shows([a_runtime(HostMachineName=None, MachineName=None)])

    assert only(tenant.hosts()).subject.name == "229978/"


def test_a_session_without_host_and_machine_belongs_to_none(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session(HostMachineName=None, MachineId=None)])
    assert tenant.hosts() == ()

    tenant.shows(sessions=[a_session(HostMachineName=None, MachineId=None, State="Busy")])
    assert tenant.hosts() == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"MachineScope": "Serverless"},
        {"RuntimeType": "Serverless"},
        {"RuntimeType": "AgentService"},
    ],
)
def test_sessions_that_owe_no_heartbeat_are_not_counted(
    tenant: Tenant, fields: dict[str, object]
) -> None:
    elastic = {**a_runtime(SessionId=9, ServiceUserName="elastic", **fields), **SILENT}
    tenant.shows([*crew(2), elastic])
    assert counts(only(tenant.hosts())) == (2, 0, 0)

    tenant.shows([{**elastic, "UsedRuntimes": 2}])
    alone = only(tenant.hosts())
    assert counts(alone) == (0, 0, 0)
    assert values(alone)["used_runtimes"] == 2


def test_an_ephemeral_session_is_not_counted(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session(RobotSessionType="Ephemeral") | SILENT])

    assert counts(only(tenant.hosts())) == (0, 0, 0)


def test_people_at_a_host_are_counted_with_its_robots(tenant: Tenant) -> None:
    people = [
        at_the_host(a_session(Id=1, robot={"Id": 1, "Username": "a"})),
        at_the_host(a_session(Id=2, robot={"Id": 2, "Username": "b"}, State="Disconnected")),
    ]
    tenant.shows(crew(2, **SILENT), people)

    host = only(tenant.hosts())
    assert counts(host) == (4, 2, 1)
    assert host.subject.labels["robot_type"] == "Unattended"
    assert values(host)["runtimes"] == 2


def test_a_host_of_people_alone_has_no_slots_to_tell_of(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session()])

    host = only(tenant.hosts())
    assert (host.subject.name, counts(host)) == ("LAPTOP-3", (1, 0, 0))
    assert values(host)["runtimes"] is None
    assert values(host)["used_runtimes"] is None
    assert host.subject.labels["robot_type"] == "Attended"
    assert host.subject.labels["license_type"] == ""


def test_a_session_that_both_answers_show_is_counted_once(tenant: Tenant) -> None:
    by_id = a_session(Id=5100, robot={**UNATTENDED, "Username": "CORP\\svc-0"})
    by_user = a_session(
        Id=9, HostMachineName="VM-RPA-07", robot={**UNATTENDED, "Id": 2, "Username": "CORP\\svc-1"}
    )
    tenant.shows(crew(3, **SILENT), [by_id, by_user])

    assert counts(only(tenant.hosts())) == (3, 3, 0)


def test_a_session_that_was_created_anew_is_counted_once(tenant: Tenant) -> None:
    old = a_runtime(SessionId=1, Runtimes=4, ReportingTime=ago(5000), Status="Disconnected")
    tenant.shows([old, a_runtime(SessionId=2, Runtimes=3)])
    host = only(tenant.hosts())
    assert counts(host) == (1, 0, 0)
    assert values(host)["runtimes"] == 3

    # The old one reports again, the new one falls behind.
    tenant.shows([{**old, "ReportingTime": ago(1)}, a_runtime(SessionId=2, Runtimes=3)])
    host = only(tenant.hosts())
    assert counts(host) == (1, 0, 1)
    assert values(host)["runtimes"] == 4


def test_the_runtime_types_of_a_session_are_summed(tenant: Tenant) -> None:
    rows = [
        a_runtime(RuntimeType="Unattended", Runtimes=2, UsedRuntimes=1),
        a_runtime(RuntimeType="NonProduction", Runtimes=1, UsedRuntimes=1),
        a_runtime(RuntimeType="NonProduction", Runtimes=1, UsedRuntimes=1),
        a_runtime(RuntimeType="TestAutomation", Runtimes=None, UsedRuntimes=None),
        a_runtime(RuntimeType="Headless", Runtimes=0),
    ]
    tenant.shows(rows)

    host = only(tenant.hosts())
    assert values(host)["runtimes"] == 3, "a row that came twice is one"
    assert values(host)["used_runtimes"] == 2
    assert counts(host) == (1, 0, 0)


@pytest.mark.parametrize(
    ("slots", "license_type"),
    [
        ({"Unattended": 2, "NonProduction": 0}, "Unattended"),
        ({"Unattended": 0, "NonProduction": 1}, "NonProduction"),
        ({"Unattended": 2, "NonProduction": 1}, ""),
        ({"Unattended": 0, "NonProduction": 0}, ""),
        ({"Unattended": None}, "Unattended"),
        ({}, ""),
    ],
)
def test_the_license_type_is_the_one_whose_slots_are_offered(
    tenant: Tenant, slots: dict[str, int | None], license_type: str
) -> None:
    rows = [a_runtime(RuntimeType=kind, Runtimes=count) for kind, count in slots.items()]
    tenant.shows(rows or [a_runtime(RuntimeType=None)])

    assert only(tenant.hosts()).subject.labels["license_type"] == license_type


def test_two_sessions_of_different_types_have_no_license_type_in_common(tenant: Tenant) -> None:
    first, second = crew(2)
    tenant.shows([first, {**second, "RuntimeType": "NonProduction"}])

    assert only(tenant.hosts()).subject.labels["license_type"] == ""


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (["Attended", "Attended", "NonProduction"], "Unattended"),
        (["Headless"], "Unattended"),
        (["TestAutomation", "Unattended"], "Unattended"),
        (["Development", "Attended", "Attended"], "Attended"),
        (["StudioX", "Development"], "Development"),
        ([None, None, "Attended"], "Attended"),
        ([None], ""),
    ],
)
def test_one_unattended_robot_makes_a_host_unattended(
    tenant: Tenant, types: list[str | None], expected: str
) -> None:
    tenant.shows(
        sessions=[
            a_session(Id=n, robot={"Id": n, "Username": f"u{n}", "Type": kind})
            for n, kind in enumerate(types)
        ]
    )

    assert only(tenant.hosts()).subject.labels["robot_type"] == expected
