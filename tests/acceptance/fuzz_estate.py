"""A small tenant for the fuzz, as several versions and roles see it: all well but for some troubles.

The troubles stand from the beginning to the end: their alerts must neither be taken back nor told
again because of an answer that cannot be understood.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from starlette.datastructures import Headers

from monitor.orchestrator.wire import parse_time
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
from monitor.simulator.profiles import PROFILES
from monitor.simulator.service import Request, Service
from monitor.simulator.settings import Settings
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TICK_S = 30
MARK = "IBAN-GB33BUKB20201555555555"
"""What an answer may hold and nobody may keep: a customer's data, a password, a license key."""

_MINUTES_BEFORE = 10
_TIMES = ("ReportingTime", "LastProcessed", "CreationTime", "timestamp")
_POOL = Machine(id=229978, name="UnattendedPool", slots={"Unattended": 1, "NonProduction": 0})
_DESKS = Machine(id=229979, name="Desks", slots={"Attended": 2})
_SKY = Machine(id=229980, name="Sky", slots={"Serverless": 2}, scope="Serverless", template=False)
_SILENT = ("svc-1", "svc-2")
_TENANT = "Production"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One way to see the tenant: a version, and what the role is refused."""

    name: str
    profile: str
    settings: Settings = field(default_factory=Settings)
    refused: tuple[str, ...] = ()


_NO_MACHINES = frozenset({"Machines.View"})
SIGHTS = (
    Sight(name="cloud", profile="cloud"),
    Sight(
        name="by-folder",
        profile="cloud",
        settings=Settings(denied=_NO_MACHINES, bare_queue_status="refused"),
        refused=("GetLicense",),
    ),
    Sight(
        name="by-folder-of-user",
        profile="cloud",
        settings=Settings(denied=_NO_MACHINES | {"Units.View"}, bare_queue_status="refused"),
    ),
    Sight(
        name="2022.4",
        profile="2022.4",
        settings=Settings(unattended_in_global_sessions=True, count="always"),
    ),
    Sight(name="2019.10", profile="2019.10"),
    Sight(name="2018.4", profile="2018.4"),
)


def _service(number: int, host: Host, state: str) -> Session:
    return Session(
        id=5100 + number,
        kind=SessionKind.UNATTENDED,
        host=host,
        user=f"ACME\\svc-{number}",
        state=state,
        phase=number / 10,
        slots=host.machine.slots,
    )


_HOSTS = {1: "VM-RPA-01", 2: "VM-RPA-01", 3: "VM-RPA-01", 4: "VM-RPA-02", 5: "VM-RPA-02"}
_HOSTS |= {6: "VM-RPA-03"}
SESSIONS = {
    f"{_POOL.id}/{host.lower()}/acme\\svc-{number}": 5100 + number
    for number, host in _HOSTS.items()
}
SESSIONS[f"{_SKY.id}/sky-1/acme\\sky"] = 719
"""The services' sessions: their ids by their keys."""


def _estate() -> Estate:
    first, second, third = (Host(name=f"VM-RPA-0{n}", machine=_POOL) for n in (1, 2, 3))
    desk, sky = Host(name="DESK-1", machine=_DESKS), Host(name="sky-1", machine=_SKY)
    stan = Robot(id=759, name="attended-stan", username="ACME\\stan")
    return Estate(
        organization="acme",
        tenant=_TENANT,
        folders=(
            Folder(id=10, path="Finance"),
            Folder(id=11, path="Finance/Payable", parent_id=10),
            Folder(id=12, path="Claims"),
        ),
        machines=(_POOL, _DESKS, _SKY),
        hosts=(first, second, third, desk, sky),
        sessions=(
            # Of three sessions on this host two are silent: the third alone says that it lives.
            _service(1, first, "Busy"),
            _service(2, first, "Available"),
            _service(3, first, "Available"),
            _service(4, second, "Available"),
            _service(5, second, "Busy"),
            _service(6, third, "Disconnected"),
            Session(
                id=718,
                kind=SessionKind.ATTENDED,
                host=desk,
                user=stan.username,
                robot=stan,
                state="Available",
                slots=_DESKS.slots,
            ),
            Session(
                id=719, kind=SessionKind.EPHEMERAL, host=sky, user="ACME\\sky", slots=_SKY.slots
            ),
        ),
        queues=tuple(
            Queue(
                id=29200 + number,
                name=name,
                folder_ids=folders,
                process=f"{name}_Performer",
                arrivals=0.0,
                capacity=0.0,
                new=new,
                successful=9000,
                application_exceptions=2,
                business_exceptions=1,
            )
            for number, (name, folders, new) in enumerate(
                (
                    ("Invoices", (10, 11), 5),
                    ("Payments", (11,), 0),
                    ("ClaimIntake", (12,), 7),
                    ("Backlog", (12,), 500),
                )
            )
        ),
        licenses=(
            License(type="Unattended", allowed=10, used=5),
            License(type="Attended", allowed=5, used=2),
            License(type="NonProduction", allowed=4, used=1),
            License(type="StudioX", allowed=2, used=3),
        ),
        days_to_expiry=200.0,
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant in an answer, by its seconds after `START`; it moves with the time."""

    after_s: float


@dataclass(slots=True)
class Recorded:
    """An answer as the simulator gave it, with moments for times."""

    status: int
    content_type: str
    body: object


class Tenant:
    """The simulated tenant as one sight has it: each answer is asked for once, and then kept."""

    def __init__(self, sight: Sight) -> None:
        self._at = START - timedelta(minutes=_MINUTES_BEFORE)
        self.sight = sight
        self.simulator = Simulator(
            clock=lambda: self._at,
            estate=_estate(),
            settings=sight.settings,
            profile=PROFILES[sight.profile],
        )
        for robot in _SILENT:
            self.simulator.silence(robot)
        self._at = START
        self._service = Service(self.simulator)
        self._kept: dict[tuple[str, str], Recorded] = {}
        self.prefix = f"/acme/{_TENANT}/orchestrator_" if sight.profile == "cloud" else ""

    def answer(self, request: httpx.Request) -> Recorded:
        """Return the answer to a request, as it is at `START`."""
        if request.method == "POST":
            return self._ask(request)
        key = str(request.url), key_of(request, self.prefix)[1]
        if key not in self._kept:
            self._kept[key] = self._ask(request)
        return self._kept[key]

    def _ask(self, request: httpx.Request) -> Recorded:
        if any(request.url.path.endswith(name) for name in self.sight.refused):
            return Recorded(403, "application/json", {"message": "No.", "errorCode": 0})
        reply = self._service.reply(
            Request(
                method=request.method,
                path=request.url.path,
                query=request.url.query.decode(),
                headers=Headers(dict(request.headers)),
                body=request.content,
            )
        )
        body = json.loads(reply.body) if reply.body else None
        return Recorded(reply.status, reply.content_type, _timeless(body))


def key_of(request: httpx.Request, prefix: str) -> tuple[str, str]:
    """Return what tells answers apart: the path below the base, and the folder."""
    folder = request.headers.get("x-uipath-organizationunitid", "")
    return request.url.path.removeprefix(prefix), folder


def _timeless(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        return {key: _timeless(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    if name in _TIMES and isinstance(value, str):
        at = parse_time(value)
        assert at is not None, value
        return Moment((at - START).total_seconds())
    if name == "ExpireDate" and isinstance(value, int):
        return Moment(value - START.timestamp())
    return value


def told(value: object, now: datetime, name: str = "") -> object:
    """Return an answer as it is at an instant: what was an age ago still is, and work goes on."""
    if isinstance(value, dict):
        return {key: told(item, now, key) for key, item in value.items()}
    if isinstance(value, list):
        return [told(item, now) for item in value]
    if isinstance(value, Moment):
        at = now + timedelta(seconds=value.after_s)
        return int(at.timestamp()) if name == "ExpireDate" else spelled(at)
    if name == "SuccessfulTransactionsNo" and isinstance(value, int):
        return value + done_by(now)
    return value


def done_by(now: datetime) -> int:
    """Return how many items of each queue were finished since `START`."""
    return int((now - START).total_seconds()) // TICK_S


def spelled(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
