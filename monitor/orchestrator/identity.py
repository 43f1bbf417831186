"""What a session and its host are called, by programs and by people.

Source: Orchestrator reference, session liveness: an unattended session is its machine, host and
service user, a person's session its robot; session ids change when a session is made anew.
"""

from monitor.orchestrator.liveness import is_attended
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import MachineSession, Robot, Runtime, Session

_BUILT_IN_ACCOUNTS = frozenset(
    {
        "",
        "local service",
        "localservice",
        "localsystem",
        "network service",
        "networkservice",
        "nt authority\\local service",
        "nt authority\\localservice",
        "nt authority\\network service",
        "nt authority\\networkservice",
        "nt authority\\system",
        "root",
        "system",
    }
)

_NO_ROBOT = Robot()

NOBODY = "0//"
"""The key of a session that tells neither its machine nor its host nor its user."""


def host_key(row: Runtime) -> str:
    """Return the stable key of a host's session."""
    return _key(row.machine_id, row.host_machine_name, row.service_user_name)


def user_key(row: Session) -> str:
    """Return a person's robot by its id; an unattended one by its host, as its host's list does."""
    robot = row.robot
    if robot is not None and (is_attended(robot.type) or row.host_machine_name is None):
        if robot.id is not None:
            return f"robot/{robot.id}"
        if robot.username:
            return f"user/{_part(robot.username)}"
    user = None if robot is None else robot.username
    if isinstance(row, MachineSession):
        user = row.service_user_name or user
    return _key(row.machine_id, row.host_machine_name, user)


def machine_key(row: Runtime | Session) -> str:
    """Return the stable key of a session's host under its machine; "" where neither is told."""
    if not row.machine_id and not row.host_machine_name:
        return ""
    return f"{row.machine_id or 0}/{_part(row.host_machine_name)}"


def _key(machine_id: int | None, host: str | None, user: str | None) -> str:
    return f"{machine_id or 0}/{_part(host)}/{_part(user)}"


def _part(text: str | None) -> str:
    return label(text).lower().replace("/", "%2f")


def user_name(row: Session) -> str:
    """Return the robot's name; a host's session that a machine shows is called as a host's is."""
    robot = row.robot or _NO_ROBOT
    if isinstance(row, MachineSession) and not is_attended(robot.type):
        return host_name(row, robot, crowded=row.is_crowded or False)
    return label(robot.name or robot.username or row.host_machine_name)


def host_name(row: Runtime | MachineSession, robot: Robot | None, *, crowded: bool) -> str:
    """Return the robot's name, else the host's, with the user where that tells hosts apart."""
    if robot is not None and robot.name:
        return label(robot.name)
    host = label(row.host_machine_name) or label(row.machine_name)
    user = label(row.service_user_name)
    if crowded and user.lower() not in _BUILT_IN_ACCOUNTS:
        return f"{host} ({user})"
    return host
