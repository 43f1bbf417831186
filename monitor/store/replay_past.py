"""What a daemon would have found in the database at an instant of the past."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from monitor.core.kinds import KINDS
from monitor.core.sample import Subject
from monitor.store.instants import EPOCH, MILLISECOND
from monitor.store.replay_estate import Estate
from monitor.store.series import Open, Point, points
from monitor.store.states import CollectorState

ChannelFailure = tuple[int, datetime, str]


class Poll(NamedTuple):
    """A poll as it is recorded, instants in milliseconds; `settled_us` in microseconds."""

    tenant: str
    collector: str
    started_ms: int
    took_s: float
    outcome: str
    error: str | None
    samples: int
    skipped: int
    requests: int
    observed_ms: int | None
    settled_us: int
    partial: int
    id: int


@dataclass(slots=True)
class _State:
    outcome: str
    since_ms: int
    polled_ms: int = 0
    seen_ms: int | None = None
    error: str | None = None
    failures: int = 0
    samples: int = 0


@dataclass(slots=True)
class Seen:
    """What has been replayed so far. What is there is in `estates`."""

    connection: Connection
    estates: Mapping[tuple[str, str], Estate]
    _states: dict[tuple[str, str], _State] = field(default_factory=dict)
    _failures: dict[str, ChannelFailure] = field(default_factory=dict)

    def polled(self, poll: Poll) -> None:
        """Take in a poll; what is made of it is what the store keeps of a collector's state."""
        key = (poll.tenant, poll.collector)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State(poll.outcome, poll.started_ms)
        elif state.outcome != poll.outcome:
            state.outcome, state.since_ms = poll.outcome, poll.started_ms
        state.polled_ms, state.error = poll.started_ms, poll.error
        if poll.error is None:
            state.seen_ms, state.failures, state.samples = poll.started_ms, 0, poll.samples
        else:
            state.failures += 1

    def attempted(self, channel: str, *, is_sent: bool, error: str | None, at: datetime) -> None:
        """Take in an attempt to deliver."""
        if is_sent:
            self._failures.pop(channel, None)
            return
        count, since, _ = self._failures.get(channel, (0, at, ""))
        self._failures[channel] = (count + 1, since, error or "")

    def channel_failures(self) -> Mapping[str, ChannelFailure]:
        """Return the channels whose last attempt failed."""
        return dict(self._failures)

    def collector_states(self) -> Sequence[CollectorState]:
        """Return every collector's state, by tenant and name."""
        return [
            CollectorState(
                tenant=tenant,
                collector=collector,
                outcome=state.outcome,
                outcome_since=EPOCH + state.since_ms * MILLISECOND,
                last_poll_at=EPOCH + state.polled_ms * MILLISECOND,
                last_success_at=None
                if state.seen_ms is None
                else EPOCH + state.seen_ms * MILLISECOND,
                last_error=state.error,
                failures=state.failures,
                samples=state.samples,
            )
            for (tenant, collector), state in sorted(self._states.items())
        ]

    def known_subjects(self, kinds: Iterable[str]) -> Sequence[Subject]:
        """Return the subjects of these kinds that were there."""
        wanted = set(kinds)
        return [
            one.subject
            for (_, kind), estate in self.estates.items()
            if kind in wanted
            for _, one in sorted(estate.there.items())
        ]

    def load_series(self, kind: str, metric: str, since: datetime) -> Sequence[Point]:
        """Return a metric's recorded values of every subject that was there."""
        index = KINDS[kind].index(metric)
        there = {
            subject_id: Open(
                one.subject.identity,
                EPOCH + one.since_ms * MILLISECOND,
                estate.recorded(one)[index],
                EPOCH + estate.last_ms * MILLISECOND,
            )
            for (_, of_kind), estate in self.estates.items()
            if of_kind == kind
            for subject_id, one in estate.there.items()
        }
        return points(self.connection, kind, metric, since, there)
