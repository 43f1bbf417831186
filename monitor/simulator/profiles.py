"""Which endpoints a version of Orchestrator has, as data: another version is another `Profile`.

Source: Orchestrator reference, endpoints and OData rules; scopes of the OpenAPI document.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from monitor.simulator import entities
from monitor.simulator.schema import Entity

_CONFIGURATION = "UiPath.Server.Configuration.OData"
_QUEUES = ("OR.Queues", "OR.Queues.Read")
_ROBOTS = ("OR.Robots", "OR.Robots.Read")
_SETTINGS = ("OR.Settings", "OR.Settings.Read")
_FOLDERS = ("OR.Folders", "OR.Folders.Read")
_MACHINES = ("OR.Machines", "OR.Machines.Read")
_MONITORING = ("OR.Monitoring", "OR.Monitoring.Read")
_USERS = ("OR.Users", "OR.Users.Read")


class FolderScope(Enum):
    """What an endpoint does with the folder header."""

    IGNORED = "ignored"
    OPTIONAL = "optional"  # without it: the whole tenant, linked queues once per folder
    REQUIRED = "required"
    SETTING = "setting"  # `bare_queue_status` decides: real tenants differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One readable path below the root; `{name}` in it stands for a number.

    `name` is what faults, logs and answers call it. `entity` is None for answers outside OData.
    """

    name: str
    path: str
    scopes: tuple[str, ...] = ()
    entity: Entity | None = None
    entity_set: str = ""
    single: bool = False
    cap: int = 1000
    folder: FolderScope = FolderScope.IGNORED
    metered: bool = False
    anonymous: bool = False
    parameters: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A version of the product."""

    name: str
    api_versions: str
    build: str
    endpoints: tuple[Endpoint, ...]


CLOUD = Profile(
    name="cloud",
    api_versions="20.0",
    build="26.3.0-s192.2662",
    endpoints=(
        Endpoint(name="Status", path="/api/Status/Get", anonymous=True),
        Endpoint(name="Version", path="/api/Status/Version", anonymous=True),
        Endpoint(
            name="Folders",
            path="/odata/Folders",
            scopes=_FOLDERS,
            entity=entities.FOLDER,
            entity_set="Folders",
        ),
        Endpoint(
            name="FoldersOfUser",
            path="/api/Folders/GetAllForCurrentUser",
            scopes=_FOLDERS,
            parameters=frozenset({"take", "skip"}),
        ),
        Endpoint(
            name="GetMachineSessionRuntimes",
            path=f"/odata/Sessions/{_CONFIGURATION}.GetMachineSessionRuntimes",
            scopes=_ROBOTS,
            entity=entities.MACHINE_RUNTIME,
            entity_set="MachineSessionRuntimes",
            parameters=frozenset({"runtimeType"}),
        ),
        Endpoint(
            name="GetMachineSessionRuntimesByFolderId",
            path=f"/odata/Sessions/{_CONFIGURATION}.GetMachineSessionRuntimesByFolderId"
            "(folderId={folderId})",
            scopes=_ROBOTS,
            entity=entities.MACHINE_RUNTIME,
            entity_set="MachineSessionRuntimes",
            parameters=frozenset({"runtimeType"}),
        ),
        Endpoint(
            name="GetGlobalSessions",
            path=f"/odata/Sessions/{_CONFIGURATION}.GetGlobalSessions",
            scopes=_ROBOTS,
            entity=entities.SESSION,
            entity_set="Sessions",
        ),
        Endpoint(
            name="Sessions",
            path="/odata/Sessions",
            scopes=_ROBOTS,
            entity=entities.SESSION,
            entity_set="Sessions",
            folder=FolderScope.REQUIRED,
        ),
        Endpoint(
            name="Machines",
            path="/odata/Machines",
            scopes=_MACHINES,
            entity=entities.MACHINE,
            entity_set="Machines",
        ),
        Endpoint(
            name="RetrieveQueuesProcessingStatus",
            path="/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus",
            scopes=_QUEUES,
            entity=entities.QUEUE_STATUS,
            entity_set="QueueProcessingStatuses",
            folder=FolderScope.SETTING,
        ),
        Endpoint(
            name="QueueDefinitions",
            path="/odata/QueueDefinitions",
            scopes=_QUEUES,
            entity=entities.QUEUE,
            entity_set="QueueDefinitions",
            folder=FolderScope.OPTIONAL,
            parameters=frozenset({"mandatoryPermissions", "atLeastOnePermissions"}),
        ),
        Endpoint(
            name="GetQueuesAcrossFolders",
            path=f"/odata/QueueDefinitions/{_CONFIGURATION}.GetQueuesAcrossFolders",
            scopes=_QUEUES,
            entity=entities.QUEUE,
            entity_set="QueueDefinitions",
        ),
        Endpoint(
            name="QueueItems",
            path="/odata/QueueItems",
            scopes=_QUEUES,
            entity=entities.QUEUE_ITEM,
            entity_set="QueueItems",
            cap=100,
            folder=FolderScope.OPTIONAL,
            metered=True,
            parameters=frozenset({"mandatoryPermissions", "atLeastOnePermissions"}),
        ),
        Endpoint(
            name="GetLicense",
            path=f"/odata/Settings/{_CONFIGURATION}.GetLicense",
            scopes=_SETTINGS,
            entity=entities.LICENSE,
            entity_set="UiPath.Application.Dto.License.LicenseDto",
            single=True,
        ),
        Endpoint(
            name="GetSessionsStats",
            path="/api/Stats/GetSessionsStats",
            scopes=_MONITORING,
        ),
        Endpoint(
            name="GetCurrentPermissions",
            path=f"/odata/Users/{_CONFIGURATION}.GetCurrentPermissions",
            scopes=_USERS,
        ),
    ),
)

PROFILES: Mapping[str, Profile] = MappingProxyType({CLOUD.name: CLOUD})
