"""A metric's past, for window functions after a restart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, select

from monitor.store.instants import to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.stretches import closed
from monitor.store.tables import SIGHTS, SUBJECTS

Identity = tuple[str, str, str]
Point = tuple[Identity, datetime, float | None]


@dataclass(frozen=True, slots=True)
class Open:
    """The open stretch of a subject that is there: since when, its value, last seen when."""

    identity: Identity
    valid_from: datetime
    value: float | None
    seen_at: datetime | None


def load_series(connection: Connection, kind: str, metric: str, since: datetime) -> list[Point]:
    """Return (identity, at, value) by time, for the subjects that are there: see `points`."""
    latest = KIND_TABLES[kind].latest
    rows = connection.execute(
        select(
            SUBJECTS.c.id,
            SUBJECTS.c.tenant,
            SUBJECTS.c.key,
            latest.c.valid_from,
            latest.c[metric],
            SIGHTS.c.observed_at,
        ).select_from(
            latest.join(SUBJECTS, SUBJECTS.c.id == latest.c.subject_id).outerjoin(
                SIGHTS, and_(SIGHTS.c.tenant == SUBJECTS.c.tenant, SIGHTS.c.kind == SUBJECTS.c.kind)
            )
        )
    )
    there = {row[0]: Open((row[1], kind, row[2]), row[3], row[4], row[5]) for row in rows}
    return points(connection, kind, metric, since, there)


def points(
    connection: Connection, kind: str, metric: str, since: datetime, there: Mapping[int, Open]
) -> list[Point]:
    """Return (identity, at, value) by time, for the subjects that are `there`, by their ids.

    Only changes are recorded, so the points are: the value that held at `since` (at the earlier
    instant when it began), each change, None where the subject was gone, and the open stretch's
    value once more at the newest good poll, which says how long it was seen to hold. What came
    after the open stretch is left out: a replay asks of the past.
    """
    found: list[Point] = []
    ends: dict[int, datetime] = {}

    def begin(subject_id: int, at: datetime, value: float | None) -> None:
        end, identity = ends.get(subject_id), there[subject_id].identity
        if end is not None and end < at:
            found.append((identity, end, None))
        found.append((identity, at, _number(value)))

    newest = max((one.valid_from for one in there.values()), default=since)
    past = closed(connection, KIND_TABLES[kind], (metric,), after_ms=to_ms(since))
    statement = select(past).where(past.c.valid_to <= newest).order_by(past.c.valid_to)
    for subject_id, valid_from, valid_to, value in connection.execute(statement):
        if subject_id in there and valid_from < there[subject_id].valid_from:
            begin(subject_id, valid_from, value)
            ends[subject_id] = valid_to
    for subject_id, one in there.items():
        begin(subject_id, one.valid_from, one.value)
        if one.seen_at is not None and one.seen_at > one.valid_from:
            found.append((one.identity, one.seen_at, _number(one.value)))
    found.sort(key=lambda point: point[1])
    return found


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
