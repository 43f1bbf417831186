"""Brings the two lists of sessions together: which rows speak of the same session.

GetMachineSessionRuntimes has a row for each runtime type of a session, GetGlobalSessions one for
each session of a person, sometimes of a host too. Source: Orchestrator reference, sessions.
"""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.orchestrator.liveness import is_attended
from monitor.orchestrator.wire import Runtime, Session

_PREFERRED_TYPES = ("Unattended", "NonProduction", "Headless", "TestAutomation")


def host_sessions(runtimes: Sequence[Runtime]) -> dict[object, Runtime]:
    """Return one row for each session, by its id.

    The runtime type that stands for a session is one that has slots, as types without any are
    listed too; null where none has. Maintenance on any row is maintenance.
    """
    sessions: dict[object, Runtime] = {row.session_id: row for row in runtimes}
    if len(sessions) == len(runtimes) and None not in sessions:
        return sessions  # one row each: a poll's hot path
    sessions = {}
    several: dict[object, list[Runtime]] = {}
    for row in runtimes:
        session_id: object = row.session_id
        if session_id is None:
            session_id = (row.machine_id, row.host_machine_name, row.service_user_name)
        if session_id in sessions:
            several.setdefault(session_id, [sessions[session_id]]).append(row)
        else:
            sessions[session_id] = row
    for session_id, rows in several.items():
        sessions[session_id] = _summed(rows)
    return sessions


def robot_type_of(row: Runtime) -> str | None:
    """Return the runtime type that can run jobs here, None when there are no slots."""
    return row.runtime_type if row.runtimes is None or row.runtimes > 0 else None


def divided(
    sessions: Sequence[Session], hosts: dict[object, Runtime]
) -> tuple[Sequence[Session], Mapping[object, Session]]:
    """Divide the global sessions into those of their own and those that the hosts show too.

    They are one by session id, else (ids are not known to agree) by host and user. A host's
    session without any slot of its own is its user's session: it leaves `hosts`.
    """
    shared: dict[object, Session] = {}
    if not hosts:
        return sessions, shared
    alone: list[Session] = []
    by_user: dict[tuple[str, str], object] | None = None
    for session in sessions:
        robot = session.robot
        attended = robot is not None and is_attended(robot.type)
        place: object = session.id
        if place not in hosts:
            place = None
            if robot is not None and not attended:
                if by_user is None:
                    by_user = {
                        _host_and_user(row.host_machine_name, row.service_user_name): key
                        for key, row in hosts.items()
                    }
                place = by_user.get(_host_and_user(session.host_machine_name, robot.username))
        if place is None:
            alone.append(session)
        elif attended and robot_type_of(hosts[place]) is None:
            del hosts[place]
            alone.append(session)
        else:
            shared[place] = session
    return alone, shared


def _summed(rows: Sequence[Runtime]) -> Runtime:
    usable = [row for row in rows if robot_type_of(row) is not None]
    chosen = min(usable, key=_preference) if usable else rows[0]
    if any(row.maintenance_mode == "Enabled" for row in rows):
        return msgspec.structs.replace(chosen, maintenance_mode="Enabled")
    return chosen


def _preference(row: Runtime) -> tuple[int, str]:
    kind = row.runtime_type or ""
    place = _PREFERRED_TYPES.index(kind) if kind in _PREFERRED_TYPES else len(_PREFERRED_TYPES)
    return place, kind


def _host_and_user(host: str | None, user: str | None) -> tuple[str, str]:
    return (host or "").lower(), (user or "").lower()
