"""Create the history, the alerts, what people say of them, and the outbox.

Why: the first schema. On an empty database it takes a moment.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

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
    """Create everything."""
    create_subjects_and_polls()
    create_traces()
    for stem, measured in MEASURED.items():
        create_history(stem, measured)
    create_alerts()
    create_people()
    create_outbox()


def downgrade() -> None:
    """Drop everything; children first."""
    for table in ("channel_paces", "delivery_attempts", "delivery_alerts", "deliveries"):
        op.drop_table(table)
    for table in ("acknowledgements", "silences", "alert_events", "alerts"):
        op.drop_table(table)
    for stem in MEASURED:
        op.drop_table(f"{stem}_stretches")
        op.drop_table(f"{stem}_latest")
    for table in ("turns", "absences", "subject_names"):
        op.drop_table(table)
    for table in ("collector_states", "polls", "sights", "subjects"):
        op.drop_table(table)


def create_subjects_and_polls() -> None:
    """Create what every kind shares."""
    op.create_table(
        "subjects",
        sa.Column("id", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
        sa.UniqueConstraint("tenant", "kind", "key", name=op.f("uq_subjects_tenant")),
    )
    op.create_table(
        "sights",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("observed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "kind", name=op.f("pk_sights")),
    )
    op.create_table(
        "polls",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("took_s", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("observed_at", sa.BigInteger()),
        sa.Column("settled_at", sa.BigInteger(), nullable=False),
        sa.Column("partial", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_polls")),
    )
    op.create_table(
        "collector_states",
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("outcome_since", sa.BigInteger(), nullable=False),
        sa.Column("last_poll_at", sa.BigInteger(), nullable=False),
        sa.Column("last_success_at", sa.BigInteger()),
        sa.Column("last_error", sa.Text()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant", "collector", name=op.f("pk_collector_states")),
    )


def create_traces() -> None:
    """Create what is kept beside the history so that it can be replayed."""
    op.create_table(
        "subject_names",
        sa.Column("valid_to", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("valid_to", "subject_id", name=op.f("pk_subject_names")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "absences",
        sa.Column("missed_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("missed_at", "subject_id", name=op.f("pk_absences")),
        sqlite_with_rowid=False,
    )
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_absences_open",
        "absences",
        ["subject_id"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_table(
        "turns",
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("poll_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at", "what", name=op.f("pk_turns")),
        sqlite_with_rowid=False,
    )


def create_history(stem: str, measured: dict[str, str]) -> None:
    """Create the open and the closed stretches of a kind."""
    op.create_table(
        f"{stem}_latest",
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        *columns(measured),
        sa.PrimaryKeyConstraint("subject_id", name=op.f(f"pk_{stem}_latest")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        f"{stem}_stretches",
        sa.Column("valid_to", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subject_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        *columns(measured),
        sa.PrimaryKeyConstraint("valid_to", "subject_id", name=op.f(f"pk_{stem}_stretches")),
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


def create_alerts() -> None:
    """Create the alerts and their events."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject_labels", DOCUMENT, nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("limit_value", sa.Double()),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger()),
        sa.Column("resolved_at", sa.BigInteger()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("held_us", sa.BigInteger(), nullable=False),
        sa.Column("held_at", sa.BigInteger()),
        sa.Column("held_count", sa.Integer(), nullable=False),
        sa.Column("fine_us", sa.BigInteger(), nullable=False),
        sa.Column("fine_at", sa.BigInteger()),
        sa.Column("fine_count", sa.Integer(), nullable=False),
        sa.Column("absent_count", sa.Integer(), nullable=False),
        sa.Column("has_no_data", sa.SmallInteger(), nullable=False),
        sa.Column("end_reason", sa.Text()),
        sa.Column("flapping_since", sa.BigInteger()),
        sa.Column("mutes", DOCUMENT, nullable=False),
        sa.Column("unmuted_at", sa.BigInteger()),
        sa.Column("told", DOCUMENT, nullable=False),
        sa.Column("labels", DOCUMENT, nullable=False),
        sa.Column("rule_text", sa.Text(), nullable=False),
        sa.Column("is_owed", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "phase in ('pending', 'firing', 'resolved')", name=op.f("ck_alerts_phase")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "ix_alerts_remembered",
        "alerts",
        ["started_at"],
        unique=False,
        sqlite_where=sa.text("phase <> 'resolved' OR is_owed = 1"),
        postgresql_where=sa.text("phase <> 'resolved' OR is_owed = 1"),
    )
    op.create_table(
        "alert_events",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("limit_value", sa.Double()),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alerts.id"],
            name=op.f("fk_alert_events_alert_id_alerts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_events")),
    )
    op.create_index("ix_alert_events_alert_id", "alert_events", ["alert_id"], unique=False)
    op.create_index("ix_alert_events_at", "alert_events", ["at"], unique=False)


def create_people() -> None:
    """Create what people say: silences and acknowledgements."""
    op.create_table(
        "silences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("matchers", DOCUMENT, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_silences")),
    )
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"], unique=False)
    op.create_table(
        "acknowledgements",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alerts.id"],
            name=op.f("fk_acknowledgements_alert_id_alerts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
    )
    op.create_index("ix_acknowledgements_alert_id", "acknowledgements", ["alert_id"], unique=False)
    op.create_index(
        "ix_acknowledgements_expires_at", "acknowledgements", ["expires_at"], unique=False
    )


def create_outbox() -> None:
    """Create the deliveries, what they speak of, the attempts to make them, and the paces."""
    op.create_table(
        "deliveries",
        sa.Column("seq", ROW_ID, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message", DOCUMENT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("before", DOCUMENT, nullable=False),
        sa.Column("may_have_arrived", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('due', 'sent', 'dead', 'withdrawn')", name=op.f("ck_deliveries_state")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("id", name=op.f("uq_deliveries_id")),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["channel", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index(
        "ix_deliveries_dead",
        "deliveries",
        ["channel"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_table(
        "delivery_alerts",
        sa.Column("delivery_seq", ROW_ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("alert_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text()),
        sa.ForeignKeyConstraint(
            ["delivery_seq"],
            ["deliveries.seq"],
            name=op.f("fk_delivery_alerts_delivery_seq_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_seq", "position", name=op.f("pk_delivery_alerts")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_delivery_alerts_alert_id",
        "delivery_alerts",
        ["alert_id", "delivery_seq"],
        unique=False,
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("delivery_seq", ROW_ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["delivery_seq"],
            ["deliveries.seq"],
            name=op.f("fk_delivery_attempts_delivery_seq_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempts")),
    )
    op.create_index(
        "ix_delivery_attempts_delivery_seq", "delivery_attempts", ["delivery_seq"], unique=False
    )
    op.create_table(
        "channel_paces",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("spent_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_paces")),
    )
