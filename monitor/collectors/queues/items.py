"""What only the items tell of queues, asked for where somebody wants it and as cheaply as can be.

One question about all queues at once, never one for each of them; where no item waits, none. The
requests are metered: when the own share is used up, what is left is asked in the next polls, the
questions taking turns. Nothing of this fails a poll: what cannot be read is not known.
Source: Orchestrator reference, queue items, cost by need, fallback ladders.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.collectors.queues.pages import Doors, instant
from monitor.collectors.queues.survey import HowMany, Oldest, Part, Question
from monitor.core.kinds import Values
from monitor.errors import (
    AccessDenied,
    EndpointMissing,
    FolderRequired,
    OrchestratorError,
    UnexpectedResponse,
)
from monitor.orchestrator.each_folder import named
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.listing import BAD_REQUEST
from monitor.orchestrator.poll import Poll

# After 24 hours in progress an item is abandoned: one that was begun within two days was so lately.
_LATELY = timedelta(days=2)

_OVERDUE = Question(
    metric="overdue_items",
    filter_at=lambda now: f"Status eq 'New' and DueDate lt {instant(now)}",
)
_DEFERRED = Question(
    metric="deferred_items",
    filter_at=lambda now: f"Status eq 'New' and DeferDate gt {instant(now)}",
)
_READY = Question(
    metric="oldest_new_s",
    filter_at=lambda now: f"Status eq 'New' and (DeferDate eq null or DeferDate le {instant(now)})",
)
_ABANDONED = Question(
    metric="abandoned_items",
    filter_at=lambda now: f"Status eq 'Abandoned' and StartProcessing gt {instant(now - _LATELY)}",
    every=timedelta(minutes=30),
    kept_for=timedelta(minutes=90),
    of_new=False,
)
_QUESTIONS = (_OVERDUE, _DEFERRED, _READY, _ABANDONED)
ITEM_METRICS = tuple(question.metric for question in _QUESTIONS)
"""In the order of the kind's declaration, where they are the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A queue: how many items wait in it, None where that is not known, and its folder's path."""

    id: int
    new_items: float | None
    folder: str


class ItemMetrics:
    """The metrics of one tenant's queues that are wanted; the others are not known."""

    def __init__(self, wanted: Collection[str], folders: Folders) -> None:
        """Know nothing yet."""
        self._folders = folders
        self._surveys: dict[str, HowMany | Oldest] = {
            question.metric: Oldest(question) if question is _READY else HowMany(question)
            for question in _QUESTIONS
            if question.metric in wanted
        }
        # Who asked last waits longest.
        self._turns = list(self._surveys)
        self._doors = Doors()
        self._paths: Mapping[int, str] = {}
        self._stopped_by: OrchestratorError | None = None

    def ask(self, poll: Poll, queues: Sequence[Asked]) -> str:
        """Ask as much as may be asked now; return what is not known, and why."""
        now = poll.server_time
        waiting = any(queue.new_items != 0 for queue in queues)
        due = []
        for metric in self._turns:
            survey = self._surveys[metric]
            if survey.question.of_new and not waiting:
                survey.start_over()
            elif self._doors.refusal(metric, now) is None:
                if survey.is_due(now):
                    survey.start_over()
                due.append(metric)
        self._stopped_by = None
        try:
            while due:
                metric = due.pop(0)
                if self._take_turn(poll, self._surveys[metric], queues, now):
                    due.append(metric)
        except OrchestratorError as error:
            # Held back, throttled or not answered: the next poll goes on where this one stopped.
            self._stopped_by = error
        return self._note(queues, now)

    def values(self, queue: Asked, now: datetime) -> Values:
        """Return what is known of a queue, in the order of `ITEM_METRICS`."""
        return tuple(self._value(metric, queue, now) for metric in ITEM_METRICS)

    def _value(self, metric: str, queue: Asked, now: datetime) -> float | None:
        survey = self._surveys.get(metric)
        return None if survey is None else survey.value(queue.id, queue.new_items, now)

    def _take_turn(
        self, poll: Poll, survey: HowMany | Oldest, queues: Sequence[Asked], now: datetime
    ) -> bool:
        """Read one page at most; tell whether there is more to read. Raises OrchestratorError."""
        if survey.is_to_begin:
            survey.begin(self._parts(poll, survey, queues, now), now)
        part = survey.part
        if part is None:
            return False
        try:
            self._read_on(poll, survey, part, now)
        except UnexpectedResponse as refusal:
            if refusal.status != BAD_REQUEST:
                raise
            self._doors.refuse(survey.question.metric, refusal, now)
            survey.start_over()
            return False
        return survey.part is not None or survey.is_to_begin

    def _read_on(self, poll: Poll, survey: HowMany | Oldest, part: Part, now: datetime) -> None:
        """Read a page, or pass by a list that is refused. Raises OrchestratorError."""
        if self._doors.refusal(part.folder_id, now) is None:
            try:
                survey.read_on(poll)
            except (AccessDenied, FolderRequired, EndpointMissing) as refusal:
                self._doors.refuse(part.folder_id, refusal, now)
            self._turns.remove(survey.question.metric)
            self._turns.append(survey.question.metric)
        if self._doors.refusal(part.folder_id, now) is None:
            return
        if part.folder_id is None:
            survey.start_over()
        else:
            survey.leave_out()

    def _parts(
        self, poll: Poll, survey: HowMany | Oldest, queues: Sequence[Asked], now: datetime
    ) -> Iterator[Part]:
        """Yield the lists to read: the tenant's, or those of folders where it is refused.

        A linked queue's items are in the list of any of its folders. Raises OrchestratorError.
        """
        for folder_id, here in self._by_list(poll, queues, now).items():
            waiting = frozenset(queue.id for queue in here if queue.new_items != 0)
            if waiting or not survey.question.of_new:
                every = frozenset(queue.id for queue in here)
                yield Part(folder_id=folder_id, queues=every, waiting=waiting)

    def _by_list(
        self, poll: Poll, queues: Sequence[Asked], now: datetime
    ) -> Mapping[int | None, Sequence[Asked]]:
        refusal = self._doors.refusal(None, now)
        if refusal is None:
            return {None: queues}
        if isinstance(refusal, EndpointMissing):
            return {}
        self._paths = self._folders.current(poll)
        ids = {path: folder_id for folder_id, path in self._paths.items()}
        found: dict[int | None, list[Asked]] = {}
        for queue in queues:
            if queue.folder in ids:
                found.setdefault(ids[queue.folder], []).append(queue)
        return found

    def _note(self, queues: Sequence[Asked], now: datetime) -> str:
        unknown = [
            metric
            for metric in self._surveys
            if any(self._value(metric, queue, now) is None for queue in queues)
        ]
        if not unknown:
            return ""
        reasons = [*self._refusals(unknown, now)]
        if self._stopped_by is not None:
            reasons.append(str(self._stopped_by))
        if not reasons:
            reasons.append("some items, or the folders of some queues, could not be read")
        return f"{', '.join(unknown)} not known of all queues: {'; '.join(reasons)}"

    def _refusals(self, metrics: Sequence[str], now: datetime) -> Iterator[str]:
        for metric in metrics:
            refusal = self._doors.refusal(metric, now)
            if refusal is not None:
                yield str(refusal)
        refusal = self._doors.refusal(None, now)
        denied = [path for id_, path in self._paths.items() if self._doors.refusal(id_, now)]
        if isinstance(refusal, AccessDenied) or (refusal is not None and denied):
            where = f" in {named(denied)}" if denied else ""
            yield f"grant Transactions.View{where} ({refusal})"
        elif isinstance(refusal, EndpointMissing):
            yield str(refusal)
