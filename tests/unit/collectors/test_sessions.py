from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.unit.collectors.session_rows import (
    RUNTIMES,
    SESSIONS,
    Tenant,
    a_runtime,
    a_session,
    a_tenant,
    ago,
)
from tests.unit.collectors.session_samples import only, truths, values
from tests.wires import START, FakeClock, query_of


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_a_poll_costs_two_requests_and_asks_for_no_more_than_it_uses(tenant: Tenant) -> None:
    tenant.shows([a_runtime(SessionId=i) for i in range(40)], [a_session()])
    tenant.sessions()

    assert tenant.server.asked == [RUNTIMES, SESSIONS]
    runtimes, sessions = (query_of(request) for request in tenant.server.requests[1:])
    assert "$expand" not in runtimes
    assert sessions["$expand"] == "Robot"
    assert sessions["$select"].split(",")[-1] == "Robot"
    assert (runtimes["$orderby"], sessions["$orderby"]) == ("SessionId", "Id")


def test_a_host_is_named_and_labelled(tenant: Tenant) -> None:
    tenant.shows([a_runtime(Status="Busy")])
    sample = only(tenant.sessions())

    assert sample.subject.name == "VM-RPA-07"
    assert sample.subject.key == "229978/vm-rpa-07/nt authority\\local service"
    assert sample.subject.labels == {
        "robot": "",
        "robot_type": "Unattended",
        "machine": "UnattendedPool",
        "host": "VM-RPA-07",
        "folder": "",
        "state": "Busy",
        "version": "25.10.3",
    }
    assert values(sample)["heartbeat_age_s"] == pytest.approx(10, abs=1)
    assert truths(sample) == {"is_busy"}


def test_a_persons_robot_is_named_and_labelled(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session(FolderName="Shared/Finance")])
    sample = only(tenant.sessions())

    assert (sample.subject.name, sample.subject.key) == ("attended-stan", "robot/759")
    assert sample.subject.labels["robot_type"] == "Attended"
    assert sample.subject.labels["folder"] == "Shared/Finance"
    assert "secret" not in str(sample)


@pytest.mark.parametrize(
    ("fields", "expected", "state"),
    [
        ({"Status": "Available"}, {"is_available"}, "Available"),
        ({"Status": "Busy"}, {"is_busy"}, "Busy"),
        ({"Status": "Unknown"}, set(), "Unknown"),
        ({"Status": "Napping"}, set(), "Napping"),
        ({"Status": None}, set(), "Unknown"),
        ({"IsUnresponsive": True}, {"is_unresponsive"}, "Unresponsive"),
        ({"IsUnresponsive": True, "ReportingTime": None}, {"is_unresponsive"}, "Unresponsive"),
        ({"ReportingTime": ago(119)}, {"is_available"}, "Available"),
        ({"ReportingTime": ago(122)}, {"is_unresponsive"}, "Unresponsive"),
        ({"Status": "Unknown", "ReportingTime": ago(500)}, {"is_unresponsive"}, "Unresponsive"),
        ({"Status": "Disconnected"}, {"is_disconnected"}, "Disconnected"),
        (
            {"Status": "Disconnected", "ReportingTime": ago(9e6)},
            {"is_disconnected"},
            "Disconnected",
        ),
        ({"Status": "Disconnected", "IsUnresponsive": True}, {"is_disconnected"}, "Disconnected"),
        ({"MaintenanceMode": "Enabled"}, {"in_maintenance"}, "Available"),
        ({"MaintenanceMode": "Enabled", "IsUnresponsive": True}, {"in_maintenance"}, "Available"),
        (
            {"MaintenanceMode": "Enabled", "Status": "Disconnected"},
            {"in_maintenance"},
            "Disconnected",
        ),
        ({"MaintenanceMode": "Enabled", "Status": "Busy"}, {"in_maintenance", "is_busy"}, "Busy"),
    ],
)
def test_a_session_is_judged_in_the_agreed_order(
    tenant: Tenant, fields: dict[str, object], expected: set[str], state: str
) -> None:
    tenant.shows([a_runtime(**fields)])
    sample = only(tenant.sessions())

    assert truths(sample) == expected
    assert sample.subject.labels["state"] == state


@pytest.mark.parametrize("never", [None, "0001-01-01T00:00:00Z"])
def test_a_session_that_never_reported_is_not_known(tenant: Tenant, never: str | None) -> None:
    tenant.shows([a_runtime(ReportingTime=never)])

    found = values(only(tenant.sessions()))
    assert found["heartbeat_age_s"] is None
    assert found["is_unresponsive"] is None
    assert found["is_available"] is None
    assert found["is_disconnected"] == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"RuntimeType": "Serverless"},
        {"RuntimeType": "ServerlessTestAutomation"},
        {"RuntimeType": "AutomationCloud"},
        {"RuntimeType": "AgentService"},
        {"RuntimeType": "AssistantWeb"},
        {"MachineScope": "ElasticRobot"},
        {"MachineScope": "Serverless"},
    ],
)
def test_what_sends_no_heartbeats_is_not_missed(tenant: Tenant, fields: dict[str, object]) -> None:
    tenant.shows([a_runtime(ReportingTime=ago(9000), IsUnresponsive=True, **fields)])
    sample = only(tenant.sessions())

    assert values(sample)["heartbeat_age_s"] is None
    assert truths(sample) == {"is_available"}


def test_an_ephemeral_session_is_not_missed(tenant: Tenant) -> None:
    tenant.shows(
        sessions=[
            a_session(RobotSessionType="Ephemeral", State="Disconnected", ReportingTime=ago(9000))
        ]
    )

    assert truths(only(tenant.sessions())) == set()


def test_the_age_goes_by_the_servers_clock(tenant: Tenant) -> None:
    tenant.shows([a_runtime(ReportingTime=ago(-600 + 20))])
    local, tenant.server.clock = tenant.server.clock, FakeClock(START + timedelta(minutes=10))
    sample = only(tenant.sessions())

    assert local.now() == START
    age_s = values(sample, START + timedelta(minutes=10))["heartbeat_age_s"]
    assert age_s == pytest.approx(20, abs=1)
    assert truths(sample) == {"is_available"}


def test_the_runtime_types_of_one_session_are_one_subject(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(RuntimeType="Headless", Runtimes=2),
            a_runtime(RuntimeType="NonProduction", Runtimes=0),
            a_runtime(),
        ]
    )

    assert only(tenant.sessions()).subject.labels["robot_type"] == "Unattended"


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ({"Unattended": 0, "NonProduction": 1}, "NonProduction"),
        ({"Unattended": 0, "NewKind": 1, "TestAutomation": 3}, "TestAutomation"),
        ({"Unattended": 0, "NonProduction": 0}, ""),
        ({"Unattended": None}, "Unattended"),
    ],
)
def test_the_robot_type_is_the_runtime_type_that_has_slots(
    tenant: Tenant, slots: dict[str, int | None], expected: str
) -> None:
    tenant.shows([a_runtime(RuntimeType=kind, Runtimes=count) for kind, count in slots.items()])

    assert only(tenant.sessions()).subject.labels["robot_type"] == expected


def test_maintenance_on_any_row_of_a_session_counts(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(MaintenanceMode=None),
            a_runtime(RuntimeType="Headless", MaintenanceMode="Enabled"),
        ]
    )

    assert truths(only(tenant.sessions())) == {"in_maintenance"}


def test_a_session_in_both_lists_is_one_by_its_id(tenant: Tenant) -> None:
    unattended = {"Type": "Unattended", "Name": "bot-7", "Username": "CORP\\bot"}
    tenant.shows([a_runtime()], [a_session(Id=5101, robot=unattended, FolderName="Shared")])
    sample = only(tenant.sessions())

    assert sample.subject.name == "bot-7"
    assert sample.subject.labels["robot"] == "bot-7"
    assert sample.subject.labels["folder"] == "Shared"


def test_a_session_in_both_lists_is_one_by_host_and_user_where_the_ids_differ(
    tenant: Tenant,
) -> None:
    robot = {"Type": "Unattended", "Username": "corp\\BOT"}
    tenant.shows(
        [a_runtime(ServiceUserName="CORP\\bot")],
        [a_session(Id=9, HostMachineName="vm-rpa-07", robot=robot)],
    )

    assert only(tenant.sessions()).subject.name == "attended-stan"


def test_a_person_at_a_host_is_another_subject_than_the_host(tenant: Tenant) -> None:
    tenant.shows(
        [a_runtime(ServiceUserName="CORP\\stan")], [a_session(HostMachineName="VM-RPA-07")]
    )

    assert {sample.subject.key for sample in tenant.sessions().samples} == {
        "229978/vm-rpa-07/corp\\stan",
        "robot/759",
    }


def test_a_machine_session_without_slots_is_its_users_session(tenant: Tenant) -> None:
    tenant.shows([a_runtime(Runtimes=0)], [a_session(Id=5101)])

    assert only(tenant.sessions()).subject.key == "robot/759"


def test_hosts_with_several_sessions_tell_them_apart_by_user(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(SessionId=1, ServiceUserName="CORP\\a"),
            a_runtime(SessionId=2, ServiceUserName="CORP\\b"),
            a_runtime(SessionId=3),
            a_runtime(SessionId=4, HostMachineName="LONELY", ServiceUserName="CORP\\c"),
        ]
    )

    assert {sample.subject.name for sample in tenant.sessions().samples} == {
        "VM-RPA-07 (CORP\\a)",
        "VM-RPA-07 (CORP\\b)",
        "VM-RPA-07",
        "LONELY",
    }


def test_a_session_that_was_created_anew_keeps_its_identity_and_its_latest_word(
    tenant: Tenant,
) -> None:
    tenant.shows(
        [
            a_runtime(SessionId=1, Status="Busy", ReportingTime=ago(5)),
            a_runtime(SessionId=2, Status="Disconnected", ReportingTime=ago(5000)),
        ]
    )
    before = only(tenant.sessions())
    tenant.shows([a_runtime(SessionId=3, Status="Busy")])
    now = only(tenant.sessions())

    assert truths(before) == {"is_busy"}
    assert now.subject is before.subject
