"""Machines that are missing, refused or failing."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from monitor.errors import AccessDenied, AuthenticationFailed, Unreachable
from monitor.orchestrator.credentials import Password
from tests.unit.collectors.session_machines import (
    A_DAY,
    A_QUARTER,
    DESKS,
    FARM,
    HOSTS,
    MACHINES,
    PLAIN,
    POOL,
    REFUSED,
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
    a_runtime,
)
from tests.wires import a_client, paged, refusal


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_machines_tenant() as tenant:
        yield tenant


def test_a_version_without_it_is_asked_again_after_a_day(tenant: Tenant) -> None:
    for machine_id in (POOL, DESKS, FARM):
        del tenant.server.routes[of(machine_id)]
    collected = tenant.poll()
    assert (collected.partial, collected.note) == (False, "")
    assert asks(tenant) == [SESSIONS]
    shows(tenant, POOL, [a_host(11)])
    assert MACHINES not in asks(tenant, A_DAY - 60)
    assert of(POOL) in asks(tenant, 120)


def test_a_machine_that_went_since_they_were_listed_says_nothing_about_the_version(
    tenant: Tenant,
) -> None:
    del tenant.server.routes[of(POOL)]
    shows(tenant, FARM, [a_host(31, MachineId=FARM)])

    assert f"3/vm-31/{SERVICE.lower()}" in keys(tenant.sessions())


def test_a_machine_that_went_is_unknown_until_the_list_says_so(tenant: Tenant) -> None:
    tenant.poll()
    del tenant.server.routes[of(POOL)]
    first = tenant.sessions()
    assert (keys(first), first.partial, first.note) == ({"robot/759"}, True, "")
    assert asks(tenant) == [SESSIONS]
    assert of(POOL) in asks(tenant, A_QUARTER)
    assert tenant.poll().partial is True
    has(tenant, {DESKS: [], FARM: []})
    tenant.server.clock.advance(A_QUARTER)

    assert tenant.poll().partial is False


def test_where_machines_cannot_be_listed_that_is_said_and_no_poll_fails(tenant: Tenant) -> None:
    tenant.server.routes[MACHINES] = refusal(403, 0)
    collected = tenant.sessions()

    assert keys(collected) == {"robot/759"}
    assert collected.note == f"{REFUSED}, and to an application the scope OR.Machines.Read"
    assert collected.partial is False
    assert asks(tenant) == [SESSIONS]
    tenant.server.routes[MACHINES] = paged([a_machine(POOL)])
    tenant.server.clock.advance(2 * A_QUARTER)
    assert keys(tenant.sessions()) >= HOSTS
    assert tenant.poll().note == ""


def test_a_user_with_a_password_is_told_of_the_role_alone(tenant: Tenant) -> None:
    tenant.server.routes[MACHINES] = refusal(403, 0)
    sign_in = "/api/Account/Authenticate"

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(sign_in):
            return httpx.Response(200, json={"result": "token"})
        return tenant.server(request)

    credentials = Password(username="monitor", password=lambda: SecretStr("secret"))
    with (
        a_client(serve, tenant.server.clock, credentials=credentials) as client,
        client.poll(30) as poll,
    ):
        assert tenant.collect(poll).note == REFUSED


def test_a_version_without_machines_says_nothing_of_them(tenant: Tenant) -> None:
    del tenant.server.routes[MACHINES]

    assert tenant.poll().note == ""


def test_where_their_sessions_are_refused_one_machine_is_asked_each_half_hour(
    tenant: Tenant,
) -> None:
    for machine_id in (POOL, DESKS, FARM):
        shows(tenant, machine_id, refusal(403, 0))
    first = asks(tenant)
    assert len([path for path in first if "key=" in path]) == 1
    assert tenant.poll().note == REFUSED
    assert asks(tenant) == [SESSIONS]
    later = asks(tenant, 2 * A_QUARTER)
    assert len([path for path in later if "key=" in path]) == 1


def test_what_was_shown_before_is_unknown_while_the_permission_is_withdrawn(
    tenant: Tenant,
) -> None:
    tenant.poll()
    tenant.server.clock.advance(A_QUARTER)
    routes = dict(tenant.server.routes)
    for machine_id in (POOL, DESKS, FARM):
        shows(tenant, machine_id, refusal(403, 0))
    withdrawn = tenant.sessions()
    assert (keys(withdrawn), withdrawn.partial, withdrawn.note) == ({"robot/759"}, True, REFUSED)
    assert {one.subject.name for one in tenant.hosts()} == {"LAPTOP-3"}
    assert asks(tenant) == [SESSIONS]
    assert tenant.poll().note == REFUSED
    later = asks(tenant, 2 * A_QUARTER)
    assert len([path for path in later if "key=" in path]) == 1
    tenant.server.routes.update(routes)
    tenant.server.clock.advance(2 * A_QUARTER)
    again = tenant.sessions()
    assert (keys(again), again.partial, again.note) == ({"robot/759", *HOSTS}, False, "")


def test_machines_that_are_refused_are_counted(tenant: Tenant) -> None:
    shows(tenant, FARM, [a_host(31, MachineId=FARM)])
    tenant.poll()
    shows(tenant, POOL, refusal(403, 0))
    for _ in range(2):
        collected = tenant.sessions()
        assert keys(collected) == {"robot/759", f"3/vm-31/{SERVICE.lower()}"}
        assert collected.partial is True
        assert collected.note == "2 of 3 machines readable; grant Machines.View"


def test_any_other_failure_of_a_machine_is_one_of_the_poll(tenant: Tenant) -> None:
    shows(tenant, FARM, refusal(503))
    with pytest.raises(Unreachable):
        tenant.poll()


def test_machines_that_cannot_be_listed_for_a_while_are_those_known(tenant: Tenant) -> None:
    listed = tenant.server.routes[MACHINES]
    tenant.server.routes[MACHINES] = refusal(503)
    with pytest.raises(Unreachable):
        tenant.poll()
    tenant.server.routes[MACHINES] = listed
    tenant.poll()
    tenant.server.routes[MACHINES] = refusal(503)
    tenant.server.clock.advance(A_QUARTER)
    assert keys(tenant.sessions()) >= HOSTS
    assert asks(tenant) == [SESSIONS, of(POOL)]
    assert MACHINES in asks(tenant, 60)
    tenant.server.routes[MACHINES] = refusal(401)
    tenant.server.clock.advance(60)
    with pytest.raises(AuthenticationFailed):
        tenant.poll()


@pytest.mark.parametrize("row", [{"Id": "one"}, {"Id": None}])
def test_a_machine_whose_row_cannot_be_read_is_asked_as_before(
    tenant: Tenant, row: dict[str, object]
) -> None:
    tenant.poll()
    tenant.server.routes[MACHINES] = paged([row, a_machine(DESKS)])
    tenant.server.clock.advance(A_QUARTER)

    assert keys(tenant.sessions()) >= HOSTS
    tenant.server.routes[MACHINES] = paged([a_machine(DESKS)])
    assert of(POOL) not in asks(tenant, 60)


def test_an_upgrade_takes_over_and_everybody_keeps_his_identity(tenant: Tenant) -> None:
    before = keys(tenant.sessions())
    runtimes = [a_runtime(SessionId=n, MachineId=POOL, HostMachineName=f"VM-{n}") for n in (11, 12)]
    tenant.server.routes[RUNTIMES] = paged(runtimes)
    tenant.server.clock.advance(A_DAY)
    after = tenant.sessions()

    assert (keys(after), after.partial) == (before, False)
    tenant.server.routes[RUNTIMES] = paged([])
    assert tenant.poll().partial is False


def test_hosts_that_the_newer_list_refuses_are_unknown(tenant: Tenant) -> None:
    tenant.poll()
    tenant.server.routes[RUNTIMES] = refusal(403, 0)
    tenant.server.clock.advance(A_DAY)
    collected = tenant.poll()

    assert collected.partial is True
    assert asks(tenant) == [SESSIONS]


def test_machines_alone_are_enough(tenant: Tenant) -> None:
    tenant.server.routes[SESSIONS] = refusal(403, 0)
    tenant.server.routes[PLAIN] = refusal(403, 0)
    collected = tenant.sessions()

    assert keys(collected) == {"robot/759", *HOSTS}
    assert collected.note == ("people's robots are not readable; grant Users.View and Robots.View")
    shows(tenant, POOL, refusal(403, 0))
    shows(tenant, DESKS, [])
    with pytest.raises(AccessDenied, match="grant the permission"):
        tenant.poll()
    shows(tenant, POOL, [a_host(11)])
    assert len(keys(tenant.sessions())) == 1
