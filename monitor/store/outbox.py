"""The outbox: deliveries written with the alerts that caused them, and made afterwards.

At least once: a delivery stays due until its outcome is recorded, so a crash between sending and
recording sends it again, under the same id. A row that cannot be read holds up nobody: it is given
up, with the reason.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Text, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.message import Message, message_from_dict, message_to_dict
from monitor.core.plain import clipped
from monitor.store.tables import DELIVERIES, DELIVERY_ALERTS, DELIVERY_ATTEMPTS
from monitor.store.text import storable, storable_document

DUE = DeliveryState.DUE.value
LONGEST_REASON = 300
# Read as text: a document that is not JSON must not end the reading of the other rows.
ROWS = select(
    *(column for column in DELIVERIES.columns if column is not DELIVERIES.c.message),
    cast(DELIVERIES.c.message, Text).label("message"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSummary:
    """How much waits, how much was given up, and the age of the oldest that waits."""

    due: int
    dead: int
    oldest_s: float | None


def add(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Add deliveries, in this order; one that is there already stays as it is."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for delivery in deliveries:
        seq = connection.scalar(
            insert(DELIVERIES)
            .values(
                id=delivery.id,
                channel=storable(delivery.channel),
                message=storable_document(message_to_dict(delivery.message)),
                created_at=delivery.created_at,
                next_at=delivery.next_at,
                state=delivery.state.value,
                attempts=delivery.attempts,
                last_error=delivery.last_error,
                settled_at=delivery.settled_at,
            )
            .on_conflict_do_nothing(index_elements=[DELIVERIES.c.id])
            .returning(DELIVERIES.c.seq)
        )
        if seq is not None and delivery.message.items:
            connection.execute(DELIVERY_ALERTS.insert(), _alert_rows(seq, delivery))


def due(connection: Connection, channel: str, now: datetime, limit: int) -> tuple[Delivery, ...]:
    """Return what is to be delivered on a channel now, in the order of creation.

    Of the deliveries that share an alert only the first counts: nobody hears of the end before
    the beginning, even when the beginning has to be repeated. Those that cannot be read are among
    them, dead already: they are to be settled and not to be sent.
    """
    statement = (
        _first_of_each_alert(ROWS, channel)
        .where(DELIVERIES.c.next_at <= now)
        .order_by(DELIVERIES.c.seq)
        .limit(limit)
    )
    rows = connection.execute(statement).mappings()
    return tuple(delivery_of(row, given_up_at=now) for row in rows)


def next_due_at(connection: Connection, channel: str) -> datetime | None:
    """Return when there is something to deliver on a channel; None when nothing waits."""
    statement = _first_of_each_alert(select(func.min(DELIVERIES.c.next_at)), channel)
    at: datetime | None = connection.scalar(statement)
    return at


def mark_attempt(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Leave evidence that an attempt begins; False when the delivery is not due any more."""
    seq = connection.scalar(
        select(DELIVERIES.c.seq).where(DELIVERIES.c.id == delivery.id, DELIVERIES.c.state == DUE)
    )
    if seq is None:
        return False
    connection.execute(DELIVERY_ATTEMPTS.insert().values(delivery_seq=seq, at=now))
    return True


def settle(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Record what became of an attempt: `delivery` is the result of `after_attempt`."""
    seq = connection.scalar(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery.id)
        .values(
            next_at=delivery.next_at,
            state=delivery.state.value,
            attempts=delivery.attempts,
            last_error=None if delivery.last_error is None else storable(delivery.last_error),
            settled_at=delivery.settled_at,
        )
        .returning(DELIVERIES.c.seq)
    )
    if seq is None:
        return
    outcome = "retry" if delivery.state is DeliveryState.DUE else delivery.state.value
    error = None if delivery.last_error is None else storable(delivery.last_error)
    ended = {"ended_at": now, "outcome": outcome, "error": error}
    attempts = DELIVERY_ATTEMPTS
    newest = select(func.max(attempts.c.id)).where(attempts.c.delivery_seq == seq).scalar_subquery()
    marked = connection.execute(
        update(attempts)
        .where(attempts.c.id == newest, attempts.c.outcome.is_(None))
        .values(**ended)
    )
    if not marked.rowcount:
        connection.execute(attempts.insert().values(delivery_seq=seq, at=now, **ended))


def summary(connection: Connection, now: datetime) -> OutboxSummary:
    """Return how the outbox stands."""
    by_state = {
        state: (count, oldest)
        for state, count, oldest in connection.execute(
            select(DELIVERIES.c.state, func.count(), func.min(DELIVERIES.c.created_at))
            .where(DELIVERIES.c.state.in_((DUE, DeliveryState.DEAD.value)))
            .group_by(DELIVERIES.c.state)
        )
    }
    count, oldest = by_state.get(DUE, (0, None))
    return OutboxSummary(
        due=count,
        dead=by_state.get(DeliveryState.DEAD.value, (0, None))[0],
        oldest_s=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
    )


def delivery_of(row: RowMapping, *, given_up_at: datetime | None = None) -> Delivery:
    """Return the delivery of a row of `ROWS`.

    One whose message cannot be read has none, and is dead where `given_up_at` says since when.
    """
    state, error, settled_at = DeliveryState(row["state"]), row["last_error"], row["settled_at"]
    try:
        message = message_from_dict(json.loads(row["message"]))
    except (ValueError, RecursionError) as mistake:
        message = Message(at=row["created_at"], items=())
        if given_up_at is not None:
            state, settled_at = DeliveryState.DEAD, given_up_at
            error = clipped(f"the stored message cannot be read: {mistake}", LONGEST_REASON)
    return Delivery(
        id=row["id"],
        channel=row["channel"],
        message=message,
        created_at=row["created_at"],
        next_at=row["next_at"],
        state=state,
        attempts=row["attempts"],
        last_error=error,
        settled_at=settled_at,
    )


def _first_of_each_alert(
    statement: Select[*tuple[Any, ...]], channel: str
) -> Select[*tuple[Any, ...]]:
    """Restrict to due deliveries of a channel without an earlier one about the same alert."""
    own = DELIVERY_ALERTS.alias("own")
    other = DELIVERY_ALERTS.alias("other")
    earlier = DELIVERIES.alias("earlier")
    blocked = (
        select(earlier.c.seq)
        .select_from(
            own.join(other, other.c.alert_id == own.c.alert_id).join(
                earlier, earlier.c.seq == other.c.delivery_seq
            )
        )
        .where(
            own.c.delivery_seq == DELIVERIES.c.seq,
            earlier.c.channel == DELIVERIES.c.channel,
            earlier.c.state == DUE,
            earlier.c.seq < DELIVERIES.c.seq,
        )
        .exists()
    )
    return statement.where(
        DELIVERIES.c.channel == storable(channel), DELIVERIES.c.state == DUE, ~blocked
    )


def _alert_rows(seq: int, delivery: Delivery) -> list[dict[str, object]]:
    return [
        {
            "delivery_seq": seq,
            "position": position,
            "alert_id": item.alert_id,
            "tenant": storable(item.tenant),
            "rule": storable(item.rule),
            "kind": item.kind,
            "name": storable(item.name),
            "what": item.what.value,
        }
        for position, item in enumerate(delivery.message.items)
    ]
