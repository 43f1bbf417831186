"""The things of a simulated tenant, as they are before anything happens to them."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property


def guid(*parts: object) -> str:
    """Return the GUID that belongs to these words: the same words, the same GUID."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(str(part) for part in parts)))


class SessionKind(Enum):
    """How a session comes to be, which decides where the API shows it."""

    UNATTENDED = "unattended"
    ATTENDED = "attended"
    EPHEMERAL = "ephemeral"  # serverless: it never heartbeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder; `path` is its fully qualified name. Robots live in a `classic` one."""

    id: int
    path: str
    parent_id: int | None = None
    personal: bool = False
    classic: bool = False

    @property
    def name(self) -> str:
        """The last step of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine template with its slots by runtime type; a type with 0 slots shows too."""

    id: int
    name: str
    slots: Mapping[str, int]
    scope: str = "Default"
    template: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A computer that connects under a machine template."""

    name: str
    machine: Machine
    version: str = "25.10.3"
    platform: str = "Windows"
    in_maintenance: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """A robot made from a user, or a `classic` one; `name` has at most 19 characters."""

    id: int
    name: str
    username: str
    type: str = "Attended"
    classic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A connection of a host under one user.

    `state` fixes what is reported; without it the session works in turns: of every `cycle_s`
    seconds it is busy for the share `busy`, shifted by `offset_s`. `phase` (0 to 1) is where in
    the heartbeat period it reports.
    """

    id: int
    kind: SessionKind
    host: Host
    user: str
    robot: Robot | None = None
    folder_id: int = 0
    state: str | None = None
    busy: float = 0.6
    cycle_s: float = 240.0
    offset_s: float = 0.0
    phase: float = 0.0
    slots: Mapping[str, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What scenarios and switches call it: the robot, or the user without the domain."""
        return self.robot.name if self.robot else self.user.rpartition("\\")[2]

    @property
    def classic(self) -> bool:
        """Whether its robot is a classic one."""
        return self.robot is not None and self.robot.classic


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue; rates are items a minute, shares are parts of 1 of what is processed.

    Arrivals swell and ebb by the share `wave` in turns of half a `wave_s`. `deferred` and
    `overdue` are new items of their own that nobody takes. `alias` is what scenarios call the
    queue where several have its name.
    """

    id: int
    name: str
    folder_ids: tuple[int, ...]
    process: str
    arrivals: float = 6.0
    capacity: float = 8.0
    failing: float = 0.01
    rejected: float = 0.02
    wave: float = 0.0
    wave_s: float = 300.0
    mean_s: float = 20.0
    new: int = 0
    successful: int = 0
    application_exceptions: int = 0
    business_exceptions: int = 0
    deferred: int = 0
    overdue: int = 0
    abandoned: int = 0
    sla_minutes: int | None = None
    max_retries: int = 1
    alias: str = ""

    @property
    def handle(self) -> str:
        """What scenarios and switches call it: the name, or the alias."""
        return self.alias or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """One license type; None leaves the key out of `Allowed` or `Used`."""

    type: str
    allowed: int | None
    used: int | None


@dataclass(frozen=True, kw_only=True)  # without slots: they have no room for what is computed once
class Estate:
    """A whole tenant. `days_to_expiry` counts from the start of the simulation.

    `mixed`: servers of the versions that had both hold classic folders beside modern ones.
    """

    organization: str
    tenant: str
    folders: tuple[Folder, ...]
    machines: tuple[Machine, ...]
    hosts: tuple[Host, ...]
    sessions: tuple[Session, ...]
    queues: tuple[Queue, ...]
    licenses: tuple[License, ...]
    days_to_expiry: float = 200.0
    grace_days: float = 30.0
    mixed: bool = False

    @cached_property
    def names(self) -> Mapping[str, Mapping[str, str]]:
        """The names that changes may use, by kind and in lower case, as the estate spells them."""
        spelled: Mapping[str, Iterable[str]] = {
            "robot": (session.name for session in self.sessions),
            "host": (host.name for host in self.hosts),
            "queue": (queue.handle for queue in self.queues),
            "license": (license_.type for license_ in self.licenses),
            "folder": (folder.path for folder in self.folders),
        }
        return {kind: {name.casefold(): name for name in names} for kind, names in spelled.items()}

    @cached_property
    def session_of_name(self) -> Mapping[str, Session]:
        """The sessions by name."""
        return {session.name: session for session in self.sessions}
