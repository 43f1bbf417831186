"""Runs of like queue items: a filter keeps or drops most of them without looking at one item.

Source: Orchestrator reference, queue items.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.simulator import entities
from monitor.simulator.estate import Queue, guid
from monitor.simulator.filters import Term
from monitor.simulator.flow import Counters, Flow
from monitor.simulator.query import Row
from monitor.simulator.world import World

# Item numbers of one queue stay below this, so that Ids never collide between queues.
ITEMS_PER_QUEUE = 10_000_000_000
# The runs of a queue in the order of their Ids, which is about that of their creation.
_ABANDONED, _OVERDUE, _FINISHED, _DEFERRED, _RUNNING, _WAITING = (
    n * 1_000_000_000 for n in range(1, 7)
)
# Of the finished items only the newest are listed: the totals are those of the status endpoint.
_FINISHED_SHOWN = 20

# What all items have in common, whatever their status.
COMMON: Mapping[str, object] = {
    **entities.QUEUE_ITEM.blank(),
    "Encrypted": False,
    "SpecificData": '{"DynamicProperties":{"Customer":"C-1"}}',
    "ReviewStatus": "None",
    "Priority": "Normal",
    "SecondsInPreviousAttempts": 0,
    "RetryNumber": 0,
    "ManualRetryNumber": 0,
    "RowVersion": "AAAAAAAB1Yo=",
}

# What every item has for its own, and what finished ones have beside that.
_OWN = frozenset({"Key", "UniqueKey", "Reference", "SpecificContent"})
_OF_THE_END = frozenset(
    {
        "Status",
        "StartProcessing",
        "EndProcessing",
        "ProcessingExceptionType",
        "ProcessingException",
        "OutputData",
    }
)
_DAY_S = 86_400.0
_BEGINNINGS = ("gt", "ge")  # of a rising value they keep the end, `lt` and `le` the beginning
_ENDS = ("lt", "le")

ValueOf = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Items of one queue, by growing number.

    `fixed` are values that all of them share beside `COMMON`, `rising` those that never fall from
    one number to the next, `more` the others, whose names are `varying`.
    """

    queue: Queue
    numbers: Sequence[int]
    fixed: Mapping[str, object]
    rising: Mapping[str, ValueOf] = field(default_factory=dict)
    more: Callable[[int], Row] = lambda _: {}
    varying: frozenset[str] = frozenset()

    def row(self, number: int) -> Row:
        """Return an item but for the folder it is seen in."""
        rising = {name: value(number) for name, value in self.rising.items()}
        return {
            **COMMON,
            "Key": guid("item", self.queue.id, number),
            "UniqueKey": guid("row", self.queue.id, number),
            "Reference": f"{self.queue.name}-{number:08}",
            "SpecificContent": {
                "Customer": f"C-{number:06}",
                "Iban": "DE02120300000000202051",
                "Amount": 1250,
            },
            **self.fixed,
            **rising,
            **self.more(number),
        }

    def narrowed(self, terms: Sequence[Term]) -> "Block | None":
        """Return the items for which every comparison holds, None without any."""
        numbers, left = self.numbers, []
        for term in terms:
            if term.path in self.rising and term.operator in _BEGINNINGS + _ENDS:
                numbers = _cut(numbers, term, self.rising[term.path])
            elif not self._shares(term.path):
                left.append(term)
            elif not term.holds(self.fixed if term.path in self.fixed else COMMON):
                return None
        if left:
            rows = ((number, self.row(number)) for number in numbers)
            numbers = [number for number, row in rows if all(term.holds(row) for term in left)]
        return replace(self, numbers=numbers) if numbers else None

    def _shares(self, name: str) -> bool:
        """Tell whether all items have the same value."""
        varies = name in _OWN or name in self.rising or name in self.varying
        return name in self.fixed or not varies


def _cut(numbers: Sequence[int], term: Term, value_of: ValueOf) -> Sequence[int]:
    """Return the part of the numbers for which the comparison with a rising value holds."""
    keeps_end = term.operator in _BEGINNINGS

    def is_beyond(number: int) -> bool:
        return term.holds({term.path: value_of(number)}) == keeps_end

    place = bisect_left(numbers, True, key=is_beyond)  # noqa: FBT003  a value to look for
    return numbers[place:] if keeps_end else numbers[:place]


def blocks(world: World, queue: Queue, statuses: Sequence[str]) -> Iterator[Block]:
    """Yield what there is of a queue's items, by Id, as far as their status is one of these."""
    flow = world.flows[queue.handle]
    if "Abandoned" in statuses and flow.abandoned_starts_s:
        yield _abandoned(world, flow)
    if statuses == ["Abandoned"]:
        return  # nothing but a change moves them: the flow can stay where it is
    counters = world.flow(queue.handle).counters()
    if "New" in statuses and counters.overdue:
        yield _standing(
            world,
            queue,
            range(_OVERDUE, _OVERDUE + counters.overdue),
            created_s=-_DAY_S,
            DueDate=world.instant(-3600.0),
        )
    if not {"Failed", "Successful"}.isdisjoint(statuses) and counters.last_processed_s is not None:
        yield _finished(world, queue, counters)
    if "New" in statuses and counters.deferred:
        yield _standing(
            world,
            queue,
            range(_DEFERRED, _DEFERRED + counters.deferred),
            created_s=-60.0,
            DeferDate=world.instant(30 * _DAY_S),
        )
    if "InProgress" in statuses and counters.in_progress:
        yield _standing(
            world,
            queue,
            range(_RUNNING, _RUNNING + counters.in_progress),
            created_s=world.now_s - 2 * queue.mean_s,
            Status="InProgress",
            StartProcessing=world.instant(world.now_s - queue.mean_s / 2),
        )
    if "New" in statuses and (waiting := flow.waiting()):
        yield _waiting(world, flow, waiting)


def size(world: World, queue: Queue) -> int:
    """Return how many items all blocks of a queue hold."""
    counters = world.flow(queue.handle).counters()
    finished = 0 if counters.last_processed_s is None else counters.successful + counters.failed
    return counters.new + counters.in_progress + counters.abandoned + min(_FINISHED_SHOWN, finished)


def _abandoned(world: World, flow: Flow) -> Block:
    starts_s, first = flow.abandoned_starts_s, _ABANDONED + flow.abandoned_forgotten

    def started(number: int) -> datetime:
        return world.instant(starts_s[number - first])

    return Block(
        queue=flow.queue,
        numbers=range(first, first + len(starts_s)),
        fixed={"QueueDefinitionId": flow.queue.id, "Status": "Abandoned"},
        rising={
            "StartProcessing": started,
            **_rising(flow.queue, lambda number: started(number) - timedelta(seconds=60)),
        },
    )


def _waiting(world: World, flow: Flow, numbers: range) -> Block:
    return Block(
        queue=flow.queue,
        numbers=range(_WAITING + numbers.start, _WAITING + numbers.stop),
        fixed={"QueueDefinitionId": flow.queue.id, "Status": "New"},
        rising=_rising(
            flow.queue, lambda number: world.instant(flow.arrived_at_s(number - _WAITING))
        ),
    )


def _standing(
    world: World, queue: Queue, numbers: range, *, created_s: float, **values: object
) -> Block:
    """Return items that were made at one time; without a status they are new."""
    created = world.instant(created_s)
    due = None if queue.sla_minutes is None else created + timedelta(minutes=queue.sla_minutes)
    fixed: dict[str, object] = {"QueueDefinitionId": queue.id, "Status": "New"}
    fixed |= {"DueDate": due, "RiskSlaDate": due, "CreationTime": created}
    return Block(
        queue=queue,
        numbers=numbers,
        fixed=fixed | values,
        rising={"Id": _id_of(queue)},
    )


def _finished(world: World, queue: Queue, counters: Counters) -> Block:
    ended_s = counters.last_processed_s or 0.0
    total = counters.successful + counters.failed
    created = world.instant(ended_s - _DAY_S)
    due = None if queue.sla_minutes is None else created + timedelta(minutes=queue.sla_minutes)

    def ending(number: int) -> Row:
        back = _FINISHED + total - number
        failed = counters.failed > 0 and back % 10 == 1
        end = world.instant(ended_s - back * queue.mean_s)
        return {
            "Status": "Failed" if failed else "Successful",
            "StartProcessing": end - timedelta(seconds=queue.mean_s),
            "EndProcessing": end,
            "ProcessingExceptionType": "BusinessException" if failed else None,
            "ProcessingException": {"Reason": "Amount is missing"} if failed else None,
            "OutputData": None if failed else '{"Booked":true}',
        }

    newest = _FINISHED + total
    return Block(
        queue=queue,
        numbers=range(newest - min(_FINISHED_SHOWN, total) + 1, newest + 1),
        fixed={
            "QueueDefinitionId": queue.id,
            "DueDate": due,
            "RiskSlaDate": due,
            "CreationTime": created,
        },
        rising={"Id": _id_of(queue)},
        more=ending,
        varying=_OF_THE_END,
    )


def _rising(queue: Queue, created: Callable[[int], datetime]) -> dict[str, ValueOf]:
    """Return what follows from the time of creation, and the Id."""
    rising: dict[str, ValueOf] = {"Id": _id_of(queue), "CreationTime": created}
    if queue.sla_minutes is not None:
        allowed = timedelta(minutes=queue.sla_minutes)
        rising["DueDate"] = rising["RiskSlaDate"] = lambda number: created(number) + allowed
    return rising


def _id_of(queue: Queue) -> ValueOf:
    return lambda number: queue.id * ITEMS_PER_QUEUE + number
