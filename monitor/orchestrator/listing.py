"""A list of Orchestrator, and whether it is worth asking for."""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from monitor.errors import (
    AccessDenied,
    EndpointMissing,
    FolderRequired,
    OrchestratorError,
    UnexpectedResponse,
)
from monitor.orchestrator.known_rows import KnownRows
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.wire import columns

T = TypeVar("T", bound=msgspec.Struct)
R = TypeVar("R")

BAD_REQUEST = 400
# Source: Orchestrator reference, fallback ladders: what a version lacks is remembered for a day.
ASK_AGAIN_MISSING = timedelta(days=1)
ASK_AGAIN_REFUSED = timedelta(minutes=30)

_PLACE = "{}"


class Listing(Generic[T]):
    """A list of which only some columns are asked for, or all where a version lacks one of them.

    A folder is named by the header, or, as a machine is, in the path of a function:
    `…(folderId={})`.
    """

    def __init__(
        self,
        path: str,
        row: type[T],
        *,
        expand: Sequence[str] = (),
        order_by: str = "Id",
        key: Callable[[T], Hashable] | None = None,
        known: KnownRows[T] | None = None,
    ) -> None:
        """Describe the list; asked for are the columns that `row` reads.

        `known` keeps its rows from one poll to the next, where it is asked for tenant-wide only.
        """
        self._path = path
        self._row = row
        self._select: Sequence[str] = columns(row)
        self._expand = expand
        self._order_by = order_by
        self._key = key
        self._known = known

    def __call__(self, poll: Poll, folder_id: int | None = None) -> list[T]:
        """Return all rows, in this folder or tenant-wide. Raises OrchestratorError."""
        select = self._select
        try:
            return self._rows(poll, select, folder_id)
        except UnexpectedResponse as error:
            if error.status != BAD_REQUEST or not select:
                raise
        rows = self._rows(poll, (), folder_id)
        self._select = ()
        return rows

    def _rows(self, poll: Poll, select: Sequence[str], folder_id: int | None) -> list[T]:
        is_in_path = _PLACE in self._path
        return poll.list(
            self._path.replace(_PLACE, str(folder_id)),
            row=self._row,
            select=select,
            expand=self._expand,
            order_by=self._order_by,
            folder_id=None if is_in_path else folder_id,
            key=self._key,
            known=self._known,
        )


class Source(Generic[R]):
    """What is asked for among several that show parts of the same: whether it is worth asking."""

    def __init__(self, ask: Callable[[Poll], R]) -> None:
        """Suppose that it can be read."""
        self._ask = ask
        self.refusal: OrchestratorError | None = None
        self._ask_again_at: datetime | None = None

    @property
    def is_missing(self) -> bool:
        """Tell whether this version does not have it, as opposed to refusing it."""
        return isinstance(self.refusal, EndpointMissing)

    def rests(self, poll: Poll) -> bool:
        """Tell whether it is left alone, because it could not be read a while ago."""
        return self._ask_again_at is not None and poll.server_time < self._ask_again_at

    def ask(self, poll: Poll) -> R | None:
        """Return the answer; None when this sign-in or this version does not get it."""
        if self.rests(poll):
            return None
        try:
            answer = self._ask(poll)
        except (AccessDenied, FolderRequired) as refusal:
            self._refused(refusal, poll.server_time + ASK_AGAIN_REFUSED)
            return None
        except EndpointMissing as refusal:
            self._refused(refusal, poll.server_time + ASK_AGAIN_MISSING)
            return None
        self.refusal = self._ask_again_at = None
        return answer

    def forget(self) -> None:
        """Ask again the next time."""
        self._ask_again_at = None

    def _refused(self, refusal: OrchestratorError, ask_again_at: datetime) -> None:
        self.refusal = refusal
        self._ask_again_at = ask_again_at
