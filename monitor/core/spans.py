"""Arithmetic with spans of time: start and end, in order, neither touching nor overlapping."""

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from monitor.core.occurrences import Span, Window, merged
from monitor.core.window_set import without


def together(*rows: Iterable[Span]) -> tuple[Span, ...]:
    """Return the times that are in any of the rows, each given by its starts."""
    return tuple(merged(heapq.merge(*rows)))


def within(spans: Iterable[Span], limits: Iterable[Span]) -> tuple[Span, ...]:
    """Return the times that are in both."""
    found: list[Span] = []
    others = iter(limits)
    other = next(others, None)
    for start, end in spans:
        while other is not None and other[1] <= start:
            other = next(others, None)
        while other is not None and other[0] < end:
            found.append((max(start, other[0]), min(end, other[1])))
            if other[1] > end:
                break
            other = next(others, None)
    return tuple(found)


def apart(spans: Iterable[Span], *holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return the times that are in the spans, and in none of the holes."""
    return tuple(without(spans, together(*holes)))


def length(spans: Iterable[Span]) -> timedelta:
    """Return how long spans last together."""
    return sum((end - start for start, end in spans), timedelta())


def open_spans(window: Window, since: datetime, until: datetime) -> tuple[Span, ...]:
    """Return when a window is open between two instants."""
    found: list[Span] = []
    at = since
    is_open = window.contains(since)
    while at < until:
        change = window.next_change(at)
        end = until if change is None else min(change, until)
        if is_open:
            found.append((at, end))
        at, is_open = end, not is_open
    return tuple(found)


class SeenTime:
    """How much of a time was seen, asked often and mostly in order.

    `unseen` are spans of whole numbers (of any unit), in order and apart from each other.
    """

    def __init__(self, unseen: Sequence[tuple[int, int]]) -> None:
        """Begin with the time before the first of them."""
        self._unseen = unseen
        self._place = 0
        self._calm = self._calm_at(0)

    def between(self, begin: int, end: int) -> int:
        """Return how much of the time from `begin` to `end` was seen."""
        if begin >= end:
            return 0
        low, high = self._calm
        if low <= begin and end <= high:
            return end - begin
        self._find(begin)
        missed = 0
        for place in range(self._place, len(self._unseen)):
            start, stop = self._unseen[place]
            if start >= end:
                break
            missed += min(stop, end) - max(start, begin)
        return end - begin - missed

    def first_from(self, at: int) -> int:
        """Return the first instant from `at` on at which anything was seen."""
        self._find(at)
        if self._place < len(self._unseen) and self._unseen[self._place][0] <= at:
            return self._unseen[self._place][1]
        return at

    def _find(self, begin: int) -> None:
        """Go to the first unseen span that ends after `begin`."""
        low, high = 0, len(self._unseen)
        while low < high:
            middle = (low + high) // 2
            if self._unseen[middle][1] <= begin:
                low = middle + 1
            else:
                high = middle
        self._place = low
        self._calm = self._calm_at(low)

    def _calm_at(self, place: int) -> tuple[float, float]:
        """Return the seen time before the unseen span at a place."""
        before = self._unseen[place - 1][1] if place else float("-inf")
        after = self._unseen[place][0] if place < len(self._unseen) else float("inf")
        return before, after
