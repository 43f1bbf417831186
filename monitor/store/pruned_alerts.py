"""Which alerts and messages go by age: those that are over and owe nobody anything.

A message goes with the last of the alerts it speaks of, and before them: what is broken off in
between is an old alert without its messages, never a message about nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
)

from monitor.core.alert import Phase
from monitor.core.delivery import DeliveryState
from monitor.store.pruned_history import Gone
from monitor.store.store import Store
from monitor.store.tables import (
    ACKNOWLEDGEMENTS,
    ALERT_EVENTS,
    ALERTS,
    DELIVERIES,
    DELIVERY_ALERTS,
    DELIVERY_ATTEMPTS,
)

Key = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """Rows that go together: those of `key`, and what refers to them, by its name."""

    name: str
    key: Column[Key]
    children: Mapping[str, Column[Key]]

    def within(self, connection: Connection, keys: Sequence[Key], rows: int) -> tuple[Key, ...]:
        """Return as many of the keys, in order and at least one, as make about `rows` rows."""
        sizes = dict.fromkeys(keys, 1)
        for parent in self.children.values():
            counted = select(parent, func.count()).where(parent.in_(keys)).group_by(parent)
            for key, count in connection.execute(counted):
                sizes[key] += count
        chosen: list[Key] = []
        for key in keys:
            if chosen and sum(sizes[one] for one in chosen) + sizes[key] > rows:
                break
            chosen.append(key)
        return tuple(chosen)

    def remove(
        self, store: Store, keys: Sequence[Key], is_old: ColumnElement[bool], rows: int
    ) -> dict[str, int]:
        """Let these go as far as they are old still, and what refers to them before them.

        Of a single one with more than `rows` rows only so many go, and it stays for the next time.
        """
        gone: dict[str, int] = {}
        with store.writing() as write:
            connection = write.connection
            old = select(self.key).where(self.key.in_(keys), is_old).with_for_update()
            still = connection.scalars(old).all()
            left = rows if len(still) == 1 else None
            for name, parent in self.children.items():
                gone[name] = _remove_children(connection, parent, still, left)
                left = None if left is None else left - gone[name]
            if left is None or left > 0:
                done = connection.execute(delete(self.key.table).where(self.key.in_(still)))
                gone[self.name] = done.rowcount
        return gone


def _remove_children(
    connection: Connection, parent: Column[Key], keys: Sequence[Key], most: int | None
) -> int:
    if most is None:
        return connection.execute(delete(parent.table).where(parent.in_(keys))).rowcount
    own = parent.table.primary_key.columns
    first = select(*own).where(parent.in_(keys)).order_by(*own).limit(max(0, most))
    return connection.execute(delete(parent.table).where(tuple_(*own).in_(first))).rowcount


_DELIVERIES = _Family(
    name="deliveries",
    key=DELIVERIES.c.seq,
    children={
        "mentions": DELIVERY_ALERTS.c.delivery_seq,
        "attempts": DELIVERY_ATTEMPTS.c.delivery_seq,
    },
)
_ALERTS = _Family(
    name="alerts",
    key=ALERTS.c.id,
    children={"events": ALERT_EVENTS.c.alert_id, "acknowledgements": ACKNOWLEDGEMENTS.c.alert_id},
)


@dataclass(frozen=True, slots=True)
class PrunedAlerts:
    """Alerts that were resolved long ago, everybody knows it, and no message about them waits."""

    until: datetime

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let some go, with their events and what people said of them."""
        is_old = not_(_is_kept(self.until))
        with store.reading() as connection:
            found = connection.scalars(select(ALERTS.c.id).where(is_old).limit(rows)).all()
            keys = _ALERTS.within(connection, found, rows)
        return _ALERTS.remove(store, keys, is_old, rows) if keys else None

    def count(self, connection: Connection) -> Gone:
        """Return how many are too old, and how much there is about them."""
        old = select(ALERTS.c.id).where(not_(_is_kept(self.until)))
        return _counted(connection, _ALERTS, old)


@dataclass(slots=True)
class PrunedDeliveries:
    """Messages that were settled long ago and speak of no alert that is kept.

    Of each channel the newest attempt, and the newest that was accepted, stay for ever: they tell
    whether the channel fails.
    """

    until: datetime
    _after: int = -1
    _telling: frozenset[int] | None = field(default=None)

    def step(self, store: Store, rows: int) -> Gone | None:
        """Let the old ones among the next rows go; it is over where there are none."""
        column = DELIVERIES.c
        settled = column.state != DeliveryState.DUE.value
        following = select(column.seq, and_(settled, column.settled_at <= self.until))
        following = following.where(column.seq > self._after).order_by(column.seq).limit(rows)
        with store.reading() as connection:
            if self._telling is None:
                self._telling = _telling(connection)
            page = connection.execute(following).all()
            old = [seq for seq, is_old in page if is_old and seq not in self._telling]
            if not any(is_old for _, is_old in page):
                return None
            wanted = select(column.seq).where(column.seq.in_(old), self._is_old)
            found = connection.scalars(wanted.order_by(column.seq)).all()
            keys = _DELIVERIES.within(connection, found, rows)
        gone = _DELIVERIES.remove(store, keys, self._is_old, rows) if keys else {}
        if len(keys) == len(found) and (not keys or gone.get("deliveries")):
            self._after = page[-1].seq
        return {name: count for name, count in gone.items() if name != "mentions"}

    def count(self, connection: Connection) -> Gone:
        """Return how many are too old, and how often they were tried."""
        column = DELIVERIES.c
        old = select(column.seq).where(self._is_old, column.seq.not_in(_telling(connection)))
        found = _counted(connection, _DELIVERIES, old)
        return {name: count for name, count in found.items() if name != "mentions"}

    @property
    def _is_old(self) -> ColumnElement[bool]:
        mentions = DELIVERY_ALERTS.join(ALERTS, ALERTS.c.id == DELIVERY_ALERTS.c.alert_id)
        speaks_of_kept = (
            exists()
            .select_from(mentions)
            .where(DELIVERY_ALERTS.c.delivery_seq == DELIVERIES.c.seq, _is_kept(self.until))
        )
        return and_(
            DELIVERIES.c.state != DeliveryState.DUE.value,
            DELIVERIES.c.settled_at <= self.until,
            not_(speaks_of_kept),
        )


def _is_kept(until: datetime) -> ColumnElement[bool]:
    """Tell whether an alert is kept; never unknown, so that its opposite may be asked for."""
    waiting, about = DELIVERIES.alias("waiting"), DELIVERY_ALERTS.alias("about")
    waits = (
        exists()
        .select_from(about.join(waiting, waiting.c.seq == about.c.delivery_seq))
        .where(about.c.alert_id == ALERTS.c.id, waiting.c.state == DeliveryState.DUE.value)
    )
    return or_(
        ALERTS.c.phase != Phase.RESOLVED.value,
        ALERTS.c.is_owed != 0,
        ALERTS.c.resolved_at.is_(None),
        ALERTS.c.resolved_at > until,
        waits,
    )


def _telling(connection: Connection) -> frozenset[int]:
    """Return the messages whose attempts say how the channels are."""
    attempt = DELIVERY_ATTEMPTS.c
    newest = (
        select(func.max(attempt.id))
        .join_from(DELIVERY_ATTEMPTS, DELIVERIES)
        .group_by(DELIVERIES.c.channel)
    )
    accepted = newest.where(attempt.outcome == DeliveryState.SENT.value)
    wanted = or_(attempt.id.in_(newest), attempt.id.in_(accepted))
    return frozenset(connection.scalars(select(attempt.delivery_seq).where(wanted)))


def _counted(connection: Connection, family: _Family, old: Select[tuple[Any]]) -> dict[str, int]:
    counts = {family.name: select(func.count()).select_from(old.subquery())}
    for name, parent in family.children.items():
        counts[name] = select(func.count()).select_from(parent.table).where(parent.in_(old))
    return {name: connection.scalar(count) or 0 for name, count in counts.items()}
