"""What a queue achieved in a period: items finished and failed, handling time, backlog.

Orchestrator tells totals of the items that it still retains. So what was finished is the sum of
their increases; a drop is a removal by retention and counts nothing. Source: Orchestrator
reference, queue counts.

Instants are milliseconds; a period has its start and not its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.spans import SeenTime

_MS = 1000.0


Count = float | None
Counts = tuple[Count, Count, Count, Count]
"""Totals: successful, failed, and of these application and business exceptions; None unknown."""


@dataclass(slots=True)
class QueueTally:
    """One queue over one period.

    `peak_at` is when the greatest backlog was first seen. `longest_idle_s` is the longest time in
    which items waited and none was finished. Times count as far as they were seen. For the period
    that adjoins: `idle_at_first` is the idle time from the start up to where it first broke off,
    None where it never did; `idle_at_last` the one that goes on at the end.
    """

    since: int
    until: int
    successful: float = 0.0
    failed: float = 0.0
    application: float = 0.0
    business: float = 0.0
    is_counted: bool = False
    handled: float = 0.0
    handling_sum_s: float = 0.0
    seen: int = 0
    waiting_sum: float = 0.0
    peak: float | None = None
    peak_at: int | None = None
    longest_idle: int = 0
    idle_at_first: int | None = None
    idle_at_last: int = 0

    @property
    def is_known(self) -> bool:
        """Tell whether anything was seen of the queue."""
        return self.is_counted or self.peak is not None

    @property
    def finished(self) -> float | None:
        """Return how many items were finished, well or not; None where no total is known."""
        return self.successful + self.failed if self.is_counted else None

    @property
    def failure_share(self) -> float | None:
        """Return the share of the finished items that failed; None without any."""
        finished = self.finished
        return self.failed / finished if finished else None

    @property
    def handling_s(self) -> float | None:
        """Return the mean handling time, weighted by the items finished at each."""
        return self.handling_sum_s / self.handled if self.handled else None

    @property
    def mean_waiting(self) -> float | None:
        """Return the mean backlog by time; None where none was seen for any time."""
        return self.waiting_sum / self.seen if self.seen else None

    @property
    def longest_idle_s(self) -> float:
        """Return the longest time without a finished item while items waited, seconds."""
        return self.longest_idle / _MS

    def finish(self, before: Counts, now: Counts, handling_s: float | None) -> bool:
        """Count what the totals have grown by, and tell whether anything was finished."""
        successful, failed, application, business = map(_increase, before, now)
        self.successful += successful
        self.failed += failed
        self.application += application
        self.business += business
        finished = successful + failed
        if finished and handling_s is not None:
            self.handled += finished
            self.handling_sum_s += finished * handling_s
        return finished > 0

    def wait(
        self, begin: int, seen: int, waiting: float | None, postponed: float | None, *, idle: bool
    ) -> None:
        """Count a backlog from an instant on, for as long as it was seen.

        `idle`: nothing was finished in between since the one before.
        """
        if waiting is None:
            self._break_off()
            return
        self.seen += seen
        self.waiting_sum += waiting * seen
        if self.peak is None or waiting > self.peak:
            self.peak, self.peak_at = waiting, begin
        if waiting <= (postponed or 0.0):
            self._break_off()
            return
        if idle:
            lasted = self.idle_at_last + seen
        else:
            self._break_off()
            lasted = seen
        self.idle_at_last = lasted
        if lasted > self.longest_idle:  # noqa: PLR1730 - a call for each of millions of rows
            self.longest_idle = lasted

    def go_on(self, later: "QueueTally") -> None:
        """Take in what was tallied of the same queue later on: then this is of both times.

        It is as if one ledger had gone through both, where the rows of each came with those that
        reach into it and those that end where it starts.
        """
        self.until = later.until
        self.successful += later.successful
        self.failed += later.failed
        self.application += later.application
        self.business += later.business
        self.is_counted |= later.is_counted
        self.handled += later.handled
        self.handling_sum_s += later.handling_sum_s
        self.seen += later.seen
        self.waiting_sum += later.waiting_sum
        if later.peak is not None and (self.peak is None or later.peak > self.peak):
            self.peak, self.peak_at = later.peak, later.peak_at
        first = later.idle_at_last if later.idle_at_first is None else later.idle_at_first
        through = self.idle_at_last + first
        self.longest_idle = max(self.longest_idle, later.longest_idle, through)
        if later.idle_at_first is None:
            self.idle_at_last = through
            return
        if self.idle_at_first is None:
            self.idle_at_first = through
        self.idle_at_last = later.idle_at_last

    def _break_off(self) -> None:
        if self.idle_at_first is None:
            self.idle_at_first = self.idle_at_last
        self.idle_at_last = 0


def of_all(tallies: Sequence[QueueTally]) -> QueueTally:
    """Return several queues together. The greatest of each is of no use there, and left out."""
    total = QueueTally(0, 0)
    for one in tallies:
        total.is_counted |= one.is_counted
        total.successful += one.successful
        total.failed += one.failed
        total.application += one.application
        total.business += one.business
        total.handled += one.handled
        total.handling_sum_s += one.handling_sum_s
        # Means by time add up, whatever time each was seen.
        total.waiting_sum += one.mean_waiting or 0.0
        total.seen = 1 if one.seen else total.seen
    return total


class QueueLedger:
    """One queue through several periods, which are in order and may adjoin."""

    __slots__ = ("_counts", "_end", "_seen", "tallies")

    def __init__(self, tallies: Sequence[QueueTally], seen: SeenTime) -> None:
        """Begin before the first row."""
        self.tallies = tallies
        self._seen = seen
        self._end: int | None = None
        self._counts: Counts = (None, None, None, None)

    def add(
        self,
        begin: int,
        end: int,
        waiting: Count,
        postponed: Count,
        successful: Count,
        failed: Count,
        application: Count,
        business: Count,
        handling_s: float | None,
    ) -> None:
        """Take in what was recorded from one instant to the next.

        What does not adjoin the last begins anew: the queue was gone in between.
        """
        before, now = self._counts, (successful, failed, application, business)
        adjoins = self._end == begin
        self._counts, self._end = now, end
        for tally in self.tallies:
            if begin >= tally.until or (end <= tally.since and begin < tally.since):
                continue
            # What reaches in goes on with what was before.
            idle = True
            if begin >= tally.since:
                idle = adjoins
                if adjoins and before != now and tally.finish(before, now, handling_s):
                    idle = False
                start = begin
                seen = self._seen.between(begin, min(end, tally.until))
            else:
                seen = self._seen.between(tally.since, min(end, tally.until))
                if not seen:
                    continue
                start = self._seen.first_from(tally.since)
            if successful is not None or failed is not None:
                tally.is_counted = True
            tally.wait(start, seen, waiting, postponed, idle=idle)


def _increase(before: float | None, after: float | None) -> float:
    return after - before if before is not None and after is not None and after > before else 0.0
