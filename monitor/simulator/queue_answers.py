"""The rows of queues: definitions, processing status, items.

Source: Orchestrator reference, queue definitions, processing status, queue items, linked queues.
"""

from collections.abc import Iterator
from datetime import timedelta

from monitor.simulator import entities
from monitor.simulator.asked import Asked
from monitor.simulator.estate import Queue, guid
from monitor.simulator.permissions import QUEUES
from monitor.simulator.query import Listing, Row
from monitor.simulator.world import World

# Item numbers of one queue stay below this, so that Ids never collide between queues.
_ITEMS_PER_QUEUE = 10_000_000_000
_DEFERRED, _OVERDUE, _RUNNING, _FINISHED = (n * 1_000_000_000 for n in (1, 2, 3, 4))
# Of the finished items only the newest are listed: the totals are those of the status endpoint.
_FINISHED_SHOWN = 20


def _placed(asked: Asked) -> list[tuple[Queue, int]]:
    """Return queues with the folder they are seen in; bare, a linked queue may show repeatedly."""
    return _seen(asked, repeat=asked.settings.repeat_linked)


def _seen(asked: Asked, *, repeat: bool) -> list[tuple[Queue, int]]:
    world, folder, denied = asked.world, asked.folder, asked.settings.denied_folders
    hidden = {folder.id for folder in world.estate.folders if folder.path in denied}
    placed: list[tuple[Queue, int]] = []
    for queue in sorted(world.estate.queues, key=lambda queue: queue.id):
        if queue.name in world.queues_gone:
            continue
        folder_ids = tuple(id_ for id_ in queue.folder_ids if id_ not in hidden)
        if folder is not None:
            folder_ids = tuple(id_ for id_ in folder_ids if id_ == folder.id)
        elif not repeat:
            folder_ids = folder_ids[:1]
        placed += [(queue, folder_id) for folder_id in folder_ids]
    return placed


def _path(world: World, folder_id: int) -> str | None:
    return next((f.path for f in world.estate.folders if f.id == folder_id), None)


def queue_definitions(asked: Asked) -> Listing:
    """List the definitions of a folder's queues, or of the tenant's."""
    return _definitions(asked.world, _placed(asked))


def queues_across_folders(asked: Asked) -> Listing:
    """List each queue that the role may see once, whatever folder it is in."""
    seen = _seen(asked, repeat=False) if QUEUES in asked.permissions else []
    return _definitions(asked.world, seen)


def _definitions(world: World, placed: list[tuple[Queue, int]]) -> Listing:

    def render(index: int) -> Row:
        queue, folder_id = placed[index]
        return entities.QUEUE.blank() | {
            "Key": guid("queue", queue.id),
            "Name": queue.name,
            "Description": f"Work for {queue.process}",
            "MaxNumberOfRetries": queue.max_retries,
            "AcceptAutomaticallyRetry": True,
            "RetryAbandonedItems": False,
            "EnforceUniqueReference": False,
            "Encrypted": False,
            "SpecificDataJsonSchema": '{"type":"object"}',
            "CreationTime": world.instant(-90 * 86_400.0),
            "SlaInMinutes": queue.sla_minutes or 0,
            "RiskSlaInMinutes": (queue.sla_minutes or 0) // 2,
            "ReleaseId": queue.id + 100_000,
            "IsProcessInCurrentFolder": True,
            "FoldersCount": len(queue.folder_ids),
            "OrganizationUnitId": folder_id,
            "OrganizationUnitFullyQualifiedName": _path(world, folder_id),
            "Tags": [],
            "Id": queue.id,
        }

    return Listing(count=len(placed), render=render)


def queue_statuses(asked: Asked) -> Listing:
    """List the counters of a folder's queues, or of the tenant's."""
    placed = _placed(asked)
    return Listing(count=len(placed), render=lambda index: _status(asked.world, placed[index][0]))


def _status(world: World, queue: Queue) -> Row:
    counters = world.flow(queue.name).counters()
    last_s = counters.last_processed_s
    return entities.QUEUE_STATUS.blank() | {
        "ItemsToProcess": counters.new,
        "ItemsInProgress": counters.in_progress,
        "QueueDefinitionId": queue.id,
        "QueueDefinitionKey": guid("queue", queue.id),
        "QueueDefinitionName": queue.name,
        "QueueDefinitionDescription": f"Work for {queue.process}",
        "QueueDefinitionAcceptAutomaticallyRetry": True,
        "QueueDefinitionRetryAbandonedItems": False,
        "QueueDefinitionMaxNumberOfRetries": queue.max_retries,
        "QueueDefinitionEnforceUniqueReference": False,
        "ProcessingMeanTime": queue.mean_s,
        "SuccessfulTransactionsNo": counters.successful,
        "ApplicationExceptionsNo": counters.application_exceptions,
        "BusinessExceptionsNo": counters.business_exceptions,
        "SuccessfulTransactionsProcessingTime": counters.successful * queue.mean_s,
        "ApplicationExceptionsProcessingTime": counters.application_exceptions * queue.mean_s,
        "BusinessExceptionsProcessingTime": counters.business_exceptions * queue.mean_s,
        "TotalNumberOfTransactions": counters.successful + counters.failed,
        "LastProcessed": None if last_s is None else world.instant(last_s),
        "ReleaseName": queue.process,
        "ReleaseId": queue.id + 100_000,
        "IsProcessInCurrentFolder": True,
        "SpecificDataJsonSchemaExists": True,
        "OutputDataJsonSchemaExists": False,
        "AnalyticsDataJsonSchemaExists": False,
        "QueueFoldersCount": len(queue.folder_ids),
        "Tags": [],
        "Id": queue.id,
    }


def queue_items(asked: Asked) -> Listing:
    """List items: all that wait or run, and the newest finished ones of each queue."""
    world = asked.world
    rows = [
        row | {"OrganizationUnitId": folder_id}
        for queue, folder_id in _placed(asked)
        for row in _items(world, queue, _path(world, folder_id))
    ]
    rows.sort(key=lambda row: (int(str(row["Id"])), int(str(row["OrganizationUnitId"]))))
    return Listing(count=len(rows), render=lambda index: rows[index])


def _items(world: World, queue: Queue, path: str | None) -> Iterator[Row]:
    flow = world.flow(queue.name)
    counters = flow.counters()
    for number in flow.waiting():
        yield _item(world, queue, path, number, flow.arrived_at_s(number))
    for number in range(counters.deferred):
        deferred_to = world.instant(30 * 86_400.0)
        row = _item(world, queue, path, _DEFERRED + number, -60.0)
        yield row | {"DeferDate": deferred_to}
    for number in range(counters.overdue):
        row = _item(world, queue, path, _OVERDUE + number, -86_400.0)
        yield row | {"DueDate": world.instant(-3600.0)}
    for number in range(counters.in_progress):
        row = _item(world, queue, path, _RUNNING + number, world.now_s - 2 * queue.mean_s)
        started = world.instant(world.now_s - queue.mean_s / 2)
        yield row | {"Status": "InProgress", "StartProcessing": started}
    if counters.last_processed_s is not None:
        yield from _finished(world, queue, path)


def _finished(world: World, queue: Queue, path: str | None) -> Iterator[Row]:
    counters = world.flow(queue.name).counters()
    ended_s = counters.last_processed_s or 0.0
    total = counters.successful + counters.failed
    for back in range(min(_FINISHED_SHOWN, total)):
        failed = counters.failed > 0 and back % 10 == 1
        end = world.instant(ended_s - back * queue.mean_s)
        row = _item(world, queue, path, _FINISHED + total - back, ended_s - 86_400.0)
        row |= {
            "Status": "Failed" if failed else "Successful",
            "StartProcessing": end - timedelta(seconds=queue.mean_s),
            "EndProcessing": end,
            "ProcessingExceptionType": "BusinessException" if failed else None,
            "ProcessingException": {"Reason": "Amount is missing"} if failed else None,
            "OutputData": None if failed else '{"Booked":true}',
        }
        yield row


def _item(world: World, queue: Queue, path: str | None, number: int, created_s: float) -> Row:
    created = world.instant(created_s)
    sla = queue.sla_minutes
    due = None if sla is None else created + timedelta(minutes=sla)
    content = {"Customer": f"C-{number:06}", "Iban": "DE02120300000000202051", "Amount": 1250}
    return entities.QUEUE_ITEM.blank() | {
        "QueueDefinitionId": queue.id,
        "Encrypted": False,
        "SpecificContent": content,
        "SpecificData": '{"DynamicProperties":{"Customer":"C-1"}}',
        "Status": "New",
        "ReviewStatus": "None",
        "Key": guid("item", queue.id, number),
        "UniqueKey": guid("row", queue.id, number),
        "Reference": f"{queue.name}-{number:08}",
        "DueDate": due,
        "RiskSlaDate": due,
        "Priority": "Normal",
        "SecondsInPreviousAttempts": 0,
        "RetryNumber": 0,
        "ManualRetryNumber": 0,
        "CreationTime": created,
        "RowVersion": "AAAAAAAB1Yo=",
        "OrganizationUnitFullyQualifiedName": path,
        "Id": queue.id * _ITEMS_PER_QUEUE + number,
    }
