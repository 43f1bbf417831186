"""What is kept beside the history so that it can be replayed (see `replay.py`): all of it rare."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, text

from monitor.store.instants import EpochMs, EpochUs
from monitor.store.tables import DOCUMENT, METADATA

# What a subject was called before: each name until it had another.
SUBJECT_NAMES = Table(
    "subject_names",
    METADATA,
    Column("valid_to", EpochMs, primary_key=True, autoincrement=False),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("labels", DOCUMENT, nullable=False),
    sqlite_with_rowid=False,
)

# Who was not in the answers, from the first poll without it to the first with it, or to the one by
# which it counted as gone. A stretch of history goes on meanwhile.
ABSENCES = Table(
    "absences",
    METADATA,
    Column("missed_at", EpochMs, primary_key=True, autoincrement=False),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("ended_at", EpochMs),
    sqlite_with_rowid=False,
)
Index(
    "ix_absences_open",
    ABSENCES.c.subject_id,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

# When the daemon began (`start`), took over another configuration (`reload`), or let all timers
# rest after a failed transaction or a step of the clock (`rest`). Clocks may step: the order is
# that of the polls, and a turn came after `poll_id` (0 before the first).
TURNS = Table(
    "turns",
    METADATA,
    Column("at", EpochUs, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("poll_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
