"""The subjects that are there, as the newest good answers told."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from monitor.core.sample import Subject
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.tables import SUBJECTS


def known_subjects(connection: Connection, kinds: Iterable[str]) -> tuple[Subject, ...]:
    """Return the subjects of these kinds that are not gone; a kind without history has none."""
    found: list[Subject] = []
    for kind in sorted(KIND_TABLES.keys() & set(kinds)):
        latest, moving = KIND_TABLES[kind].latest, KIND_TABLES[kind].kind.moving
        statement = (
            select(
                SUBJECTS.c.tenant,
                SUBJECTS.c.key,
                SUBJECTS.c.name,
                SUBJECTS.c.labels,
                *(latest.c[label] for label in moving),
            )
            .select_from(latest.join(SUBJECTS, SUBJECTS.c.id == latest.c.subject_id))
            .order_by(SUBJECTS.c.id)
        )
        found += [
            Subject(
                tenant=tenant,
                kind=kind,
                key=key,
                name=name,
                labels={**labels, **dict(zip(moving, states, strict=True))},
            )
            for tenant, key, name, labels, *states in connection.execute(statement)
        ]
    return tuple(found)
