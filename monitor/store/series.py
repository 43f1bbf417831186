"""A metric's past, for window functions after a restart."""

from datetime import datetime

from sqlalchemy import Connection, and_, select

from monitor.store.kind_tables import KIND_TABLES
from monitor.store.tables import SIGHTS, SUBJECTS

Identity = tuple[str, str, str]
Point = tuple[Identity, datetime, float | None]


def load_series(connection: Connection, kind: str, metric: str, since: datetime) -> list[Point]:
    """Return (identity, at, value) by time, for the subjects that are there.

    Only changes are recorded, so the points are: the value that held at `since` (at the earlier
    instant when it began), each change, None where the subject was gone, and the open stretch's
    value once more at the newest good poll, which says how long it was seen to hold.
    """
    latest, stretches = KIND_TABLES[kind].latest, KIND_TABLES[kind].stretches
    there = connection.execute(
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
    ).all()
    identities: dict[int, Identity] = {row[0]: (row[1], kind, row[2]) for row in there}
    points: list[Point] = []
    ends: dict[int, datetime] = {}

    def begin(subject_id: int, at: datetime, value: float | None) -> None:
        end = ends.get(subject_id)
        if end is not None and end < at:
            points.append((identities[subject_id], end, None))
        points.append((identities[subject_id], at, _number(value)))

    closed = (
        select(
            stretches.c.subject_id,
            stretches.c.valid_from,
            stretches.c.valid_to,
            stretches.c[metric],
        )
        .where(stretches.c.valid_to > since)
        .order_by(stretches.c.valid_to)
    )
    for subject_id, valid_from, valid_to, value in connection.execute(closed):
        if subject_id in identities:
            begin(subject_id, valid_from, value)
            ends[subject_id] = valid_to
    for subject_id, _tenant, _key, valid_from, value, seen_at in there:
        begin(subject_id, valid_from, value)
        if seen_at is not None and seen_at > valid_from:
            points.append((identities[subject_id], seen_at, _number(value)))
    points.sort(key=lambda point: point[1])
    return points


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
