"""The lists of Orchestrator that the fuzz damages: their fields, and of whom each row speaks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from tests.acceptance.fuzz_estate import SESSIONS
from tests.acceptance.fuzz_values import Type

Row = dict[str, object]
Who = tuple[str, str]
"""A subject: its kind and key."""

EVERYBODY: Who = ("*", "*")
"""Of whom a row of a folder speaks: of all that lies in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A kind of answer. `Robot.Id` is a field of a field.

    `envelope` is where its rows are: "" for a bare list, None for a single row. `identity` are the
    fields that say who a row is about, and by which rules that is judged. `only_grow` are totals: a
    smaller number now would be news in the next answer. `lasting` are fields of which one kind of
    trouble makes another that lasts: silence after a goodbye is no return. `sample` is a row of
    another tenant.
    """

    fields: Mapping[str, Type]
    who: Callable[[Row, str], set[Who]]
    sample: Row
    envelope: str | None = "value"
    identity: Collection[str] = ()
    only_grow: Collection[str] = ()
    lasting: Collection[str] = ()

    @property
    def is_list(self) -> bool:
        return self.envelope is not None

    def rows(self, body: object) -> list[object]:
        """Return the rows, to be changed where they are."""
        if self.envelope is None:
            assert isinstance(body, dict)
            return [body]
        found = body if not self.envelope else body[self.envelope]  # type: ignore[index] # an object
        assert isinstance(found, list)
        return found

    def who_of_all(self, rows: list[object]) -> set[Who]:
        return {who for row in rows if isinstance(row, dict) for who in self.who(row, "")}


def holder(row: Row, name: str) -> tuple[Row | None, str]:
    """Return the object that holds a field, None where that is gone, and the field's last name."""
    outer, _, last = name.rpartition(".")
    inner = row.get(outer) if outer else row
    return (inner if isinstance(inner, dict) else None), last


def _host(row: Row) -> Who:
    return "machine", f"{row.get('MachineId') or 0}/{_low(row.get('HostMachineName'))}"


def _of_runtime(row: Row, _name: str) -> set[Who]:
    host = _host(row)
    user = _low(row.get("ServiceUserName"))
    return {host, ("session", f"{host[1]}/{user}"), *_by_id(row.get("SessionId"))}


def _of_session(row: Row, _name: str) -> set[Who]:
    robot = row.get("Robot")
    robot = robot if isinstance(robot, dict) else {}
    host = _host(row)
    return {
        host,
        ("session", f"{host[1]}/{_low(robot.get('Username'))}"),
        ("session", f"robot/{robot.get('Id')}"),
        *_by_id(row.get("Id")),
    }


def _by_id(session_id: object) -> set[Who]:
    """Return a service's session and its host: other lists show it by its id alone."""
    for key, number in SESSIONS.items():
        if session_id == number:
            return {("session", key), ("machine", key.rpartition("/")[0])}
    return set()


def _of_queue(row: Row, _name: str) -> set[Who]:
    return {("queue", str(row.get("QueueDefinitionId")))}


def _of_license(row: Row, name: str) -> set[Who]:
    outer, _, last = name.partition(".")
    if last:
        return {("license", last)}
    if outer in {"ExpireDate", "IsExpired"}:
        return {("subscription", "subscription")}
    both = [row.get(counts) for counts in ("Allowed", "Used")]
    types = {key for counts in both if isinstance(counts, dict) for key in counts}
    found = {("license", key) for key in types}
    return found if outer else {*found, ("subscription", "subscription")}


def _low(text: object) -> str:
    return text.lower().replace("/", "%2f") if isinstance(text, str) else ""


_RUNTIME = Entity(
    fields={
        "SessionId": Type.ID,
        "MachineId": Type.ID,
        "MachineName": Type.TEXT,
        "HostMachineName": Type.TEXT,
        "ServiceUserName": Type.TEXT,
        "RuntimeType": Type.WORD,
        "MachineScope": Type.WORD,
        "Status": Type.STATE,
        "IsUnresponsive": Type.FLAG,
        "Runtimes": Type.COUNT,
        "UsedRuntimes": Type.COUNT,
        "ReportingTime": Type.TIME,
        "MaintenanceMode": Type.WORD,
        "Version": Type.TEXT,
    },
    who=_of_runtime,
    lasting=("Status", "IsUnresponsive"),
    identity=("SessionId", "MachineId", "HostMachineName", "ServiceUserName", "RuntimeType"),
    sample={
        "SessionId": 900_001,
        "MachineId": 900_002,
        "MachineName": "Elsewhere",
        "HostMachineName": "ELSEWHERE-1",
        "RuntimeType": "Unattended",
        "Status": "Available",
        "IsUnresponsive": False,
        "Runtimes": 1,
        "ServiceUserName": "OTHER\\svc",
    },
)
_SESSION = Entity(
    fields={
        "Id": Type.ID,
        "State": Type.STATE,
        "ReportingTime": Type.TIME,
        "IsUnresponsive": Type.FLAG,
        "HostMachineName": Type.TEXT,
        "MachineId": Type.ID,
        "MachineName": Type.TEXT,
        "OrganizationUnitId": Type.ID,
        "FolderName": Type.TEXT,
        "RobotSessionType": Type.WORD,
        "Version": Type.TEXT,
        "Robot": Type.ROBOT,
        "Robot.Id": Type.ID,
        "Robot.Name": Type.TEXT,
        "Robot.Username": Type.TEXT,
        "Robot.Type": Type.WORD,
    },
    who=_of_session,
    lasting=("State", "IsUnresponsive"),
    identity=(
        "Id",
        "MachineId",
        "HostMachineName",
        "Robot",
        "Robot.Id",
        "Robot.Username",
        "Robot.Type",
    ),
    sample={
        "Id": 900_003,
        "State": "Busy",
        "IsUnresponsive": False,
        "HostMachineName": "ELSEWHERE-2",
        "Robot": {"Id": 900_004, "Name": "other", "Username": "OTHER\\u", "Type": "Unattended"},
    },
)
_QUEUE = Entity(
    fields={
        "QueueDefinitionId": Type.ID,
        "QueueDefinitionName": Type.TEXT,
        "ItemsToProcess": Type.COUNT,
        "ItemsInProgress": Type.COUNT,
        "SuccessfulTransactionsNo": Type.COUNT,
        "ApplicationExceptionsNo": Type.COUNT,
        "BusinessExceptionsNo": Type.COUNT,
        "ProcessingMeanTime": Type.COUNT,
        "LastProcessed": Type.TIME,
        "ReleaseName": Type.TEXT,
    },
    who=_of_queue,
    identity=("QueueDefinitionId",),
    only_grow=("ApplicationExceptionsNo", "BusinessExceptionsNo"),
    sample={"QueueDefinitionId": 900_005, "QueueDefinitionName": "Elsewhere", "ItemsToProcess": 1},
)
_DEFINITION = Entity(
    fields={
        "Id": Type.ID,
        "OrganizationUnitId": Type.ID,
        "OrganizationUnitFullyQualifiedName": Type.TEXT,
        "FoldersCount": Type.ID,
    },
    who=lambda _row, _name: set(),
    sample={"Id": 900_006, "Name": "Elsewhere", "FoldersCount": 1, "OrganizationUnitId": 900_007},
)
_FOLDER_FIELDS = {
    "Id": Type.ID,
    "DisplayName": Type.TEXT,
    "FullyQualifiedName": Type.TEXT,
    "FolderType": Type.WORD,
    "IsPersonal": Type.FLAG,
}
_FOLDER_SAMPLE: Row = {"Id": 900_007, "DisplayName": "Other", "FullyQualifiedName": "Other"}


def _folders(envelope: str) -> Entity:
    return Entity(
        fields=_FOLDER_FIELDS,
        who=lambda _row, _name: {EVERYBODY},
        identity=("Id", "IsPersonal"),
        sample=_FOLDER_SAMPLE,
        envelope=envelope,
    )


_LICENSE = Entity(
    fields={
        "Allowed": Type.COUNTS,
        "Used": Type.COUNTS,
        "ExpireDate": Type.EPOCH,
        "IsExpired": Type.FLAG,
        **{
            f"{counts}.{name}": Type.COUNT
            for counts in ("Allowed", "Used")
            for name in ("Unattended", "Attended", "NonProduction", "StudioX")
        },
    },
    who=_of_license,
    envelope=None,
    sample={"Allowed": {"Other": 2}, "Used": {"Other": 1}},
)
_LICENSE_USE = Entity(
    fields={"robotType": Type.WORD, "count": Type.COUNT, "timestamp": Type.TIME},
    who=lambda row, _name: {("license", str(row.get("robotType")))},
    identity=("robotType", "timestamp"),
    envelope="",
    sample={"robotType": "Other", "count": 1, "timestamp": "2026-01-05T08:00:00Z"},
)

ENTITIES: Mapping[str, Entity] = {
    "GetMachineSessionRuntimes": _RUNTIME,
    "GetMachineSessionRuntimesByFolderId": _RUNTIME,
    "GetGlobalSessions": _SESSION,
    "Sessions": _SESSION,
    "RetrieveQueuesProcessingStatus": _QUEUE,
    "QueueDefinitions": _DEFINITION,
    "GetQueuesAcrossFolders": _DEFINITION,
    "Folders": _folders("value"),
    "GetAllForCurrentUser": _folders("PageItems"),
    "GetAllFoldersForCurrentUser": _folders(""),
    "GetLicense": _LICENSE,
    "GetLicenseStats": _LICENSE_USE,
}


def name_of(path: str) -> str:
    """Return the last word of a path, without its arguments."""
    return path.partition("(")[0].rsplit("/", 1)[-1].rsplit(".", 1)[-1]


def entity_of(path: str) -> Entity:
    """Return what the answer at a path holds."""
    return ENTITIES[name_of(path)]
