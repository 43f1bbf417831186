"""Add what each queue achieved on each day.

Why: a report of months reads days instead of each change, and outlives the changes.
The table begins empty: days that were rolled up before have no row, and are read change by change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create an empty table."""
    op.create_table(
        "queue_days",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("successful", sa.Double()),
        sa.Column("failed", sa.Double()),
        sa.Column("application", sa.Double()),
        sa.Column("business", sa.Double()),
        sa.Column("handled", sa.Double(), nullable=False),
        sa.Column("handling_sum_s", sa.Double(), nullable=False),
        sa.Column("seen_ms", sa.Integer(), nullable=False),
        sa.Column("waiting_sum", sa.Double(), nullable=False),
        sa.Column("peak", sa.Double()),
        sa.Column("peak_at", sa.BigInteger()),
        sa.Column("longest_idle_ms", sa.Integer(), nullable=False),
        sa.Column("idle_at_first_ms", sa.Integer()),
        sa.Column("idle_at_last_ms", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "subject_id", name=op.f("pk_queue_days")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("queue_days")
