"""The rows of sessions: by runtime, by machine, of the tenant and of a folder.

Source: Orchestrator reference, sessions, robots, classic and modern folders.
"""

from collections.abc import Callable

from monitor.simulator import entities
from monitor.simulator.asked import Asked
from monitor.simulator.estate import Session, SessionKind, guid
from monitor.simulator.permissions import ROBOTS, USERS
from monitor.simulator.problems import entity_unknown, not_valid
from monitor.simulator.query import Listing, Row
from monitor.simulator.world import World

# How far the Id of a session is from its SessionId where the two are not the same.
_OTHER_ID = 10_000_000_000


class SessionAnswers:
    """Renders sessions; what never changes of one is rendered once and kept."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._runtimes_shown: dict[str | None, tuple[int, list[tuple[Session, str]]]] = {}
        self._sessions_shown: dict[tuple[object, ...], tuple[int, list[Session]]] = {}
        self._ordered: tuple[int, list[Session]] = (-1, [])
        self._static: dict[tuple[object, ...], Row] = {}

    def runtimes(self, asked: Asked) -> Listing:
        """List what runs on hosts: a row for each session and runtime type.

        Raises:
            Refused: 400, the runtime type is none.
        """
        world = asked.world
        if asked.folder is not None and asked.folder.classic:
            return Listing(count=0, render=lambda _: {})
        wanted = asked.parameters.get("runtimeType")
        choices = entities.MACHINE_RUNTIME.fields["RuntimeType"].choices
        if wanted is not None and (choices is None or wanted not in choices.numbers):
            raise not_valid("runtimeType", f"The value '{wanted}' is not valid.")

        version, found = self._runtimes_shown.get(wanted, (-1, []))
        if version != world.version:
            found = [
                (session, type_)
                for session in self._there(world)
                if session.kind is not SessionKind.ATTENDED and not session.classic
                for type_ in session.slots
                if wanted in (None, type_)
            ]
            self._runtimes_shown[wanted] = (world.version, found)

        def render(index: int) -> Row:
            session, type_ = found[index]
            facts = world.facts(session)
            row = self._fixed_runtime(session, type_).copy()
            row["SessionId"] = world.session_id(session)
            row["Status"] = facts.state
            row["IsUnresponsive"] = facts.is_unresponsive
            row["ReportingTime"] = facts.reported_at
            row["MaintenanceMode"] = "Enabled" if facts.in_maintenance else "Default"
            row["UsedRuntimes"] = int(facts.state == "Busy" and session.slots[type_] > 0)
            return row

        return Listing(count=len(found), render=render)

    def of_tenant(self, asked: Asked) -> Listing:
        """List the sessions of the tenant that the role may see: users' sessions, classic robots'.

        Unattended sessions of modern folders show only where the settings say so.
        """
        shows_all = asked.settings.unattended_in_global_sessions
        held = asked.permissions
        classic, modern = ROBOTS in held, USERS in held

        def belongs(session: Session) -> bool:
            if session.classic:
                return classic
            return modern and (shows_all or session.kind is not SessionKind.UNATTENDED)

        return self._sessions(asked, ("tenant", shows_all, classic, modern), belongs)

    def of_folder(self, asked: Asked) -> Listing:
        """List the sessions of a folder: a classic one shows its own, a modern one all modern."""
        folder = asked.folder
        if folder is None:
            return self._sessions(asked, ("all",), lambda _: True)
        if not folder.classic:
            return self._sessions(asked, ("modern",), lambda session: not session.classic)
        id_ = folder.id
        return self._sessions(asked, ("folder", id_), lambda session: session.folder_id == id_)

    def of_machine(self, asked: Asked) -> Listing:
        """List the sessions below a machine.

        Raises:
            Refused: 404, there is no such machine.
        """
        wanted = asked.arguments["key"]
        if all(machine.id != wanted for machine in asked.world.estate.machines):
            raise entity_unknown("Machine")
        return self._sessions(
            asked, ("machine", wanted), lambda session: session.host.machine.id == wanted
        )

    def _sessions(
        self, asked: Asked, key: tuple[object, ...], belongs: Callable[[Session], bool]
    ) -> Listing:
        """List the sessions that belong; `key` tells one choice from another."""
        world, folder = asked.world, asked.folder
        same_ids = asked.settings.same_session_ids
        version, found = self._sessions_shown.get(key, (-1, []))
        if version != world.version:
            found = [session for session in self._there(world) if belongs(session)]
            self._sessions_shown[key] = (world.version, found)

        def render(index: int) -> Row:
            session = found[index]
            facts = world.facts(session)
            row = self._fixed_session(session, world).copy()
            row["Id"] = world.session_id(session) + (0 if same_ids else _OTHER_ID)
            row["State"] = facts.state
            row["ReportingTime"] = facts.reported_at
            row["IsUnresponsive"] = facts.is_unresponsive
            row["LicenseErrorCode"] = facts.license_error
            if folder is not None:
                row["OrganizationUnitId"], row["FolderName"] = folder.id, folder.name
            return row

        return Listing(count=len(found), render=render)

    def _there(self, world: World) -> list[Session]:
        """Return the sessions that have not vanished, in the order of their Ids."""
        version, there = self._ordered
        if version != world.version:
            there = sorted(
                (session for session in world.estate.sessions if not world.is_gone(session)),
                key=world.session_id,
            )
            self._ordered = (world.version, there)
        return there

    def _fixed_runtime(self, session: Session, type_: str) -> Row:
        key = (session.id, type_)
        if key not in self._static:
            machine = session.host.machine
            self._static[key] = entities.MACHINE_RUNTIME.blank() | {
                "SessionId": session.id,
                "MachineId": machine.id,
                "MachineName": machine.name,
                "HostMachineName": session.host.name,
                "RuntimeType": type_,
                "MachineType": "Template" if machine.template else "Standard",
                "MachineScope": machine.scope,
                "Runtimes": session.slots[type_],
                "ServiceUserName": session.user,
                "Version": session.host.version,
                "Platform": session.host.platform,
                "EndpointDetection": "NotAvailable",
                "TriggersCount": 2,
            }
        return self._static[key]

    def _fixed_session(self, session: Session, world: World) -> Row:
        key = (session.id,)
        if key not in self._static:
            machine = session.host.machine
            ephemeral = session.kind is SessionKind.EPHEMERAL
            folder = world.folder_of_id.get(session.folder_id)
            self._static[key] = entities.SESSION.blank() | {
                "Id": session.id,
                "HostMachineName": session.host.name,
                "MachineId": machine.id,
                "MachineName": machine.name,
                "OrganizationUnitId": session.folder_id,
                "FolderName": None if folder is None else folder.name,
                "RobotSessionType": "Ephemeral" if ephemeral else "LongLived",
                "Version": session.host.version,
                "Source": "Assistant" if session.kind is SessionKind.ATTENDED else None,
                "UpdateInfo": {"updateStatus": "None", "isCommunity": False},
                "InstallationId": guid("installation", session.host.name, session.id),
                "Platform": session.host.platform,
                "EndpointDetection": "NotAvailable",
                "ServiceUserName": session.user,
                "Robot": _robot(session),
            }
        return self._static[key]


def _robot(session: Session) -> Row | None:
    robot = session.robot
    if robot is None:
        return None
    row = entities.ROBOT.blank() | {
        "Id": robot.id,
        "Name": robot.name,
        "Username": robot.username,
        "Type": robot.type,
        "HostingType": "Floating",
        "ProvisionType": "Automatic",
        "LicenseKey": guid("license key", robot.id),
        "Enabled": True,
        "UserId": robot.id - 700,
        "CredentialType": "Default",
        "Environments": [],
        "RobotEnvironments": "",
        "ExecutionSettings": {"LoginToConsole": "True"},
        "IsExternalLicensed": False,
        "LimitConcurrentExecution": False,
    }
    if robot.classic:
        row |= {"ProvisionType": "Manual", "UserId": None, "Version": session.host.version}
        if robot.type == "Unattended":
            machine = session.host.machine
            row |= {"HostingType": "Standard", "MachineId": machine.id, "MachineName": machine.name}
    return row
