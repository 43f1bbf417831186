"""Windows made of others: open while any of some is, and none of some others."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.core.occurrences import SearchedWindow, Span, merged


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSet(SearchedWindow):
    """Open while any of `include` is and none of `exclude`."""

    include: tuple[SearchedWindow, ...]
    exclude: tuple[SearchedWindow, ...] = ()

    def raw_spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Yield the spans of the one kind without those of the other."""
        return without(_all_of(self.include, after, until), _all_of(self.exclude, after, until))

    def _covers(self, at: datetime) -> bool:
        return any(window.contains(at) for window in self.include) and not any(
            window.contains(at) for window in self.exclude
        )


def without(spans: Iterable[Span], holes: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of spans; both are given in order and apart from each other."""
    remaining = iter(holes)
    hole = next(remaining, None)
    for start, end in spans:
        begin = start
        while hole is not None and hole[0] < end and begin < end:
            if begin < hole[0]:
                yield begin, hole[0]
            begin = max(begin, hole[1])
            if hole[1] < end:
                hole = next(remaining, None)
        if begin < end:
            yield begin, end


def _all_of(windows: Iterable[SearchedWindow], after: datetime, until: datetime) -> Iterator[Span]:
    return merged(heapq.merge(*(window.spans(after, until) for window in windows)))
