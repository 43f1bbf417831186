"""The rows of each endpoint at an instant, with every field of the real ones.

They hold what a monitor has no business reading too (license keys, client secrets, the content of
queue items): whoever forgets `$select` gets them, and a test can tell.
Source: Orchestrator reference, endpoints.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.simulator import entities
from monitor.simulator.estate import Folder, Session, SessionKind, guid
from monitor.simulator.problems import not_valid
from monitor.simulator.query import Listing, Row
from monitor.simulator.queue_answers import queue_definitions, queue_items, queue_statuses
from monitor.simulator.settings import Settings
from monitor.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks for, beside the OData options; `folder` is the header's, if any."""

    world: World
    settings: Settings
    folder: Folder | None
    parameters: Mapping[str, str]


class Answers:
    """Renders rows; what never changes of a session is rendered once and kept."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._runtimes_shown: dict[str | None, tuple[int, list[tuple[Session, str]]]] = {}
        self._sessions_shown: dict[bool, tuple[int, list[Session]]] = {}
        self._static: dict[tuple[object, ...], Row] = {}
        self._lists: Mapping[str, Callable[[Asked], Listing]] = {
            "Folders": _folders,
            "GetMachineSessionRuntimes": self._runtimes,
            "GetMachineSessionRuntimesByFolderId": self._runtimes,
            "GetGlobalSessions": self._global_sessions,
            "Sessions": self._folder_sessions,
            "Machines": _machines,
            "RetrieveQueuesProcessingStatus": lambda asked: queue_statuses(
                asked.world, asked.folder, repeat=asked.settings.repeat_linked
            ),
            "QueueDefinitions": lambda asked: queue_definitions(
                asked.world, asked.folder, repeat=asked.settings.repeat_linked
            ),
            "GetQueuesAcrossFolders": lambda asked: queue_definitions(
                asked.world, None, repeat=False
            ),
            "QueueItems": lambda asked: queue_items(
                asked.world, asked.folder, repeat=asked.settings.repeat_linked
            ),
        }

    def listing(self, endpoint: str, asked: Asked) -> Listing:
        """Return the rows of a list endpoint, in the order of its key."""
        return self._lists[endpoint](asked)

    def _runtimes(self, asked: Asked) -> Listing:
        world = asked.world
        wanted = asked.parameters.get("runtimeType")
        choices = entities.MACHINE_RUNTIME.fields["RuntimeType"].choices
        if wanted is not None and (choices is None or wanted not in choices.numbers):
            raise not_valid("runtimeType", f"The value '{wanted}' is not valid.")

        version, found = self._runtimes_shown.get(wanted, (-1, []))
        if version != world.version:
            found = [
                (session, type_)
                for session in sorted(world.estate.sessions, key=lambda session: session.id)
                if session.kind is not SessionKind.ATTENDED and not world.is_gone(session)
                for type_ in session.slots
                if wanted in (None, type_)
            ]
            self._runtimes_shown[wanted] = (world.version, found)

        def render(index: int) -> Row:
            session, type_ = found[index]
            facts = world.facts(session)
            row = self._fixed_runtime(session, type_).copy()
            row["Status"] = facts.state
            row["IsUnresponsive"] = facts.is_unresponsive
            row["ReportingTime"] = facts.reported_at
            row["MaintenanceMode"] = "Enabled" if facts.in_maintenance else "Default"
            row["UsedRuntimes"] = int(facts.state == "Busy" and session.slots[type_] > 0)
            return row

        return Listing(count=len(found), render=render)

    def _global_sessions(self, asked: Asked) -> Listing:
        unattended = asked.settings.unattended_in_global_sessions
        return self._sessions(asked, with_unattended=unattended)

    def _folder_sessions(self, asked: Asked) -> Listing:
        return self._sessions(asked, with_unattended=True)

    def _sessions(self, asked: Asked, *, with_unattended: bool) -> Listing:
        world, folder = asked.world, asked.folder

        version, found = self._sessions_shown.get(with_unattended, (-1, []))
        if version != world.version:
            found = [
                session
                for session in sorted(world.estate.sessions, key=lambda session: session.id)
                if (with_unattended or session.kind is not SessionKind.UNATTENDED)
                and not world.is_gone(session)
            ]
            self._sessions_shown[with_unattended] = (world.version, found)

        def render(index: int) -> Row:
            session = found[index]
            facts = world.facts(session)
            row = self._fixed_session(session).copy()
            row["State"] = facts.state
            row["ReportingTime"] = facts.reported_at
            row["IsUnresponsive"] = facts.is_unresponsive
            row["LicenseErrorCode"] = facts.license_error
            if folder is not None:
                row["OrganizationUnitId"], row["FolderName"] = folder.id, folder.name
            return row

        return Listing(count=len(found), render=render)

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

    def _fixed_session(self, session: Session) -> Row:
        key = (session.id,)
        if key not in self._static:
            machine = session.host.machine
            ephemeral = session.kind is SessionKind.EPHEMERAL
            self._static[key] = entities.SESSION.blank() | {
                "Id": session.id,
                "HostMachineName": session.host.name,
                "MachineId": machine.id,
                "MachineName": machine.name,
                "OrganizationUnitId": session.folder_id,
                "RobotSessionType": "Ephemeral" if ephemeral else "LongLived",
                "Version": session.host.version,
                "Source": "Assistant" if session.kind is SessionKind.ATTENDED else None,
                "UpdateInfo": {"updateStatus": "None", "isCommunity": False},
                "InstallationId": guid("installation", session.host.name, session.id),
                "Platform": session.host.platform,
                "EndpointDetection": "NotAvailable",
                "Robot": _robot(session),
            }
        return self._static[key]


def _robot(session: Session) -> Row | None:
    robot = session.robot
    if robot is None:
        return None
    return entities.ROBOT.blank() | {
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


def _folders(asked: Asked) -> Listing:
    world = asked.world
    shown = [folder for folder in world.estate.folders if not world.folders[folder.path].gone]
    shown.sort(key=lambda folder: folder.id)
    return Listing(count=len(shown), render=lambda index: folder_row(shown[index]))


def folder_row(folder: Folder) -> Row:
    """Render a folder, as `/odata/Folders` and (in part) `GetAllForCurrentUser` show it."""
    parent = folder.parent_id
    return entities.FOLDER.blank() | {
        "Key": guid("folder", folder.id),
        "DisplayName": folder.name,
        "FullyQualifiedName": folder.path,
        "FolderType": "Personal" if folder.personal else "Standard",
        "IsPersonal": folder.personal,
        "ProvisionType": "Automatic",
        "PermissionModel": "FineGrained",
        "ParentId": parent,
        "ParentKey": None if parent is None else guid("folder", parent),
        "FeedType": "PersonalWorkspace" if folder.personal else "Processes",
        "Id": folder.id,
    }


def _machines(asked: Asked) -> Listing:
    machines = sorted(asked.world.estate.machines, key=lambda machine: machine.id)

    def render(index: int) -> Row:
        machine = machines[index]
        row = entities.MACHINE.blank()
        row |= {name: 0 for name in row if name.endswith("Slots")}
        row |= {f"{type_}Slots": count for type_, count in machine.slots.items()}
        row |= {
            "Id": machine.id,
            "Key": guid("machine", machine.id),
            "Name": machine.name,
            "Type": "Template" if machine.template else "Standard",
            "Scope": machine.scope,
            "LicenseKey": guid("machine key", machine.id),
            "ClientSecret": guid("machine secret", machine.id),
            "AutomationType": "Any",
            "TargetFramework": "Any",
            "EndpointDetectionStatus": "NotAvailable",
            "RobotVersions": [{"Count": 1, "Version": "25.10.3", "MachineId": machine.id}],
            "RobotUsers": [],
            "Tags": [],
        }
        return {name: row[name] for name in entities.MACHINE.fields}

    return Listing(count=len(machines), render=render)


def license_row(world: World) -> Row:
    """Render the license of the tenant; dates are epoch seconds."""
    ends = world.instant(world.tenant.expires_s)
    grace = world.instant(world.tenant.expires_s + world.estate.grace_days * 86_400.0)
    seats = world.seats.items()
    return entities.LICENSE.blank() | {
        "Id": 0,
        "ExpireDate": int(ends.timestamp()),
        "GracePeriodEndDate": int(grace.timestamp()),
        "GracePeriod": int(world.estate.grace_days),
        "Allowed": {type_: s.allowed for type_, s in seats if s.allowed is not None},
        "Used": {type_: s.used for type_, s in seats if s.used is not None},
        "AttendedConcurrent": False,
        "DevelopmentConcurrent": False,
        "StudioXConcurrent": False,
        "StudioProConcurrent": False,
        "LicensedFeatures": [],
        "IsRegistered": True,
        "IsCommunity": False,
        "IsProOrEnterprise": True,
        "SubscriptionCode": "ENT-SIMULATED",
        "SubscriptionPlan": "Enterprise",
        "IsExpired": world.now_s > world.tenant.expires_s,
        "CreationTime": world.instant(-165 * 86_400.0),
        "Code": guid("contract"),
        "UserLicensingEnabled": False,
    }
