"""Add hours and days of every metric, and a place for the history of days that are over.

Why: the past of one subject is in few places, and what it came to outlives each change.
The tables begin empty: the daemon fills them in the background, from the history that is there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER, FLAG, WORD = "number", "flag", "word"
MEASURED = {
    "session": {
        "state": WORD,
        "heartbeat_age_s": NUMBER,
        "is_unresponsive": FLAG,
        "is_disconnected": FLAG,
        "is_available": FLAG,
        "is_busy": FLAG,
        "in_maintenance": FLAG,
    },
    "machine": {
        "runtimes": NUMBER,
        "used_runtimes": NUMBER,
        "sessions": NUMBER,
        "unresponsive_sessions": NUMBER,
        "disconnected_sessions": NUMBER,
        "late_sessions": NUMBER,
    },
    "queue": {
        "new_items": NUMBER,
        "in_progress_items": NUMBER,
        "successful_items": NUMBER,
        "failed_items": NUMBER,
        "application_exceptions": NUMBER,
        "business_exceptions": NUMBER,
        "mean_processing_s": NUMBER,
        "seconds_since_processed": NUMBER,
        "overdue_items": NUMBER,
        "deferred_items": NUMBER,
        "oldest_new_s": NUMBER,
        "abandoned_items": NUMBER,
    },
    "license": {"allowed": NUMBER, "used": NUMBER, "free": NUMBER, "used_ratio": NUMBER},
    "subscription": {"days_to_expiry": NUMBER, "is_expired": FLAG},
}


def upgrade() -> None:
    """Create empty tables."""
    for stem, measured in MEASURED.items():
        create_sealed(stem, measured)
    op.create_table(
        "metrics",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metrics")),
        sa.UniqueConstraint("kind", "name", name=op.f("uq_metrics_kind")),
    )
    keys = ("day", "metric_id", "subject_id")
    hour = sa.Column("hour", sa.SmallInteger(), autoincrement=False, nullable=False)
    hours = sa.Column("hours", sa.SmallInteger(), nullable=False)
    create_rollups("hours", (*keys, "hour"), hour, hours)
    create_rollups("days", keys)
    op.create_table(
        "seals",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_seals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gaps",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "collector", "began_at", name=op.f("pk_gaps")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rolled",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("until_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", name=op.f("pk_rolled")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Put the history back where it was, and drop what was made of it."""
    for stem, measured in MEASURED.items():
        names = ", ".join(("valid_to", "subject_id", "valid_from", *measured))
        sealed = f"coalesce((SELECT before_day FROM seals WHERE kind = '{stem}'), 0)"  # noqa: S608  # our own names
        op.execute(f"DELETE FROM {stem}_stretches WHERE valid_to / 86400000 < {sealed}")  # noqa: S608  # our own names
        op.execute(
            f"INSERT INTO {stem}_stretches ({names}) "  # noqa: S608  # our own names
            f"SELECT {names} FROM {stem}_sealed WHERE day < {sealed}"
        )
        op.drop_table(f"{stem}_sealed")
    for table in ("seals", "rolled", "gaps", "days", "hours", "metrics"):
        op.drop_table(table)


def create_sealed(stem: str, measured: dict[str, str]) -> None:
    """Create the place for a kind's closed stretches of days that are over."""
    op.create_table(
        f"{stem}_sealed",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_to", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        *columns(measured),
        sa.PrimaryKeyConstraint("day", "subject_id", "valid_to", name=op.f(f"pk_{stem}_sealed")),
        sqlite_with_rowid=False,
    )


def columns(measured: dict[str, str]) -> list[sa.Column[object]]:
    """Return the columns of what is measured, in order."""
    made: list[sa.Column[object]] = []
    for name, sort in measured.items():
        if sort == WORD:
            made.append(sa.Column(name, sa.Text(), nullable=False))
        else:
            made.append(sa.Column(name, sa.SmallInteger() if sort == FLAG else sa.Double()))
    return made


def create_rollups(name: str, keys: tuple[str, ...], *more: sa.Column[int]) -> None:
    """Create a table of what metrics came to; `more` are columns that only one of them has."""
    op.create_table(
        name,
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("metric_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *more,
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("risen", sa.Double()),
        sa.Column("known_ms", sa.Integer()),
        sa.Column("least", sa.Double(), nullable=False),
        sa.Column("greatest", sa.Double()),
        sa.Column("area", sa.Double()),
        sa.Column("last", sa.Double()),
        sa.Column("p95", sa.Double()),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")),
        sqlite_with_rowid=False,
    )
