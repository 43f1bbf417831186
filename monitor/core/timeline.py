"""A timeline: what subjects, people and channels do step by step, and how it is played."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from monitor.core.alert import Alert
from monitor.core.delivery import Delivered, Outcome, Retryable
from monitor.core.kinds import KINDS, Values
from monitor.core.matching import Where
from monitor.core.mute import Silence
from monitor.core.plan import Plan
from monitor.core.rehearsal import ACKNOWLEDGED_FOR, Rehearsal
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.instants import posix_us


class Mark(Enum):
    """What stands for a step without values."""

    ABSENT = "_"
    FAILED = "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the polls show of a subject, one step after the other; the last goes on."""

    subject: Subject
    steps: tuple[Values | Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A channel takes no message; half-open."""

    channel: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Somebody acknowledges what is firing and matches."""

    at: datetime
    where: Where
    note: str = ""
    lasts: timedelta = ACKNOWLEDGED_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The monitor is not running; half-open. One of no length is a restart."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What happens. Everything is polled at each of the `steps`, `every` so long.

    After the last step time goes on to just before `ends_at`. The `pauses` do not overlap.
    """

    start: datetime
    every: timedelta
    steps: int
    ends_at: datetime
    series: Sequence[Series] = ()
    silences: Sequence[Silence] = ()
    outages: Sequence[Outage] = ()
    acks: Sequence[Ack] = ()
    pauses: Sequence[Pause] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Who plays: the plan, and the collectors with the kinds that each answers for."""

    plan: Plan
    collector_kinds: Mapping[str, tuple[str, ...]]
    tenants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What came of a timeline: the open alerts right after each step, and the whole run.

    `in_vain` are the acknowledgements that found nothing to acknowledge.
    """

    run: Rehearsal
    open_at: Mapping[datetime, Sequence[Alert]]
    in_vain: Sequence[Ack]


def play(timeline: Timeline, stage: Stage) -> Performance:
    """Play a timeline to its end."""
    run = Rehearsal(
        plan=stage.plan,
        collector_kinds=stage.collector_kinds,
        tenants=stage.tenants,
        started_at=timeline.start,
        accepts=_accepting(timeline.outages),
    )
    run.silence(timeline.silences)
    polls = _Polls(timeline.series, stage.collector_kinds)
    open_at: dict[datetime, Sequence[Alert]] = {}
    in_vain: list[Ack] = []
    is_off = False
    for at, _, happening in _agenda(timeline):
        if isinstance(happening, Ack):
            count = run.acknowledge(
                happening.where,
                at,
                author="the test",
                note=happening.note,
                lasts=happening.lasts,
            )
            if not count:
                in_vain.append(happening)
        elif isinstance(happening, int):
            if not is_off:
                run.poll(polls.at(happening, at), at)
            open_at[at] = run.open
        elif happening is _Switch.OFF:
            run.advance(at)
            is_off = True
        else:
            run.restart(at)
            is_off = False
    if not is_off:
        run.advance(timeline.ends_at)
    return Performance(run=run, open_at=open_at, in_vain=in_vain)


class _Switch(Enum):
    OFF = "off"
    ON = "on"


_Happening = int | Ack | _Switch


def _agenda(timeline: Timeline) -> Iterator[tuple[datetime, int, _Happening]]:
    """Yield what happens, in its order: at one instant a start, then the poll, then people."""
    others: list[tuple[datetime, int, _Happening]] = []
    for pause in timeline.pauses:
        others.append((pause.starts_at, 0, _Switch.OFF))
        others.append((pause.ends_at, 1, _Switch.ON))
    others += [(ack.at, 3, ack) for ack in timeline.acks]
    last = timeline.start + (timeline.steps - 1) * timeline.every
    others = [entry for entry in others if entry[0] <= last or entry[0] < timeline.ends_at]
    polls: Iterator[tuple[datetime, int, _Happening]] = (
        (timeline.start + step * timeline.every, 2, step) for step in range(timeline.steps)
    )
    return heapq.merge(sorted(others, key=_when), polls, key=_when)


def _when(entry: tuple[datetime, int, _Happening]) -> tuple[datetime, int]:
    return entry[:2]


def _accepting(outages: Sequence[Outage]) -> Callable[[str, datetime], Outcome]:
    def accepts(channel: str, now: datetime) -> Outcome:
        for outage in outages:
            if outage.channel == channel and outage.starts_at <= now < outage.ends_at:
                return Retryable("the channel is down")
        return Delivered()

    return accepts


class _Polls:
    """What each collector of each tenant brings home, step by step, beginning with the first."""

    def __init__(
        self, series: Sequence[Series], collector_kinds: Mapping[str, tuple[str, ...]]
    ) -> None:
        by_poll: dict[tuple[str, str], list[Series]] = {}
        for one in series:
            collector = next(c for c, kinds in collector_kinds.items() if one.subject.kind in kinds)
            by_poll.setdefault((one.subject.tenant, collector), []).append(one)
        self._polls = [
            _Poll(tenant, collector, collector_kinds[collector], tuple(of_poll))
            for (tenant, collector), of_poll in by_poll.items()
        ]

    def at(self, step: int, now: datetime) -> list[Snapshot]:
        return [poll.at(step, now) for poll in self._polls]


class _Poll:
    """What one collector of one tenant brings home; only what changes is made anew."""

    def __init__(
        self, tenant: str, collector: str, kinds: tuple[str, ...], series: Sequence[Series]
    ) -> None:
        self._tenant = tenant
        self._collector = collector
        self._kinds = kinds
        self._series = series
        self._shown: list[Values | Mark] = [Mark.ABSENT] * len(series)
        self._samples: list[Sample | Mark] = [Mark.ABSENT] * len(series)
        self._changes: dict[int, list[int]] = {}
        for place, one in enumerate(series):
            before: Values | Mark | None = None
            for step, shown in enumerate(one.steps):
                if shown != before:
                    self._changes.setdefault(step, []).append(place)
                before = shown
        self._aged: set[int] = set()
        self._outcome: tuple[Sample, ...] | Failed = ()
        self._next = 0

    def at(self, step: int, now: datetime) -> Snapshot:
        # An age that a series shows again is that of another instant.
        moved = set(self._aged)
        while self._next <= step:
            for place in self._changes.get(self._next, ()):
                moved.add(place)
                self._shown[place] = self._series[place].steps[self._next]
            self._next += 1
        for place in moved:
            self._show(place, posix_us(now))
        if moved:
            self._outcome = (
                Failed(kind="unreachable", message="the poll failed")
                if Mark.FAILED in self._samples
                else tuple(one for one in self._samples if isinstance(one, Sample))
            )
        outcome = self._outcome
        return Snapshot(
            tenant=self._tenant,
            collector=self._collector,
            started_at=now,
            took_s=0.0,
            requests=1,
            outcome=outcome
            if isinstance(outcome, Failed)
            else Collected(kinds=self._kinds, samples=outcome, observed_at=now),
        )

    def _show(self, place: int, at_us: float) -> None:
        subject, shown = self._series[place].subject, self._shown[place]
        self._aged.discard(place)
        if isinstance(shown, Mark):
            self._samples[place] = shown
            return
        kind = KINDS[subject.kind]
        self._samples[place] = Sample(subject, kind.values_of(shown, at_us))
        if any(shown[age] is not None for age in kind.ages):
            self._aged.add(place)
