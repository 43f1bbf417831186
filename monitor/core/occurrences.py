"""What a window of time is to its users, and the search that all kinds of window share.

A window is a row of spans that neither touch nor overlap; a span has its start and not its end.
Kinds of window (`calendar.py`, `recurrence.py`, `maintenance.py`) say where their spans are, the
rest follows here. Searches look ten years ahead: what does not come in that time never comes.
Instants are those of the years 1900 to 9900.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.core.wall_clock import BEGINNING, FOREVER, first_shown

HORIZON = timedelta(days=3653)
"""How far searches look: ten years."""

Span = tuple[datetime, datetime]
"""Start and end in UTC; an end that never comes is `FOREVER`."""

_STEPS_BACK = (timedelta(days=8), timedelta(days=64), timedelta(days=512), HORIZON)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a window is open, in UTC: from `start` until just before `end`.

    `end` is None when it never ends, or not within ten years.
    """

    start: datetime
    end: datetime | None


class Window(Protocol):
    """Times in which something holds."""

    def contains(self, at: datetime) -> bool:
        """Tell whether an instant (aware) is inside."""
        ...

    def next_change(self, after: datetime) -> datetime | None:
        """Return the next instant, in UTC, at which `contains` changes; None: not in ten years."""
        ...

    def occurrences(self, after: datetime, count: int) -> tuple[Occurrence, ...]:
        """Return the next `count` occurrences; one that is running at `after` is the first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchedWindow(ABC):
    """A window that knows its spans; all its wall times are those of `zone`.

    `valid_from` and `valid_until` are wall times without zone: before the one and from the other on
    the window is closed, also in the middle of an occurrence.
    """

    zone: ZoneInfo
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    _opens: datetime = field(init=False, repr=False, compare=False)
    _closes: datetime = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the limits as instants."""
        opens = BEGINNING if self.valid_from is None else first_shown(self.valid_from, self.zone)
        closes = FOREVER if self.valid_until is None else first_shown(self.valid_until, self.zone)
        object.__setattr__(self, "_opens", opens)
        object.__setattr__(self, "_closes", closes)

    @abstractmethod
    def raw_spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Yield, by their starts, the spans that end after `after` and start before `until`.

        They may overlap, some may have ended earlier or start later, and validity does not count
        yet. The start of one that runs at `after` may be wrong, as long as it is not later.
        """

    def contains(self, at: datetime) -> bool:
        """Tell whether an instant (aware) is inside."""
        at = at.astimezone(UTC)
        return self._opens <= at < self._closes and self._covers(at)

    def next_change(self, after: datetime) -> datetime | None:
        """Return the next instant, in UTC, at which `contains` changes; None: not in ten years."""
        after = after.astimezone(UTC)
        first = next(self.spans(after, after + HORIZON), None)
        if first is None:
            return None
        start, end = first
        if start > after:
            return start
        return None if end == FOREVER else end

    def occurrences(self, after: datetime, count: int) -> tuple[Occurrence, ...]:
        """Return the next `count` occurrences; one that is running at `after` is the first.

        Occurrences that adjoin are one. The search for the start of the one that is running goes
        back ten years.
        """
        after = after.astimezone(UTC)
        found = []
        for start, end in islice(self.spans(after, after + HORIZON), count):
            if start <= after:
                found.append(Occurrence(self._began(after), None if end == FOREVER else end))
            else:
                # One that is cut off by the horizon has an end that is seen from its start.
                found.append(Occurrence(start, self.next_change(start) if end == FOREVER else end))
        return tuple(found)

    def spans(self, after: datetime, until: datetime) -> Iterator[Span]:
        """Yield in order the spans of the window that end after `after` and start before `until`.

        They are apart from each other. One that is still open at `until` is told to end never.
        """
        after, last = max(after, self._opens), min(until, self._closes)
        if after >= last:
            return
        for start, end in merged(self._clipped(after, last)):
            if end > after:
                yield start, FOREVER if end >= until else end

    def _covers(self, at: datetime) -> bool:
        """Tell whether an instant is inside, as far as validity lets."""
        spans = self.raw_spans(at, at + timedelta.resolution)
        return any(start <= at < end for start, end in spans)

    def _clipped(self, after: datetime, until: datetime) -> Iterator[Span]:
        for start, end in self.raw_spans(after, until):
            if start >= until:
                return
            first, last = max(start, self._opens), min(end, self._closes)
            if first < last:
                yield first, last

    def _began(self, at: datetime) -> datetime:
        """Return when the occurrence began that is running at an instant."""
        began = at
        for step in _STEPS_BACK:
            begin = at - step
            spans = self.spans(begin, at + timedelta.resolution)
            began = next(start for start, end in spans if end > at)
            if began > begin:
                break
        return began


def merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans, given by their starts, with those that touch or overlap made one."""
    open_: Span | None = None
    for span in spans:
        if open_ is None:
            open_ = span
        elif span[0] <= open_[1]:
            open_ = open_[0], max(open_[1], span[1])
        else:
            yield open_
            open_ = span
    if open_ is not None:
        yield open_
