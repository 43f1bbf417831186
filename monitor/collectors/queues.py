"""Queues: what waits, what runs and what failed, for all queues at once.

`QueueItems` is never asked: that list is metered, the tenant's integrations share its limit, and
its rows hold the customer's data. Source: Orchestrator reference, queue processing status.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from monitor.collectors import Collect, Collector, Listing
from monitor.core.kinds import QUEUE
from monitor.core.sample import Collected, Sample, Subject, Values
from monitor.errors import AccessDenied, FolderRequired, OrchestratorError
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import QueueStatus, parse_time


class _Queues:
    """Polls one tenant: for all folders at once, else folder by folder once that was refused."""

    def __init__(self, tenant: str, labels: Mapping[str, str], folders: Folders) -> None:
        self._tenant = tenant
        self._labels = labels
        self._status = Listing(
            "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus",
            QueueStatus,
            order_by="QueueDefinitionId",
            key=lambda row: row.queue_definition_id,
        )
        self._subjects: Mapping[int, tuple[tuple[str | None, ...], Subject]] = {}
        self._by_folder = False
        self._folders = folders
        self._seen_in: dict[int, frozenset[int]] = {}

    def __call__(self, poll: Poll) -> Collected:
        if self._by_folder:
            return self._each_folder(poll)
        try:
            return self._collected(poll, [(row, "") for row in self._status(poll)])
        except (FolderRequired, AccessDenied) as refusal:
            # A role that sees queues in its folders only is refused as well when it names none.
            try:
                collected = self._each_folder(poll)
            except AccessDenied:
                raise refusal from None
        self._by_folder = True
        return collected

    def _each_folder(self, poll: Poll) -> Collected:
        folders = self._folders.current(poll)
        self._seen_in = {one: ids for one, ids in self._seen_in.items() if one in folders}
        answers = poll.together(
            [partial(self._in_folder, poll, folder_id) for folder_id in folders]
        )
        rows: list[tuple[QueueStatus, str]] = []
        seen: set[int] = set()
        refused: list[int] = []
        refusal: OrchestratorError | None = None
        for (folder_id, folder), answer in zip(folders.items(), answers, strict=True):
            if isinstance(answer, OrchestratorError):
                refused.append(folder_id)
                refusal = answer
                continue
            found = [row for row in answer if row.queue_definition_id not in seen]
            rows.extend((row, folder) for row in found)
            ids = {row.queue_definition_id for row in answer if row.queue_definition_id}
            self._seen_in[folder_id] = frozenset(ids)
            seen |= ids
        if refusal is not None and len(refused) == len(folders):
            raise refusal
        unseen = any(self._seen_in.get(folder_id, frozenset()) - seen for folder_id in refused)
        return self._collected(poll, rows, partial_view=unseen)

    def _in_folder(self, poll: Poll, folder_id: int) -> Sequence[QueueStatus] | OrchestratorError:
        """Return a folder's queues, or why it is refused: the other folders go on."""
        try:
            return self._status(poll, folder_id)
        except (FolderRequired, AccessDenied) as refusal:
            return refusal

    def _collected(
        self,
        poll: Poll,
        rows: Sequence[tuple[QueueStatus, str]],
        *,
        partial_view: bool = False,
    ) -> Collected:
        now = poll.server_time
        subjects: dict[int, tuple[tuple[str | None, ...], Subject]] = {}
        samples: list[Sample] = []
        skipped = poll.skipped
        for row, folder in rows:
            queue_id = row.queue_definition_id
            if queue_id is None:
                skipped += 1
                continue
            if queue_id in subjects:
                continue  # a linked queue: one queue, shown in each of its folders
            entry = self._subject(queue_id, row, folder)
            subjects[queue_id] = entry
            samples.append(Sample(entry[1], _values(row, now)))
        self._subjects = subjects
        return Collected(
            kinds=(QUEUE.name,),
            samples=tuple(samples),
            observed_at=now,
            skipped=skipped,
            partial=partial_view or skipped > 0,
        )

    def _subject(
        self, queue_id: int, row: QueueStatus, folder: str
    ) -> tuple[tuple[str | None, ...], Subject]:
        facts = (row.queue_definition_name, folder, row.release_name)
        known = self._subjects.get(queue_id)
        if known is not None and known[0] == facts:
            return known
        name = label(row.queue_definition_name) or str(queue_id)
        labels = {
            **self._labels,
            "queue": name,
            "folder": folder,
            "process": label(row.release_name),
        }
        return facts, Subject(
            tenant=self._tenant, kind=QUEUE.name, key=str(queue_id), name=name, labels=labels
        )


def _values(row: QueueStatus, now: datetime) -> Values:
    application, business = row.application_exceptions_no, row.business_exceptions_no
    failed = None if application is None or business is None else application + business
    processed_at = parse_time(row.last_processed)
    return (
        row.items_to_process,
        row.items_in_progress,
        row.successful_transactions_no,
        failed,
        application,
        business,
        row.processing_mean_time,
        None if processed_at is None else max(0.0, (now - processed_at).total_seconds()),
    )


def _make(tenant: str, labels: Mapping[str, str], folders: Folders | None = None) -> Collect:
    return _Queues(tenant, labels, folders or Folders())


COLLECTOR = Collector(
    kinds=(QUEUE.name,),
    every=timedelta(minutes=1),
    help="queues; one request a poll, or one a folder where Orchestrator wants a folder named",
    scopes=("OR.Queues.Read", "OR.Folders.Read"),
    permissions=("Queues.View", "Units.View or SubFolders.View"),
    make=_make,
)
