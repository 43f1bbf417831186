"""The answers outside OData: status, version, statistics, the caller's folders and permissions.

Source: Orchestrator reference, folders, statistics, health.
"""

from collections.abc import Mapping
from datetime import timedelta

from monitor.simulator import entities
from monitor.simulator.answers import folder_row, shown_folders
from monitor.simulator.asked import Asked
from monitor.simulator.endpoints import Endpoint
from monitor.simulator.permissions import HELD
from monitor.simulator.problems import not_valid, out_of_range
from monitor.simulator.profiles import Profile
from monitor.simulator.query import Row
from monitor.simulator.versions import choices_of, shaped
from monitor.simulator.wire import wire_time
from monitor.simulator.world import World

_FOLDERS_AT_ONCE = 1000
_DAYS = 7
_MOST_DAYS = 365


def plain_answer(endpoint: Endpoint, asked: Asked, profile: Profile) -> object:
    """Return the body of an endpoint without an entity; None is an empty body.

    Raises:
        Refused: 400, a parameter is missing or out of range.
    """
    world, parameters = asked.world, asked.parameters
    for name in sorted(endpoint.mandatory - parameters.keys()):
        raise not_valid(name, f"A value for '{name}' is required.")
    body: object = None
    match endpoint.name:
        case "Version":
            body = _version(world, profile)
        case "FoldersOfUser":
            body = _folders_of_user(world, parameters)
        case "GetAllFoldersForCurrentUser":
            body = _folders_of_navigation(world, profile)
        case "GetSessionsStats":
            body = _session_stats(world)
        case "GetLicenseStats":
            body = _license_stats(world, parameters, profile)
        case "GetCurrentPermissions":
            held = [name for name in HELD if name in asked.permissions]
            body = {"UserId": 41, "Permissions": held}
    return body


def _version(world: World, profile: Profile) -> Row:
    return {
        "version": profile.build,
        "timestamp": wire_time(world.instant(world.now_s)),
        "deployment": None,
        "configsVersion": None,
    }


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


def _folders_of_navigation(world: World, profile: Profile) -> list[Row]:
    shown = shown_folders(world)
    parents = {folder.parent_id for folder in shown}
    fields = shaped(entities.FOLDER_OF_NAVIGATION, profile.version).fields
    rows = [
        folder_row(folder)
        | {
            "IsSelectable": True,
            "HasChildren": folder.id in parents,
            "Level": folder.path.count("/"),
        }
        for folder in shown
    ]
    return [{name: row[name] for name in fields} for row in rows]


def _license_stats(world: World, parameters: Mapping[str, str], profile: Profile) -> list[Row]:
    """Tell the seats of each robot type in use: today's number, for each of the days asked for."""
    days = _number(parameters, "days", _DAYS)
    if days > _MOST_DAYS:
        raise out_of_range("days", _MOST_DAYS)
    types = choices_of("RobotType", profile.version).numbers
    now = world.instant(world.now_s)
    return [
        {
            "robotType": type_,
            "count": seats.used,
            "timestamp": wire_time(now - timedelta(days=back)),
        }
        for back in reversed(range(days))
        for type_, seats in world.seats.items()
        if type_ in types and seats.used is not None
    ]


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
