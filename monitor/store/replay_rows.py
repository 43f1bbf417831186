"""What is recorded, as it is read for a replay: in the order of time, in plain numbers."""

from collections import defaultdict, deque
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Executable,
    Select,
    func,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from monitor.core.mute import Acknowledgement
from monitor.core.sample import Subject
from monitor.store.instants import to_ms, to_us
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.people import acknowledgements_between
from monitor.store.replay_estate import Estate
from monitor.store.replay_past import Poll
from monitor.store.stretches import as_number, closed
from monitor.store.tables import DELIVERIES, DELIVERY_ATTEMPTS, POLLS, SUBJECTS
from monitor.store.trace_tables import ABSENCES, SUBJECT_NAMES, TURNS

_AT_ONCE = 2000
_DAY_MS = 86_400_000

Row = Sequence[Any]
Rows = Generator[Row, None, None]
Estates = dict[tuple[str, str], Estate]


@dataclass(frozen=True, slots=True)
class Span:
    """The time between two instants by our clock, half-open, and what is in it by the servers'."""

    since: datetime
    until: datetime
    first_ms: int
    last_ms: int
    polls: int

    @classmethod
    def of(cls, connection: Connection, since: datetime, until: datetime) -> "Span":
        """Look what polls there are."""
        observed = POLLS.c.observed_at
        statement = select(func.min(observed), func.max(observed), func.count())
        first, last, count = connection.execute(
            statement.where(POLLS.c.settled_at >= since, POLLS.c.settled_at < until)
        ).one()
        return cls(
            since,
            until,
            to_ms(first or since),
            # Where a clock was set back the history runs on ahead of it.
            to_ms(last or until) + _DAY_MS,
            count,
        )


class Stream:
    """Rows in the order in which they began, handed to the estates of their subjects in time.

    A row begins with that instant in milliseconds, and has its subject at `place`.
    """

    def __init__(self, found: Rows, place: int, queues: Mapping[int, deque[Row]]) -> None:
        """Prepare."""
        self._found = found
        self._place = place
        self._queues = queues
        self._head = next(found, None)

    def read_to(self, at_ms: int) -> None:
        """Hand out what began up to an instant; what is about nobody known is left out."""
        head = self._head
        while head is not None and head[0] <= at_ms:
            queue = self._queues.get(head[self._place])
            if queue is not None:
                queue.append(head)
            head = next(self._found, None)
        self._head = head

    def close(self) -> None:
        """Read no more."""
        self._found.close()


def estates(
    connection: Connection, span: Span, spoken_of: Collection[str] | None
) -> tuple[Estates, dict[int, Estate]]:
    """Return the estates, empty, by tenant and kind, and by the ids of their subjects."""
    found: Estates = {}
    by_id: dict[int, Estate] = {}
    for row in connection.execute(select(SUBJECTS)).mappings():
        key = (row["tenant"], row["kind"])
        if row["kind"] not in KIND_TABLES:
            continue
        estate = found.get(key)
        if estate is None:
            estate = found[key] = Estate(KIND_TABLES[row["kind"]].kind, {}, spoken_of=spoken_of)
        by_id[row["id"]] = estate
        estate.names[row["id"]] = Subject(
            tenant=row["tenant"],
            kind=row["kind"],
            key=row["key"],
            name=row["name"],
            labels=row["labels"],
        )
    _rename(connection, span, by_id)
    return found, by_id


def _rename(connection: Connection, span: Span, by_id: Mapping[int, Estate]) -> None:
    """Give subjects the names that they had at first, and have them renamed in time."""
    known: dict[int, list[tuple[int, str, Mapping[str, str]]]] = defaultdict(list)
    names = SUBJECT_NAMES.c
    statement = (
        select(as_number(names.valid_to), names.subject_id, names.name, names.labels)
        .where(as_number(names.valid_to) > span.first_ms)
        .order_by(names.valid_to)
    )
    for until_ms, subject_id, name, labels in connection.execute(statement):
        if subject_id in by_id:
            known[subject_id].append((until_ms, name, labels))
    waiting: list[tuple[int, int, Subject]] = []
    for subject_id, past in known.items():
        of_estate = by_id[subject_id].names
        last = of_estate[subject_id]
        named = [replace(last, name=name, labels=labels) for _, name, labels in past]
        of_estate[subject_id] = named[0]
        following = [*named[1:], last]
        waiting += [(past[n][0], subject_id, following[n]) for n in range(len(past))]
    for entry in sorted(waiting, key=lambda one: one[0]):
        by_id[entry[1]].renames.append(entry)


def stretches(connection: Connection, kind: str, span: Span) -> Rows:
    """Yield the stretches of a kind: beginning, end, subject, moving labels, metrics."""
    tables = KIND_TABLES[kind]

    def columns(of: Any) -> list[ColumnElement[Any]]:  # noqa: ANN401 - columns by their names
        names = [*tables.kind.moving, *(metric.name for metric in tables.kind.metrics)]
        return [of[name] for name in names]

    past, latest = closed(connection, tables, after_ms=span.first_ms).c, tables.latest.c
    ended = as_number(past.valid_to)
    began = as_number(past.valid_from).label("began")
    still = as_number(latest.valid_from).label("began")
    statement = union_all(
        select(began, ended, past.subject_id, *columns(past)).where(
            as_number(past.valid_from) <= span.last_ms
        ),
        select(still, null(), latest.subject_id, *columns(latest)).where(
            as_number(latest.valid_from) <= span.last_ms
        ),
    ).order_by("began")
    return _plain(connection, statement)


def absences(connection: Connection, span: Span) -> Rows:
    """Yield who was missing: from when on, the subject, until when."""
    missed, ended = as_number(ABSENCES.c.missed_at), as_number(ABSENCES.c.ended_at)
    statement = (
        select(missed, ABSENCES.c.subject_id, ended)
        .where(missed <= span.last_ms, or_(ended.is_(None), ended > span.first_ms))
        .order_by(missed)
    )
    return _plain(connection, statement)


def polls(connection: Connection, span: Span) -> Iterator[Poll]:
    """Yield the polls in the order in which they were judged."""
    poll = POLLS.c
    columns: list[ColumnElement[Any]] = [
        poll.tenant,
        poll.collector,
        as_number(poll.started_at),
        poll.took_s,
        poll.outcome,
        poll.error,
        poll.samples,
        poll.skipped,
        poll.requests,
        as_number(poll.observed_at),
        as_number(poll.settled_at),
        poll.partial,
        poll.id,
    ]
    statement = _within(select(*columns), poll.settled_at, span).order_by(poll.id)
    for row in _plain(connection, statement):
        yield Poll(*row)


def turns(connection: Connection, span: Span) -> Sequence[Row]:
    """Return what the daemon did that no poll tells: when, what, and after which poll."""
    at, after = as_number(TURNS.c.at), TURNS.c.poll_id
    statement = _within(select(at, TURNS.c.what, after), TURNS.c.at, span).order_by(after, at)
    return connection.execute(statement).all()


def attempts(connection: Connection, span: Span) -> Iterator[tuple[int, Row]]:
    """Yield the attempts to deliver: when each was over, the channel, what came of it, why."""
    tried = DELIVERY_ATTEMPTS.c
    at = as_number(tried.ended_at)
    statement = (
        _within(select(at, DELIVERIES.c.channel, tried.outcome, tried.error), tried.ended_at, span)
        .join_from(DELIVERY_ATTEMPTS, DELIVERIES)
        .where(tried.outcome.is_not(None))
        .order_by(at, tried.id)
    )
    for row in _plain(connection, statement):
        yield row[0], row


def acknowledgements(connection: Connection, span: Span) -> Iterator[tuple[int, Acknowledgement]]:
    """Yield what people acknowledged."""
    for given in acknowledgements_between(connection, span.since, span.until):
        yield to_us(given.at) or 0, given


def _plain(connection: Connection, statement: Executable) -> Rows:
    """Yield rows, read many at a time, and never all at once."""
    with connection.execute(statement, execution_options={"yield_per": _AT_ONCE}) as result:
        while some := result.fetchmany(_AT_ONCE):
            yield from some


def _within(statement: Select[Any], at: Column[Any], span: Span) -> Select[Any]:
    return statement.where(at >= span.since, at < span.until)
