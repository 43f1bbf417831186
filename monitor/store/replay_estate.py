"""The subjects of a kind of a tenant as they were at a poll, made of what is recorded."""

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, TypeGuard

from monitor.core.kinds import MINUTE_S, Kind, Values
from monitor.core.sample import Sample, Subject
from monitor.store.kind_tables import is_flag
from monitor.store.load_book import read_values

US_PER_MS = 1000
US_PER_S = 1_000_000

Row = Sequence[Any]
"""valid_from, valid_to (None while it lasts), the subject's id, the moving labels, the metrics."""

_LABELS = 3


@dataclass(slots=True)
class Sight:
    """The instant of the newest good poll, in microseconds by the server's clock."""

    now_us: int = 0


class Aging(Sample):
    """A sample with values that time may move: what they are is found out when asked.

    `moved_by_time` are their positions, and the seconds in which each rises by one. `grows` tells
    whether time alone moves one of them.
    """

    __slots__ = (
        "_grown",
        "_grown_us",
        "_kind",
        "_moved_by_time",
        "_recorded",
        "_sight",
        "_since_us",
        "grows",
    )

    def __init__(
        self,
        subject: Subject,
        recorded: Values,
        since_us: int,
        kind: Kind,
        moved_by_time: Sequence[tuple[int, float]],
        sight: Sight,
    ) -> None:
        """Take what was recorded, and when it was so."""
        self.subject = subject
        self._recorded = recorded
        self._since_us = since_us
        self._kind = kind
        self._moved_by_time = moved_by_time
        self._sight = sight
        self._grown_us = -1
        self._grown = recorded
        self.grows = any(_grows(recorded[index], unit_s) for index, unit_s in moved_by_time)

    @property
    def values(self) -> Values:  # type: ignore[override]  # read-only, as nobody changes a sample
        """Return the values at the newest good poll."""
        now_us = self._sight.now_us
        if self._grown_us != now_us:
            self._grown_us = now_us
            self._grown = self._grow(now_us)
        return self._grown

    def _grow(self, now_us: int) -> Values:
        """Return what the values have become by the time alone, as a sample holds them.

        One that would have been recorded anew by now has begun anew meanwhile, nobody knows when:
        it stays what it was.
        """
        values = list(self._recorded)
        for index, unit_s in self._moved_by_time:
            value = values[index]
            if not _grows(value, unit_s):
                continue
            began_us = self._since_us - round(value * unit_s * US_PER_S)
            if unit_s > 0:
                now = (now_us - began_us) / US_PER_S / unit_s
            else:
                now = (now_us / US_PER_S - began_us / US_PER_S) / unit_s
            step = self._kind.metrics[index].step
            if step(now) == step(value):
                values[index] = now
        return self._kind.values_of(tuple(values), now_us)


def _grows(value: float | None, unit_s: float) -> TypeGuard[float]:
    """Tell whether time alone moves a value. An age below a minute begins anew all the time."""
    if value is None or not unit_s or not isfinite(value):
        return False
    return unit_s < 0 or value >= MINUTE_S


@dataclass(slots=True)
class There:
    """A subject that is there: the row of its open stretch at this time.

    `seen_us` is when it began by the clock of the answer, which need not run forwards.
    """

    subject: Subject
    row: Row
    seen_us: int = 0

    @property
    def since_ms(self) -> int:
        """Return when the stretch began."""
        began: int = self.row[0]
        return began


@dataclass(slots=True)
class Estate:
    """Moves from poll to poll.

    `names` are those of all subjects that ever were, by id. Of the metrics that time alone moves
    only those `spoken_of` are followed (None: all): of the others the last that was recorded
    stays. What is recorded comes into `rows`, `renames` and `absences` as it is read, in the order
    in which it began, and waits for its poll.
    """

    kind: Kind
    names: dict[int, Subject]
    there: dict[int, There] = field(default_factory=dict)
    absent: set[int] = field(default_factory=set)
    last_ms: int = 0
    rows: deque[Row] = field(default_factory=deque)
    renames: deque[tuple[int, int, Subject]] = field(default_factory=deque)
    absences: deque[Row] = field(default_factory=deque)
    samples: tuple[Sample, ...] = ()
    moved: list[Sample] = field(default_factory=list)
    left: list[Subject] = field(default_factory=list)
    spoken_of: Collection[str] | None = None
    _ends: list[tuple[int, int]] = field(default_factory=list)
    _sight: Sight = field(default_factory=Sight)
    _shown: dict[int, Sample] = field(default_factory=dict)
    _aging: dict[int, Sample] = field(default_factory=dict)
    _first: int = field(init=False)
    _has_flags: bool = field(init=False)
    _moved_by_time: Sequence[tuple[int, float]] = field(init=False)
    _moving_places: Collection[int] = field(init=False)

    def __post_init__(self) -> None:
        """Find where the metrics are, and which of them are moved by time alone."""
        self._first = _LABELS + len(self.kind.moving)
        self._has_flags = any(is_flag(metric.name) for metric in self.kind.metrics)
        self._moved_by_time = [
            (index, metric.rises_every_s)
            for index, metric in enumerate(self.kind.metrics)
            if metric.rises_every_s and (self.spoken_of is None or metric.name in self.spoken_of)
        ]
        # An age that does not grow is that of another instant at each poll.
        self._moving_places = {place for place, _ in self._moved_by_time}.union(self.kind.ages)

    def at_ms(self, observed_ms: int) -> int:
        """Return the instant under which a poll was recorded: history runs forwards."""
        return max(observed_ms, self.last_ms + 1)

    def move(self, at_ms: int, observed_ms: int) -> bool:
        """Go on to a poll; tell whether more than the time has moved since the last one.

        `samples` are those of its answer, by the order in which the subjects were first seen,
        `moved` those that are not as they were, `left` the subjects that are no longer there.
        """
        self.last_ms = at_ms
        self._sight.now_us = observed_ms * US_PER_MS
        touched: set[int] = set()
        while self.renames and self.renames[0][0] <= at_ms:
            touched.add(self._rename(*self.renames.popleft()[1:]))
        self._take_rows(at_ms, observed_ms, touched)
        while self.absences and self.absences[0][0] <= at_ms:
            touched.add(self._miss(*self.absences.popleft()[1:]))
        while self._ends and self._ends[0][0] <= at_ms:
            touched.add(self._meet(*heapq.heappop(self._ends)))
        if touched:
            self._show(touched)
        else:
            self.moved, self.left = [], []
        self.moved += self._aging.values()
        return bool(touched)

    def _show(self, touched: Iterable[int]) -> None:
        shown, aging, moved = self._shown, self._aging, []
        left: list[Subject] = []
        are_new = False
        for subject_id in touched:
            one = self.there.get(subject_id)
            before = aging.pop(subject_id, None) if aging else None
            if one is None or subject_id in self.absent:
                before = shown.pop(subject_id, before)
                if before is not None:
                    left.append(before.subject)
                continue
            are_new = are_new or subject_id not in shown
            shown[subject_id] = sample = self._sample(one)
            if isinstance(sample, Aging) and sample.grows:
                aging[subject_id] = sample
            else:
                moved.append(sample)
        if are_new:
            self._shown = shown = dict(sorted(shown.items()))
        self.samples = tuple(shown.values())
        self.moved, self.left = moved, left

    def recorded(self, one: There) -> Values:
        """Return the values that are recorded of a subject."""
        values = tuple(one.row[self._first :])
        return read_values(values) if self._has_flags else values

    def _rename(self, subject_id: int, named: Subject) -> int:
        self.names[subject_id] = named
        one = self.there.get(subject_id)
        if one is not None:
            one.subject = self._subject(subject_id, one.row)
        return subject_id

    def _take_rows(self, at_ms: int, observed_ms: int, touched: set[int]) -> None:
        rows, there, moving = self.rows, self.there, slice(_LABELS, self._first)
        while rows and rows[0][0] <= at_ms:
            row = rows.popleft()
            subject_id = row[2]
            touched.add(subject_id)
            one = there.get(subject_id)
            if one is None:
                one = there[subject_id] = There(self._subject(subject_id, row), row)
            elif one.row[moving] != row[moving]:
                one.subject = self._subject(subject_id, row)
            one.row = row
            one.seen_us = (observed_ms if row[0] == at_ms else row[0]) * US_PER_MS

    def _miss(self, subject_id: int, ended_ms: int | None) -> int:
        self.absent.add(subject_id)
        if ended_ms is not None:
            heapq.heappush(self._ends, (ended_ms, subject_id))
        return subject_id

    def _meet(self, ended_ms: int, subject_id: int) -> int:
        """End an absence: it is back, or its stretch had ended when it was first missed."""
        self.absent.discard(subject_id)
        one = self.there.get(subject_id)
        if one is not None and one.row[1] is not None and one.row[1] < ended_ms:
            del self.there[subject_id]
        return subject_id

    def _subject(self, subject_id: int, row: Row) -> Subject:
        named = self.names[subject_id]
        if not self.kind.moving:
            return named
        states = dict(zip(self.kind.moving, row[_LABELS : self._first], strict=True))
        return Subject(
            tenant=named.tenant,
            kind=named.kind,
            key=named.key,
            name=named.name,
            labels={**named.labels, **states},
        )

    def _sample(self, one: There) -> Sample:
        values = self.recorded(one)
        if all(values[place] is None for place in self._moving_places):
            return Sample(one.subject, values)
        return Aging(one.subject, values, one.seen_us, self.kind, self._moved_by_time, self._sight)
