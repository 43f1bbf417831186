"""A small tenant in which every question has something to go wrong about."""

from collections.abc import Mapping
from dataclasses import replace

from monitor.simulator.estate import (
    Estate,
    Folder,
    Host,
    License,
    Machine,
    Queue,
    Robot,
    Session,
    SessionKind,
)

FINANCE, PAYABLES, ARCHIVE, CLAIMS, SHARED, OFFICE, WORKSPACE = range(1, 8)
PATHS: Mapping[int, str] = {
    FINANCE: "Finance",
    PAYABLES: "Finance/Payables",
    ARCHIVE: "Finance/Payables/Archive",
    CLAIMS: "Claims",
    SHARED: "Shared",
    OFFICE: "Office",
    WORKSPACE: "anna's workspace",
}
LINKED, ALSO_LINKED = "Invoices", "Reminders"
IN_FINANCE, IN_CLAIMS = "Finance/Intake", "Claims/Intake"
"""What the two queues are called here that have one name."""

_PARENTS = {PAYABLES: FINANCE, ARCHIVE: PAYABLES}
_POOL = Machine(id=901, name="Pool", slots={"Unattended": 1, "NonProduction": 0})
_DESKS = Machine(id=902, name="Desks", slots={"Attended": 2})
_SKY = Machine(id=903, name="Sky", slots={"Serverless": 2}, scope="Serverless", template=False)
_QUEUES: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    (LINKED, "", (PAYABLES, CLAIMS, SHARED)),
    (ALSO_LINKED, "", (FINANCE, ARCHIVE)),
    ("Intake", IN_FINANCE, (FINANCE,)),
    ("Intake", IN_CLAIMS, (CLAIMS,)),
    ("Payroll", "", (ARCHIVE,)),
    ("Nightly", "", (SHARED,)),
    ("Letters", "", (OFFICE,)),
    ("Drafts", "", (WORKSPACE,)),
)


def a_house(*, robots_of_hosts: bool = False, mixed: bool = False) -> Estate:
    """Four hosts (one with two users, one in maintenance), two people, something serverless.

    With `robots_of_hosts` the unattended sessions name their robots, as those of old folders do.
    """
    hosts = [Host(name=f"VM-{n}", machine=_POOL, in_maintenance=n == 4) for n in range(1, 5)]
    desk, sky = Host(name="TS-1", machine=_DESKS), Host(name="cloud-1", machine=_SKY)
    unattended = [_unattended(n, host) for n, host in enumerate((hosts[0], *hosts), start=1)]
    serverless = _serverless(sky)
    if robots_of_hosts:
        unattended = [replace(one, robot=_robot(one)) for one in unattended]
        serverless = replace(serverless, robot=_robot(serverless, "Serverless"))
    return Estate(
        organization="acme",
        tenant="House",
        folders=tuple(
            Folder(id=id_, path=path, parent_id=_PARENTS.get(id_), personal=id_ == WORKSPACE)
            for id_, path in PATHS.items()
        ),
        machines=(_POOL, _DESKS, _SKY),
        hosts=(*hosts, desk, sky),
        sessions=(*unattended, *_people(desk), serverless),
        queues=tuple(
            Queue(
                id=500 + n,
                name=name,
                alias=alias,
                folder_ids=folders,
                process=f"{name}_Performer",
                arrivals=0,
                capacity=0,
                new=10 + n,
                successful=100 * n,
                application_exceptions=n,
                business_exceptions=2,
            )
            for n, (name, alias, folders) in enumerate(_QUEUES)
        ),
        licenses=(
            License(type="Unattended", allowed=10, used=5),
            License(type="Attended", allowed=4, used=2),
            License(type="Headless", allowed=0, used=0),
        ),
        mixed=mixed,
    )


def _unattended(n: int, host: Host) -> Session:
    return Session(
        id=1000 + n,
        kind=SessionKind.UNATTENDED,
        host=host,
        user=f"ACME\\svc-{n}",
        busy=0.5,
        offset_s=61.0 * n,
        phase=(0.23 * n) % 1.0,
        slots=host.machine.slots,
    )


def _robot(session: Session, type_: str = "Unattended") -> Robot:
    return Robot(id=session.id + 7000, name=f"bot-{session.id}", username=session.user, type=type_)


def _people(desk: Host) -> list[Session]:
    return [
        Session(
            id=2000 + n,
            kind=SessionKind.ATTENDED,
            host=desk,
            user=f"ACME\\{login}",
            robot=Robot(id=300 + n, name=f"attended-{login}", username=f"ACME\\{login}"),
            state=state,
            slots=desk.machine.slots,
        )
        for n, (login, state) in enumerate((("anna", "Available"), ("bogdan", "Disconnected")))
    ]


def _serverless(host: Host) -> Session:
    return Session(
        id=3000,
        kind=SessionKind.EPHEMERAL,
        host=host,
        user="serverless",
        state="Available",
        slots=host.machine.slots,
    )
