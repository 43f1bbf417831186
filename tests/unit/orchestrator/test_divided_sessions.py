"""Which rows of the two lists of sessions speak of the same session, where their ids differ."""

import pytest

from monitor.orchestrator.sessions import divided
from monitor.orchestrator.wire import Robot, Runtime, Session

OTHER_ID = 10**10


def a_host(
    session_id: int = 1, *, user: str | None = "CORP\\svc", host: str = "VM-1", slots: float = 1
) -> Runtime:
    return Runtime(
        session_id=session_id,
        reporting_time=None,
        machine_id=7,
        host_machine_name=host,
        service_user_name=user,
        runtime_type="Unattended",
        runtimes=slots,
    )


def a_session(robot: Robot | None = None, *, host: str = "vm-1", machine_id: int = 7) -> Session:
    return Session(
        id=OTHER_ID,
        reporting_time=None,
        host_machine_name=host,
        machine_id=machine_id,
        robot=robot,
    )


def test_a_row_without_a_robot_on_a_host_that_is_listed_is_one_of_its_sessions() -> None:
    hosts: dict[object, Runtime] = {1: a_host(1), 2: a_host(2, user="CORP\\other")}

    assert divided([a_session()], hosts) == ([], {})
    assert list(hosts) == [1, 2]


@pytest.mark.parametrize("elsewhere", [a_session(host="VM-2"), a_session(machine_id=8)])
def test_a_row_without_a_robot_on_another_host_is_a_session_of_its_own(elsewhere: Session) -> None:
    assert divided([elsewhere], {1: a_host()}) == ([elsewhere], {})


@pytest.mark.parametrize("user", ["CORP\\svc", "corp\\SVC"])
def test_an_unattended_robot_is_its_hosts_session_by_host_and_user(user: str) -> None:
    session = a_session(Robot(username=user, type="Unattended"))

    assert divided([session], {1: a_host()}) == ([], {1: session})


def test_a_person_on_a_host_without_slots_is_one_session_and_not_the_hosts() -> None:
    session = a_session(Robot(username="CORP\\stan", type="Attended"))
    hosts: dict[object, Runtime] = {1: a_host(user="CORP\\stan", slots=0), 2: a_host(2)}

    assert divided([session, session], hosts) == ([session, session], {})
    assert list(hosts) == [2]


def test_a_person_is_never_one_of_the_hosts_sessions_that_work_for_others() -> None:
    session = a_session(Robot(username="CORP\\svc", type="Attended"))
    hosts: dict[object, Runtime] = {1: a_host()}

    assert divided([session], hosts) == ([session], {})
    assert list(hosts) == [1]
