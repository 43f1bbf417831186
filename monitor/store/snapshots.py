"""Records polls: one row for each poll, and for each subject only what changed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.core.kinds import Values
from monitor.core.rollup import DAY_MS
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.instants import posix_us
from monitor.store import bulk, traces
from monitor.store.book import Book, Changes, Entry, fixed_labels
from monitor.store.instants import to_ms
from monitor.store.kind_tables import KIND_TABLES, KindTables
from monitor.store.load_book import load_book
from monitor.store.stretches import hold_seals, sealed_before
from monitor.store.tables import COLLECTOR_STATES, POLLS, SIGHTS, SUBJECTS
from monitor.store.text import storable, storable_mapping

BookKey = tuple[str, str]


@dataclass(slots=True)
class Recorder:
    """Writes snapshots, and keeps the books against which the next ones are compared.

    Not for use by two threads at once: the store's writer lock sees to that.
    """

    _books: dict[BookKey, Book] = field(default_factory=dict)
    _touched: set[BookKey] = field(default_factory=set)

    def record(
        self, connection: Connection, snapshot: Snapshot, settled_at: datetime | None = None
    ) -> None:
        """Write a poll, and what its samples change."""
        _write_poll(connection, snapshot, settled_at)
        outcome = snapshot.outcome
        if isinstance(outcome, Failed):
            return
        for kind, samples in outcome.by_kind().items():
            if kind in KIND_TABLES:
                self._record_kind(connection, snapshot.tenant, kind, samples, outcome)

    def forget(self, kind: str, gone: Iterable[tuple[str, str]]) -> None:
        """Forget subjects, by tenant and key, whose rows are deleted in this transaction."""
        for tenant, key in gone:
            book = self._books.get((tenant, kind))
            if book is not None and key not in book.entries:
                # Should the transaction be lost, the ids are there after all.
                self._touched.add((tenant, kind))
                book.ids.pop(key, None)

    def committed(self) -> None:
        """Keep the books as they are."""
        self._touched.clear()

    def rolled_back(self) -> None:
        """Forget the books of the lost transaction: the database is asked again."""
        for key in self._touched:
            self._books.pop(key, None)
        self._touched.clear()

    def _record_kind(
        self,
        connection: Connection,
        tenant: str,
        kind: str,
        samples: Sequence[Sample],
        outcome: Collected,
    ) -> None:
        tables = KIND_TABLES[kind]
        self._touched.add((tenant, kind))
        book = self._books.get((tenant, kind))
        if book is None:
            book = self._books[tenant, kind] = load_book(connection, tenant, tables)
        # History runs forwards, whatever the server's clock does.
        at_ms = max(to_ms(outcome.observed_at), book.last_at_ms + 1)
        book.last_at_ms = at_ms
        ids = _Ids(connection)
        changes = book.compare(
            samples,
            at_ms,
            posix_us(outcome.observed_at),
            next_id=ids.next,
            # A row that could not be read may be the very one that seems to be missing.
            complete=not outcome.partial and not outcome.skipped,
        )
        bulk.upsert(connection, SIGHTS, [(storable(tenant), kind, at_ms)], ("observed_at",))
        known = [entry for entry in changes.named if not ids.is_new(entry.id)]
        traces.write_names(connection, known, at_ms)
        _write_subjects(connection, tenant, kind, changes, at_ms)
        _write_history(connection, tables, changes, at_ms)
        traces.write_absences(connection, changes, at_ms)


class _Ids:
    """Hands out subject ids, one after the other; the store has one writer."""

    def __init__(self, connection: Connection) -> None:
        """Ask the database only when an id is wanted."""
        self._connection = connection
        self._last: int | None = None
        self._first: int | None = None

    def next(self) -> int:
        """Return the next unused id."""
        if self._last is None:
            newest = self._connection.scalar(select(func.max(SUBJECTS.c.id)))
            self._last = self._first = int(newest or 0)
        self._last += 1
        return self._last

    def is_new(self, subject_id: int) -> bool:
        """Tell whether an id was handed out here."""
        return self._first is not None and subject_id > self._first


def _write_subjects(
    connection: Connection, tenant: str, kind: str, changes: Changes, at_ms: int
) -> None:
    def row(entry: Entry, gone_ms: int | None) -> bulk.Row:
        subject = entry.subject
        labels = storable_mapping(fixed_labels(KIND_TABLES[kind].kind, subject))
        return (
            entry.id,
            storable(tenant),
            kind,
            storable(subject.key),
            storable(subject.name),
            json.dumps(labels),
            at_ms,
            gone_ms,
        )

    # first_seen_at stays as it was when the row is there already.
    rows = {entry.id: row(entry, None) for entry in changes.named}
    rows.update((entry.id, row(entry, gone_ms)) for entry, gone_ms in changes.gone)
    bulk.upsert(connection, SUBJECTS, list(rows.values()), ("name", "labels", "gone_at"))


def _write_history(
    connection: Connection, tables: KindTables, changes: Changes, at_ms: int
) -> None:
    flags = tables.flags

    def stored(values: Values) -> Values:
        """Return whole numbers for the flags, whose columns take nothing else."""
        if not flags:
            return values
        row = list(values)
        for index in flags:
            value = row[index]
            row[index] = None if value is None else int(value)
        return tuple(row)

    def open_rows(entries: Iterable[Entry]) -> list[bulk.Row]:
        return [(e.id, e.since_ms, *e.moving, *stored(e.recorded)) for e in entries]

    sealed_ms = 0
    if any(c.until_ms < at_ms for c in changes.closed):
        # What was missed for a while ended some polls ago, maybe on a day that is sealed by now.
        hold_seals(connection)
        sealed_ms = sealed_before(connection, tables.kind) * DAY_MS
    closed: list[bulk.Row] = []
    late: list[bulk.Row] = []
    for c in changes.closed:
        row = c.until_ms, c.subject_id, c.since_ms, *c.moving, *stored(c.recorded)
        if c.until_ms >= sealed_ms:
            closed.append(row)
        else:
            late.append((c.until_ms // DAY_MS, c.subject_id, c.until_ms, *row[2:]))
    bulk.upsert(connection, tables.sealed, late, ())
    bulk.insert(connection, tables.stretches, closed)
    bulk.delete(connection, tables.latest, [entry.id for entry, _ in changes.gone])
    bulk.insert(connection, tables.latest, open_rows(changes.opened))
    bulk.upsert(connection, tables.latest, open_rows(changes.changed), _measured(tables))


def _measured(tables: KindTables) -> tuple[str, ...]:
    return tuple(c.name for c in tables.latest.columns if not c.primary_key)


def _write_poll(connection: Connection, snapshot: Snapshot, settled_at: datetime | None) -> None:
    outcome = snapshot.outcome
    started_ms = to_ms(snapshot.started_at)
    who = {"tenant": storable(snapshot.tenant), "collector": storable(snapshot.collector)}
    facts: Mapping[str, object]
    if isinstance(outcome, Failed):
        word, error, samples, note = storable(outcome.kind), storable(outcome.message), 0, ""
        facts = {"skipped": 0, "observed_at": None, "partial": 0}
    else:
        word, error, samples, note = "ok", None, len(outcome.samples), storable(_unread(outcome))
        facts = {
            "skipped": outcome.skipped,
            "observed_at": outcome.observed_at,
            "partial": int(outcome.partial),
        }
    connection.execute(
        POLLS.insert().values(
            **who,
            started_at=snapshot.started_at,
            took_s=snapshot.took_s,
            outcome=word,
            error=error,
            samples=samples,
            requests=snapshot.requests,
            settled_at=settled_at or snapshot.started_at + timedelta(seconds=snapshot.took_s),
            **facts,
        )
    )
    good = error is None
    _write_state(
        connection,
        (
            *who.values(),
            word,
            started_ms,
            started_ms,
            started_ms if good else None,
            error,
            note,
            0 if good else 1,
            samples,
        ),
    )


# One statement, so that a steady poll reads nothing: what is kept depends on what was there.
_STATE = """
INSERT INTO collector_states (tenant, collector, outcome, outcome_since, last_poll_at,
  last_success_at, last_error, note, failures, samples)
VALUES ({marks})
ON CONFLICT (tenant, collector) DO UPDATE SET
  outcome_since = CASE WHEN collector_states.outcome = excluded.outcome
    THEN collector_states.outcome_since ELSE excluded.outcome_since END,
  outcome = excluded.outcome,
  last_poll_at = excluded.last_poll_at,
  last_success_at = coalesce(excluded.last_success_at, collector_states.last_success_at),
  last_error = excluded.last_error,
  note = CASE WHEN excluded.failures = 0 THEN excluded.note ELSE collector_states.note END,
  failures = CASE WHEN excluded.failures = 0 THEN 0 ELSE collector_states.failures + 1 END,
  samples = CASE WHEN excluded.failures = 0 THEN excluded.samples ELSE collector_states.samples END
"""


def _unread(outcome: Collected) -> str:
    """Return what a good poll could not read, "" where it read everything."""
    if outcome.skipped:
        rows = f"{outcome.skipped} rows could not be read"
        return f"{rows}; {outcome.note}" if outcome.note else rows
    return outcome.note


def _write_state(connection: Connection, row: bulk.Row) -> None:
    """Keep the collector's state; after a failure `samples` and `note` stay as they were."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(COLLECTOR_STATES.columns))
    connection.exec_driver_sql(_STATE.format(marks=marks), row)
