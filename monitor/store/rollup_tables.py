"""Hours and days of every metric, kept for longer than each change: see `core/rollup.py`.

Days are whole days of UTC since 1970. A row says as little as it can: `known_ms` is NULL where the
whole time is known, and `greatest`, `area`, `last` and `p95` are NULL where there was one value
only, `least`; `risen` where nothing rose. An hour's row stands for `hours` of
them, one after the other, in which nothing changed.

What a queue achieved on a day is kept beside them, since neither handling times nor the longest
idle time can be told from metrics one by one: see `core/throughput.py`.
"""

from sqlalchemy import BigInteger, Column, Double, Integer, SmallInteger, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from monitor.store.instants import EpochMs
from monitor.store.tables import METADATA

# Metrics by numbers: a name in each row would be most of it.
METRICS = Table(
    "metrics",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Unique("kind", "name"),
)


def _summed() -> list[Column[object]]:
    return [
        Column("changes", Integer, nullable=False),
        Column("risen", Double),
        Column("known_ms", Integer),
        Column("least", Double, nullable=False),
        Column("greatest", Double),
        Column("area", Double),
        Column("last", Double),
        Column("p95", Double),
    ]


def _key(name: str) -> Column[object]:
    # One metric of all subjects stands together, day by day: what a report reads.
    kind = SmallInteger if name == "hour" else BigInteger if name == "subject_id" else Integer
    return Column(name, kind, primary_key=True, autoincrement=False)


HOURS = Table(
    "hours",
    METADATA,
    _key("day"),
    _key("metric_id"),
    _key("subject_id"),
    _key("hour"),
    Column("hours", SmallInteger, nullable=False),
    *_summed(),
    sqlite_with_rowid=False,
)
DAYS = Table(
    "days",
    METADATA,
    _key("day"),
    _key("metric_id"),
    _key("subject_id"),
    *_summed(),
    sqlite_with_rowid=False,
)

# One queue over one day. NULL in place of totals where none was known, of the peak where no backlog
# was, of `idle_at_first_ms` where the idle time never broke off. `waiting_sum` is items times
# milliseconds.
QUEUE_DAYS = Table(
    "queue_days",
    METADATA,
    _key("day"),
    _key("subject_id"),
    Column("successful", Double),
    Column("failed", Double),
    Column("application", Double),
    Column("business", Double),
    Column("handled", Double, nullable=False),
    Column("handling_sum_s", Double, nullable=False),
    Column("seen_ms", Integer, nullable=False),
    Column("waiting_sum", Double, nullable=False),
    Column("peak", Double),
    Column("peak_at", EpochMs),
    Column("longest_idle_ms", Integer, nullable=False),
    Column("idle_at_first_ms", Integer),
    Column("idle_at_last_ms", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# When nobody looked, on days that are rolled up: kept as long as they are, unlike the polls.
GAPS = Table(
    "gaps",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("collector", Text, primary_key=True),
    Column("began_at", EpochMs, primary_key=True, autoincrement=False),
    Column("ended_at", EpochMs, nullable=False),
    sqlite_with_rowid=False,
)

# Which days' closed stretches of a kind are sealed: those before. What stands of them elsewhere is
# about to be deleted; what stands at the sealed ones of later days is not yet whole.
SEALS = Table(
    "seals",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("before_day", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Up to which day (not with it) hours and days are there.
ROLLED = Table(
    "rolled",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("collector", Text, nullable=False),
    Column("until_day", Integer, nullable=False),
    sqlite_with_rowid=False,
)
