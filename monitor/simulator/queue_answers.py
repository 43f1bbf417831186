"""The rows of queues: definitions and processing status.

Source: Orchestrator reference, queue definitions, processing status, linked queues.
"""

from collections import defaultdict

from monitor.simulator import entities
from monitor.simulator.asked import Asked
from monitor.simulator.estate import Queue, guid
from monitor.simulator.permissions import QUEUES
from monitor.simulator.query import Listing, Row
from monitor.simulator.world import World

Placed = list[tuple[Queue, int]]


class QueueAnswers:
    """Renders queues; what never changes of one is rendered once and kept."""

    def __init__(self) -> None:
        """Begin with nothing kept."""
        self._placed: dict[tuple[bool, frozenset[str]], tuple[int, dict[int | None, Placed]]] = {}
        self._definitions: dict[int, Row] = {}
        self._statuses: dict[int, Row] = {}

    def definitions(self, asked: Asked) -> Listing:
        """List the definitions of a folder's queues, or of the tenant's."""
        return self._defined(asked, self.placed(asked))

    def across_folders(self, asked: Asked) -> Listing:
        """List each queue that the role may see once, whatever folder it is in."""
        seen = self._seen(asked, repeat=False) if QUEUES in asked.permissions else []
        return self._defined(asked, seen)

    def statuses(self, asked: Asked) -> Listing:
        """List the counters of a folder's queues, or of the tenant's."""
        placed, world = self.placed(asked), asked.world
        return Listing(
            count=len(placed), render=lambda index: self._status(world, placed[index][0])
        )

    def placed(self, asked: Asked) -> Placed:
        """Return queues with the folder they are seen in, in the order of their Ids.

        Without a folder header a linked queue may show repeatedly.
        """
        return self._seen(asked, repeat=asked.settings.repeat_linked)

    def _seen(self, asked: Asked, *, repeat: bool) -> Placed:
        """Return what a folder shows, or the tenant; sorted out once until something happens."""
        world, denied = asked.world, asked.settings.denied_folders
        version, by_folder = self._placed.get((repeat, denied), (-1, {}))
        if version != world.version:
            by_folder = _by_folder(_whole(world, denied), repeat=repeat)
            self._placed[repeat, denied] = (world.version, by_folder)
        return by_folder.get(None if asked.folder is None else asked.folder.id, [])

    def _defined(self, asked: Asked, placed: Placed) -> Listing:
        world = asked.world

        def render(index: int) -> Row:
            queue, folder_id = placed[index]
            if queue.id not in self._definitions:
                self._definitions[queue.id] = _definition(world, queue)
            row = self._definitions[queue.id].copy()
            folder = world.folder_of_id.get(folder_id)
            row["OrganizationUnitId"] = folder_id
            row["OrganizationUnitFullyQualifiedName"] = None if folder is None else folder.path
            return row

        return Listing(count=len(placed), render=render)

    def _status(self, world: World, queue: Queue) -> Row:
        if queue.id not in self._statuses:
            self._statuses[queue.id] = _fixed_status(queue)
        counters = world.flow(queue.handle).counters()
        last_s = counters.last_processed_s
        return self._statuses[queue.id] | {
            "ItemsToProcess": counters.new,
            "ItemsInProgress": counters.in_progress,
            "SuccessfulTransactionsNo": counters.successful,
            "ApplicationExceptionsNo": counters.application_exceptions,
            "BusinessExceptionsNo": counters.business_exceptions,
            "SuccessfulTransactionsProcessingTime": counters.successful * queue.mean_s,
            "ApplicationExceptionsProcessingTime": counters.application_exceptions * queue.mean_s,
            "BusinessExceptionsProcessingTime": counters.business_exceptions * queue.mean_s,
            "TotalNumberOfTransactions": counters.successful + counters.failed,
            "LastProcessed": None if last_s is None else world.instant(last_s),
        }


def _whole(world: World, denied: frozenset[str]) -> Placed:
    """Return the queues in all their folders that the role may see, by Id."""
    hidden = {folder.id for folder in world.estate.folders if folder.path in denied}
    return [
        (queue, folder_id)
        for queue in sorted(world.estate.queues, key=lambda queue: queue.id)
        if queue.handle not in world.queues_gone
        for folder_id in sorted(queue.folder_ids)
        if folder_id not in hidden
    ]


def _by_folder(whole: Placed, *, repeat: bool) -> dict[int | None, Placed]:
    """Sort them by folder; the tenant's are under None, a linked one perhaps only once."""
    found: dict[int | None, Placed] = defaultdict(list)
    last = None
    for queue, folder_id in whole:
        found[folder_id].append((queue, folder_id))
        if repeat or queue.id != last:
            found[None].append((queue, folder_id))
        last = queue.id
    return dict(found)


def _definition(world: World, queue: Queue) -> Row:
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
        "Tags": [],
        "Id": queue.id,
    }


def _fixed_status(queue: Queue) -> Row:
    return entities.QUEUE_STATUS.blank() | {
        "QueueDefinitionId": queue.id,
        "QueueDefinitionKey": guid("queue", queue.id),
        "QueueDefinitionName": queue.name,
        "QueueDefinitionDescription": f"Work for {queue.process}",
        "QueueDefinitionAcceptAutomaticallyRetry": True,
        "QueueDefinitionRetryAbandonedItems": False,
        "QueueDefinitionMaxNumberOfRetries": queue.max_retries,
        "QueueDefinitionEnforceUniqueReference": False,
        "ProcessingMeanTime": queue.mean_s,
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
