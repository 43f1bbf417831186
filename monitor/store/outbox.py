"""The outbox: deliveries written with the alerts that caused them, and made afterwards.

At least once: a delivery stays due until its outcome is recorded, so a crash between sending and
recording sends it again, under the same id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    update,
)

from monitor.core.delivery import LONGEST_ASKED_WAIT, Delivery, DeliveryState
from monitor.store.deliveries import ROWS, load
from monitor.store.tables import (
    DELIVERIES,
    DELIVERY_ALERTS,
    DELIVERY_ATTEMPTS,
    IS_DEAD,
    IS_DUE,
)
from monitor.store.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSummary:
    """How much waits, how much was given up, and the age of the oldest that waits."""

    due: int
    dead: int
    oldest_s: float | None


def due(connection: Connection, channel: str, now: datetime, limit: int) -> tuple[Delivery, ...]:
    """Return what is to be delivered on a channel now, in the order of creation.

    Of the deliveries that share an alert only the first counts: nobody hears of the end before
    the beginning, even when the beginning has to be repeated. Those that cannot be read are among
    them, dead already: they are to be settled and not to be sent.
    """
    next_at = DELIVERIES.c.next_at
    statement = _first_of_each_alert(ROWS, channel).where(or_(next_at <= now, _is_astray(now)))
    return load(connection, statement.order_by(DELIVERIES.c.seq).limit(limit), given_up_at=now)


def next_due_at(connection: Connection, channel: str, now: datetime) -> datetime | None:
    """Return when there is something to deliver on a channel; None when nothing waits."""
    next_at = DELIVERIES.c.next_at
    at = case((_is_astray(now), literal(now, next_at.type)), else_=next_at)
    found: datetime | None = connection.scalar(_first_of_each_alert(select(func.min(at)), channel))
    return found


def withdraw(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """Take back deliveries that are due still."""
    if not ids:
        return
    connection.execute(
        update(DELIVERIES)
        .where(DELIVERIES.c.id.in_(ids), IS_DUE)
        .values(state=DeliveryState.WITHDRAWN.value, settled_at=now)
    )


def redeliver(connection: Connection, beginning: str, now: datetime) -> int:
    """Make a dead delivery due again, by its id or a beginning that it alone has; return how many.

    It keeps its place before the later ones about the same alerts.
    """
    ids = connection.scalars(
        select(DELIVERIES.c.id)
        .where(func.substr(DELIVERIES.c.id, 1, len(beginning)) == storable(beginning))
        .order_by(DELIVERIES.c.id)
        .limit(2)
    ).all()
    # The exact id is the first of all that begin with it.
    if not beginning or not ids or (len(ids) > 1 and ids[0] != beginning):
        return 0
    return connection.execute(_revived(now).where(DELIVERIES.c.id == ids[0])).rowcount


def redeliver_channel(connection: Connection, channel: str, now: datetime) -> int:
    """Make all dead deliveries of a channel due again; return how many."""
    return connection.execute(
        _revived(now).where(DELIVERIES.c.channel == storable(channel))
    ).rowcount


def mark_attempt(connection: Connection, delivery: Delivery, now: datetime) -> bool:
    """Leave evidence that an attempt begins; False when the delivery is not due any more."""
    seq = connection.scalar(select(DELIVERIES.c.seq).where(DELIVERIES.c.id == delivery.id, IS_DUE))
    if seq is None:
        return False
    connection.execute(DELIVERY_ATTEMPTS.insert().values(delivery_seq=seq, at=now))
    return True


def settle(connection: Connection, delivery: Delivery, now: datetime) -> None:
    """Record what became of an attempt: `delivery` is the result of `after_attempt`."""
    error = None if delivery.last_error is None else storable(delivery.last_error)
    seq = connection.scalar(
        update(DELIVERIES)
        .where(DELIVERIES.c.id == delivery.id)
        .values(
            next_at=delivery.next_at,
            state=delivery.state.value,
            attempts=delivery.attempts,
            last_error=error,
            settled_at=delivery.settled_at,
            may_have_arrived=int(delivery.may_have_arrived),
        )
        .returning(DELIVERIES.c.seq)
    )
    if seq is None:
        return
    outcome = "retry" if delivery.state is DeliveryState.DUE else delivery.state.value
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
    waiting = select(func.count(), func.min(DELIVERIES.c.created_at)).where(IS_DUE)
    count, oldest = connection.execute(waiting).one()
    given_up = select(func.count()).select_from(DELIVERIES).where(IS_DEAD)
    return OutboxSummary(
        due=count,
        dead=connection.scalar(given_up) or 0,
        oldest_s=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
    )


def _is_astray(now: datetime) -> ColumnElement[bool]:
    """Tell whether a delivery waits for longer than any wait is: the clock was set back since."""
    return DELIVERIES.c.next_at > now + LONGEST_ASKED_WAIT


def _first_of_each_alert(
    statement: Select[*tuple[Any, ...]], channel: str
) -> Select[*tuple[Any, ...]]:
    """Restrict to due deliveries of a channel without an earlier one about the same alert.

    Found among what is due, which is little, and not in the past of the alerts, which is long.
    """
    seq = DELIVERY_ALERTS.c.delivery_seq
    is_wanted = and_(DELIVERIES.c.channel == storable(channel), IS_DUE)
    waiting = (
        select(seq, func.min(seq).over(partition_by=DELIVERY_ALERTS.c.alert_id).label("first_seq"))
        .join_from(DELIVERY_ALERTS, DELIVERIES)
        .where(is_wanted)
        .subquery()
    )
    blocked = select(waiting.c.delivery_seq).where(waiting.c.first_seq < waiting.c.delivery_seq)
    return statement.where(is_wanted, DELIVERIES.c.seq.not_in(blocked))


def _revived(now: datetime) -> Update:
    """Return the change that makes dead deliveries due, with a new day until they are given up."""
    return (
        update(DELIVERIES)
        .where(IS_DEAD)
        .values(
            state=DeliveryState.DUE.value, next_at=now, created_at=now, attempts=0, settled_at=None
        )
    )
