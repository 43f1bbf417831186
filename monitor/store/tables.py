"""The tables, as SQLAlchemy Core objects. People read the views; these may change.

Instants are numbers (see `instants.py`). Constraint names follow one convention, because a batch
migration on SQLite can only drop what has a name.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from monitor.store.instants import EpochMs, EpochUs, Microseconds

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

DOCUMENT = JSON().with_variant(JSONB(), "postgresql")
# SQLite gives ids by itself only to a column declared INTEGER PRIMARY KEY.
ROW_ID = BigInteger().with_variant(Integer(), "sqlite")

# `labels` are those without the moving ones (a state), which are history.
SUBJECTS = Table(
    "subjects",
    METADATA,
    Column("id", ROW_ID, primary_key=True, autoincrement=False),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("labels", DOCUMENT, nullable=False),
    Column("first_seen_at", EpochMs, nullable=False),
    Column("gone_at", EpochMs),
    UniqueConstraint("tenant", "kind", "key"),
)

# The newest good answer about a kind: how far an open stretch of history is known to reach.
SIGHTS = Table(
    "sights",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("observed_at", EpochMs, nullable=False),
)

# `settled_at` is when it was judged, which may be some time after it began. `partial`: some of it
# could not be read.
POLLS = Table(
    "polls",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("collector", Text, nullable=False),
    Column("started_at", EpochMs, nullable=False),
    Column("took_s", Double, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    Column("samples", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("requests", Integer, nullable=False),
    Column("observed_at", EpochMs),
    Column("settled_at", EpochUs, nullable=False),
    Column("partial", SmallInteger, nullable=False),
)

COLLECTOR_STATES = Table(
    "collector_states",
    METADATA,
    Column("tenant", Text, primary_key=True),
    Column("collector", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("outcome_since", EpochMs, nullable=False),
    Column("last_poll_at", EpochMs, nullable=False),
    Column("last_success_at", EpochMs),
    Column("last_error", Text),
    Column("note", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("samples", Integer, nullable=False),
)

# SQLite uses a partial index only for a condition that is written out: no bound parameters here.
IS_OPEN = text("alerts.phase <> 'resolved'")
# Also the alerts that are over while somebody has yet to hear of their end.
IS_REMEMBERED = text("phase <> 'resolved' OR is_owed = 1")
IS_DUE = text("deliveries.state = 'due'")
IS_DEAD = text("deliveries.state = 'dead'")

# `limit` is a word of SQL, hence limit_value.
ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("subject_labels", DOCUMENT, nullable=False),
    Column("severity", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("value", Double),
    Column("limit_value", Double),
    Column("started_at", EpochUs, nullable=False),
    Column("opened_at", EpochUs),
    Column("resolved_at", EpochUs),
    Column("updated_at", EpochUs, nullable=False),
    Column("held_us", Microseconds, nullable=False),
    Column("held_at", EpochUs),
    Column("held_count", Integer, nullable=False),
    Column("fine_us", Microseconds, nullable=False),
    Column("fine_at", EpochUs),
    Column("fine_count", Integer, nullable=False),
    Column("absent_count", Integer, nullable=False),
    Column("has_no_data", SmallInteger, nullable=False),
    Column("end_reason", Text),
    Column("flapping_since", EpochUs),
    Column("mutes", DOCUMENT, nullable=False),
    Column("unmuted_at", EpochUs),
    Column("told", DOCUMENT, nullable=False),
    Column("labels", DOCUMENT, nullable=False),
    Column("rule_text", Text, nullable=False),
    Column("is_owed", SmallInteger, nullable=False),
    CheckConstraint("phase in ('pending', 'firing', 'resolved')", name="phase"),
)
Index(
    "ix_alerts_remembered",
    ALERTS.c.started_at,
    sqlite_where=IS_REMEMBERED,
    postgresql_where=IS_REMEMBERED,
)

ALERT_EVENTS = Table(
    "alert_events",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("alert_id", Text, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("at", EpochUs, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("value", Double),
    Column("limit_value", Double),
    Column("summary", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_alert_events_alert_id", "alert_id"),
    Index("ix_alert_events_at", "at"),
)

# `matchers` are texts as people write them: name=value.
SILENCES = Table(
    "silences",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("matchers", DOCUMENT, nullable=False),
    Column("starts_at", EpochUs, nullable=False),
    Column("ends_at", EpochUs, nullable=False),
    Column("created_at", EpochUs, nullable=False),
    Column("author", Text, nullable=False),
    Column("comment", Text, nullable=False),
    Index("ix_silences_ends_at", "ends_at"),
)

# The newest of an alert counts; the others are its past.
ACKNOWLEDGEMENTS = Table(
    "acknowledgements",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("alert_id", Text, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("severity", Text, nullable=False),
    Column("at", EpochUs, nullable=False),
    Column("expires_at", EpochUs, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_acknowledgements_alert_id", "alert_id"),
    Index("ix_acknowledgements_expires_at", "expires_at"),
)

# `seq` is the order of creation: clocks may step, this does not.
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("seq", ROW_ID, primary_key=True),
    Column("id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message", DOCUMENT, nullable=False),
    Column("created_at", EpochUs, nullable=False),
    Column("next_at", EpochUs, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("settled_at", EpochUs),
    Column("before", DOCUMENT, nullable=False),
    Column("may_have_arrived", SmallInteger, nullable=False),
    UniqueConstraint("id"),
    CheckConstraint("state in ('due', 'sent', 'dead', 'withdrawn')", name="state"),
)
Index(
    "ix_deliveries_due",
    DELIVERIES.c.channel,
    DELIVERIES.c.seq,
    sqlite_where=text("state = 'due'"),
    postgresql_where=text("state = 'due'"),
)

Index(
    "ix_deliveries_dead",
    DELIVERIES.c.channel,
    sqlite_where=text("state = 'dead'"),
    postgresql_where=text("state = 'dead'"),
)

# `what` is NULL for an alert that the message only counts. No foreign key to alerts: a message
# outlives the alerts it speaks of, which are pruned by age.
DELIVERY_ALERTS = Table(
    "delivery_alerts",
    METADATA,
    Column(
        "delivery_seq",
        ROW_ID,
        ForeignKey("deliveries.seq", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("alert_id", Text, nullable=False),
    Column("what", Text),
    Index("ix_delivery_alerts_alert_id", "alert_id", "delivery_seq"),
    sqlite_with_rowid=False,
)

# `outcome` is NULL from before the attempt until its end: what a crash leaves is evidence.
DELIVERY_ATTEMPTS = Table(
    "delivery_attempts",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column(
        "delivery_seq", ROW_ID, ForeignKey("deliveries.seq", ondelete="CASCADE"), nullable=False
    ),
    Column("at", EpochUs, nullable=False),
    Column("ended_at", EpochUs),
    Column("outcome", Text),
    Column("error", Text),
    Index("ix_delivery_attempts_delivery_seq", "delivery_seq"),
)

# How much of its allowance each channel has used: see `core/pace.py`.
CHANNEL_PACES = Table(
    "channel_paces",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("spent_until", EpochUs, nullable=False),
)
