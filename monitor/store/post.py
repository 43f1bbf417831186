"""The post as the daemon takes it over: what is undelivered, the paces, which channels fail."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.post import Post
from monitor.store import bulk
from monitor.store.deliveries import ROWS, load
from monitor.store.instants import to_us
from monitor.store.tables import CHANNEL_PACES, DELIVERIES, DELIVERY_ATTEMPTS, IS_DUE
from monitor.store.text import storable


class ChannelFailures(NamedTuple):
    """How a channel fails: attempts in vain since the last that was accepted.

    `since` is when the first of them had failed, `error` what the newest failed with.
    """

    attempts: int
    since: datetime
    error: str


def load_post(connection: Connection) -> Post:
    """Return what is on its way; nothing of it is in flight, as far as the database knows."""
    undelivered = load(connection, ROWS.where(IS_DUE).order_by(DELIVERIES.c.seq))
    paces = connection.execute(select(CHANNEL_PACES))
    return Post(
        undelivered={delivery.id: delivery for delivery in undelivered},
        spent_until=dict(paces.all()),
    )


def revived(connection: Connection, known: Collection[str]) -> tuple[Delivery, ...]:
    """Return what is due beside the known: what somebody asked to be delivered after all."""
    due = connection.scalars(select(DELIVERIES.c.id).where(IS_DUE)).all()
    unknown = [one for one in due if one not in known]
    if not unknown:
        return ()
    return load(connection, ROWS.where(DELIVERIES.c.id.in_(unknown)).order_by(DELIVERIES.c.seq))


def save_paces(connection: Connection, spent_until: Mapping[str, datetime]) -> None:
    """Keep how much of its allowance each of these channels has used."""
    rows = [(storable(channel), to_us(at)) for channel, at in spent_until.items()]
    bulk.upsert(connection, CHANNEL_PACES, rows, ("spent_until",))


def channel_failures(connection: Connection) -> dict[str, ChannelFailures]:
    """Return the channels whose last attempt failed."""
    attempts = DELIVERY_ATTEMPTS.c
    accepted = (
        select(DELIVERIES.c.channel, func.max(attempts.id).label("newest"))
        .join_from(DELIVERY_ATTEMPTS, DELIVERIES)
        .where(attempts.outcome == DeliveryState.SENT.value)
        .group_by(DELIVERIES.c.channel)
        .subquery()
    )
    in_vain = (
        select(DELIVERIES.c.channel, attempts.ended_at, attempts.error)
        .join_from(DELIVERY_ATTEMPTS, DELIVERIES)
        .outerjoin(accepted, accepted.c.channel == DELIVERIES.c.channel)
        .where(
            attempts.outcome != DeliveryState.SENT.value,
            attempts.id > func.coalesce(accepted.c.newest, 0),
        )
        .order_by(attempts.id)
    )
    found: dict[str, ChannelFailures] = {}
    for channel, ended_at, error in connection.execute(in_vain):
        before = found.get(channel)
        found[channel] = ChannelFailures(
            attempts=1 if before is None else before.attempts + 1,
            since=ended_at if before is None else before.since,
            error=error or "",
        )
    return found
