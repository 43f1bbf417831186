"""The folders of queues, where a list shows all of a tenant's queues and not where they are.

Learned from the definitions of the queues, four times an hour. Never asked for are the JSON schemas
that a definition holds. Source: Orchestrator reference, queue definitions and linked queues.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import (
    AuthenticationFailed,
    EndpointMissing,
    OrchestratorError,
    UnexpectedResponse,
)
from monitor.orchestrator.folders import KEPT_FOR, Folders, Scope, Tree
from monitor.orchestrator.listing import BAD_REQUEST, Source
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import LinkedQueueFolder, QueueFolder, columns

_DEFINITIONS = "/odata/QueueDefinitions"
_ACROSS_FOLDERS = f"{_DEFINITIONS}/UiPath.Server.Configuration.OData.GetQueuesAcrossFolders"
_AFTER_A_FAILURE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a queue is: the first of its folders that count, by path; "" where none is known.

    `counts` is None where not all of its folders are known and none of the known ones counts.
    """

    folder: str
    counts: bool | None


Homes = Mapping[int, Home]


class Definitions:
    """The folders of one tenant's queues, a quarter of an hour old at most."""

    def __init__(self, folders: Folders) -> None:
        """Know nothing yet."""
        self._folders = folders
        self._lists = (Source(_Rows(_DEFINITIONS)), Source(_Rows(_ACROSS_FOLDERS)))
        self._rows: Sequence[QueueFolder] = ()
        self._made_of: tuple[object, object] = (None, None)
        self._homes: Homes = {}
        self._asked_at: datetime | None = None
        self._asked_in: Poll | None = None
        self._kept_for = KEPT_FOR

    def homes(self, poll: Poll, *, anew: bool = False) -> Homes:
        """Return where each queue is; a queue is left out where that cannot be learned.

        `anew` asks although the last answer is not old yet. Raises AuthenticationFailed.
        """
        now = poll.server_time
        if anew or self._asked_at is None or abs(now - self._asked_at) >= self._kept_for:
            self._asked_at, self._kept_for, self._asked_in = now, KEPT_FOR, poll
            self._ask(poll)
        if not self._rows:
            return {}
        tree = self._folders.known(poll)
        if self._made_of[0] is not self._rows or self._made_of[1] is not tree:
            self._homes = _homes(self._rows, tree, self._folders.scope)
            self._made_of = (self._rows, tree)
        return self._homes

    def was_asked_in(self, poll: Poll) -> bool:
        """Tell whether this very poll asked: asking once more would tell the same."""
        return self._asked_in is poll

    def _ask(self, poll: Poll) -> None:
        before = poll.skipped
        for source in self._lists:
            try:
                rows = source.ask(poll)
            except AuthenticationFailed:
                raise
            except OrchestratorError:
                # A label is not worth a poll: what was known goes on being so.
                self._kept_for = _AFTER_A_FAILURE
                return
            if rows is not None:
                self._rows = rows if poll.skipped == before else self._with_unread(rows)
                return
        self._rows = ()

    def _with_unread(self, rows: Sequence[QueueFolder]) -> Sequence[QueueFolder]:
        """Return the rows with those known that may be among the ones that cannot be read."""
        self._kept_for = _AFTER_A_FAILURE
        listed = {row.id for row in rows}
        return [*rows, *(row for row in self._rows if row.id not in listed)]


class _Rows:
    """A list of definitions, in the columns that the version has.

    Before 2020.10 there is no folder among them, before API 14 no number of folders.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._types: Sequence[type[QueueFolder]] = (LinkedQueueFolder, QueueFolder)

    def __call__(self, poll: Poll) -> Sequence[QueueFolder]:
        for row in self._types:
            try:
                rows = poll.list(
                    self._path,
                    row=row,
                    select=columns(row),
                    key=lambda one: (one.id, one.organization_unit_id),
                )
            except UnexpectedResponse as error:
                if error.status != BAD_REQUEST:
                    raise
            else:
                self._types = (row,)
                return rows
        msg = f"{self._path}: this version does not tell the folders of queues"
        raise EndpointMissing(msg, endpoint=self._path)


def _homes(rows: Collection[QueueFolder], tree: Tree | None, scope: Scope) -> Homes:
    folders: dict[int, dict[object, tuple[str, bool | None]]] = {}
    totals: dict[int, int] = {}
    for row in rows:
        folder_id, named = row.organization_unit_id, row.organization_unit_fully_qualified_name
        path = (tree.path(folder_id) if tree is not None else None) or label(named)
        if row.id is None or not (folder_id or path):
            continue
        counts = tree.counts(folder_id, named) if tree is not None else None
        if counts is None and named:
            counts = scope.covers(named)
        folders.setdefault(row.id, {})[folder_id or path] = (path, counts)
        if isinstance(row, LinkedQueueFolder):
            totals[row.id] = max(totals.get(row.id, 0), row.folders_count or 0)
    return {
        queue_id: _home(list(of_queue.values()), totals.get(queue_id, 0))
        for queue_id, of_queue in folders.items()
    }


def _home(folders: Sequence[tuple[str, bool | None]], total: int) -> Home:
    paths = [path for path, counts in folders if counts is not False and path]
    counts = any(counts for _, counts in folders)
    is_open = len(folders) < total or any(counts is None for _, counts in folders)
    return Home(min(paths, default=""), None if is_open and not counts else counts)
