"""Deliveries as rows: put in with what they speak of, and read back equal.

A row that cannot be read holds up nobody: it is given up, with the reason.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Text, cast, or_, select

from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.message import Message, message_from_dict, message_to_dict
from monitor.core.plain import clipped
from monitor.core.told import told_from_dict
from monitor.store import bulk
from monitor.store.instants import to_us
from monitor.store.tables import DELIVERIES, DELIVERY_ALERTS, DELIVERY_ATTEMPTS
from monitor.store.text import document, storable

LONGEST_REASON = 300

# What a process that died while it was sending leaves behind.
_WAS_CUT_OFF = (
    select(DELIVERY_ATTEMPTS.c.id)
    .where(
        DELIVERY_ATTEMPTS.c.delivery_seq == DELIVERIES.c.seq, DELIVERY_ATTEMPTS.c.outcome.is_(None)
    )
    .exists()
)
_COMPUTED = ("message", "before", "may_have_arrived")
# Read as text: a document that is not JSON must not end the reading of the other rows.
ROWS = select(
    *(column for column in DELIVERIES.columns if column.name not in _COMPUTED),
    cast(DELIVERIES.c.message, Text).label("message"),
    cast(DELIVERIES.c.before, Text).label("before"),
    or_(DELIVERIES.c.may_have_arrived == 1, _WAS_CUT_OFF).label("may_have_arrived"),
)


def add(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Add deliveries, in this order; one that is there already stays as it is."""
    by_id = {delivery.id: delivery for delivery in deliveries}
    if not by_id:
        return
    is_given = DELIVERIES.c.id.in_(by_id)
    for known in connection.scalars(select(DELIVERIES.c.id).where(is_given)).all():
        del by_id[known]
    bulk.insert(connection, DELIVERIES, [_row(delivery) for delivery in by_id.values()])
    added = select(DELIVERIES.c.seq, DELIVERIES.c.id).where(DELIVERIES.c.id.in_(by_id))
    rows = [row for seq, name in connection.execute(added) for row in _about(seq, by_id[name])]
    bulk.insert(connection, DELIVERY_ALERTS, rows)


def load(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    *,
    given_up_at: datetime | None = None,
) -> tuple[Delivery, ...]:
    """Return the deliveries of a statement made of `ROWS`, in its order (see `delivery_of`)."""
    rows = connection.execute(statement).mappings().all()
    spoken_of = DELIVERY_ALERTS.c
    about: dict[int, list[str]] = {row["seq"]: [] for row in rows}
    alerts = (
        select(spoken_of.delivery_seq, spoken_of.alert_id)
        .where(spoken_of.delivery_seq.in_(about))
        .order_by(spoken_of.delivery_seq, spoken_of.position)
    )
    for seq, alert_id in connection.execute(alerts) if rows else ():
        about[seq].append(alert_id)
    return tuple(delivery_of(row, about[row["seq"]], given_up_at=given_up_at) for row in rows)


def delivery_of(
    row: RowMapping, about: Sequence[str] = (), *, given_up_at: datetime | None = None
) -> Delivery:
    """Return the delivery of a row of `ROWS`.

    One whose message cannot be read has none, and is dead where `given_up_at` says since when.
    """
    state, error, settled_at = DeliveryState(row["state"]), row["last_error"], row["settled_at"]
    try:
        message = message_from_dict(json.loads(row["message"]))
        before = told_from_dict(json.loads(row["before"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as mistake:
        message, before = Message(at=row["created_at"], items=()), {}
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
        about=tuple(about),
        before=before,
        may_have_arrived=bool(row["may_have_arrived"]),
    )


def _row(delivery: Delivery) -> bulk.Row:
    """Return the values of the columns after `seq`, in their order in the table."""
    return (
        delivery.id,
        storable(delivery.channel),
        document(message_to_dict(delivery.message)),
        to_us(delivery.created_at),
        to_us(delivery.next_at),
        delivery.state.value,
        delivery.attempts,
        None if delivery.last_error is None else storable(delivery.last_error),
        to_us(delivery.settled_at),
        document(delivery.before),
        int(delivery.may_have_arrived),
    )


def _about(seq: int, delivery: Delivery) -> list[bulk.Row]:
    said = {item.alert_id: item.what.value for item in reversed(delivery.message.items)}
    return [
        (seq, position, alert_id, said.get(alert_id))
        for position, alert_id in enumerate(delivery.about)
    ]
