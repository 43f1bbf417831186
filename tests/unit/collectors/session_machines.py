"""Machines with their sessions, and a tenant that has no list of hosts yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from monitor.core.sample import Collected
from tests.unit.collectors.session_rows import RUNTIMES, SERVICE, Tenant, a_session, a_tenant
from tests.wires import paged

FOLDERS, PLAIN, MACHINES = "/odata/Folders", "/odata/Sessions", "/odata/Machines"
A_QUARTER = timedelta(minutes=15).total_seconds()
A_DAY = timedelta(days=1).total_seconds()
REFUSED = "hosts of modern folders are not readable; grant Machines.View"
POOL, DESKS, FARM = 1, 2, 3


def of(machine_id: int) -> str:
    return f"{PLAIN}/UiPath.Server.Configuration.OData.GetMachineSessions(key={machine_id})"


def a_machine(machine_id: int, **fields: object) -> dict[str, object]:
    slots = dict.fromkeys(("NonProductionSlots", "HeadlessSlots", "TestAutomationSlots"), 0)
    return {"Id": machine_id, "Name": f"M-{machine_id}", "UnattendedSlots": 2, **slots, **fields}


def a_host(session_id: int, **fields: object) -> dict[str, object]:
    """A row of a machine: a session without a robot, as hosts of modern folders have it."""
    row = a_session(Id=session_id, HostMachineName=f"VM-{session_id}", MachineId=POOL)
    return {**row, "ServiceUserName": SERVICE, "Robot": None, **fields}


HOSTS = {f"1/vm-11/{SERVICE.lower()}", f"1/vm-12/{SERVICE.lower()}"}


@contextmanager
def a_machines_tenant() -> Iterator[Tenant]:
    """A tenant of 2020.10: two hosts that only their machine shows, and a person."""
    with a_tenant() as tenant:
        tenant.shows(sessions=[a_session()])
        del tenant.server.routes[RUNTIMES]
        tenant.server.routes[FOLDERS] = paged(
            [
                {"Id": 1, "FullyQualifiedName": "Finance", "ProvisionType": "Automatic"},
                {"Id": 2, "FullyQualifiedName": "Claims", "ProvisionType": "Manual"},
            ]
        )
        has(tenant, {POOL: [a_host(11), a_host(12)], DESKS: [a_session()], FARM: []})
        yield tenant


def has(tenant: Tenant, shown: dict[int, object]) -> None:
    """Let the tenant have these machines with these sessions, or these answers."""
    tenant.server.routes[MACHINES] = paged([a_machine(one) for one in shown])
    for machine_id, answer in shown.items():
        shows(tenant, machine_id, answer)


def shows(tenant: Tenant, machine_id: int, answer: object) -> None:
    route = paged(answer) if isinstance(answer, list) else answer
    tenant.server.routes[of(machine_id)] = route


def keys(collected: Collected) -> set[str]:
    return {one.subject.key for one in collected.samples}


def asks(tenant: Tenant, after_s: float = 0.0) -> list[str]:
    tenant.server.clock.advance(after_s)
    before = len(tenant.server.asked)
    tenant.poll()
    return sorted(tenant.server.asked[before:])
