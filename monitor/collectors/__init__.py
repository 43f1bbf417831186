"""Collectors: one file each, asking Orchestrator for one thing and returning samples of it.

A module defines `COLLECTOR`. It raises the conditions of `OrchestratorError`; it neither logs,
times, retries nor stores. What several of them need stands here.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import msgspec

from monitor.core.sample import Collected
from monitor.errors import (
    AccessDenied,
    EndpointMissing,
    FolderRequired,
    OrchestratorError,
    UnexpectedResponse,
)
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.wire import columns

T = TypeVar("T", bound=msgspec.Struct)

_BAD_REQUEST = 400
# Source: Orchestrator reference, fallback ladders: what a version lacks is remembered for a day.
_ASK_AGAIN_MISSING = timedelta(days=1)
_ASK_AGAIN_REFUSED = timedelta(minutes=30)

Collect = Callable[[Poll], Collected]


class Make(Protocol):
    """Makes what polls one tenant."""

    def __call__(
        self, tenant: str, labels: Mapping[str, str], folders: Folders | None = None
    ) -> Collect:
        """Prepare for a tenant; `folders` are its folders that count, None for all of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A plugin. `make(tenant, labels, folders)` returns what polls this tenant and learns from it.

    `labels` are the tenant's: every subject carries them, but for names that its kind declares.
    `folders` are one object for all collectors of the tenant.
    `every` is the default interval; `scopes` are what an external application needs for it,
    `permissions` what a role needs.
    """

    kinds: tuple[str, ...]
    every: timedelta
    help: str
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]
    make: Make


class Listing(Generic[T]):
    """A list of which only some columns are asked for, or all where a version lacks one of them."""

    def __init__(
        self,
        path: str,
        row: type[T],
        *,
        expand: Sequence[str] = (),
        order_by: str = "Id",
        key: Callable[[T], Hashable] | None = None,
    ) -> None:
        """Describe the list; asked for are the columns that `row` reads."""
        self._path = path
        self._row = row
        self._select: Sequence[str] = columns(row)
        self._expand = expand
        self._order_by = order_by
        self._key = key

    def __call__(self, poll: Poll, folder_id: int | None = None) -> list[T]:
        """Return all rows, in this folder or tenant-wide. Raises OrchestratorError."""
        try:
            return self._rows(poll, self._select, folder_id)
        except UnexpectedResponse as error:
            if error.status != _BAD_REQUEST or not self._select:
                raise
        rows = self._rows(poll, (), folder_id)
        self._select = ()
        return rows

    def _rows(self, poll: Poll, select: Sequence[str], folder_id: int | None) -> list[T]:
        return poll.list(
            self._path,
            row=self._row,
            select=select,
            expand=self._expand,
            order_by=self._order_by,
            folder_id=folder_id,
            key=self._key,
        )


class Source(Generic[T]):
    """A list among several that show parts of the same, and whether it is worth asking."""

    def __init__(self, listing: Listing[T]) -> None:
        """Suppose that it can be read."""
        self._listing = listing
        self.refusal: OrchestratorError | None = None
        self._ask_again_at: datetime | None = None

    def ask(self, poll: Poll) -> list[T] | None:
        """Return the rows; None when this sign-in or this version does not get them."""
        if self._ask_again_at is not None and poll.server_time < self._ask_again_at:
            return None
        try:
            rows = self._listing(poll)
        except (AccessDenied, FolderRequired) as refusal:
            self._refused(refusal, poll.server_time + _ASK_AGAIN_REFUSED)
            return None
        except EndpointMissing as refusal:
            self._refused(refusal, poll.server_time + _ASK_AGAIN_MISSING)
            return None
        self.refusal = self._ask_again_at = None
        return rows

    def forget(self) -> None:
        """Ask again the next time."""
        self._ask_again_at = None

    def _refused(self, refusal: OrchestratorError, ask_again_at: datetime) -> None:
        self.refusal = refusal
        self._ask_again_at = ask_again_at
