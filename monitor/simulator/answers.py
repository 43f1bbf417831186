"""The rows of each endpoint at an instant, with every field of the real ones.

They hold what a monitor has no business reading too (license keys, client secrets, the content of
queue items): whoever forgets `$select` gets them, and a test can tell.
Source: Orchestrator reference, endpoints.
"""

from collections.abc import Callable, Mapping

from monitor.simulator import entities
from monitor.simulator.asked import Asked
from monitor.simulator.estate import Folder, guid
from monitor.simulator.item_answers import queue_items
from monitor.simulator.query import Listing, Row
from monitor.simulator.queue_answers import QueueAnswers
from monitor.simulator.session_answers import SessionAnswers
from monitor.simulator.world import World

# What machines say of robots that never connected.
_ROBOT_VERSION = "25.10.3"


class Answers:
    """Knows who renders the rows of each list endpoint."""

    def __init__(self) -> None:
        """Begin with nothing rendered."""
        sessions, queues = SessionAnswers(), QueueAnswers()
        self._lists: Mapping[str, Callable[[Asked], Listing]] = {
            "Folders": _folders,
            "OrganizationUnits": _units,
            "GetMachineSessionRuntimes": sessions.runtimes,
            "GetMachineSessionRuntimesByFolderId": sessions.runtimes,
            "GetMachineSessions": sessions.of_machine,
            "GetGlobalSessions": sessions.of_tenant,
            "Sessions": sessions.of_folder,
            "Machines": _machines,
            "RetrieveQueuesProcessingStatus": queues.statuses,
            "QueueDefinitions": queues.definitions,
            "GetQueuesAcrossFolders": queues.across_folders,
            "QueueItems": lambda asked: queue_items(asked, queues.placed(asked)),
        }

    def listing(self, endpoint: str, asked: Asked) -> Listing:
        """Return the rows of a list endpoint, in the order of its key."""
        return self._lists[endpoint](asked)


def shown_folders(world: World) -> list[Folder]:
    """Return the folders that are there, in the order of their Ids."""
    shown = [folder for folder in world.estate.folders if not world.folders[folder.path].gone]
    return sorted(shown, key=lambda folder: folder.id)


def _folders(asked: Asked) -> Listing:
    shown = shown_folders(asked.world)
    return Listing(count=len(shown), render=lambda index: folder_row(shown[index]))


def _units(asked: Asked) -> Listing:
    shown = shown_folders(asked.world)
    return Listing(
        count=len(shown),
        render=lambda index: {"DisplayName": shown[index].name, "Id": shown[index].id},
    )


def folder_row(folder: Folder) -> Row:
    """Render a folder, as `/odata/Folders` and (in part) `GetAllForCurrentUser` show it."""
    parent = folder.parent_id
    return entities.FOLDER.blank() | {
        "Key": guid("folder", folder.id),
        "DisplayName": folder.name,
        "FullyQualifiedName": folder.path,
        "FolderType": "Personal" if folder.personal else "Standard",
        "IsPersonal": folder.personal,
        "ProvisionType": "Manual" if folder.classic else "Automatic",
        "PermissionModel": "FineGrained",
        "ParentId": parent,
        "ParentKey": None if parent is None else guid("folder", parent),
        "FeedType": "PersonalWorkspace" if folder.personal else "Processes",
        "Id": folder.id,
    }


def _machines(asked: Asked) -> Listing:
    estate = asked.world.estate
    machines = sorted(estate.machines, key=lambda machine: machine.id)
    versions = {host.machine.id: host.version for host in estate.hosts}

    def render(index: int) -> Row:
        machine = machines[index]
        row = entities.MACHINE.blank()
        row |= {name: 0 for name in row if name.endswith("Slots")}
        row |= {f"{type_}Slots": count for type_, count in machine.slots.items()}
        version = versions.get(machine.id, _ROBOT_VERSION)
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
            "RobotVersions": [{"Count": 1, "Version": version, "MachineId": machine.id}],
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
        "HostLicenseId": None,
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
