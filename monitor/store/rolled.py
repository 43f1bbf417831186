"""Reads hours and days: where there are any, and what they say."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from monitor.core.rollup import DAY_MS, HOUR_MS
from monitor.store.rollup_tables import DAYS, HOURS, METRICS, ROLLED
from monitor.store.stretches import MANY_IDS


@dataclass(frozen=True, slots=True)
class Level:
    """Rows of one length, and from when to when there are some (milliseconds, half-open)."""

    table: Table
    unit_ms: int
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a time, and what is to be read of it: a level, or each change (None)."""

    level: Level | None
    begin_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Summed:
    """One metric of one subject over `count` times `span_ms`, in each of which it was so.

    `metric` is its place among those that were asked for. `least`, `greatest` and `p95` are of the
    value, the last None where it cannot be told; `known_ms` and `area` (value times milliseconds)
    are of each of the times.
    """

    subject_id: int
    metric: int
    at_ms: int
    span_ms: int
    count: int
    known_ms: int
    least: float
    greatest: float
    area: float
    p95: float | None


def levels(connection: Connection, tenant: str, kind: str, every_ms: int) -> list[Level]:
    """Return what steps of a length may be made of, the longest first."""
    rolled = select(ROLLED.c.until_day).where(ROLLED.c.tenant == tenant, ROLLED.c.kind == kind)
    until_day = connection.scalar(rolled)
    if until_day is None:
        return []
    found = []
    for table, unit_ms in ((DAYS, DAY_MS), (HOURS, HOUR_MS)):
        first = connection.scalar(select(func.min(table.c.day)))
        if every_ms % unit_ms == 0 and first is not None and first < until_day:
            found.append(Level(table, unit_ms, first * DAY_MS, until_day * DAY_MS))
    return found


def segments(begin_ms: int, end_ms: int, levels: Sequence[Level]) -> Iterator[Segment]:
    """Yield the parts of a time in order, each of the longest rows that there are."""
    if begin_ms >= end_ms:
        return
    if not levels:
        yield Segment(None, begin_ms, end_ms)
        return
    level, *rest = levels
    first = max(-(-begin_ms // level.unit_ms) * level.unit_ms, level.begin_ms)
    last = min(end_ms // level.unit_ms * level.unit_ms, level.end_ms)
    if first >= last:
        yield from segments(begin_ms, end_ms, rest)
        return
    yield from segments(begin_ms, first, rest)
    yield Segment(level, first, last)
    yield from segments(last, end_ms, rest)


def summed(
    connection: Connection,
    kind: str,
    metrics: Sequence[str],
    part: Segment,
    every_ms: int,
    ids: Collection[int] | None = None,
) -> Iterator[Summed]:
    """Yield what metrics came to, for steps of `every_ms`; `part` is of a level.

    `ids` narrow it to these subjects, unless they are many.
    """
    level = part.level
    if level is None:
        return
    known = select(METRICS.c.name, METRICS.c.id).where(METRICS.c.kind == kind)
    numbers = {row.name: row.id for row in connection.execute(known)}
    places = {numbers[name]: place for place, name in enumerate(metrics) if name in numbers}
    table = level.table.c
    # Day by day and metric by metric: so the rows stand.
    of_part = [
        table.day.in_(range(part.begin_ms // DAY_MS, -(-part.end_ms // DAY_MS))),
        table.metric_id.in_(places),
    ]
    if ids is not None and len(ids) <= MANY_IDS:
        of_part.append(table.subject_id.in_(ids))
    if level.table is DAYS and every_ms > DAY_MS:
        yield from _together(connection, of_part, every_ms, places)
        return
    place_of_hours = (table.hour, table.hours) if level.table is HOURS else ()
    statement = select(
        table.day,
        table.metric_id,
        table.subject_id,
        table.known_ms,
        table.least,
        table.greatest,
        table.area,
        table.p95,
        *place_of_hours,
    ).where(*of_part)
    rows: Iterator[Any] = iter(connection.execute(statement))
    unit_ms = level.unit_ms
    for day, metric_id, subject_id, known, least, greatest, area, p95, *hours in rows:
        hour, count = hours or (0, 1)
        at_ms = day * DAY_MS + hour * HOUR_MS
        if at_ms < part.begin_ms:
            count -= (part.begin_ms - at_ms) // unit_ms
            at_ms = part.begin_ms
        count = min(count, (part.end_ms - at_ms) // unit_ms)
        if count > 0:
            known_ms = unit_ms if known is None else known
            yield Summed(
                subject_id=subject_id,
                metric=places[metric_id],
                at_ms=at_ms,
                span_ms=unit_ms,
                count=count,
                known_ms=known_ms,
                least=least,
                greatest=least if greatest is None else greatest,
                area=least * known_ms if area is None else area,
                p95=least if p95 is None else p95,
            )


def _together(
    connection: Connection,
    of_part: Sequence[ColumnElement[bool]],
    every_ms: int,
    places: Mapping[int, int],
) -> Iterator[Summed]:
    """Let the database add up days that make one step."""
    table = DAYS.c
    step = table.day // (every_ms // DAY_MS)
    known = func.coalesce(table.known_ms, DAY_MS)
    statement = (
        select(
            step,
            table.metric_id,
            table.subject_id,
            func.sum(known),
            func.min(table.least),
            func.max(func.coalesce(table.greatest, table.least)),
            func.sum(func.coalesce(table.area, table.least * known)),
        )
        .where(*of_part)
        .group_by(step, table.metric_id, table.subject_id)
    )
    for number, metric_id, subject_id, known_ms, least, greatest, area in connection.execute(
        statement
    ):
        yield Summed(
            subject_id=subject_id,
            metric=places[metric_id],
            at_ms=number * every_ms,
            span_ms=every_ms,
            count=1,
            known_ms=int(known_ms),
            least=least,
            greatest=greatest,
            area=area,
            p95=None,
        )
