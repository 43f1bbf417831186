"""What metrics were over the last minutes or days: the memory of the window functions.

A metric is a step function: a value holds until another is observed. Only changes are kept, as far
back as the longest window asks, so a quiet metric costs one point. A window that reaches back
further than was seen gives a `Bound` where that is sound, else raises `Unclear`.
"""

import math
from bisect import bisect_right
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from monitor.core.bound import Bound, Unclear
from monitor.instants import posix_us

LONGEST_WINDOW = timedelta(days=30)
SWEEP_EVERY_S = 3600.0
FORGET_AFTER_S = 86_400.0
"""A subject not seen for so long is forgotten, with a short window too: polls may be rare."""

Identity = tuple[str, str, str]
Spans = Mapping[str, Mapping[int, timedelta]]


@dataclass(slots=True)
class _Series:
    """The changes of one metric of one subject; `risen` is the sum of all rises up to a change.

    `kept_s` is how far back they are kept, `unknown_at` when the metric was last not known.
    """

    known_since: float
    seen_at: float
    kept_s: float
    unknown_at: float = -math.inf
    times: list[float] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    risen: list[float] = field(default_factory=list)

    def observe(self, at: float, value: float | None) -> None:
        """Take a value in. An earlier instant than the last means that the clock was set back."""
        times, values = self.times, self.values
        while times and times[-1] >= at:
            self._drop_last()
        self.seen_at = at
        if not times:
            self.known_since = at
            self._add(at, value, 0.0)
        elif values[-1] != value:
            before = values[-1]
            if before is None:
                before = next((known for known in reversed(values) if known is not None), None)
            rise = 0.0 if value is None or before is None else max(0.0, value - before)
            self._add(at, value, self.risen[-1] + rise)
        if len(times) > 1 and times[1] <= at - self.kept_s:
            self.prune()

    def _add(self, at: float, value: float | None, risen: float) -> None:
        self.times.append(at)
        self.values.append(value)
        self.risen.append(risen)
        if value is None:
            self.unknown_at = at

    def prune(self) -> None:
        """Forget what is too old; the value that was in force at the oldest instant stays."""
        keep = max(0, bisect_right(self.times, self.seen_at - self.kept_s) - 1)
        del self.times[:keep], self.values[:keep], self.risen[:keep]

    def _drop_last(self) -> None:
        self.times.pop()
        self.values.pop()
        self.risen.pop()


class Windows:
    """The recent past of metrics, by subject and position of the metric in its kind.

    `spans` says by kind and position how far back rules look; elsewhere 30 days are kept. `now` is
    the end of every window and the instant of every age (`now_us`: in microseconds since 1970);
    without it a window ends at a metric's last observation. Instants are to come from one clock.
    Not for several threads at once.
    """

    def __init__(self, spans: Spans = MappingProxyType({})) -> None:
        """Start without memory."""
        self._keep_s = {
            (kind, index): span.total_seconds()
            for kind, indexes in spans.items()
            for index, span in indexes.items()
        }
        self._series: dict[tuple[Identity, int], _Series] = {}
        self._now: datetime | None = None
        self._now_s = -math.inf
        self.now_us = -math.inf
        self._swept_s = -math.inf

    @property
    def now(self) -> datetime | None:
        """Return the end of every window."""
        return self._now

    @now.setter
    def now(self, now: datetime) -> None:
        """Set the end of every window; forget, once an hour, subjects not seen for long."""
        self._now = now
        self._now_s = now.timestamp()
        self.now_us = posix_us(now)
        if abs(self._now_s - self._swept_s) >= SWEEP_EVERY_S:
            self._swept_s = self._now_s
            self._series = {
                key: series
                for key, series in self._series.items()
                if series.seen_at >= self._now_s - max(series.kept_s, FORGET_AFTER_S)
            }

    def observe(
        self, identity: Identity, metric_index: int, at: datetime, value: float | None
    ) -> None:
        """Take in what a metric was at an instant; None: it was not known.

        Several at the same instant: the last counts. An instant before the last one known means
        that the clock was set back: what was placed after it is forgotten.
        """
        self.observe_at(identity, metric_index, at.timestamp(), value)

    def observe_at(
        self, identity: Identity, metric_index: int, at_s: float, value: float | None
    ) -> None:
        """Do the same with an instant in POSIX seconds: a poll has thousands of one instant."""
        key = (identity, metric_index)
        series = self._series.get(key)
        if series is None:
            kept_s = self._kept_s(identity, metric_index)
            series = self._series[key] = _Series(at_s, at_s, kept_s)
        series.observe(at_s, value)

    def touch(self, identity: Identity, metric_index: int, at: datetime) -> None:
        """Note that a metric was still what it had been, if it was observed at all, at an instant.

        It is as if it had been observed again; an instant before the last one is left aside.
        """
        series, at_s = self._series.get((identity, metric_index)), at.timestamp()
        if series is not None and series.seen_at < at_s:
            series.seen_at = at_s
            series.prune()

    def take_over(self, before: "Windows", metrics: Container[tuple[str, int]]) -> None:
        """Go on with what others remember of these metrics, given by kind and position."""
        for (identity, index), series in before._series.items():  # noqa: SLF001 - one of its kind
            if (identity[1], index) in metrics:
                series.kept_s = max(series.kept_s, self._kept_s(identity, index))
                self._series[identity, index] = series

    def known_since(self, identity: Identity, metric_index: int) -> float | None:
        """Return since when (POSIX seconds) the metric was seen; None for never."""
        series = self._series.get((identity, metric_index))
        return None if series is None else series.known_since

    def __len__(self) -> int:
        """Return how many metrics of subjects are remembered."""
        return len(self._series)

    def avg(self, identity: Identity, metric_index: int, span_s: float) -> float:
        """Return the mean over the window, each value weighed by the time it held."""
        series, start, end = self._open(identity, metric_index, span_s)
        first = _in_force(series, start)
        if series.times[first] > start:
            raise Unclear
        total = 0.0
        for place in range(first, len(series.times)):
            value = series.values[place]
            if value is None:
                raise Unclear
            until = series.times[place + 1] if place + 1 < len(series.times) else end
            total += value * (until - max(start, series.times[place]))
        return total / (end - start)

    def min(self, identity: Identity, metric_index: int, span_s: float) -> Bound | float:
        """Return the least value of the window, the one in force at its start included."""
        known, is_whole = self._values(identity, metric_index, span_s)
        return min(known) if is_whole else Bound(-math.inf, min(known))

    def max(self, identity: Identity, metric_index: int, span_s: float) -> Bound | float:
        """Return the greatest value of the window, the one in force at its start included."""
        known, is_whole = self._values(identity, metric_index, span_s)
        return max(known) if is_whole else Bound(max(known), math.inf)

    def increase(self, identity: Identity, metric_index: int, span_s: float) -> Bound | float:
        """Return by how much a counter rose within the window; a drop is a reset and counts 0.

        Totals of a queue fall when old items are cleaned away, without anybody working: so a
        drop is never a negative increase. Source: Orchestrator reference, queue retention.
        """
        series, start, _ = self._open(identity, metric_index, span_s)
        times, values = series.times, series.values
        first = _in_force(series, start)
        while values[first] is None:
            first += 1
            if first == len(values):
                raise Unclear
        risen = series.risen[-1] - series.risen[first]
        if times[first] <= start and values[-1] is not None:
            return risen
        return Bound(risen, math.inf, since=times[first])

    def rate(self, identity: Identity, metric_index: int, span_s: float) -> Bound | float:
        """Return the increase within the window per second."""
        return self.increase(identity, metric_index, span_s) / span_s

    def seconds_since_change(self, identity: Identity, metric_index: int) -> Bound | float:
        """Return the seconds since the last change; at least those since the first sight."""
        series = self._series.get((identity, metric_index))
        if series is None:
            raise Unclear
        elapsed = max(self._now_s, series.seen_at) - series.times[-1]
        if series.times[-1] > series.known_since:
            return elapsed
        return Bound(elapsed, math.inf)

    def _values(
        self, identity: Identity, metric_index: int, span_s: float
    ) -> tuple[list[float], bool]:
        """Return the known values of a window, and whether they are all there were."""
        series, start, _ = self._open(identity, metric_index, span_s)
        first = _in_force(series, start)
        values = series.values[first:]
        if series.unknown_at < series.times[first]:
            return values, series.times[first] <= start  # type: ignore[return-value]  # none is None
        known = [value for value in values if value is not None]
        if not known:
            raise Unclear
        return known, series.times[first] <= start and len(known) == len(values)

    def _open(
        self, identity: Identity, metric_index: int, span_s: float
    ) -> tuple[_Series, float, float]:
        series = self._series.get((identity, metric_index))
        if series is None:
            raise Unclear
        end = max(self._now_s, series.seen_at)
        return series, end - span_s, end

    def _kept_s(self, identity: Identity, metric_index: int) -> float:
        return self._keep_s.get((identity[1], metric_index), LONGEST_WINDOW.total_seconds())


def _in_force(series: _Series, start: float) -> int:
    """Return the place of the value in force at an instant; of the first one seen after it."""
    return (bisect_right(series.times, start) or 1) - 1
