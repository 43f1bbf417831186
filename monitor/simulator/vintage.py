"""A tenant as an older version would hold it: what did not exist yet is taken out or recast.

Source: Orchestrator reference, classic and modern folders, linked queues, licenses, robots.
"""

from collections.abc import Sequence
from dataclasses import replace

from monitor.simulator.changes import Change, names_of
from monitor.simulator.estate import Estate, Folder, Host, Queue, Robot, Session, SessionKind
from monitor.simulator.profiles import Folders, Profile
from monitor.simulator.versions import Version, choices_of

# Ids of the robots that unattended sessions get where every robot is registered by hand.
_FIRST_ROBOT_ID = 10_000_000
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
    return dated if profile.folders is Folders.MODERN else _classic(dated, profile)


def happening(changes: Sequence[Change], estate: Estate) -> tuple[Change, ...]:
    """Return the changes whose entity exists in this tenant."""
    return tuple(
        change
        for change in changes
        if not change.name or change.name in names_of(estate, change.kind)
    )


def _classic(estate: Estate, profile: Profile) -> Estate:
    folders = tuple(_classic_folders(estate, profile))
    ids = [folder.id for folder in folders if not folder.personal]
    sessions = [s for s in estate.sessions if s.kind is not SessionKind.EPHEMERAL]
    used = {session.host.name for session in sessions}
    machines = {session.host.machine.id for session in sessions}
    hosts = tuple(host for host in estate.hosts if host.name in used)
    place = {host.name: number for number, host in enumerate(hosts)}
    # Until the cloud, a kind of license was a type of robot.
    types = choices_of("RobotType", profile.version).numbers
    return replace(
        estate,
        folders=folders,
        machines=tuple(machine for machine in estate.machines if machine.id in machines),
        hosts=hosts,
        sessions=tuple(_registered(session, ids, place) for session in sessions),
        queues=tuple(_unlinked(queue, ids) for queue in estate.queues),
        licenses=tuple(
            replace(license_, allowed=license_.allowed or 0, used=license_.used or 0)
            for license_ in estate.licenses
            if license_.type in types
        ),
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


def _registered(session: Session, folder_ids: Sequence[int], place: dict[str, int]) -> Session:
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
