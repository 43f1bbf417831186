"""A question about queue items, answered by passes through their list.

A pass may take several polls. What it has counted by then is a least number; what the last one
found stays in force until the next is complete. The time in a question is that of its beginning.
"""

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from monitor.collectors.queues.pages import ItemPage, read_page
from monitor.instants import NEVER_US, posix_us
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.wire import DatedQueueItem, QueueItem, parse_time

T = TypeVar("T", bound=QueueItem)

# A little less than the time between two polls, which is never exact.
ABOUT_A_MINUTE = timedelta(seconds=50)
# What was counted at the beginning of a longer one tells nothing any more.
LONGEST_PASS = timedelta(hours=1)
# Source: Orchestrator reference, query options: a filter has at most 100 expressions.
_MOST_LEFT_OUT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: the filter at an instant, how often, and how long an answer is in force.

    `of_new`: it is about new items, of which a queue has none where nothing waits.
    """

    metric: str
    filter_at: Callable[[datetime], str]
    every: timedelta = ABOUT_A_MINUTE
    kept_for: timedelta = timedelta(minutes=30)
    of_new: bool = True


@dataclass(slots=True, kw_only=True)
class Part:
    """A list on its way to its end: that of a folder, or of the tenant (None).

    It tells of `queues`; in those of them that are `waiting` there may be new items. `counts` are
    the items seen so far, `left_out` what the filter is to leave out from now on.
    """

    folder_id: int | None
    queues: frozenset[int]
    waiting: frozenset[int]
    after: int | None = None
    is_whole: bool = True
    left_out: str = ""
    counts: Counter[int] = field(default_factory=Counter)


class Survey(ABC, Generic[T]):
    """One question, its passes, and what they have found."""

    row: type[T]
    nothing = 0.0

    def __init__(self, question: Question) -> None:
        """Know nothing yet."""
        self.question = question
        self._parts: deque[Part] = deque()
        self._filter = ""
        self._began_at: datetime | None = None
        # What was found of each queue, and when.
        self._found: dict[int, tuple[float, datetime]] = {}

    @property
    def part(self) -> Part | None:
        """Return the list that is being read, None between two passes."""
        return self._parts[0] if self._parts else None

    def is_due(self, now: datetime) -> bool:
        """Tell whether to start over; a pass that takes too long is given up for it."""
        if self._began_at is None:
            return True
        # The server's time may be set back.
        age = abs(now - self._began_at)
        return age >= (LONGEST_PASS if self._parts else self.question.every)

    def begin(self, parts: Iterable[Part], now: datetime) -> None:
        """Begin a pass through these lists."""
        self._parts = deque(parts)
        self._filter = self.question.filter_at(now)
        self._began_at = now

    @property
    def is_to_begin(self) -> bool:
        """Tell whether no pass has begun since the start or since `start_over`."""
        return self._began_at is None

    def start_over(self) -> None:
        """Give up what is left of the pass: the next one is to begin."""
        self._parts.clear()
        self._began_at = None

    def leave_out(self) -> None:
        """Go on without the list that is being read."""
        self._parts.popleft()

    def read_on(self, poll: Poll) -> None:
        """Read a page. Raises OrchestratorError: then it is still to be read."""
        part = self._parts[0]
        page = read_page(
            poll,
            self.row,
            f"{self._filter}{part.left_out}",
            after=part.after,
            folder_id=part.folder_id,
        )
        part.after = page.last_id
        part.is_whole = part.is_whole and page.is_whole
        if self._take(part, page, poll.server_time):
            self._parts.popleft()

    def value(self, queue_id: int, new_items: float | None, now: datetime) -> float | None:
        """Return what is known of a queue in which so many items wait."""
        if self.question.of_new and new_items == 0:
            return self.nothing
        return self._value(queue_id, new_items, now)

    def _in_force(self, queue_id: int, now: datetime) -> float | None:
        """Return what was found last, None where that is too old."""
        number, at = self._found.get(queue_id, (None, now))
        return number if abs(now - at) < self.question.kept_for else None

    @abstractmethod
    def _value(self, queue_id: int, new_items: float | None, now: datetime) -> float | None:
        """Return what is known of a queue in which items wait."""

    @abstractmethod
    def _take(self, part: Part, page: ItemPage[T], now: datetime) -> bool:
        """Take in a page, and tell whether no other is needed."""


class HowMany(Survey[QueueItem]):
    """How many items each queue has."""

    row = QueueItem

    def _value(self, queue_id: int, new_items: float | None, now: datetime) -> float | None:
        """Return the last count, or what the running pass has counted where that is more."""
        number = self._in_force(queue_id, now)
        counted = 0 if self.part is None else self.part.counts[queue_id]
        if counted > (number or 0.0):
            number = float(counted)
        if number is None or new_items is None or not self.question.of_new:
            return number
        return min(number, new_items)

    def _take(self, part: Part, page: ItemPage[QueueItem], now: datetime) -> bool:
        part.counts.update(item.queue_definition_id for item in page.rows)
        if page.is_last:
            for queue_id in part.queues.union(part.counts):
                count = float(part.counts[queue_id])
                # A row that could not be read may be an item of any queue.
                if part.is_whole or count >= (self._in_force(queue_id, now) or 1.0):
                    self._found[queue_id] = (count, now)
        return page.is_last


class Oldest(Survey[DatedQueueItem]):
    """Since when the oldest item of each queue has been there: the first one that is met, by Id.

    A pass ends when all queues in which items wait have been met. Those that have been are left out
    of its next page, so that a pile in one of them does not hide the others.
    """

    row = DatedQueueItem
    nothing = NEVER_US

    def _value(self, queue_id: int, new_items: float | None, now: datetime) -> float | None:  # noqa: ARG002 - an age, whatever their number
        return self._in_force(queue_id, now)

    def _take(self, part: Part, page: ItemPage[DatedQueueItem], now: datetime) -> bool:
        oldest_us: dict[int, float] = {}
        for item in page.rows:
            created_at = parse_time(item.creation_time)
            if created_at is None:
                part.is_whole = False
                continue
            queue_id = item.queue_definition_id
            created_us = min(posix_us(created_at), oldest_us.get(queue_id, NEVER_US))
            if not part.counts[queue_id]:
                oldest_us[queue_id] = created_us
        part.counts.update(item.queue_definition_id for item in page.rows)
        self._found.update((queue_id, (at_us, now)) for queue_id, at_us in oldest_us.items())
        unmet = part.waiting.difference(part.counts)
        if page.is_last and part.is_whole:
            self._found.update((queue_id, (NEVER_US, now)) for queue_id in unmet)
        largest = part.counts.most_common(_MOST_LEFT_OUT)
        part.left_out = "".join(f" and QueueDefinitionId ne {queue_id}" for queue_id, _ in largest)
        return page.is_last or not unmet
