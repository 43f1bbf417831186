"""The past of subjects, as it was recorded: when what was so."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, null, select

from monitor.core.kinds import KINDS
from monitor.core.sample import Subject
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.queries import subjects_of
from monitor.store.store import Store
from monitor.store.stretches import MANY_IDS, as_number, closed

Row = Sequence[Any]
_AT_ONCE = 1000
_FIRST_VALUE = 3


@dataclass(slots=True)
class Stretch:
    """A subject for as long as nothing changed: from when to when, None while it lasts.

    Instants are milliseconds since 1970, `values` those of the metrics of `names`. There may be
    millions of them, so it is as plain as can be, and nobody changes one.
    """

    subject: Subject
    begin_ms: int
    end_ms: int | None
    names: Sequence[str]
    values: Sequence[float | None]

    @property
    def valid_from(self) -> datetime:
        """Return when it began."""
        return EPOCH + self.begin_ms * MILLISECOND

    @property
    def valid_to(self) -> datetime | None:
        """Return when it ended."""
        return None if self.end_ms is None else EPOCH + self.end_ms * MILLISECOND

    @property
    def metrics(self) -> Mapping[str, float | None]:
        """Return the values by name."""
        return dict(zip(self.names, self.values, strict=True))


def history(
    store: Store,
    kind: str,
    *,
    name_glob: str | None = None,
    metrics: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Stretch]:
    """Yield what was recorded in a span of time, in the order of the ends; the open ones come last.

    A stretch that reaches into the span is given whole. With `metrics` only changes of these count,
    and states do not: what lies between two of them is one stretch. The subject is the same object
    while its states are.
    """
    declared = KINDS[kind]
    moving = declared.moving if metrics is None else ()
    names = metrics or tuple(metric.name for metric in declared.metrics)
    with store.reading() as connection:
        known = subjects_of(connection, kind, name_glob=name_glob)
        rows = _rows(connection, kind, known, (*moving, *names), since, until)
        if metrics is not None:
            rows = _merged(rows)
        first = _FIRST_VALUE + len(moving)
        in_states: dict[Row, Subject] = {}
        for row in rows:
            subject_id, begin, end = row[:_FIRST_VALUE]
            key = (subject_id, *row[_FIRST_VALUE:first])
            subject = in_states.get(key)
            if subject is None:
                subject = known[subject_id]
                states = dict(zip(moving, key[1:], strict=True))
                if states:
                    subject = replace(subject, labels={**subject.labels, **states})
                in_states[key] = subject
            yield Stretch(subject, begin, end, names, row[first:])


def _rows(
    connection: Connection,
    kind: str,
    known: Collection[int],
    names: Sequence[str],
    since: datetime | None,
    until: datetime | None,
) -> Iterator[Row]:
    """Yield the id of the subject, from when to when (None: still), and what is asked for."""
    tables = KIND_TABLES[kind]
    after_ms = None if since is None else to_ms(since)
    past = closed(connection, tables, names, after_ms=after_ms, ids=known).c
    latest = tables.latest.c
    begun, ended, began = map(as_number, (past.valid_from, past.valid_to, latest.valid_from))
    closed_ones = select(past.subject_id, begun, ended, *(past[name] for name in names))
    open_ones = select(latest.subject_id, began, null(), *(latest[name] for name in names))
    for statement, begin, order in (
        (closed_ones, begun, (ended, past.subject_id)),
        (open_ones, began, (began, latest.subject_id)),
    ):
        narrowed = statement.order_by(*order)
        if until is not None:
            narrowed = narrowed.where(begin < to_ms(until))
        if len(known) <= MANY_IDS:
            narrowed = narrowed.where(order[1].in_(known))
        result = connection.execute(narrowed.execution_options(yield_per=_AT_ONCE))
        for some in result.partitions():
            yield from (row for row in some if row[0] in known)


def _merged(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield rows of one subject that adjoin and say the same as one."""
    going_on: dict[int, list[Any]] = {}
    for row in rows:
        subject_id, begin, end, *values = row
        before = going_on.get(subject_id)
        if before is not None and before[2] == begin and before[3:] == values:
            before[2] = end
            continue
        if before is not None:
            yield before
        going_on[subject_id] = [subject_id, begin, end, *values]
    yield from sorted(going_on.values(), key=lambda row: (row[2] is None, row[2] or row[1], row[0]))
