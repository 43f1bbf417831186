"""What a metric came to over an hour or a day, made of the runs of its values.

Everything weighs by the time for which it was seen. Instants and times are milliseconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from monitor.core.unseen import UnseenTimes, pieces

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOURS = 24

Row = tuple[int, int, Sequence[float | None]]
"""From when to when, and the values of all metrics."""
Run = tuple[int, int, float, float]
"""From when to when, the value of one metric, and by how much it had risen as it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """One metric of one subject over a time.

    `known_ms` is how long it was seen and known, `changes` how many values began, `risen` the sum
    of all rises: of a total that falls by retention, what came to it. `area` is the value times
    milliseconds, so `area / known_ms` is the mean. `p95` is the least value that it did not exceed
    in 95 % of the known time.
    """

    known_ms: int
    changes: int
    risen: float
    least: float
    greatest: float
    area: float
    last: float
    p95: float

    @property
    def mean(self) -> float:
        """Return the average by time; of a moment without length its value."""
        if not self.known_ms:
            return self.last
        # Rounding must not put an average outside of what was averaged.
        return min(max(self.area / self.known_ms, self.least), self.greatest)

    def is_constant(self, span_ms: int) -> bool:
        """Tell whether it was one and the same value throughout, and before it began."""
        return self.known_ms == span_ms and not self.changes


@dataclass(slots=True)
class Tally:
    """Adds up runs of one metric; `times` is how long each value held."""

    times: dict[float, int] = field(default_factory=dict)
    changes: int = 0
    risen: float = 0.0
    last: float = 0.0

    def add(self, value: float, lasted_ms: int) -> None:
        """Take in a run or a part of one, in the order of time."""
        self.times[value] = self.times.get(value, 0) + lasted_ms
        self.last = value

    def begin(self, risen: float) -> None:
        """Note that a value began, higher by so much."""
        self.changes += 1
        self.risen += risen

    def rollup(self) -> Rollup | None:
        """Return what it comes to; None without any value."""
        times = self.times
        if not times:
            return None
        known_ms = sum(times.values())
        return Rollup(
            known_ms=known_ms,
            changes=self.changes,
            risen=self.risen,
            least=min(times),
            greatest=max(times),
            area=sum(value * lasted for value, lasted in times.items()),
            last=self.last,
            p95=_p95(times, known_ms),
        )


@dataclass(frozen=True, slots=True)
class RolledDay:
    """One metric of one subject over a day, and over each hour of it."""

    day: Rollup
    hours: tuple[Rollup | None, ...]


def roll_day(
    rows: Sequence[Row], metric: int, unseen: UnseenTimes, begin_ms: int
) -> RolledDay | None:
    """Return what a metric of a subject came to over the day that begins at an instant.

    `rows` are its stretches in the order of time, of which those before and after the day do not
    count (by the last before it can be told what has risen); in `unseen` times nobody looked. None
    where nothing is known of it.
    """
    whole = Tally()
    hours = [Tally() for _ in range(HOURS)]
    end_ms = begin_ms + DAY_MS
    for since, until, value, risen in runs(rows, metric):
        if since >= end_ms or (until <= begin_ms and since < begin_ms):
            continue
        parts = pieces(max(since, begin_ms), min(until, end_ms), unseen)
        for start, stop, is_seen in parts:
            if not is_seen:
                continue
            if start == since:
                whole.begin(risen)
                hours[(since - begin_ms) // HOUR_MS].begin(risen)
            whole.add(value, stop - start)
            at = start
            while True:
                hour = (at - begin_ms) // HOUR_MS
                end = min(begin_ms + (hour + 1) * HOUR_MS, stop)
                hours[hour].add(value, end - at)
                at = end
                if at >= stop:
                    break
    day = whole.rollup()
    return None if day is None else RolledDay(day, tuple(tally.rollup() for tally in hours))


def runs(rows: Iterable[Row], metric: int) -> Iterator[Run]:
    """Yield the runs of one metric's value: rows in which only others changed are one.

    What was gone for a while has not risen as it comes back: nobody knows what it did meanwhile.
    """
    since = until = 0
    value: float | None = None
    before: float | None = None
    risen = 0.0
    for begin, end, values in rows:
        now = values[metric]
        if now == value and begin == until:
            until = end
            continue
        if value is not None:
            yield since, until, value, risen
            before = value
        if begin != until:
            before = None
        risen = 0.0 if now is None or before is None else max(0.0, now - before)
        since, until, value = begin, end, now
    if value is not None:
        yield since, until, value, risen


def _p95(times: dict[float, int], known_ms: int) -> float:
    values = sorted(times)
    held = accumulate(map(times.__getitem__, values))
    return next(
        value for value, at_most in zip(values, held, strict=True) if at_most * 100 >= known_ms * 95
    )
