"""The endpoints there are, each with the version that brought it, and what they were before.

Source: Orchestrator reference, availability matrix, endpoints and OData rules; scopes of the
OpenAPI document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from monitor.simulator import entities, permissions
from monitor.simulator.schema import Entity
from monitor.simulator.versions import Version, shaped

NO_CAP = 2**31 - 1
_CONFIGURATION = "UiPath.Server.Configuration.OData"
_QUEUES = ("OR.Queues", "OR.Queues.Read")
_ROBOTS = ("OR.Robots", "OR.Robots.Read")
_SETTINGS = ("OR.Settings", "OR.Settings.Read")
_FOLDERS = ("OR.Folders", "OR.Folders.Read")
_MACHINES = ("OR.Machines", "OR.Machines.Read")
_MONITORING = ("OR.Monitoring", "OR.Monitoring.Read")
_USERS = ("OR.Users", "OR.Users.Read")
_ACROSS_FOLDERS = frozenset({"mandatoryPermissions", "atLeastOnePermissions"})


class FolderScope(Enum):
    """What an endpoint does with the folder header."""

    IGNORED = "ignored"
    OPTIONAL = "optional"  # without it: the whole tenant, linked queues once per folder
    DEFAULT = "default"  # without it: the caller's default folder
    REQUIRED = "required"
    SETTING = "setting"  # `bare_queue_status` decides: real tenants differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One readable path below the root; `{name}` in it stands for a number.

    `name` is what faults, logs and answers call it. `entity` is None for answers outside OData.
    `needs` are the permissions it asks for (`A|B`: one of them is enough), `expanding` is the one
    that `$expand` needs. `since` is the first version that has it. A `function` without arguments
    was called with `()` by old versions. `oauth` False refuses the tokens of applications.
    """

    name: str
    path: str
    scopes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    expanding: str | None = None
    since: Version = Version.V2018_4
    entity: Entity | None = None
    entity_set: str = ""
    function: bool = False
    single: bool = False
    cap: int = 1000
    folder: FolderScope = FolderScope.IGNORED
    metered: bool = False
    anonymous: bool = False
    oauth: bool = True
    parameters: frozenset[str] = frozenset()
    mandatory: frozenset[str] = frozenset()


_LATEST: tuple[Endpoint, ...] = (
    Endpoint(name="Status", path="/api/Status/Get", anonymous=True),
    Endpoint(
        name="Version", path="/api/Status/Version", anonymous=True, since=Version.V2022_4
    ),  # from 2021.10.4 on
    Endpoint(
        name="Folders",
        path="/odata/Folders",
        scopes=_FOLDERS,
        needs=("Units.View|SubFolders.View",),
        since=Version.V2019_10,
        entity=entities.FOLDER,
        entity_set="Folders",
    ),
    Endpoint(
        name="FoldersOfUser",
        path="/api/Folders/GetAllForCurrentUser",
        scopes=_FOLDERS,
        since=Version.CLOUD,  # API 18
        parameters=frozenset({"take", "skip"}),
    ),
    Endpoint(
        name="GetAllFoldersForCurrentUser",
        path="/api/FoldersNavigation/GetAllFoldersForCurrentUser",
        since=Version.V2019_10,
        oauth=False,
    ),
    Endpoint(
        name="OrganizationUnits",
        path="/odata/OrganizationUnits",
        scopes=_FOLDERS,
        needs=("Units.View",),
        since=Version.V2019_10,
        entity=entities.UNIT,
        entity_set="OrganizationUnits",
    ),
    Endpoint(
        name="GetMachineSessionRuntimes",
        path=f"/odata/Sessions/{_CONFIGURATION}.GetMachineSessionRuntimes",
        scopes=_ROBOTS,
        needs=(permissions.MACHINES,),
        since=Version.V2022_4,
        entity=entities.MACHINE_RUNTIME,
        entity_set="MachineSessionRuntimes",
        function=True,
        parameters=frozenset({"runtimeType"}),
    ),
    Endpoint(
        name="GetMachineSessionRuntimesByFolderId",
        path=f"/odata/Sessions/{_CONFIGURATION}.GetMachineSessionRuntimesByFolderId"
        "(folderId={folderId})",
        scopes=_ROBOTS,
        needs=(f"{permissions.MACHINES}|Jobs.Create",),
        since=Version.V2022_4,
        entity=entities.MACHINE_RUNTIME,
        entity_set="MachineSessionRuntimes",
        parameters=frozenset({"runtimeType"}),
    ),
    Endpoint(
        name="GetMachineSessions",
        path=f"/odata/Sessions/{_CONFIGURATION}.GetMachineSessions(key={{key}})",
        scopes=_ROBOTS,
        needs=(permissions.MACHINES,),
        since=Version.V2020_10,  # 2020.4
        entity=entities.MACHINE_SESSION,
        entity_set="MachineSessions",
    ),
    Endpoint(
        name="GetGlobalSessions",
        path=f"/odata/Sessions/{_CONFIGURATION}.GetGlobalSessions",
        scopes=_ROBOTS,
        needs=(f"{permissions.ROBOTS}|{permissions.USERS}",),
        expanding=permissions.USERS,
        since=Version.V2019_10,
        entity=entities.SESSION,
        entity_set="Sessions",
        function=True,
    ),
    Endpoint(
        name="Sessions",
        path="/odata/Sessions",
        scopes=_ROBOTS,
        needs=(permissions.ROBOTS,),
        entity=entities.SESSION,
        entity_set="Sessions",
        folder=FolderScope.REQUIRED,
    ),
    Endpoint(
        name="Machines",
        path="/odata/Machines",
        scopes=_MACHINES,
        needs=(permissions.MACHINES,),
        entity=entities.MACHINE,
        entity_set="Machines",
    ),
    Endpoint(
        name="RetrieveQueuesProcessingStatus",
        path="/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus",
        scopes=_QUEUES,
        needs=(permissions.QUEUES,),
        entity=entities.QUEUE_STATUS,
        entity_set="QueueProcessingStatuses",
        function=True,
        folder=FolderScope.SETTING,
    ),
    Endpoint(
        name="QueueDefinitions",
        path="/odata/QueueDefinitions",
        scopes=_QUEUES,
        needs=(permissions.QUEUES,),
        entity=entities.QUEUE,
        entity_set="QueueDefinitions",
        folder=FolderScope.OPTIONAL,
        parameters=_ACROSS_FOLDERS,
    ),
    Endpoint(
        name="GetQueuesAcrossFolders",
        path=f"/odata/QueueDefinitions/{_CONFIGURATION}.GetQueuesAcrossFolders",
        scopes=_QUEUES,
        since=Version.V2022_4,
        entity=entities.QUEUE,
        entity_set="QueueDefinitions",
        function=True,
    ),
    Endpoint(
        name="QueueItems",
        path="/odata/QueueItems",
        scopes=_QUEUES,
        needs=(permissions.QUEUES, "Transactions.View"),
        entity=entities.QUEUE_ITEM,
        entity_set="QueueItems",
        cap=100,
        folder=FolderScope.OPTIONAL,
        metered=True,
        parameters=_ACROSS_FOLDERS,
    ),
    Endpoint(
        name="GetLicense",
        path=f"/odata/Settings/{_CONFIGURATION}.GetLicense",
        scopes=_SETTINGS,
        entity=entities.LICENSE,
        entity_set="UiPath.Application.Dto.License.LicenseDto",
        function=True,
        single=True,
    ),
    Endpoint(
        name="GetSessionsStats",
        path="/api/Stats/GetSessionsStats",
        scopes=_MONITORING,
        needs=(permissions.ROBOTS,),
    ),
    Endpoint(
        name="GetLicenseStats",
        path="/api/Stats/GetLicenseStats",
        scopes=_MONITORING,
        needs=("License.View",),
        parameters=frozenset({"tenantId", "days"}),
    ),
    Endpoint(
        name="GetCurrentPermissions",
        path=f"/odata/Users/{_CONFIGURATION}.GetCurrentPermissions",
        scopes=_USERS,
        function=True,
    ),
)


# The endpoints to which a folder header matters.
FOLDERED = tuple(e.name for e in _LATEST if e.folder is not FolderScope.IGNORED)


def endpoints_of(version: Version) -> tuple[Endpoint, ...]:
    """Return the endpoints that a version has, as they were then."""
    return tuple(_as_in(version, endpoint) for endpoint in _LATEST if endpoint.since <= version)


def _as_in(version: Version, endpoint: Endpoint) -> Endpoint:
    entity = None if endpoint.entity is None else shaped(endpoint.entity, version)
    then = replace(endpoint, entity=entity)
    if version < Version.CLOUD:
        # No limits are published for servers of one's own; the cap of 100 items came in 2024.
        then = replace(then, metered=False, cap=max(then.cap, 1000))
    if version < Version.V2022_4:
        then = replace(then, expanding=None, folder=_CLASSIC.get(then.folder, then.folder))
    if version < Version.V2020_10:
        # No cap is stated, and unbound functions without arguments are called with parentheses.
        path = f"{then.path}()" if then.function else then.path
        parameters = then.parameters - _ACROSS_FOLDERS
        mandatory = then.parameters & {"days"}
        then = replace(then, cap=NO_CAP, path=path, parameters=parameters, mandatory=mandatory)
    if version < Version.V2019_10:
        then = replace(then, folder=FolderScope.IGNORED)
    return then


# In classic folders a missing header means the caller's default folder, or all: it depends on the
# endpoint.
_CLASSIC: Mapping[FolderScope, FolderScope] = MappingProxyType(
    {FolderScope.REQUIRED: FolderScope.DEFAULT}
)
