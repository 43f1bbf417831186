"""How a session is, as opposed to what it last said.

Source: Orchestrator reference, session liveness: a robot reports every 30 s and counts as
unresponsive after four missed reports; `State` is only the last thing it reported.
"""

from functools import lru_cache

SILENT_AFTER_S = 120.0

Flags = tuple[float | None, float | None, float | None, float | None, float | None]
"""(is_unresponsive, is_disconnected, is_available, is_busy, in_maintenance), None for not known."""

IDLE: Flags = (0.0, 0.0, 1.0, 0.0, 0.0)
BUSY: Flags = (0.0, 0.0, 0.0, 1.0, 0.0)
NEITHER: Flags = (0.0, 0.0, 0.0, 0.0, 0.0)
SILENT: Flags = (1.0, 0.0, 0.0, 0.0, 0.0)
DISCONNECTED: Flags = (0.0, 1.0, 0.0, 0.0, 0.0)
NEVER_REPORTED: Flags = (None, 0.0, None, None, 0.0)
UNTOLD: Flags = (None, None, None, None, 0.0)
LIVES: Flags = (0.0, None, None, None, 0.0)
MAINTAINED: Flags = (0.0, 0.0, 0.0, 0.0, 1.0)
MAINTAINED_BUSY: Flags = (0.0, 0.0, 0.0, 1.0, 1.0)

# What counts as unresponsive where no heartbeat comes. Anything else, and null, may be a goodbye.
_CONNECTED = frozenset({"Available", "Busy", "Unknown"})
_ATTENDED = frozenset(
    {
        "Attended",
        "Studio",
        "Development",
        "RpaDeveloper",
        "StudioX",
        "CitizenDeveloper",
        "StudioPro",
        "RpaDeveloperPro",
    }
)
_NEVER_TYPES = frozenset({"AgentService", "ProcessOrchestration"})
_NEVER_SCOPES = frozenset(
    {
        "Cloud",
        "Serverless",
        "AutomationCloudRobot",
        "ElasticRobot",
        "ProcessOrchestration",
        "AgentService",
    }
)


def flags(
    state: str | None,
    *,
    silent: bool | None,
    is_unresponsive: bool | None,
    is_maintained: bool,
    is_expected: bool,
) -> Flags:
    """Return the verdict.

    `silent` is the server's own verdict, which is `is_unresponsive`, or an age above
    `SILENT_AFTER_S`, None for a session that never reported; `is_expected` says whether this kind
    of session sends heartbeats at all. The order matters: maintenance never alerts, and a goodbye
    stays a goodbye however long ago. A state that nobody knows may be one: then only the server
    can say that the session is silent.
    """
    if is_maintained:
        return MAINTAINED_BUSY if state == "Busy" else MAINTAINED
    if is_expected:
        if state == "Disconnected":
            return DISCONNECTED
        if state not in _CONNECTED and not is_unresponsive:
            return LIVES if silent is False else UNTOLD
        if silent is not False:
            return SILENT if silent else NEVER_REPORTED
    if state == "Available":
        return IDLE
    return BUSY if state == "Busy" else NEITHER


@lru_cache(maxsize=1024)
def expects_heartbeat(
    robot_type: str | None, machine_scope: str | None, session_type: str | None
) -> bool:
    """Return whether silence means something: not for serverless and other elastic robots."""
    if session_type == "Ephemeral" or machine_scope in _NEVER_SCOPES:
        return False
    if robot_type is None:
        return True
    return not (
        robot_type in _NEVER_TYPES
        or robot_type.startswith(("Serverless", "AutomationCloud"))
        or robot_type.endswith("Web")
    )


def is_attended(robot_type: str | None) -> bool:
    """Return whether a person works with it: such a robot is one person's, not one host's."""
    return robot_type in _ATTENDED or (robot_type or "").endswith("Web")
