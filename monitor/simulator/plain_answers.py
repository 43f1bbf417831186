"""The answers outside OData: status, version, statistics, the caller's folders and permissions.

Source: Orchestrator reference, folders, statistics, health.
"""

from collections.abc import Mapping

from monitor.simulator.answers import folder_row
from monitor.simulator.problems import not_valid, out_of_range
from monitor.simulator.profiles import Endpoint, Profile
from monitor.simulator.query import Row
from monitor.simulator.wire import wire_time
from monitor.simulator.world import World

_FOLDERS_AT_ONCE = 1000
_PERMISSIONS = [
    "Robots.View",
    "Machines.View",
    "Users.View",
    "Queues.View",
    "Transactions.View",
    "License.View",
    "Units.View",
]


def plain_answer(
    endpoint: Endpoint, world: World, parameters: Mapping[str, str], profile: Profile
) -> object:
    """Return the body of an endpoint without an entity; None is an empty body."""
    match endpoint.name:
        case "Version":
            now = wire_time(world.instant(world.now_s))
            return {
                "version": profile.build,
                "timestamp": now,
                "deployment": None,
                "configsVersion": None,
            }
        case "FoldersOfUser":
            return _folders_of_user(world, parameters)
        case "GetSessionsStats":
            return _session_stats(world)
        case "GetCurrentPermissions":
            return {"UserId": 41, "Permissions": _PERMISSIONS}
        case _:
            return None


def _folders_of_user(world: World, parameters: Mapping[str, str]) -> Row:
    take = _number(parameters, "take", _FOLDERS_AT_ONCE)
    skip = _number(parameters, "skip", 0)
    if take > _FOLDERS_AT_ONCE:
        raise out_of_range("take", _FOLDERS_AT_ONCE)
    shown = [folder for folder in world.estate.folders if not world.folders[folder.path].gone]
    fields = [
        "Key",
        "DisplayName",
        "FullyQualifiedName",
        "Description",
        "FolderType",
        "ParentId",
        "ParentKey",
        "Id",
    ]
    rows = [folder_row(folder) for folder in shown[skip : skip + take]]
    return {
        "PageItems": [{name: row[name] for name in fields} for row in rows],
        "Count": len(shown),
    }


def _session_stats(world: World) -> list[Row]:
    """Count sessions by state; the unresponsive ones are a bucket of their own."""
    counts = dict.fromkeys(("Available", "Busy", "Disconnected", "Unresponsive"), 0)
    for session in world.estate.sessions:
        if not world.is_gone(session):
            facts = world.facts(session)
            bucket = "Unresponsive" if facts.is_unresponsive else facts.state
            counts[bucket] = counts.get(bucket, 0) + 1
    return [
        {"title": title, "count": count, "hasPermissions": True} for title, count in counts.items()
    ]


def _number(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise not_valid(name, f"The value '{text}' is not valid.")
    return int(text)
