"""Brings the two lists of sessions together: which rows speak of the same session.

GetMachineSessionRuntimes has a row for each runtime type of a session, GetGlobalSessions one for
each session of a person, sometimes of a host too. Source: Orchestrator reference, sessions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import msgspec

from monitor.orchestrator.liveness import is_attended
from monitor.orchestrator.wire import (
    Machine,
    MachineSession,
    Robot,
    Runtime,
    Session,
    counted,
)

UNATTENDED_TYPES = ("Unattended", "NonProduction", "Headless", "TestAutomation")
"""Robots that work without a person, the most telling first."""


class Runtimes(Runtime, gc=False, rename="pascal"):
    """A session with slots of several types: their sums, and one of them as its runtime type."""

    offered: tuple[str, ...] = ()


def host_sessions(runtimes: Sequence[Runtime]) -> dict[object, Runtime]:
    """Return one row for each session, by its id.

    The runtime type that stands for a session is one that has slots, as types without any are
    listed too; null where none has. Slots are summed, maintenance on any row is maintenance.
    """
    sessions: dict[object, Runtime] = {row.session_id: row for row in runtimes}
    if len(sessions) == len(runtimes) and None not in sessions:
        return sessions  # one row each: a poll's hot path
    sessions = {}
    several: dict[object, list[Runtime]] = {}
    for row in runtimes:
        session_id = session_id_of(row)
        if session_id in sessions:
            several.setdefault(session_id, [sessions[session_id]]).append(row)
        else:
            sessions[session_id] = row
    for session_id, rows in several.items():
        sessions[session_id] = _summed(rows)
    return sessions


def is_same_session(before: Runtime, now: Runtime) -> bool:
    """Tell whether two rows differ at most in what a session does and when it reported."""
    moved = msgspec.structs.replace(
        before,
        reporting_time=now.reporting_time,
        status=now.status,
        is_unresponsive=now.is_unresponsive,
        used_runtimes=now.used_runtimes,
    )
    return moved == now


def session_id_of(row: Runtime) -> object:
    """Return what a session is told apart by in the list of hosts."""
    if row.session_id is not None:
        return row.session_id
    return (row.machine_id, row.host_machine_name, row.service_user_name)


def robot_type_of(row: Runtime) -> str | None:
    """Return the runtime type that can run jobs here, None when there are no slots."""
    return None if counted(row.runtimes) == 0 else row.runtime_type


def offered_types(row: Runtime) -> tuple[str, ...]:
    """Return the runtime types of which a session has slots."""
    if isinstance(row, Runtimes):
        return row.offered
    kind = robot_type_of(row)
    return (kind,) if kind else ()


def divided(
    sessions: Sequence[Session], hosts: dict[object, Runtime]
) -> tuple[Sequence[Session], Mapping[object, Session]]:
    """Divide the global sessions into those of their own and those that the hosts show too.

    They are one by session id, else (ids are not known to agree) by host and user. Whose session a
    row without a robot is cannot be told: on a host that the other list shows it is one of those.
    A host's session without any slot of its own is its user's session: it leaves `hosts`.
    """
    shared: dict[object, Session] = {}
    if not hosts:
        return sessions, shared
    alone: list[Session] = []
    known = _Places(hosts)
    for session in sessions:
        robot = session.robot
        place: object = session.id
        if place not in hosts:
            if robot is None and known.has_host_of(session):
                continue
            place = None if robot is None else known.place_of(session, robot)
        if place not in hosts:
            alone.append(session)
        elif robot is not None and is_attended(robot.type) and robot_type_of(hosts[place]) is None:
            del hosts[place]
            alone.append(session)
        else:
            shared[place] = session
    return alone, shared


def slots_of(machine: Machine) -> Mapping[str, float]:
    """Return how many slots a machine has for each type of unattended robots, as far as is told."""
    slots = (
        machine.unattended_slots,
        machine.non_production_slots,
        machine.headless_slots,
        machine.test_automation_slots,
    )
    known = zip(UNATTENDED_TYPES, map(counted, slots), strict=True)
    return {kind: count for kind, count in known if count is not None}


def unshown(
    rows: Iterable[MachineSession], sessions: Sequence[Session], outside: Sequence[Session]
) -> list[MachineSession]:
    """Return those sessions of machines that the other lists do not show.

    They are one by id, else by host and user. A row that names no robot does not tell whose
    session it is, so it shows none; `outside` are sessions that nobody wants to see.
    """
    told = [*(one for one in sessions if one.robot is not None), *outside]
    ids = {one.id for one in told if one.id is not None}
    users = {
        _host_and_user(one.host_machine_name, one.robot.username)
        for one in told
        if one.robot is not None and one.robot.username
    }
    return [
        row
        for row in rows
        if row.id not in ids
        and not any(
            _host_and_user(row.host_machine_name, user) in users
            for user in (row.service_user_name, row.robot.username if row.robot else None)
        )
    ]


def without_namesakes(
    sessions: Sequence[Session], rows: Sequence[MachineSession], unread: Collection[int]
) -> Sequence[Session]:
    """Leave out what names no robot where a machine tells whose session it is.

    It is one by id, else it is one of its host's; `unread` are machines that told so before.
    """
    ids = {row.id for row in rows}
    places = {_host_and_machine(row) for row in rows}
    return [
        one
        for one in sessions
        if one.robot is not None
        or not (one.id in ids or _host_and_machine(one) in places or one.machine_id in unread)
    ]


class _Places:
    """Where the hosts' sessions are, by more than their ids; made when first asked for."""

    def __init__(self, hosts: Mapping[object, Runtime]) -> None:
        self._hosts = hosts

    def place_of(self, session: Session, robot: Robot) -> object:
        """Return the id of a robot's session by host and user, None where it is not there.

        A person's robot is none of those with slots: these work for others.
        """
        by_user = self._slotless if is_attended(robot.type) else self._by_user
        return by_user.get(_host_and_user(session.host_machine_name, robot.username))

    def has_host_of(self, session: Session) -> bool:
        """Tell whether the session's host, under its machine, is there."""
        return _host_and_machine(session) in self._by_machine

    @cached_property
    def _by_user(self) -> Mapping[tuple[str, str], object]:
        return {
            _host_and_user(row.host_machine_name, row.service_user_name): key
            for key, row in self._hosts.items()
        }

    @cached_property
    def _slotless(self) -> Mapping[tuple[str, str], object]:
        return {
            _host_and_user(row.host_machine_name, row.service_user_name): key
            for key, row in self._hosts.items()
            if row.runtimes == 0
        }

    @cached_property
    def _by_machine(self) -> Collection[tuple[str, int]]:
        return {_host_and_machine(row) for row in self._hosts.values()}


def _summed(rows: Sequence[Runtime]) -> Runtime:
    # By type: a row that moved from one page to the next while they were read is there twice.
    usable = {row.runtime_type: row for row in rows if robot_type_of(row) is not None}
    chosen = min(usable.values(), key=_preference) if usable else rows[0]
    if len(usable) > 1:
        chosen = _all_of(usable.values(), chosen)
    if any(row.maintenance_mode == "Enabled" for row in rows):
        return msgspec.structs.replace(chosen, maintenance_mode="Enabled")
    return chosen


def _all_of(rows: Collection[Runtime], chosen: Runtime) -> Runtimes:
    types = [row.runtime_type for row in rows if row.runtime_type]
    session = Runtimes(**msgspec.structs.asdict(chosen), offered=tuple(sorted(types)))
    session.runtimes = _sum([row.runtimes for row in rows])
    session.used_runtimes = _sum([row.used_runtimes for row in rows])
    return session


def _sum(counts: Sequence[float | None]) -> float | None:
    known = [count for count in map(counted, counts) if count is not None]
    return sum(known) if known else None


def _preference(row: Runtime) -> tuple[int, str]:
    kind = row.runtime_type or ""
    place = UNATTENDED_TYPES.index(kind) if kind in UNATTENDED_TYPES else len(UNATTENDED_TYPES)
    return place, kind


def _host_and_machine(row: Runtime | Session) -> tuple[str, int]:
    return (row.host_machine_name or "").lower(), row.machine_id or 0


def _host_and_user(host: str | None, user: str | None) -> tuple[str, str]:
    return (host or "").lower(), (user or "").lower()
