"""Hosts whose sessions fall silent, come, go and change."""

import random
from collections.abc import Iterator

import pytest

from monitor.collectors.sessions import COLLECTOR
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
    told,
)
from tests.wires import refusal


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_a_session_in_maintenance_is_neither_silent_nor_gone(tenant: Tenant) -> None:
    tenant.shows(crew(3, MaintenanceMode="Enabled", **SILENT))

    assert counts(only(tenant.hosts())) == (3, 0, 0)


def test_a_session_that_never_reported_is_not_known_to_be_silent(tenant: Tenant) -> None:
    tenant.shows(crew(2, ReportingTime=None))

    assert counts(only(tenant.hosts())) == (2, 0, 0)


def test_time_alone_makes_a_whole_host_silent_at_once(tenant: Tenant) -> None:
    tenant.shows(crew(3))
    assert counts(only(tenant.hosts())) == (3, 0, 0)

    tenant.server.clock.advance(200)
    collected = tenant.poll()

    assert [s.values[1] for s in collected.samples if s.subject.kind == "session"] == [1, 1, 1]
    assert [counts(s) for s in collected.samples if s.subject.kind == "machine"] == [(3, 3, 0)]


def test_a_row_that_cannot_be_read_costs_only_itself(tenant: Tenant) -> None:
    tenant.shows([*crew(2), {**a_runtime(SessionId="x"), **SILENT}])
    collected = tenant.poll()

    assert (collected.skipped, collected.partial) == (1, True)
    (host,) = [s for s in collected.samples if s.subject.kind == "machine"]
    assert counts(host) == (2, 0, 0)


def test_a_host_that_stays_as_it_was_stays_the_same_sample(tenant: Tenant) -> None:
    busy, idle = crew(2)[0], a_runtime(SessionId=9, HostMachineName="OTHER")
    tenant.shows([busy, idle])
    moved, still = tenant.hosts()
    tenant.shows([{**busy, "Status": "Busy", "UsedRuntimes": 1}, {**idle, "ReportingTime": ago(1)}])
    now, again = tenant.hosts()

    assert again is still
    assert now.subject is moved.subject
    assert (values(moved)["used_runtimes"], values(now)["used_runtimes"]) == (0, 1)


def test_a_state_that_changes_no_count_leaves_the_sample(tenant: Tenant) -> None:
    tenant.shows(crew(2))
    before = only(tenant.hosts())
    tenant.shows(crew(2, Status="Busy"))

    assert only(tenant.hosts()) is before


def test_a_host_that_loses_a_session_stays_the_same_and_names_those_left(tenant: Tenant) -> None:
    tenant.shows(crew(3))
    before = only(tenant.hosts())
    tenant.shows(crew(2))
    after = only(tenant.hosts())

    assert after.subject.identity == before.subject.identity
    assert after.subject.labels["affected"] == "VM-RPA-07 (CORP\\svc-0), VM-RPA-07 (CORP\\svc-1)"
    assert counts(after) == (2, 0, 0)


def test_a_host_whose_sessions_are_all_gone_is_gone(tenant: Tenant) -> None:
    other = a_runtime(SessionId=9, HostMachineName="OTHER")
    tenant.shows([*crew(2), other])
    tenant.hosts()
    tenant.shows([other])

    assert only(tenant.hosts()).subject.name == "OTHER"


def test_a_person_who_moves_to_another_host_takes_the_session_along(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session(), a_session(Id=2, robot={"Id": 2, "Username": "b"})])
    assert counts(only(tenant.hosts())) == (2, 0, 0)
    tenant.shows(
        sessions=[
            a_session(HostMachineName="LAPTOP-4"),
            a_session(Id=2, robot={"Id": 2, "Username": "b"}),
        ]
    )

    found = {host.subject.name: counts(host) for host in tenant.hosts()}
    assert found == {"LAPTOP-3": (1, 0, 0), "LAPTOP-4": (1, 0, 0)}


def test_a_renamed_machine_keeps_its_identity(tenant: Tenant) -> None:
    tenant.shows([a_runtime(HostMachineName=None)])
    before = only(tenant.hosts()).subject
    tenant.shows([a_runtime(HostMachineName=None, MachineName="Renamed")])
    after = only(tenant.hosts()).subject

    assert after.identity == before.identity
    assert after.name == "Renamed"


def test_a_host_of_which_a_session_is_hidden_is_not_judged_by_the_rest(tenant: Tenant) -> None:
    lonely = a_runtime(SessionId=9, HostMachineName="OTHER")
    tenant.shows([*crew(2), lonely], [at_the_host(a_session())])
    assert [counts(host) for host in tenant.hosts()] == [(3, 0, 0), (1, 0, 0)]
    tenant.server.routes[SESSIONS] = refusal(403, 0)
    collected = tenant.poll()

    assert collected.partial is True
    hosts = [s.subject.name for s in collected.samples if s.subject.kind == "machine"]
    assert hosts == ["OTHER"]


def test_a_server_without_machine_sessions_tells_of_hosts_without_their_slots(
    tenant: Tenant,
) -> None:
    tenant.shows(sessions=[a_session(robot=UNATTENDED) | SILENT])
    tenant.server.routes[RUNTIMES] = refusal(404)

    host = only(tenant.hosts())
    assert counts(host) == (1, 1, 0)
    assert values(host)["runtimes"] is None
    assert host.subject.labels["robot_type"] == "Unattended"


def test_hosts_carry_the_labels_of_their_tenant_below_their_own(tenant: Tenant) -> None:
    tenant.collect = COLLECTOR.make("production", {"region": "emea", "host": "not this"})
    tenant.shows([a_runtime()])

    labels = only(tenant.hosts()).subject.labels
    assert (labels["region"], labels["host"]) == ("emea", "VM-RPA-07")


@pytest.mark.parametrize("seed", range(10))
def test_hosts_that_change_little_by_little_are_what_they_would_be_anew(
    tenant: Tenant, seed: int
) -> None:
    chance = random.Random(seed)
    runtimes = [
        a_runtime(
            SessionId=n, HostMachineName=f"HOST-{n // 3}", ServiceUserName=f"u{n}", Runtimes=n % 3
        )
        for n in range(12)
    ]
    people = [
        a_session(
            Id=100 + n,
            HostMachineName=f"HOST-{n}",
            MachineId=229978,
            robot={"Id": n, "Username": "p"},
        )
        for n in range(4)
    ]
    changes: list[Row] = [
        {"Status": "Busy", "UsedRuntimes": 1},
        {"Status": "Available", "UsedRuntimes": 0},
        GONE,
        SILENT,
        {"IsUnresponsive": False, "ReportingTime": ago(1)},
        {"RuntimeType": "Headless"},
        {"MaintenanceMode": "Enabled"},
        {"MaintenanceMode": "Default"},
        {"Runtimes": 5},
        {"HostMachineName": "HOST-0"},
        {"HostMachineName": None, "MachineId": None},
        {"SessionId": 3},
    ]
    for _ in range(25):
        chance.choice(runtimes).update(chance.choice(changes))
        who = chance.choice(people)
        who.update({"State": chance.choice(["Busy", "Available", "Disconnected"])})
        who.update({"HostMachineName": f"HOST-{chance.choice([0, 1, 1, 1, 1])}"})
        tenant.shows(runtimes, people)
        fresh = COLLECTOR.make("production", {})
        with tenant.client.poll(30) as poll:
            expected = fresh(poll)

        assert told(tenant.poll()) == told(expected)


def test_the_first_silent_session_of_a_dead_host_finds_the_others_late(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(SessionId=1, ServiceUserName="a", ReportingTime=ago(125)),
            a_runtime(SessionId=2, ServiceUserName="b", ReportingTime=ago(110)),
            a_runtime(SessionId=3, ServiceUserName="c", ReportingTime=ago(80)),
            a_runtime(SessionId=4, ServiceUserName="d", **GONE),
        ]
    )
    found = values(only(tenant.hosts()))
    assert (found["unresponsive_sessions"], found["late_sessions"]) == (1, 3)


def test_lateness_is_looked_at_where_a_session_is_silent_only(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(SessionId=1, ServiceUserName="a", ReportingTime=ago(5)),
            a_runtime(SessionId=2, ServiceUserName="b", ReportingTime=ago(110)),
        ]
    )
    assert values(only(tenant.hosts()))["late_sessions"] == 0
    tenant.server.clock.advance(20)
    found = values(only(tenant.hosts()))
    assert (found["unresponsive_sessions"], found["late_sessions"]) == (1, 1)
    tenant.server.clock.advance(60)
    assert values(only(tenant.hosts()))["late_sessions"] == 2, "it grows late without a new row"


def test_a_session_in_maintenance_is_not_late(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(SessionId=1, ServiceUserName="a", **SILENT),
            a_runtime(
                SessionId=2,
                ServiceUserName="b",
                ReportingTime=ago(300),
                MaintenanceMode="Enabled",
            ),
        ]
    )
    assert values(only(tenant.hosts()))["late_sessions"] == 1
