"""What the database knows of the subjects of a kind of a tenant, read into a book."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from monitor.core.kinds import Values
from monitor.core.sample import Subject
from monitor.instants import posix_us
from monitor.store import traces
from monitor.store.book import Book, Entry
from monitor.store.instants import to_ms
from monitor.store.kind_tables import KindTables
from monitor.store.steps import stepper
from monitor.store.tables import SIGHTS, SUBJECTS
from monitor.store.text import storable


def load_book(connection: Connection, tenant: str, tables: KindTables) -> Book:
    """Return what the database knows of a kind of a tenant."""
    kind, latest = tables.kind, tables.latest
    book = Book(kind=kind, step=stepper(kind))
    sight = select(SIGHTS.c.observed_at).where(
        SIGHTS.c.tenant == storable(tenant), SIGHTS.c.kind == kind.name
    )
    newest = connection.scalar(sight)
    if newest is not None:
        book.last_at_ms = to_ms(newest)
    metrics = [latest.c[metric.name] for metric in kind.metrics]
    moving = [latest.c[label] for label in kind.moving]
    subjects = (
        select(
            SUBJECTS.c.id,
            SUBJECTS.c.key,
            SUBJECTS.c.name,
            SUBJECTS.c.labels,
            latest.c.valid_from,
            *moving,
            *metrics,
        )
        .select_from(SUBJECTS.outerjoin(latest, latest.c.subject_id == SUBJECTS.c.id))
        .where(SUBJECTS.c.tenant == storable(tenant), SUBJECTS.c.kind == kind.name)
    )
    for row in connection.execute(subjects):
        subject_id, key, name, labels, valid_from, *measured = row
        book.ids[key] = subject_id
        if valid_from is None:
            continue
        states = tuple(measured[: len(moving)])
        values = read_values(measured[len(moving) :])
        held = kind.values_of(values, posix_us(valid_from))
        book.entries[key] = Entry(
            id=subject_id,
            subject=Subject(
                tenant=tenant,
                kind=kind.name,
                key=key,
                name=name,
                labels={**labels, **dict(zip(kind.moving, states, strict=True))},
            ),
            recorded=values,
            stepped=book.step([held], posix_us(valid_from), 0.0)[0],
            moving=states,
            since_ms=to_ms(valid_from),
        )
    book.absent = traces.load_absent(connection, book.entries.values())
    return book


def read_values(row: Iterable[float | None]) -> Values:
    """Return stored metrics as a sample holds them: numbers or None."""
    return tuple([None if value is None else float(value) for value in row])
