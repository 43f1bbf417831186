"""Writes what a replay needs beside the history: names of the past, absences, turns."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, select

from monitor.core.turn import Turn
from monitor.store import bulk
from monitor.store.book import Changes, Entry, fixed_labels
from monitor.store.instants import to_ms, to_us
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.tables import POLLS, SUBJECTS
from monitor.store.text import document, storable, storable_mapping
from monitor.store.trace_tables import ABSENCES, SUBJECT_NAMES, TURNS

_MANY = 500


def write_names(connection: Connection, renamed: Sequence[Entry], at_ms: int) -> None:
    """Keep the names that these subjects had until now, as far as they have others now."""
    entries = {entry.id: entry for entry in renamed}
    subject = SUBJECTS.c
    for ids in _by_many(entries):
        known = select(subject.id, subject.name, subject.labels).where(subject.id.in_(ids))
        rows: list[bulk.Row] = []
        for subject_id, name, labels in connection.execute(known):
            now = entries[subject_id].subject
            kind = KIND_TABLES[now.kind].kind
            if (name, labels) != (storable(now.name), storable_mapping(fixed_labels(kind, now))):
                rows.append((at_ms, subject_id, name, document(labels)))
        bulk.insert(connection, SUBJECT_NAMES, rows)


def write_absences(connection: Connection, changes: Changes, at_ms: int) -> None:
    """Keep who is missing, and who no longer is."""
    rows: list[bulk.Row] = [(at_ms, entry.id, None) for entry in changes.missed]
    bulk.insert(connection, ABSENCES, rows)
    over: list[bulk.Row] = [(since_ms, entry.id, at_ms) for entry, since_ms in changes.met]
    bulk.upsert(connection, ABSENCES, over, ("ended_at",))


def load_absent(connection: Connection, entries: Iterable[Entry]) -> dict[str, int]:
    """Return since when those of these subjects are missing that are, by their keys."""
    keys = {entry.id: entry.subject.key for entry in entries}
    rows = connection.execute(
        select(ABSENCES.c.subject_id, ABSENCES.c.missed_at).where(ABSENCES.c.ended_at.is_(None))
    )
    return {keys[subject_id]: to_ms(at) for subject_id, at in rows if subject_id in keys}


def write_turns(connection: Connection, turns: Collection[tuple[datetime, Turn]]) -> None:
    """Keep turns that came before whatever is written next; one that is kept already stays."""
    if turns:
        newest = connection.scalar(select(func.max(POLLS.c.id))) or 0
        rows: list[bulk.Row] = [(to_us(at), what.value, newest) for at, what in turns]
        bulk.upsert(connection, TURNS, rows, ())


def _by_many(ids: Iterable[int]) -> Iterator[list[int]]:
    left = iter(ids)
    while some := list(islice(left, _MANY)):
        yield some
