"""The past of subjects: what was recorded, and what it comes to step by step."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, select

from monitor.core.kinds import KINDS
from monitor.core.sample import Subject
from monitor.store.instants import EPOCH, MICROSECOND
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.queries import name_matches
from monitor.store.store import Store
from monitor.store.tables import SIGHTS, SUBJECTS

# More ids than this are not put into a statement: rows are filtered as they come.
_MANY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A subject for as long as nothing changed; `valid_to` is None while it lasts."""

    subject: Subject
    valid_from: datetime
    valid_to: datetime | None
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A metric over a step: the average by time, the least and the greatest."""

    avg: float
    min: float
    max: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A subject over one step of time that begins at `at`; None where nothing was known."""

    subject: Subject
    at: datetime
    metrics: Mapping[str, Summary | None]


@dataclass(frozen=True, slots=True)
class _Known:
    subject: Subject
    seen_at: datetime | None


def history(
    store: Store,
    kind: str,
    *,
    name_glob: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Stretch]:
    """Yield what was recorded in a span of time, oldest first; the open stretches come last.

    A stretch that reaches into the span is given whole.
    """
    with store.reading() as connection:
        known = _known(connection, kind, name_glob)
        for _subject_id, stretch in _stretches(connection, kind, known, since, until):
            yield stretch


def history_steps(
    store: Store,
    kind: str,
    *,
    name_glob: str | None = None,
    since: datetime,
    until: datetime,
    every: timedelta,
) -> tuple[Step, ...]:
    """Return averages by time, least and greatest values for each step, by subject and time.

    Steps begin at multiples of `every` since 1970 (whole hours, whole days in UTC). An open
    stretch counts as far as it was seen to last: up to the newest good poll of its kind.

    Raises:
        ValueError: `every` is not positive.
    """
    if every <= timedelta():
        raise ValueError("a step must be longer than nothing")
    begin = first_step(since, every)
    names = tuple(metric.name for metric in KINDS[kind].metrics)
    tallies: dict[tuple[int, int], _Tally] = {}
    with store.reading() as connection:
        known = _known(connection, kind, name_glob)
        for subject_id, stretch in _stretches(connection, kind, known, since, until):
            seen_at = known[subject_id].seen_at or stretch.valid_from
            end = stretch.valid_to or max(seen_at, stretch.valid_from)
            values = tuple(stretch.metrics[name] for name in names)
            lasts = min(end, until)
            at = max(stretch.valid_from, since)
            while at <= lasts:
                step = (at - begin) // every
                step_end = begin + (step + 1) * every
                tally = tallies.setdefault((subject_id, step), _Tally.of(len(names)))
                tally.add(values, (min(step_end, lasts) - at) / MICROSECOND)
                if step_end >= lasts:
                    break
                at = step_end
    subjects = {subject_id: known[subject_id].subject for subject_id, _step in tallies}
    order = sorted(
        tallies, key=lambda key: (subjects[key[0]].tenant, subjects[key[0]].name, key[0], key[1])
    )
    return tuple(
        Step(
            subject=subjects[subject_id],
            at=begin + step * every,
            metrics=dict(zip(names, tallies[subject_id, step].summaries(), strict=True)),
        )
        for subject_id, step in order
    )


def first_step(since: datetime, every: timedelta) -> datetime:
    """Return when the step begins in which an instant lies."""
    return EPOCH + (since - EPOCH) // every * every


@dataclass(slots=True)
class _Tally:
    """Sums of one subject over one step. A moment without length counts for min and max."""

    weights: list[float]
    sums: list[float]
    least: list[float]
    greatest: list[float]

    @classmethod
    def of(cls, count: int) -> "_Tally":
        return cls([0.0] * count, [0.0] * count, [math.inf] * count, [-math.inf] * count)

    def add(self, values: tuple[float | None, ...], weight: float) -> None:
        for index, value in enumerate(values):
            if value is None:
                continue
            self.weights[index] += weight
            self.sums[index] += weight * value
            self.least[index] = min(self.least[index], value)
            self.greatest[index] = max(self.greatest[index], value)

    def summaries(self) -> Iterator[Summary | None]:
        for weight, total, least, greatest in zip(
            self.weights, self.sums, self.least, self.greatest, strict=True
        ):
            if least > greatest:
                yield None
                continue
            # Rounding must not put an average outside of what was averaged.
            average = min(max(total / weight, least), greatest) if weight else least
            yield Summary(avg=average, min=least, max=greatest)


def _known(connection: Connection, kind: str, name_glob: str | None) -> dict[int, _Known]:
    """Return the subjects of a kind whose name matches, gone ones included, by id."""
    sights = {
        row.tenant: row.observed_at
        for row in connection.execute(select(SIGHTS).where(SIGHTS.c.kind == kind))
    }
    rows = connection.execute(select(SUBJECTS).where(SUBJECTS.c.kind == kind)).mappings()
    return {
        row["id"]: _Known(
            Subject(
                tenant=row["tenant"],
                kind=kind,
                key=row["key"],
                name=row["name"],
                labels=row["labels"],
            ),
            sights.get(row["tenant"]),
        )
        for row in rows
        if name_matches(row["name"], name_glob)
    }


def _stretches(
    connection: Connection,
    kind: str,
    known: Mapping[int, _Known],
    since: datetime | None,
    until: datetime | None,
) -> Iterator[tuple[int, Stretch]]:
    tables = KIND_TABLES[kind]
    closed = select(tables.stretches).order_by(*tables.stretches.primary_key.columns)
    if since is not None:
        closed = closed.where(tables.stretches.c.valid_to > since)
    still_open = select(tables.latest).order_by(tables.latest.c.valid_from)
    for statement, table in ((closed, tables.stretches), (still_open, tables.latest)):
        narrowed = statement
        if until is not None:
            narrowed = narrowed.where(table.c.valid_from < until)
        if len(known) <= _MANY:
            narrowed = narrowed.where(table.c.subject_id.in_(list(known)))
        rows = connection.execute(narrowed.execution_options(yield_per=1000)).mappings()
        for row in rows:
            one = known.get(row["subject_id"])
            if one is not None:
                yield row["subject_id"], _stretch(row, kind, one.subject)


def _stretch(row: RowMapping, kind: str, subject: Subject) -> Stretch:
    declared = KINDS[kind]
    if declared.moving:
        moving = {label: row[label] for label in declared.moving}
        subject = replace(subject, labels={**subject.labels, **moving})
    return Stretch(
        subject=subject,
        valid_from=row["valid_from"],
        valid_to=row.get("valid_to"),
        metrics={metric.name: row[metric.name] for metric in declared.metrics},
    )
