"""The folders of a tenant that count: one list for all its collectors."""

import threading
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import msgspec

from monitor.errors import (
    AccessDenied,
    AuthenticationFailed,
    EndpointMissing,
    FolderRequired,
    OrchestratorError,
    UnexpectedResponse,
)
from monitor.orchestrator.listing import Listing, Source
from monitor.orchestrator.odata import MOST_PAGES
from monitor.orchestrator.piecemeal import Pieces
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import Folder, FolderPage

T = TypeVar("T")

PATH = "/odata/Folders"
OF_USER = "/api/Folders/GetAllForCurrentUser"
NAVIGATION = "/api/FoldersNavigation/GetAllFoldersForCurrentUser"
KEPT_FOR = timedelta(minutes=15)

_AT_ONCE = 1000
_AFTER_A_FAILURE = timedelta(minutes=1)
# Far more levels than Orchestrator has: a stranger's text may have any number.
_DEEPEST = 64


class Scope(Protocol):
    """Which folders count."""

    @property
    def is_whole(self) -> bool:
        """Tell whether every folder counts, personal workspaces aside."""
        ...

    def covers(self, path: str, *, is_personal: bool = False) -> bool:
        """Tell whether a folder counts, by its full path."""
        ...


class Everything:
    """The scope of whoever leaves nothing out."""

    is_whole = True

    def covers(self, path: str, *, is_personal: bool = False) -> bool:  # noqa: ARG002 - any path
        """Tell that all folders count but personal workspaces."""
        return not is_personal


class Tree:
    """The folders that a sign-in sees: `counted` are full paths by id, in the order of the paths.

    `exists` is False before 2019.10, where a tenant has no folders at all, `is_classic` tells that
    robots live in the folders: none is a modern one, workspaces aside.
    """

    def __init__(self, rows: Sequence[Folder], scope: Scope, *, exists: bool = True) -> None:
        """Divide the folders into those that count and the others."""
        paths = {
            row.id: row.fully_qualified_name or row.display_name or ""
            for row in rows
            if row.id is not None
        }
        personal = {paths[row.id] for row in rows if row.id is not None and _is_personal(row)}
        self.exists = exists
        shared = [row for row in rows if not _is_personal(row)]
        self.is_classic = not exists or (
            bool(shared) and all(row.provision_type == "Manual" for row in shared)
        )
        self._paths = {folder_id: label(path) for folder_id, path in paths.items()}
        self._verdicts = {
            path: scope.covers(path, is_personal=_is_below(path, personal))
            for path in paths.values()
        }
        counted = (
            (label(path), folder_id) for folder_id, path in paths.items() if self._verdicts[path]
        )
        self.counted: Mapping[int, str] = {key: path for path, key in sorted(counted)}

    @property
    def size(self) -> int:
        """Count all of them."""
        return len(self._paths)

    def path(self, folder_id: int | None) -> str | None:
        """Return the full path of a folder, None where it is not known."""
        return None if folder_id is None else self._paths.get(folder_id)

    def counts(self, folder_id: int | None, path: str | None) -> bool | None:
        """Tell whether a folder counts, by its id or else its path; None where it is not known."""
        if folder_id in self._paths:
            return folder_id in self.counted
        return None if path is None else self._verdicts.get(path)


class Folders:
    """What `scope` covers of the folders that this sign-in sees; safe to use from many threads.

    Personal workspaces are left out, unless the scope names them: one for each user would multiply
    the requests. Source: Orchestrator reference, fallback ladders.
    """

    def __init__(self, scope: Scope | None = None) -> None:
        """Prepare; nothing is asked yet."""
        self.scope: Scope = scope or Everything()
        self._all = Source(Listing(PATH, Folder, key=lambda row: row.id))
        self._of_user = Source(_of_user)
        self._navigated = Source(_navigated)
        self._tree: Tree | None = None
        self._rows: Sequence[Folder] = ()
        self._asked_at: datetime | None = None
        self._kept_for = KEPT_FOR
        self._lock = threading.Lock()

    def current(self, poll: Poll) -> Mapping[int, str]:
        """Return full paths by id, in the order of the paths, a quarter of an hour old at most.

        Empty only where the version has no folders: then a list is asked for without one.

        Raises:
            AccessDenied: none is visible.
            FolderRequired: none of them counts.
            OrchestratorError: they cannot be listed.
        """
        with self._lock:
            tree = self._tree if self._is_fresh(poll) else None
            try:
                if tree is None:
                    tree = self._keep(poll, self._listed(poll))
                if tree.exists and not tree.counted:
                    raise _nothing(tree)
            except (AccessDenied, FolderRequired):
                self._forget()
                raise
            return tree.counted

    def known(self, poll: Poll) -> Tree | None:
        """Return all folders, for what is the better for them; None where they cannot be listed.

        Raises:
            AuthenticationFailed: the sign-in is refused.
        """
        with self._lock:
            if not self._is_fresh(poll):
                self._tree = self._listed_or_none(poll)
            return self._tree

    def _listed_or_none(self, poll: Poll) -> Tree | None:
        try:
            return self._keep(poll, self._listed(poll))
        except AuthenticationFailed:
            raise
        except (AccessDenied, FolderRequired):
            self._forget()
            self._asked(poll, KEPT_FOR)
            return None
        except OrchestratorError:
            # The last ones are better than none, and a lost label than a lost poll.
            self._asked(poll, _AFTER_A_FAILURE)
            return self._tree

    def _is_fresh(self, poll: Poll) -> bool:
        # The server's time may be set back.
        return (
            self._asked_at is not None and abs(poll.server_time - self._asked_at) < self._kept_for
        )

    def _keep(self, poll: Poll, listed: tuple[Tree, bool]) -> Tree:
        self._tree, is_whole = listed
        self._asked(poll, KEPT_FOR if is_whole else _AFTER_A_FAILURE)
        return self._tree

    def _asked(self, poll: Poll, kept_for: timedelta) -> None:
        self._asked_at, self._kept_for = poll.server_time, kept_for

    def _forget(self) -> None:
        self._asked_at = None
        for source in (self._all, self._of_user, self._navigated):
            source.forget()

    def _listed(self, poll: Poll) -> tuple[Tree, bool]:
        """Go down the ladder; tell too whether all could be read. Raises OrchestratorError."""
        before = poll.skipped
        rows: Sequence[Folder] | None = self._all.ask(poll)
        if rows is None and self._all.is_missing:
            return Tree((), self.scope, exists=False), True
        if rows is None:
            rows = self._of_user_or_none(poll)
            # An application may get an empty list, and no token of OAuth gets the navigation.
            if not rows and poll.is_own_session:
                rows = self._navigated.ask(poll)
            if not rows and self._all.refusal is not None:
                raise self._all.refusal
        return self._with_unread(poll, rows or (), before)

    def _of_user_or_none(self, poll: Poll) -> Sequence[Folder] | None:
        """Return the user's own folders; None where the answer was never one of folders."""
        try:
            return self._of_user.ask(poll)
        except UnexpectedResponse:
            if self._tree is not None:
                raise
            return None

    def _with_unread(self, poll: Poll, rows: Sequence[Folder], before: int) -> tuple[Tree, bool]:
        """Return the folders with those known that may be among the rows that cannot be read.

        A folder left out for a quarter of an hour would take all that lies in it along.
        """
        listed = {row.id for row in rows}
        is_whole = poll.skipped == before and None not in listed
        if not is_whole:
            rows = [*rows, *(row for row in self._rows if row.id not in listed)]
        self._rows = rows
        return Tree(rows, self.scope), is_whole


def _of_user(poll: Poll) -> list[Folder]:
    raws: list[msgspec.Raw] = []
    for _ in range(MOST_PAGES):
        page = _plain(poll, OF_USER, FolderPage, {"take": _AT_ONCE, "skip": len(raws)})
        raws += page.page_items
        if not page.page_items or (isinstance(page.count, int) and len(raws) >= page.count):
            break
    return _read(poll, raws)


def _navigated(poll: Poll) -> list[Folder]:
    return _read(poll, _plain(poll, NAVIGATION, list[msgspec.Raw], {}))


def _read(poll: Poll, raws: Sequence[msgspec.Raw]) -> list[Folder]:
    pieces = Pieces()
    found = pieces.each(raws, Folder)
    poll.skipped += pieces.skipped
    return found


def _plain(poll: Poll, path: str, kind: type[T], params: Mapping[str, object]) -> T:
    """Return an answer outside OData.

    Raises:
        EndpointMissing: it is none; an address that does not exist may be answered with a page.
        OrchestratorError: any other of its conditions.
    """
    try:
        return poll.get(path, type=kind, params=params)
    except UnexpectedResponse as error:
        if error.__cause__ is not None:
            raise  # it is there, and its answer cannot be read this time
        raise EndpointMissing(str(error), endpoint=path, status=error.status) from error


def _is_personal(row: Folder) -> bool:
    return bool(row.is_personal) or row.folder_type == "Personal"


def _is_below(path: str, roots: Collection[str]) -> bool:
    """Tell whether a folder is one of `roots` or lies in one, at any depth."""
    if path in roots:
        return True
    parts = path.split("/", _DEEPEST)
    return any("/".join(parts[:depth]) in roots for depth in range(1, len(parts)))


def _nothing(tree: Tree) -> OrchestratorError:
    if not tree.size:
        msg = (
            f"{PATH}: no folder is visible, so no queue is; grant Queues.View in the "
            "folders that should be watched"
        )
        return AccessDenied(msg, endpoint=PATH)
    msg = (
        f"{PATH}: {tree.size} folders are visible and none of them counts; look at the tenant's "
        "`folders`"
    )
    return FolderRequired(msg, endpoint=PATH)
