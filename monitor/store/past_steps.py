"""The past step by step: averages by the time that was seen, least and greatest values.

What is over is read from hours and days (see `rolled.py`), where steps are made of whole ones; the
rest from each change.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from monitor.core.kinds import KINDS
from monitor.core.rollup import DAY_MS, HOUR_MS, Tally
from monitor.core.sample import Subject
from monitor.core.unseen import UnseenTimes, pieces, unseen_of
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.past_changes import Wanted, changes, changes_summed
from monitor.store.queries import name_matches
from monitor.store.rolled import Segment, Summed, levels, segments, summed
from monitor.store.store import Store
from monitor.store.stretches import FOREVER_MS, as_number
from monitor.store.tables import SIGHTS, SUBJECTS

Values = Sequence[float | None]
_FEW = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A metric over a step: the average by time, the least and the greatest.

    `p95` is the least value that it did not exceed in 95 % of the time; None where that cannot be
    told: it is of steps of an hour or a day.
    """

    avg: float
    min: float
    max: float
    p95: float | None = None


@dataclass(slots=True)
class SeenStep:
    """A subject over one step of time, and what became of the metrics of `names` in it.

    None stands where nothing was known. `at_ms` is when it begins (milliseconds since 1970),
    `unseen_ms` how long of it the subject was on record and nobody looked.
    """

    subject: Subject
    at_ms: int
    names: Sequence[str]
    values: Sequence[Summary | None]
    unseen_ms: int

    @property
    def at(self) -> datetime:
        """Return when it begins."""
        return EPOCH + self.at_ms * MILLISECOND

    @property
    def unseen(self) -> timedelta:
        """Return how long of it nobody looked."""
        return self.unseen_ms * MILLISECOND

    @property
    def metrics(self) -> Mapping[str, Summary | None]:
        """Return what became of the metrics, by name."""
        return dict(zip(self.names, self.values, strict=True))


def first_step(since: datetime, every: timedelta) -> datetime:
    """Return when the step begins in which an instant lies."""
    return EPOCH + (since - EPOCH) // every * every


def past_steps(
    store: Store,
    kind: str,
    *,
    name_glob: str | None = None,
    metrics: Sequence[str] | None = None,
    since: datetime,
    until: datetime,
    every: timedelta,
    unseen: Mapping[str, UnseenTimes],
) -> Iterator[SeenStep]:
    """Yield averages by time, least and greatest values for each step, by subject and time.

    Steps begin at multiples of `every` since 1970 (whole hours, whole days in UTC). `unseen` are
    the times of each tenant in which nobody looked: no value counts then, and a step that was
    wholly unseen comes without values. An open stretch counts as far as it was seen to last.
    `metrics` are those that are wanted (None: all).

    Raises:
        ValueError: `every` is shorter than a millisecond.
    """
    if every < MILLISECOND:
        raise ValueError("a step must be longer than nothing")
    begin = first_step(since, every)
    names = tuple(metrics or (metric.name for metric in KINDS[kind].metrics))
    steps = _Steps(to_ms(begin), every // MILLISECOND, names)
    with store.reading() as connection:
        tenants = _subjects(connection, kind, name_glob)
        for tenant, there in sorted(tenants.items()):
            blind = unseen.get(tenant, ())
            reader = _Reader(connection, kind, tenant, there, steps, blind)
            reader.read(to_ms(since), to_ms(until))
            for one in sorted(there.values(), key=lambda one: (one.subject.name, one.subject.key)):
                for step, sums in sorted(one.steps.items()):
                    at_ms = steps.begin_ms + step * steps.every_ms
                    values = tuple(map(_summary, sums.metrics))
                    yield SeenStep(one.subject, at_ms, names, values, sums.unseen)
                one.steps.clear()


@dataclass(slots=True)
class _Sum:
    """One metric over one step. A moment without length counts for the least and the greatest.

    `times` tells how long each value held, for a step whose `p95` is to be told of changes.
    """

    weight: int = 0
    area: float = 0.0
    least: float = math.inf
    greatest: float = -math.inf
    p95: float | None = None
    times: Tally | None = None

    def add(self, value: float, weight: int) -> None:
        self.weight += weight
        self.area += weight * value
        self.least = min(self.least, value)
        self.greatest = max(self.greatest, value)
        if self.times is not None:
            self.times.add(value, weight)

    def add_summed(self, one: Summed, *, is_all: bool) -> None:
        self.weight += one.known_ms
        self.area += one.area
        self.least = min(self.least, one.least)
        self.greatest = max(self.greatest, one.greatest)
        self.times = None
        self.p95 = one.p95 if is_all else None


@dataclass(slots=True)
class _Step:
    metrics: list[_Sum]
    unseen: int = 0


@dataclass(slots=True)
class _Subject:
    """A subject and its steps; from when to when it was on record."""

    subject: Subject
    first_ms: int
    last_ms: int
    steps: dict[int, _Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Steps:
    begin_ms: int
    every_ms: int
    names: tuple[str, ...]

    @property
    def has_p95(self) -> bool:
        return self.every_ms in (HOUR_MS, DAY_MS)

    def of(self, one: _Subject, step: int) -> _Step:
        found = one.steps.get(step)
        if found is None:
            sums = [_Sum(times=Tally() if self.has_p95 else None) for _ in self.names]
            found = one.steps[step] = _Step(sums)
        return found

    def split(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield (step, how long in it); a moment without length lies in one step."""
        start, stop = start - self.begin_ms, stop - self.begin_ms
        step = start // self.every_ms
        while True:
            end = min((step + 1) * self.every_ms, stop)
            yield step, end - start
            if end >= stop:
                return
            start, step = end, step + 1


class _Reader:
    """Reads the steps of one tenant's subjects."""

    def __init__(
        self,
        connection: Connection,
        kind: str,
        tenant: str,
        there: Mapping[int, _Subject],
        steps: _Steps,
        blind: UnseenTimes,
    ) -> None:
        self._connection = connection
        self._kind = kind
        self._there = there
        self._steps = steps
        self._blind = blind
        self._levels = levels(connection, tenant, kind, steps.every_ms)
        observed = as_number(SIGHTS.c.observed_at)
        seen = select(observed).where(SIGHTS.c.tenant == tenant, SIGHTS.c.kind == kind)
        self._seen_ms = connection.scalar(seen) or 0

    def read(self, since_ms: int, until_ms: int) -> None:
        for part in segments(since_ms, until_ms, self._levels):
            if part.level is None:
                self._read_changes(part)
            else:
                self._read_summed(part)
                self._add_unseen(part)

    def _read_changes(self, part: Segment) -> None:
        """Read each change; where a few steps are seen throughout, the database adds them up."""
        steps = self._steps
        every = list(steps.split(part.begin_ms, part.end_ms))
        is_calm = not any(unseen_of(part.begin_ms, part.end_ms, self._blind))
        if is_calm and not steps.has_p95 and len(every) <= _FEW:
            begin_ms = part.begin_ms
            for step, length in every:
                self._add_up(step, begin_ms, begin_ms + length, is_first=begin_ms == part.begin_ms)
                begin_ms += length
        else:
            self._read_each(part)

    def _add_up(self, step: int, begin_ms: int, end_ms: int, *, is_first: bool) -> None:
        wanted = self._wanted(begin_ms, end_ms)
        for one in changes_summed(self._connection, wanted, self._seen_ms, is_first=is_first):
            subject = self._there.get(one.subject_id)
            if subject is not None:
                self._steps.of(subject, step).metrics[one.metric].add_summed(one, is_all=False)

    def _read_each(self, part: Segment) -> None:
        wanted = self._wanted(part.begin_ms, part.end_ms)
        for subject_id, begin, end, *values in changes(self._connection, wanted):
            last, goes_on = self._reach(begin, end)
            start, stop = max(begin, part.begin_ms), min(last, part.end_ms)
            if start > stop:
                continue
            one = self._there[subject_id]
            goes_on = goes_on and last == stop
            for since, until, is_seen in pieces(start, stop, self._blind, goes_on=goes_on):
                for step, length in self._steps.split(since, until):
                    self._add(self._steps.of(one, step), values, length, is_seen=is_seen)

    def _wanted(self, begin_ms: int, end_ms: int) -> Wanted:
        return Wanted(self._kind, self._steps.names, self._there.keys(), begin_ms, end_ms)

    def _add(self, step: _Step, values: Values, length: int, *, is_seen: bool) -> None:
        if not is_seen:
            step.unseen += length
            return
        for place, value in enumerate(values):
            if value is not None:
                step.metrics[place].add(value, length)

    def _reach(self, begin: int, end: int) -> tuple[int, bool]:
        """Return up to when a stretch is told, and whether its value was seen then.

        An open one is told through the time at its end in which nobody looked.
        """
        if end != FOREVER_MS:
            return end, False
        end = max(begin, self._seen_ms)
        blind = self._blind
        if blind and blind[-1][0] <= end < blind[-1][1]:
            return blind[-1][1], False
        return end, True

    def _read_summed(self, part: Segment) -> None:
        steps, there = self._steps, self._there
        for one in summed(
            self._connection, self._kind, steps.names, part, steps.every_ms, there.keys()
        ):
            subject = there.get(one.subject_id)
            if subject is None:
                continue
            is_all = one.span_ms == steps.every_ms
            for place in range(one.count):
                at_ms = one.at_ms + place * one.span_ms
                step = steps.of(subject, (at_ms - steps.begin_ms) // steps.every_ms)
                step.metrics[one.metric].add_summed(one, is_all=is_all)

    def _add_unseen(self, part: Segment) -> None:
        """Tell when nobody looked: of steps in which something is known, or all of which it was."""
        steps = self._steps
        for one in self._there.values():
            first, last = max(part.begin_ms, one.first_ms), min(part.end_ms, one.last_ms)
            if first >= last:
                continue
            for since, until in unseen_of(first, last, self._blind):
                for number, length in steps.split(since, until):
                    if length and (number in one.steps or length == steps.every_ms):
                        steps.of(one, number).unseen += length


def _summary(one: _Sum) -> Summary | None:
    if one.least > one.greatest:
        return None
    # Rounding must not put an average outside of what was averaged.
    average = min(max(one.area / one.weight, one.least), one.greatest) if one.weight else one.least
    told = None if one.times is None else one.times.rollup()
    p95 = one.p95 if told is None else told.p95
    return Summary(avg=average, min=one.least, max=one.greatest, p95=p95)


def _subjects(
    connection: Connection, kind: str, name_glob: str | None
) -> Mapping[str, dict[int, _Subject]]:
    """Return the subjects of a kind whose name matches, gone ones included, by tenant and id."""
    found: dict[str, dict[int, _Subject]] = {}
    moving = frozenset(KINDS[kind].moving)
    subject = SUBJECTS.c
    wanted = select(
        subject.id,
        subject.tenant,
        subject.key,
        subject.name,
        subject.labels,
        as_number(subject.first_seen_at).label("first_ms"),
        as_number(subject.gone_at).label("gone_ms"),
    ).where(subject.kind == kind)
    for row in connection.execute(wanted):
        if name_matches(row.name, name_glob):
            # Over a step, labels that move have no one value.
            labels = {name: value for name, value in row.labels.items() if name not in moving}
            one = Subject(tenant=row.tenant, kind=kind, key=row.key, name=row.name, labels=labels)
            last = FOREVER_MS if row.gone_ms is None else row.gone_ms
            found.setdefault(row.tenant, {})[row.id] = _Subject(one, row.first_ms, last)
    return found
