"""What the database remembers of alerts and messages, in the words of an auditor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from monitor.core.message import message_from_dict
from monitor.store import Store
from monitor.store.tables import ALERT_EVENTS, ALERTS, DELIVERIES, DELIVERY_ATTEMPTS, POLLS


@dataclass(kw_only=True)
class Stretch:
    """An alert from an opening to its end; `audible` are the times in which nothing muted it."""

    incident: str
    rule: str
    kind: str
    key: str
    severity: str
    opened_at: datetime
    ended_at: datetime
    audible: list[tuple[datetime, datetime]] = field(default_factory=list)

    def __str__(self) -> str:
        audible = ", ".join(
            f"{begin:%H:%M:%S.%f}..{end:%H:%M:%S.%f}" for begin, end in self.audible
        )
        return (
            f"{self.incident} ({self.rule} {self.key}, {self.severity}) from "
            f"{self.opened_at:%H:%M:%S.%f} to {self.ended_at:%H:%M:%S.%f}, audible {audible}"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sent:
    """A message of the outbox: what it said of which incident, and what became of it.

    `cut_off` counts its attempts of which no end is recorded: the daemon was killed in between.
    """

    id: str
    channel: str
    state: str
    at: datetime
    settled_at: datetime | None
    cut_off: int
    said: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.id[:8]} to {self.channel} of {self.at:%H:%M:%S.%f} ({dict(self.said)})"


@dataclass(kw_only=True)
class Past:
    """Everything that is recorded. `disorder` are sentences about what cannot be.

    `polls` are, by collector, when each poll was over; what is to be told is decided right after.
    """

    stretches: list[Stretch] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    polls: dict[str, list[datetime]] = field(default_factory=dict)
    disorder: list[str] = field(default_factory=list)


def read(store: Store) -> Past:
    """Read all of it, once nothing happens any more."""
    with store.reading() as connection:
        past = Past(sent=_sent(connection), polls=_polls(connection))
        lives: dict[str, _Life] = {}
        event = ALERT_EVENTS.c
        statement = (
            select(event.alert_id, event.at, event.kind.label("event"), event.severity)
            .add_columns(event.detail, ALERTS.c.rule, ALERTS.c.kind, ALERTS.c.key)
            .join_from(ALERT_EVENTS, ALERTS)
            .order_by(event.id)
        )
        for row in connection.execute(statement):
            lives.setdefault(row.alert_id, _Life(past)).hear(row)
    past.disorder += [
        f"{life.stretch} has no end" for life in lives.values() if life.stretch is not None
    ]
    return past


def _sent(connection: Connection) -> list[Sent]:
    attempt = DELIVERY_ATTEMPTS.c
    cut_off = (
        select(func.count())
        .where(attempt.delivery_seq == DELIVERIES.c.seq, attempt.outcome.is_(None))
        .scalar_subquery()
        .label("cut_off")
    )
    found = []
    for row in connection.execute(select(DELIVERIES, cut_off).order_by(DELIVERIES.c.seq)):
        message = message_from_dict(row.message)
        found.append(
            Sent(
                id=row.id,
                channel=row.channel,
                state=row.state,
                at=message.at,
                settled_at=row.settled_at,
                cut_off=row.cut_off,
                said={item.alert_id: item.what.value for item in message.items},
            )
        )
    return found


def _polls(connection: Connection) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    for row in connection.execute(select(POLLS).order_by(POLLS.c.id)):
        over_at = row.started_at + timedelta(seconds=row.took_s)
        found.setdefault(row.collector, []).append(over_at)
    return found


class _Life:
    """The events of one alert, in their order."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._mutes: set[str] = set()
        self._audible_since: datetime | None = None
        self.stretch: Stretch | None = None

    def hear(self, row: Any) -> None:  # noqa: ANN401 - a row
        match row.event:
            case "opened":
                self._open(row)
            case "resolved":
                self._resolve(row)
            case "muted":
                self._fall_silent(row.at)
                self._mutes.add(row.detail)
            case "unmuted":
                self._mutes.discard(row.detail)
                if self.stretch is not None and not self._mutes:
                    self._audible_since = row.at

    def _open(self, row: Any) -> None:  # noqa: ANN401 - as above
        if self.stretch is not None:
            self._past.disorder.append(f"{self.stretch} opened again before its end")
        self.stretch = Stretch(
            incident=row.alert_id,
            rule=row.rule,
            kind=row.kind,
            key=row.key,
            severity=row.severity,
            opened_at=row.at,
            ended_at=row.at,
        )
        self._audible_since = None if self._mutes else row.at

    def _resolve(self, row: Any) -> None:  # noqa: ANN401 - as above
        if self.stretch is None:
            self._past.disorder.append(f"{row.alert_id} ({row.rule}) ended without an opening")
            return
        self._fall_silent(row.at)
        self.stretch.ended_at = row.at
        self._past.stretches.append(self.stretch)
        self.stretch = None

    def _fall_silent(self, at: datetime) -> None:
        if self.stretch is not None and self._audible_since not in (None, at):
            self.stretch.audible.append((self._audible_since, at))
        self._audible_since = None
