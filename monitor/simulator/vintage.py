"""A tenant as an older version would hold it: what did not exist yet is taken out or recast.

Source: Orchestrator reference, classic and modern folders, linked queues, licenses, robots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.simulator.changes import Change
from monitor.simulator.estate import Estate, Folder, Host, Queue, Robot, Session, SessionKind
from monitor.simulator.profiles import Folders, Profile
from monitor.simulator.versions import Version, choices_of

# Ids of the robots that unattended sessions get where every robot is registered by hand.
_FIRST_ROBOT_ID = 10_000_000
# The versions with a mixed tenant's two kinds of folders.
_SIDE_BY_SIDE = (Version.V2019_10, Version.V2020_10, Version.V2022_4)
# What queues have for a folder where there are none: it shows nowhere.
_NO_FOLDER = 0


def fitted(estate: Estate, profile: Profile) -> Estate:
    """Return the tenant as a server of this profile holds it; the cloud's is as it is."""
    if profile.version is Version.CLOUD:
        return estate
    hosts = {host.name: replace(host, version=profile.robot_version) for host in estate.hosts}
    dated = replace(
        estate,
        hosts=tuple(hosts.values()),
        sessions=tuple(replace(s, host=hosts[s.host.name]) for s in estate.sessions),
    )
    if estate.mixed and profile.version in _SIDE_BY_SIDE:
        return _mixed(dated, profile)
    return dated if profile.folders is Folders.MODERN else _classic(dated, profile)


def happening(changes: Sequence[Change], estate: Estate) -> tuple[Change, ...]:
    """Return the changes whose entity exists in this tenant."""
    return tuple(
        change
        for change in changes
        if not change.name or change.name.casefold() in estate.names[change.kind]
    )


def _classic(estate: Estate, profile: Profile) -> Estate:
    folders = tuple(_classic_folders(estate, profile))
    ids = [folder.id for folder in folders if not folder.personal]
    sessions = [s for s in estate.sessions if s.kind is not SessionKind.EPHEMERAL]
    place = _places(sessions)
    return _equipped(
        replace(
            estate,
            folders=folders,
            sessions=tuple(_registered(session, ids, place) for session in sessions),
            queues=tuple(_unlinked(queue, ids) for queue in estate.queues),
        ),
        profile,
    )


def _mixed(estate: Estate, profile: Profile) -> Estate:
    """Make every other flat folder a classic one; the robots of every other host live in these.

    2019.10 has no call that lists unattended hosts of modern folders: all of its are classic.
    """
    parents = {folder.parent_id for folder in estate.folders}
    flat = [
        folder.id
        for folder in estate.folders
        if not folder.personal and folder.parent_id is None and folder.id not in parents
    ]
    ids = flat[::2]
    folders = tuple(
        replace(folder, classic=folder.id in ids)
        for folder in estate.folders
        if not folder.personal or profile.version >= Version.V2020_10
    )
    modern = profile.version >= Version.V2022_4
    sessions = [s for s in estate.sessions if modern or s.kind is not SessionKind.EPHEMERAL]
    place = _places(sessions)

    def registered(session: Session) -> Session:
        is_classic = place[session.host.name] % 2 == 0 or (
            session.kind is SessionKind.UNATTENDED and profile.version is Version.V2019_10
        )
        if not ids or not is_classic or session.kind is SessionKind.EPHEMERAL:
            return session
        return _registered(session, ids, place)

    return _equipped(
        replace(
            estate,
            folders=folders,
            sessions=tuple(registered(session) for session in sessions),
            queues=tuple(
                _modern_or_one(queue, ids) if modern else _unlinked(queue, [1])
                for queue in estate.queues
            ),
        ),
        profile,
    )


def _places(sessions: Sequence[Session]) -> dict[str, int]:
    """Number the hosts in use."""
    names = dict.fromkeys(session.host.name for session in sessions)
    return {name: number for number, name in enumerate(names)}


def _equipped(estate: Estate, profile: Profile) -> Estate:
    """Leave out what nothing runs on, and before 2022.4 licenses that did not exist."""
    used = {session.host.name for session in estate.sessions}
    machines = {session.host.machine.id for session in estate.sessions}
    # Until the cloud, a kind of license was a type of robot.
    types = choices_of("RobotType", profile.version).numbers
    dated = tuple(
        replace(license_, allowed=license_.allowed or 0, used=license_.used or 0)
        for license_ in estate.licenses
        if license_.type in types
    )
    return replace(
        estate,
        machines=tuple(machine for machine in estate.machines if machine.id in machines),
        hosts=tuple(host for host in estate.hosts if host.name in used),
        licenses=estate.licenses if profile.version >= Version.V2022_4 else dated,
    )


def _classic_folders(estate: Estate, profile: Profile) -> list[Folder]:
    """Personal workspaces are told from folders by a field of their own, so they come with it."""
    if profile.folders is Folders.NONE:
        return []
    return [
        folder if folder.personal else replace(folder, classic=True)
        for folder in estate.folders
        if not folder.personal or profile.version >= Version.V2020_10
    ]


def _registered(session: Session, folder_ids: Sequence[int], place: Mapping[str, int]) -> Session:
    """Give a session a robot of its own, in the folder of its host."""
    host: Host = session.host
    robot = session.robot or Robot(
        id=_FIRST_ROBOT_ID + session.id,
        name=session.name[:19],
        username=session.user,
        type="Unattended",
    )
    folder_id = folder_ids[place[host.name] % len(folder_ids)] if folder_ids else _NO_FOLDER
    return replace(session, robot=replace(robot, classic=True), folder_id=folder_id)


def _unlinked(queue: Queue, folder_ids: Sequence[int]) -> Queue:
    """Queues could not be linked yet: each is in the first of its folders."""
    return replace(queue, folder_ids=queue.folder_ids[:1] if folder_ids else (_NO_FOLDER,))


def _modern_or_one(queue: Queue, classic_ids: Sequence[int]) -> Queue:
    """Link a queue to modern folders alone; one that is at home in a classic folder is there."""
    first, *_ = queue.folder_ids
    if first in classic_ids:
        return replace(queue, folder_ids=(first,))
    return replace(
        queue, folder_ids=tuple(id_ for id_ in queue.folder_ids if id_ not in classic_ids)
    )
