"""One poll of one tenant's queues: for all folders at once, else folder by folder."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from monitor.collectors.queues import closed
from monitor.collectors.queues.homes import Definitions, Homes
from monitor.collectors.queues.items import ITEM_METRICS, Asked, ItemMetrics
from monitor.core.kinds import QUEUE, Values
from monitor.core.sample import Collected, Sample, Subject
from monitor.errors import AccessDenied, FolderRequired, OrchestratorError
from monitor.instants import posix_us
from monitor.orchestrator.each_folder import EachFolder
from monitor.orchestrator.folders import KEPT_FOR, Folders
from monitor.orchestrator.listing import Listing, Source
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.shown import Shown
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import QueueStatus, counted, parse_time

_AT_ONCE, _BY_FOLDER = range(2)
_NOT_ASKED: Values = (None,) * len(ITEM_METRICS)
_NEW = QUEUE.index("new_items")
_NO_FILTER = "of some queues it cannot be learned in which folder they are, so they count; grant "


class Sweep:
    """Polls one tenant, and remembers what it may ask and which folder showed which queue."""

    def __init__(
        self,
        tenant: str,
        labels: Mapping[str, str],
        folders: Folders,
        wanted: Collection[str] = (),
    ) -> None:
        """Know nothing yet; every subject carries `labels` below its own.

        `wanted` are the metrics that are asked for only where somebody wants them.
        """
        self._tenant = tenant
        self._labels = labels
        status = Listing(
            "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus",
            QueueStatus,
            order_by="QueueDefinitionId",
            key=lambda row: row.queue_definition_id,
        )
        self._at_once = Source(status)
        self._each = EachFolder(status, "Queues.View")
        self._closed = closed.Closed(status)
        self._folders = folders
        self._definitions = Definitions(folders)
        self._items = ItemMetrics(wanted, folders) if wanted else None
        # When only the folders told which queues count, and when they could not be asked for that.
        self._unclear_at: datetime | None = None
        self._refused_at: datetime | None = None
        self._shown = Shown[int](rungs=2)
        self._subjects: Mapping[int, tuple[tuple[str | None, ...], Subject]] = {}

    def __call__(self, poll: Poll) -> Collected:
        """Ask for all queues. Raises OrchestratorError."""
        if _is_lately(self._unclear_at, poll):
            try:
                return self._by_folder(poll, clearly=True)
            except (AccessDenied, FolderRequired):
                self._unclear_at = None
        rows = self._at_once.ask(poll)
        # A role that sees queues in its folders only is refused as well when it names none.
        return self._by_folder(poll) if rows is None else self._of_tenant(poll, rows)

    def _of_tenant(self, poll: Poll, rows: Sequence[QueueStatus]) -> Collected:
        homes = self._definitions.homes(poll)
        if self._folders.scope.is_whole or not _unclear(rows, homes):
            return self._kept(poll, rows, homes)
        if not _is_lately(self._refused_at, poll):
            if not self._definitions.was_asked_in(poll):
                homes = self._definitions.homes(poll, anew=True)
                if not _unclear(rows, homes):
                    return self._kept(poll, rows, homes)
            try:
                collected = self._by_folder(poll, clearly=True)
            except (AccessDenied, FolderRequired):
                self._refused_at = poll.server_time
            else:
                self._unclear_at = poll.server_time
                return collected
        return self._kept(poll, rows, homes, self._why_unclear(poll))

    def _why_unclear(self, poll: Poll) -> str:
        tree = self._folders.known(poll)
        if tree is None:
            return f"{_NO_FILTER}Units.View or SubFolders.View"
        return f"{_NO_FILTER}Queues.View in the folders of the tenant" if tree.counted else ""

    def _kept(
        self, poll: Poll, rows: Sequence[QueueStatus], homes: Homes, note: str = ""
    ) -> Collected:
        placed: list[tuple[QueueStatus, str]] = []
        for row in rows:
            home = homes.get(row.queue_definition_id or 0)
            if home is None:
                placed.append((row, ""))
            elif home.counts is not False:
                placed.append((row, home.folder))
        tree = self._folders.known(poll) if homes else None
        counted = tree.counted if tree is not None else {}
        parts = _by_home(placed, counted)
        hiding = self._closed.ask(poll, self._shown.last(_AT_ONCE), parts, counted)
        open_parts = {part: ids for part, ids in parts.items() if part not in hiding}
        self._shown.read(_AT_ONCE, open_parts, refused=hiding)
        return self._collected(poll, placed, "; ".join(filter(None, (note, closed.note(hiding)))))

    def _by_folder(self, poll: Poll, *, clearly: bool = False) -> Collected:
        """Ask each folder that counts; `clearly` where the tenant could be asked at once as well.

        Raises:
            OrchestratorError: no folder can be asked.
        """
        try:
            folders = self._folders.current(poll)
        except (AccessDenied, FolderRequired) as refusal:
            raise self._worse(refusal) from None
        answers = self._each.ask(poll, folders)
        if not answers:
            worse = self._worse(self._each.refusal)
            self._each.forget()
            raise worse
        rows: list[tuple[QueueStatus, str]] = []
        seen: set[int] = set()
        for folder_id, answer in answers.items():
            found = [row for row in answer if row.queue_definition_id not in seen]
            rows.extend((row, folders[folder_id]) for row in found)
            seen |= _ids(answer)
        # Where the tenant's list only wants a folder, all folders together are all that it showed.
        clearly = clearly or isinstance(self._at_once.refusal, FolderRequired)
        if clearly and len(answers) == len(folders):
            self._shown.clear()
        self._shown.read(
            _BY_FOLDER,
            {folder_id: _ids(answer) for folder_id, answer in answers.items()},
            refused=folders.keys() - answers.keys(),
        )
        return self._collected(poll, rows, self._each.note(folders, answers.keys()))

    def _worse(self, refusal: OrchestratorError | None) -> OrchestratorError:
        """Return the refusal that a person can do something about, and ask for all anew."""
        self._at_once.forget()
        first = self._at_once.refusal
        if isinstance(first, AccessDenied) or refusal is None:
            refusal = first or refusal
        return refusal or FolderRequired("no folder shows its queues")

    def _collected(
        self, poll: Poll, rows: Sequence[tuple[QueueStatus, str]], note: str
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
            samples.append(Sample(entry[1], _values(row) + _NOT_ASKED))
        self._subjects = subjects
        if self._items is not None:
            samples, said = _with_items(self._items, poll, samples, now)
            note = "; ".join(filter(None, (note, said)))
        hidden = self._shown.hidden(subjects, key=lambda queue_id: queue_id)
        return Collected(
            kinds=(QUEUE.name,),
            samples=tuple(samples),
            observed_at=now,
            skipped=skipped,
            partial=bool(hidden) or skipped > 0,
            note=note,
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


def _with_items(
    items: ItemMetrics, poll: Poll, samples: Sequence[Sample], now: datetime
) -> tuple[list[Sample], str]:
    """Return the samples with what only items tell, and what of that is not known."""
    queues = [
        Asked(
            id=int(sample.subject.key),
            new_items=sample.values[_NEW],
            folder=sample.subject.labels["folder"],
        )
        for sample in samples
    ]
    note = items.ask(poll, queues)
    known = len(QUEUE.metrics) - len(ITEM_METRICS)
    whole = [
        Sample(sample.subject, sample.values[:known] + items.values(queue, now))
        for sample, queue in zip(samples, queues, strict=True)
    ]
    return whole, note


def _is_lately(at: datetime | None, poll: Poll) -> bool:
    return at is not None and abs(poll.server_time - at) < KEPT_FOR


def _unclear(rows: Iterable[QueueStatus], homes: Homes) -> bool:
    """Tell whether it is not known of a queue whether it counts."""
    return any(queue_id not in homes or homes[queue_id].counts is None for queue_id in _ids(rows))


def _ids(rows: Iterable[QueueStatus]) -> frozenset[int]:
    return frozenset(row.queue_definition_id for row in rows if row.queue_definition_id is not None)


def _by_home(
    placed: Iterable[tuple[QueueStatus, str]], counted: Mapping[int, str]
) -> Mapping[int | None, Collection[int]]:
    ids_of = {path: folder_id for folder_id, path in counted.items()}
    parts: dict[int | None, set[int]] = {}
    for row, path in placed:
        if row.queue_definition_id is not None:
            parts.setdefault(ids_of.get(path), set()).add(row.queue_definition_id)
    return parts


def _values(row: QueueStatus) -> Values:
    application = counted(row.application_exceptions_no)
    business = counted(row.business_exceptions_no)
    failed = None if application is None or business is None else application + business
    processed_at = parse_time(row.last_processed)
    return (
        counted(row.items_to_process),
        counted(row.items_in_progress),
        counted(row.successful_transactions_no),
        failed,
        application,
        business,
        counted(row.processing_mean_time),
        None if processed_at is None else posix_us(processed_at),
    )
