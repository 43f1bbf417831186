"""The rows of queue items: all that wait, run or were abandoned, and the newest finished ones.

Source: Orchestrator reference, queue items, linked queues.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby

from monitor.simulator.asked import Asked
from monitor.simulator.estate import Queue
from monitor.simulator.filters import Term
from monitor.simulator.item_blocks import Block, blocks, size
from monitor.simulator.query import Listing, Row
from monitor.simulator.queue_answers import Placed
from monitor.simulator.world import World

_STATUSES = ["New", "InProgress", "Failed", "Successful", "Abandoned"]
_OF_FOLDER = ("OrganizationUnitId", "OrganizationUnitFullyQualifiedName")


@dataclass(slots=True)
class _Heap:
    """The items of a queue, each of them shown for these folders; no blocks: not looked at yet."""

    queue: Queue
    folder_ids: tuple[int, ...]
    items: int
    blocks: list[Block] | None = None


def queue_items(asked: Asked, placed: Placed) -> Listing:
    """List the items of queues in these folders; without a folder header once for each of them.

    A filter that joins comparisons by `and` is applied here, others by the caller.
    """
    world = asked.world
    terms = asked.filter.terms if asked.filter is not None else ()
    heaps = list(_heaps(world, placed, terms or ()))
    ends = list(accumulate(heap.items * len(heap.folder_ids) for heap in heaps))

    def render(index: int) -> Row:
        place = bisect_right(ends, index)
        heap = heaps[place]
        item, folder = divmod(index - (ends[place - 1] if place else 0), len(heap.folder_ids))
        return _item(world, heap, item) | _of_folder(world, heap.folder_ids[folder])

    return Listing(count=ends[-1] if ends else 0, render=render, filtered=terms is not None)


def _heaps(world: World, placed: Placed, terms: Sequence[Term]) -> Iterator[_Heap]:
    of_folder = [term for term in terms if term.path in _OF_FOLDER]
    of_queue = [term for term in terms if term.path == "QueueDefinitionId"]
    others = [term for term in terms if term.path not in (*_OF_FOLDER, "QueueDefinitionId")]
    statuses = _statuses(terms)
    for _, places in groupby(placed, key=lambda place: place[0].id):
        pairs = list(places)
        queue = pairs[0][0]
        if not all(term.holds({"QueueDefinitionId": queue.id}) for term in of_queue):
            continue
        folder_ids = tuple(id_ for _, id_ in pairs if _is_of(world, id_, of_folder))
        if not folder_ids:
            continue
        if others:
            narrowed = [block.narrowed(others) for block in blocks(world, queue, statuses)]
            found = [block for block in narrowed if block is not None]
            yield _Heap(queue, folder_ids, sum(len(block.numbers) for block in found), found)
        else:
            yield _Heap(queue, folder_ids, size(world, queue))


def _statuses(terms: Sequence[Term]) -> list[str]:
    """Return the statuses that an item may have; blocks of more than one look again."""
    asked = [term for term in terms if term.path == "Status"]
    return [name for name in _STATUSES if all(term.holds({"Status": name}) for term in asked)]


def _item(world: World, heap: _Heap, place: int) -> Row:
    if heap.blocks is None:
        heap.blocks = list(blocks(world, heap.queue, _STATUSES))
    for block in heap.blocks:
        if place < len(block.numbers):
            return block.row(block.numbers[place])
        place -= len(block.numbers)
    raise IndexError(place)


def _is_of(world: World, folder_id: int, terms: Sequence[Term]) -> bool:
    return not terms or all(term.holds(_of_folder(world, folder_id)) for term in terms)


def _of_folder(world: World, folder_id: int) -> Row:
    folder = world.folder_of_id.get(folder_id)
    return {
        "OrganizationUnitId": folder_id,
        "OrganizationUnitFullyQualifiedName": None if folder is None else folder.path,
    }
