"""The recorded past as it happened: polls with all they showed, and what else the daemon went by.

It is read once, in the order of time, and little of it is held at a time. What cannot be told any
more: an age below a minute (see `steps.py`), and a poll whose transaction failed.
"""

import heapq
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, func, select

from monitor.core.delivery import DeliveryState
from monitor.core.happening import Acknowledged, Attempted, Happening, Polled, Turned
from monitor.core.mute import Silence
from monitor.core.sample import Collected, Failed, Movement, Sample, Snapshot
from monitor.core.turn import Turn
from monitor.store import replay_rows as rows
from monitor.store.instants import EPOCH, MICROSECOND, MILLISECOND
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.replay_estate import Estate
from monitor.store.replay_past import Poll, Seen
from monitor.store.store import Store
from monitor.store.tables import POLLS

_WHOLE_EVERY_MS = 1_800_000
_STATES = {"sent": DeliveryState.SENT, "retry": DeliveryState.DUE, "dead": DeliveryState.DEAD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The past between two instants. `happenings` are to be read once, while it is open."""

    polls: int
    silences: tuple[Silence, ...]
    happenings: Iterator[Happening]


def recorded_since(store: Store) -> datetime | None:
    """Return when the oldest poll that is kept was judged; None where there is none."""
    with store.reading() as connection:
        oldest: datetime | None = connection.scalar(select(func.min(POLLS.c.settled_at)))
        return oldest


@contextmanager
def recording(
    store: Store,
    collector_kinds: Mapping[str, tuple[str, ...]],
    since: datetime,
    until: datetime,
    spoken_of: Collection[str] | None = None,
) -> Iterator[Recording]:
    """Open the past from `since` to before `until`, of all tenants; the database is only read.

    `collector_kinds` are the kinds that each collector answers for. Polls of others are left out.
    `spoken_of` are the metrics that rules speak of (None: any): of others that time alone moves
    the last recorded value stays.
    """
    everything = store.list_silences(since, all_=True)
    with store.reading() as connection:
        span = rows.Span.of(connection, since, until)
        with (
            closing(_Reader(connection, collector_kinds, span, spoken_of)) as reader,
            closing(reader.read()) as happenings,
        ):
            yield Recording(
                polls=span.polls,
                silences=tuple(one for one in everything if one.ends_at > since),
                happenings=happenings,
            )


@dataclass(slots=True)
class _Shown:
    """What the last good poll of a collector showed, and when; `whole_ms`: when it all was."""

    samples: tuple[Sample, ...] = ()
    counts: tuple[int, ...] = ()
    seen_ms: int | None = None
    whole_ms: int = 0

    def movement(self, estates: Sequence[Estate], observed_ms: int) -> Movement | None:
        """Return what has moved since the last good poll; None for the first.

        All is to be looked at when a clock was set back, and at times though nothing has moved:
        what looks back on samples forgets what it has not seen for long, or what lies ahead.
        """
        seen_ms, self.seen_ms = self.seen_ms, observed_ms
        if seen_ms is None:
            return None
        moved: list[Sample] | None = None
        if seen_ms < observed_ms < self.whole_ms + _WHOLE_EVERY_MS:
            moved = [sample for estate in estates for sample in estate.moved]
        else:
            self.whole_ms = observed_ms
        left = [subject for estate in estates for subject in estate.left]
        return Movement(EPOCH + seen_ms * MILLISECOND, moved, left)


class _Reader:
    def __init__(
        self,
        connection: Connection,
        collector_kinds: Mapping[str, tuple[str, ...]],
        span: rows.Span,
        spoken_of: Collection[str] | None,
    ) -> None:
        self._connection = connection
        self._kinds = collector_kinds
        self._span = span
        self._estates, by_id = rows.estates(connection, span, spoken_of)
        self._seen = Seen(connection, self._estates)
        self._shown: dict[tuple[str, str], _Shown] = {}
        waiting = {subject_id: estate.rows for subject_id, estate in by_id.items()}
        self._stretches = {
            kind: rows.Stream(rows.stretches(connection, kind, span), 2, waiting)
            for kind in KIND_TABLES
        }
        missing = {subject_id: estate.absences for subject_id, estate in by_id.items()}
        self._absences = rows.Stream(rows.absences(connection, span), 1, missing)

    def close(self) -> None:
        """Read no more."""
        for stream in (*self._stretches.values(), self._absences):
            stream.close()

    def read(self) -> Generator[Happening, None, None]:
        """Yield what happened; at one instant people and channels come after polls."""
        ask = self._connection, self._span
        sources: list[tuple[Callable[[Any], Happening | None], Iterator[tuple[int, Any]]]] = [
            (self._own, self._polls_and_turns()),
            (self._attempted, rows.attempts(*ask)),
            (self._acknowledged, rows.acknowledgements(*ask)),
        ]
        merged = heapq.merge(*(_tagged(place, found) for place, (_, found) in enumerate(sources)))
        for _, place, _, found in merged:
            happening = sources[place][0](found)
            if happening is not None:
                yield happening

    def _polls_and_turns(self) -> Iterator[tuple[int, Poll | rows.Row]]:
        turns = deque(rows.turns(self._connection, self._span))
        for poll in rows.polls(self._connection, self._span):
            while turns and turns[0][2] < poll.id:
                turn = turns.popleft()
                yield turn[0], turn
            yield poll.settled_us, poll
        yield from ((turn[0], turn) for turn in turns)

    def _own(self, found: Poll | rows.Row) -> Happening | None:
        return self._polled(found) if isinstance(found, Poll) else self._turned(found)

    def _polled(self, poll: Poll) -> Polled | None:
        self._seen.polled(poll)
        kinds = self._kinds.get(poll.collector)
        if kinds is None:
            return None
        snapshot = Snapshot(
            tenant=poll.tenant,
            collector=poll.collector,
            started_at=EPOCH + poll.started_ms * MILLISECOND,
            took_s=poll.took_s,
            requests=poll.requests,
            outcome=Failed(kind=poll.outcome, message=poll.error or "")
            if poll.observed_ms is None
            else self._collected(poll, kinds, poll.observed_ms),
        )
        return Polled(EPOCH + poll.settled_us * MICROSECOND, snapshot)

    def _collected(self, poll: Poll, kinds: tuple[str, ...], observed_ms: int) -> Collected:
        """Go on to a good poll, and return what it showed."""
        kinds = tuple(kind for kind in kinds if kind in self._stretches)
        estates = [self._estate(poll.tenant, kind) for kind in kinds]
        has_moved = False
        for kind, estate in zip(kinds, estates, strict=True):
            at_ms = estate.at_ms(observed_ms)
            self._stretches[kind].read_to(at_ms)
            self._absences.read_to(at_ms)
            has_moved |= estate.move(at_ms, observed_ms)
        key = (poll.tenant, poll.collector)
        shown = self._shown.get(key)
        if shown is None:
            shown = self._shown[key] = _Shown()
            has_moved = True
        if has_moved:
            shown.samples = tuple(chain.from_iterable(estate.samples for estate in estates))
            shown.counts = tuple(len(estate.samples) for estate in estates)
        movement = shown.movement(estates, observed_ms)
        return Collected(
            kinds=kinds,
            samples=shown.samples,
            observed_at=EPOCH + observed_ms * MILLISECOND,
            skipped=poll.skipped,
            partial=bool(poll.partial),
            counts=shown.counts,
            movement=movement,
        )

    def _estate(self, tenant: str, kind: str) -> Estate:
        estate = self._estates.get((tenant, kind))
        if estate is None:
            estate = self._estates[tenant, kind] = Estate(KIND_TABLES[kind].kind, {})
        return estate

    def _turned(self, found: rows.Row) -> Turned:
        at_us, what, _ = found
        turn = Turn(what)
        if turn is not Turn.REST:
            # What is remembered from now on was read anew: everything is to be looked at.
            self._shown.clear()
        return Turned(EPOCH + at_us * MICROSECOND, turn, self._seen)

    def _attempted(self, found: tuple[int, str, str, str | None]) -> Attempted:
        at_us, channel, outcome, error = found
        state, at = _STATES[outcome], EPOCH + at_us * MICROSECOND
        self._seen.attempted(channel, is_sent=state is DeliveryState.SENT, error=error, at=at)
        return Attempted(at, channel, state, error)

    @staticmethod
    def _acknowledged(given: Any) -> Acknowledged:  # noqa: ANN401 - one of several sources
        return Acknowledged(given.at, given)


def _tagged(place: int, found: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, int, int, Any]]:
    """Put before what is found by what it is sorted: nothing that was found is compared."""
    for number, (at_us, one) in enumerate(found):
        yield at_us, place, number, one
