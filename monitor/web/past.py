"""The past of subjects, as `history` and `/api/history` tell it: changes, or steps of time."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from monitor.config.plugins import collectors
from monitor.core.kinds import Kind, Metric
from monitor.core.sample import Subject
from monitor.core.unseen import UnseenTimes, unseen_of
from monitor.store.history import history
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.past_steps import Summary, past_steps
from monitor.store.sightings import unseen_times
from monitor.store.store import Store

DEFAULT_SINCE = timedelta(days=1)
PARTS = ("min", "avg", "max")
P95_OF = (timedelta(hours=1), timedelta(days=1))
# Instants of the history are the server's, whose clock may be ahead of ours; nothing is known
# beyond the newest poll, so looking a day too far adds nothing.
_AHEAD = timedelta(days=1)

Value = float | Summary | None
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked. `until` is now, or before; without `every` it is about changes.

    `only` are the metrics that are asked for, () for all: see `metrics_of`.
    """

    kind: Kind
    name: str | None
    since: datetime
    until: datetime
    now: datetime
    every: timedelta | None
    only: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics that are asked for, in the order of their kind."""
        every = self.kind.metrics
        return tuple(one for one in every if one.name in self.only) if self.only else every

    @property
    def names(self) -> tuple[str, ...] | None:
        """Return the names of the metrics, None for all of the kind."""
        return tuple(one.name for one in self.metrics) if self.only else None

    @property
    def parts(self) -> tuple[str, ...]:
        """Return what is told of each metric over a step."""
        return (*PARTS, "p95") if self.every in P95_OF else PARTS

    @property
    def end(self) -> datetime:
        """Return up to when the history is read."""
        return self.until if self.until < self.now else self.now + _AHEAD


@dataclass(slots=True)
class Row:
    """One subject at one time; `until_ms` only for a recorded change that is over.

    `values` are in the order of the metrics that were asked for. `unseen_ms` is how long of it,
    within the time that was asked for, nobody looked; `gaps` are these times, for a recorded
    change. Milliseconds, instants since 1970: there may be millions of rows, so each is as plain as
    can be, and nobody changes one.
    """

    subject: Subject
    at_ms: int
    until_ms: int | None
    values: Sequence[Value]
    unseen_ms: int = 0
    gaps: Sequence[tuple[int, int]] = ()

    @property
    def at(self) -> datetime:
        """Return when it began."""
        return _instant(self.at_ms)

    @property
    def until(self) -> datetime | None:
        """Return when a recorded change was over."""
        return None if self.until_ms is None else _instant(self.until_ms)

    @property
    def unseen(self) -> timedelta:
        """Return how long of it nobody looked."""
        return self.unseen_ms * MILLISECOND


class Past:
    """The answer to a question. `running` are the collectors that run, with their intervals."""

    def __init__(self, store: Store, running: Mapping[str, timedelta], asked: Question) -> None:
        """Read nothing yet."""
        self.asked = asked
        self._store = store
        self._running = running

    @cached_property
    def unseen(self) -> Mapping[str, UnseenTimes]:
        """Return by tenant when nobody looked, in milliseconds since 1970."""
        kind = self.asked.kind.name
        name = next(one for one, plugin in collectors().items() if kind in plugin.kinds)
        every = self._running.get(name, collectors()[name].every)
        return unseen_times(
            self._store, name, every=every, since=self.asked.since, until=self.asked.until
        )

    def gaps(self, tenant: str) -> Sequence[Span]:
        """Return when nobody looked at a tenant, within the time that was asked for."""
        begin, end = to_ms(self.asked.since), to_ms(self.asked.until)
        return [
            (_instant(start), _instant(stop))
            for start, stop in unseen_of(begin, end, self.unseen.get(tenant, ()))
            if start < stop
        ]

    def rows(self) -> Iterator[Row]:
        """Yield what was recorded, oldest first; or a row for each subject and step."""
        return self._changes() if self.asked.every is None else self._steps(self.asked.every)

    def _changes(self) -> Iterator[Row]:
        asked = self.asked
        unseen = self.unseen
        begin, end = to_ms(asked.since), to_ms(asked.until)
        for stretch in history(
            self._store,
            asked.kind.name,
            name_glob=asked.name,
            metrics=asked.names,
            since=asked.since,
            until=asked.end,
        ):
            row = Row(stretch.subject, stretch.begin_ms, stretch.end_ms, stretch.values)
            blind = unseen.get(stretch.subject.tenant)
            if blind:
                start = max(stretch.begin_ms, begin)
                stop = end if stretch.end_ms is None else min(stretch.end_ms, end)
                missed = [span for span in unseen_of(start, stop, blind) if span[0] < span[1]]
                row.unseen_ms, row.gaps = sum(stop - start for start, stop in missed), missed
            yield row

    def _steps(self, every: timedelta) -> Iterator[Row]:
        asked = self.asked
        for step in past_steps(
            self._store,
            asked.kind.name,
            name_glob=asked.name,
            metrics=asked.names,
            since=asked.since,
            until=asked.end,
            every=every,
            unseen=self.unseen,
        ):
            yield Row(step.subject, step.at_ms, None, step.values, step.unseen_ms)


def metrics_of(kind: Kind, names: Collection[str]) -> tuple[str, ...]:
    """Return names of metrics as they are.

    Raises:
        ValueError: the kind has no such metric; names those that it has.
    """
    known = [metric.name for metric in kind.metrics]
    for name in names:
        if name not in known:
            msg = f"{kind.plural} have no {name[:60]!r}; there are {', '.join(known)}"
            raise ValueError(msg)
    return tuple(names)


def tenants_of(rows: Collection[Row]) -> Sequence[str]:
    """Return the tenants that rows speak of, by name."""
    return sorted({row.subject.tenant for row in rows})


def _instant(milliseconds: int) -> datetime:
    return EPOCH + milliseconds * MILLISECOND
