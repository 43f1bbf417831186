"""One page of queue items, and whether the list may be asked for.

The list is metered, and its rows hold the customer's data: of them only ids and a date are asked
for. A page begins after the last Id of the one before, so that a pass through the list may rest
between two of them. Source: Orchestrator reference, queue items, published limits, cost by need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from monitor.errors import EndpointMissing, OrchestratorError, UnexpectedResponse
from monitor.orchestrator.listing import ASK_AGAIN_MISSING, ASK_AGAIN_REFUSED
from monitor.orchestrator.odata import QUEUE_ITEMS_PAGE_SIZE
from monitor.orchestrator.piecemeal import Pieces
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.wire import Page, QueueItem, columns

T = TypeVar("T", bound=QueueItem)

PATH = "/odata/QueueItems"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPage(Generic[T]):
    """A page, each item once; `is_whole` is False where some of its rows could not be read."""

    rows: Sequence[T]
    last_id: int | None
    is_last: bool
    is_whole: bool


def instant(at: datetime) -> str:
    """Write an instant as filters want it. Source: Orchestrator reference, query options."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def read_page(
    poll: Poll, row: type[T], filter_by: str, *, after: int | None, folder_id: int | None
) -> ItemPage[T]:
    """Return the items after this Id, in one request. Raises OrchestratorError."""
    params: Mapping[str, object] = {
        "$select": ",".join(columns(row)),
        "$filter": filter_by if after is None else f"{filter_by} and Id gt {after}",
        "$orderby": "Id",
        "$top": QUEUE_ITEMS_PAGE_SIZE,
    }
    answer = poll.get(PATH, type=Page[msgspec.Raw], params=params, folder_id=folder_id)
    pieces = Pieces()
    rows = pieces.each(answer.value, row)
    # Tenant-wide, an item of a linked queue is there once for each of its folders.
    found = {item.id: item for item in rows if after is None or item.id > after}
    is_last = len(answer.value) < QUEUE_ITEMS_PAGE_SIZE and answer.next_link is None
    if not found and not is_last:
        msg = f"{PATH}: the list does not go on from page to page"
        raise UnexpectedResponse(msg, endpoint=PATH)
    return ItemPage(
        rows=tuple(found.values()),
        last_id=max(found, default=after),
        is_last=is_last,
        is_whole=not pieces.skipped,
    )


class Doors:
    """What was refused, and is asked for again later.

    The list itself in the whole tenant (None) or in a folder, or a question about it by its name.
    """

    def __init__(self) -> None:
        """Suppose that all are open."""
        self._refusals: dict[int | str | None, tuple[OrchestratorError, datetime]] = {}

    def refuse(self, door: int | str | None, refusal: OrchestratorError, now: datetime) -> None:
        """Take note of a refusal."""
        self._refusals[door] = (refusal, now)

    def refusal(self, door: int | str | None, now: datetime) -> OrchestratorError | None:
        """Return why it is not to be asked for, None where it is."""
        refusal, at = self._refusals.get(door, (None, now))
        is_missing = isinstance(refusal, EndpointMissing)
        if abs(now - at) < (ASK_AGAIN_MISSING if is_missing else ASK_AGAIN_REFUSED):
            return refusal
        del self._refusals[door]
        return None
