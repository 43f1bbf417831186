"""The rows of Orchestrator's answers: only the fields that are used, all of them optional.

Source: Orchestrator reference, entities of API 11 to 20. No specification says which field may be
null, so any may; unknown fields are ignored, enumerations stay text. Counts are floats because
that is what a metric is. License keys and passwords are in the answers, never in these types.

A field without a default may be null and must be there: a row without it is of something else.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar, Generic, TypeVar

import msgspec

from monitor.instants import EPOCH, MICROSECOND, NEVER_US, posix_us

T = TypeVar("T")

_BEYOND_COUNTS = 2.0**63


class Page(msgspec.Struct, Generic[T], gc=False):
    """The envelope of an OData list."""

    value: list[T]
    count: int | None = msgspec.field(default=None, name="@odata.count")
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class LoosePage(msgspec.Struct):
    """The same of which any part but the rows may be anything."""

    value: list[msgspec.Raw]
    count: object = msgspec.field(default=None, name="@odata.count")
    next_link: object = msgspec.field(default=None, name="@odata.nextLink")


class Robot(msgspec.Struct, gc=False, rename="pascal"):
    """The robot of a session. Source: Orchestrator reference, RobotWithLicenseDto."""

    id: int | None = None
    name: str | None = None
    username: str | None = None
    type: str | None = None


class Session(msgspec.Struct, gc=False, rename="pascal"):
    """A row of GetGlobalSessions or of Sessions. Source: Orchestrator reference, SessionDto.

    The folder is there since 2019.10, its id 0 where a session belongs to the tenant.
    """

    id: int | None
    reporting_time: str | None
    state: str | None = None
    is_unresponsive: bool | None = None
    host_machine_name: str | None = None
    machine_id: int | None = None
    machine_name: str | None = None
    organization_unit_id: int | None = None
    folder_name: str | None = None
    robot_session_type: str | None = None
    version: str | None = None
    robot: Robot | None = None


class Runtime(msgspec.Struct, gc=False, rename="pascal"):
    """A row of GetMachineSessionRuntimes: one runtime type of one session.

    Source: Orchestrator reference, MachineSessionRuntimeDto (since API 15). `folder` is no part of
    the answer: it is the path of the folder that was asked, None where the tenant was.
    """

    not_asked: ClassVar[tuple[str, ...]] = ("Folder",)

    session_id: int | None
    reporting_time: str | None
    machine_id: int | None = None
    machine_name: str | None = None
    host_machine_name: str | None = None
    machine_scope: str | None = None
    runtime_type: str | None = None
    status: str | None = None
    is_unresponsive: bool | None = None
    runtimes: float | None = None
    used_runtimes: float | None = None
    maintenance_mode: str | None = None
    service_user_name: str | None = None
    version: str | None = None
    folder: str | None = None


class MachineSession(Session, gc=False, rename="pascal"):
    """A row of GetMachineSessions: a session below a machine, and the user that serves there.

    Source: Orchestrator reference, MachineSessionDto (since 2020.4). `runtime_type` and
    `is_crowded` are no part of the answer: what its machine has slots for, and whether its host has
    other sessions too.
    """

    not_asked: ClassVar[tuple[str, ...]] = ("RuntimeType", "IsCrowded")

    service_user_name: str | None = None
    runtime_type: str | None = None
    is_crowded: bool | None = None


class Machine(msgspec.Struct, gc=False, rename="pascal"):
    """A row of Machines, without its secrets. Source: Orchestrator reference, machines."""

    id: int | None
    name: str | None = None
    unattended_slots: float | None = None
    non_production_slots: float | None = None
    headless_slots: float | None = None
    test_automation_slots: float | None = None


class QueueStatus(msgspec.Struct, gc=False, rename="pascal"):
    """A row of RetrieveQueuesProcessingStatus: one queue.

    Source: Orchestrator reference, QueueProcessingStatusDto (`QueueProcessingStatus` in 2018.1).
    """

    queue_definition_id: int | None
    items_to_process: float | None
    queue_definition_name: str | None = None
    items_in_progress: float | None = None
    successful_transactions_no: float | None = None
    application_exceptions_no: float | None = None
    business_exceptions_no: float | None = None
    processing_mean_time: float | None = None
    last_processed: str | None = None
    release_name: str | None = None


class QueueFolder(msgspec.Struct, gc=False, rename="pascal"):
    """A row of QueueDefinitions since 2020.10: a queue, and a folder in which it shows.

    Source: Orchestrator reference, QueueDefinitionDto.
    """

    id: int | None = None
    organization_unit_id: int | None = None
    organization_unit_fully_qualified_name: str | None = None


class LinkedQueueFolder(QueueFolder, gc=False, rename="pascal"):
    """The same since API 14, with the number of its folders: a linked queue shows in several."""

    folders_count: int | None = None


class QueueItem(msgspec.Struct, gc=False, rename="pascal"):
    """A row of QueueItems: whose it is, and nothing of what is in it, which is business data.

    Source: Orchestrator reference, queue items.
    """

    id: int
    queue_definition_id: int


class DatedQueueItem(QueueItem, gc=False, rename="pascal"):
    """The same, and since when it is there."""

    creation_time: str


class Folder(msgspec.Struct, gc=False, rename="pascal"):
    """A row of Folders. Source: Orchestrator reference, FolderDto (since 2019.10)."""

    id: int | None
    display_name: str | None = None
    fully_qualified_name: str | None = None
    folder_type: str | None = None
    is_personal: bool | None = None
    provision_type: str | None = None


class FolderPage(msgspec.Struct, gc=False, rename="pascal"):
    """A page of GetAllForCurrentUser. Source: Orchestrator reference, folders (since API 18)."""

    page_items: list[msgspec.Raw]
    count: object = None


class License(msgspec.Struct, rename="pascal"):
    """The answer of GetLicense, each part to be read by itself.

    `allowed` and `used` are open maps of counts since 2020.4; `expire_date` counts epoch seconds,
    `is_expired` is a truth. Source: Orchestrator reference, LicenseDto.
    """

    allowed: msgspec.Raw = msgspec.Raw()
    used: msgspec.Raw = msgspec.Raw()
    expire_date: msgspec.Raw = msgspec.Raw()
    is_expired: msgspec.Raw = msgspec.Raw()


class LicenseUse(msgspec.Struct, rename="camel"):
    """A row of GetLicenseStats: how many licenses of a type were in use at a time.

    Source: Orchestrator reference, statistics (since 2018.3).
    """

    robot_type: str | None = None
    count: float | None = None
    timestamp: str | None = None


def columns(row: type[msgspec.Struct]) -> tuple[str, ...]:
    """Return the names that a row type has on the wire, to be selected."""
    not_asked = getattr(row, "not_asked", ())
    names = (field.encode_name for field in msgspec.structs.fields(row))
    return tuple(name for name in names if name not in not_asked)


def counted(value: float | None, *, least: float = 0.0) -> float | None:
    """Return a number of things; None for what cannot be one: below `least`, beyond 64 bits.

    Source: Orchestrator reference, entities: counts have 32 bits, some of them 64.
    """
    return value if value is not None and least <= value < _BEYOND_COUNTS else None


def parse_time(text: str | None) -> datetime | None:
    """Return an instant in UTC; None for null, for "never" (year 1) and for what is no time.

    Fractions have 0 to 7 digits and are cut to microseconds. Source: Orchestrator reference,
    values on the wire.
    """
    if not text or text.startswith("0001-01-01"):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is UTC:
        return at
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        return None


def instants_us(times: Sequence[str | None]) -> list[float]:
    """Return each time in microseconds since 1970; `NEVER_US` where `parse_time` has none.

    One pass without a branch where all are there, which is the rule: this is a poll's hot path.
    """
    parse = datetime.fromisoformat
    try:
        instants = [(parse(text) - EPOCH) / MICROSECOND for text in times]  # type: ignore[arg-type] # null raises
    except (TypeError, ValueError, OverflowError):
        pass
    else:
        if not instants or min(instants) > 0:
            return instants
    return [NEVER_US if at is None else posix_us(at) for at in map(parse_time, times)]
