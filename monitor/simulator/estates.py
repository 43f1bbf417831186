"""Ready-made tenants: a lively one for people, others of a chosen size."""

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
from monitor.simulator.sized_estates import large_estate, middle_estate, small_estate

__all__ = ["default_estate", "large_estate", "middle_estate", "small_estate"]

_SHARED, _FINANCE, _ACCOUNTS, _HR, _CLAIMS, _SUPPLY, _WORKSPACE = range(62510, 62517)

_LICENSES = (
    License(type="Attended", allowed=15, used=12),
    License(type="Unattended", allowed=32, used=28),
    License(type="NonProduction", allowed=5, used=1),
    License(type="Development", allowed=6, used=4),
    License(type="StudioX", allowed=10, used=3),
    License(type="StudioPro", allowed=2, used=2),
    License(type="TestAutomation", allowed=2, used=0),
    License(type="Headless", allowed=0, used=0),
    License(type="Hosting", allowed=0, used=None),
    License(type="AgentService", allowed=100, used=17),
    License(type="Local", allowed=None, used=0),
)

_PEOPLE = (
    ("anna.berg", None),
    ("bogdan.pop", None),
    ("chen.li", "Disconnected"),
    ("dana.marin", None),
    ("emil.stan", None),
    ("fatima.noor", None),
    ("george.ilie", "Disconnected"),
    ("hanna.voss", None),
    ("ivan.petrov", None),
    ("julia.costa", "Available"),
    ("kofi.mensah", "Disconnected"),
    ("lena.maier", None),
)

_SERVICES = (
    ("VM-RPA-01", "invoice", 4),
    ("VM-RPA-02", "invoice", 4),
    ("VM-RPA-03", "claims", 4),
    ("VM-RPA-04", "claims", 4),
    ("VM-RPA-05", "payroll", 3),
    ("VM-RPA-06", "orders", 3),
    ("VM-RPA-07", "orders", 3),
    ("VM-RPA-08", "reports", 3),
)


def default_estate() -> Estate:
    """Return a lively tenant of 12 staffed hosts and 40 robots.

    28 unattended sessions on 8 hosts (one of them in maintenance), 12 attended robots on 4 hosts,
    a serverless session, 15 queues in 6 folders (one queue linked to two) and a personal workspace.
    """
    pool = Machine(
        id=229978,
        name="UnattendedPool",
        slots={"Unattended": 1, "NonProduction": 0, "Headless": 0},
    )
    desks = Machine(id=229979, name="TerminalServers", slots={"Attended": 3})
    cloud = Machine(
        id=229980, name="Serverless", slots={"Serverless": 2}, scope="Serverless", template=False
    )
    hosts = tuple(
        Host(name=name, machine=pool, in_maintenance=name == "VM-RPA-08")
        for name, _, _ in _SERVICES
    )
    desk_hosts = tuple(Host(name=f"TS-DESK-{n:02}", machine=desks) for n in range(1, 5))
    sky = Host(name="serverless-eu-1", machine=cloud, platform="Linux")
    return Estate(
        organization="acme",
        tenant="Production",
        folders=_default_folders(),
        machines=(pool, desks, cloud),
        hosts=(*hosts, *desk_hosts, sky),
        sessions=(*_unattended(hosts), *_attended(desk_hosts), _serverless(sky)),
        queues=_default_queues(),
        licenses=_LICENSES,
    )


def _default_folders() -> tuple[Folder, ...]:
    return (
        Folder(id=_SHARED, path="Shared"),
        Folder(id=_FINANCE, path="Finance"),
        Folder(id=_ACCOUNTS, path="Finance/Accounts Payable", parent_id=_FINANCE),
        Folder(id=_HR, path="Human Resources"),
        Folder(id=_CLAIMS, path="Claims"),
        Folder(id=_SUPPLY, path="Supply Chain"),
        Folder(id=_WORKSPACE, path="anna.berg@acme.example's workspace", personal=True),
    )


def _unattended(hosts: tuple[Host, ...]) -> list[Session]:
    sessions: list[Session] = []
    for host, (_, work, count) in zip(hosts, _SERVICES, strict=True):
        for n in range(1, count + 1):
            index = len(sessions)
            sessions.append(
                Session(
                    id=5101 + index,
                    kind=SessionKind.UNATTENDED,
                    host=host,
                    user=f"ACME\\svc-{work}-{host.name[-2:]}{n}",
                    busy=0.35 + 0.1 * (index % 6),
                    cycle_s=180.0 + 30.0 * (index % 5),
                    offset_s=37.0 * index,
                    phase=(index * 0.37) % 1.0,
                    slots=host.machine.slots,
                )
            )
    return sessions


def _attended(hosts: tuple[Host, ...]) -> list[Session]:
    return [
        Session(
            id=718 + index,
            kind=SessionKind.ATTENDED,
            host=hosts[index % len(hosts)],
            user=f"ACME\\{login}",
            robot=Robot(id=759 + index, name=f"attended-{login}"[:19], username=f"ACME\\{login}"),
            state=state,
            busy=0.25,
            offset_s=53.0 * index,
            phase=(index * 0.29) % 1.0,
            slots=hosts[index % len(hosts)].machine.slots,
        )
        for index, (login, state) in enumerate(_PEOPLE)
    ]


def _serverless(host: Host) -> Session:
    return Session(
        id=5990,
        kind=SessionKind.EPHEMERAL,
        host=host,
        user="serverless",
        state="Available",
        slots=host.machine.slots,
    )


def _default_queues() -> tuple[Queue, ...]:
    rows: tuple[tuple[str, tuple[int, ...], float, float, int], ...] = (
        ("Invoices", (_FINANCE, _ACCOUNTS), 24.0, 30.0, 10_431),  # linked to two folders
        ("Payments", (_FINANCE,), 9.0, 12.0, 5_120),
        ("BankStatements", (_FINANCE,), 3.0, 6.0, 2_048),
        ("VendorOnboarding", (_ACCOUNTS,), 1.0, 2.0, 310),
        ("ExpenseReports", (_ACCOUNTS,), 6.0, 8.0, 4_777),
        ("PayrollChanges", (_HR,), 2.0, 4.0, 960),
        ("Leavers", (_HR,), 0.2, 1.0, 74),
        ("NewJoiners", (_HR,), 0.3, 1.0, 131),
        ("ClaimIntake", (_CLAIMS,), 18.0, 24.0, 31_870),
        ("ClaimDecisions", (_CLAIMS,), 12.0, 15.0, 22_404),
        ("FraudChecks", (_CLAIMS,), 4.0, 6.0, 7_019),
        ("PurchaseOrders", (_SUPPLY,), 15.0, 20.0, 12_650),
        ("Shipments", (_SUPPLY,), 10.0, 14.0, 9_902),
        ("ReturnsQueue", (_SUPPLY,), 2.0, 4.0, 1_233),
        ("NightlyReports", (_SHARED,), 0.0, 10.0, 640),
    )
    return tuple(
        Queue(
            id=29200 + index,
            name=name,
            folder_ids=folders,
            process=f"{name}_Performer",
            arrivals=arrivals,
            capacity=capacity,
            wave=0.6 if index % 2 == 0 else 0.2,
            wave_s=240.0 + 60.0 * (index % 4),
            mean_s=12.0 + 5.0 * (index % 5),
            new=(index * 7) % 23 if arrivals else 0,
            successful=done,
            application_exceptions=done // 180,
            business_exceptions=done // 90,
            deferred=3 if name == "Payments" else 0,
            sla_minutes=120 if name in ("Invoices", "ClaimIntake") else None,
        )
        for index, (name, folders, arrivals, capacity, done) in enumerate(rows)
    )
