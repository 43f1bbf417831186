"""The store: transactions for the daemon, and the few questions that it asks itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pydantic import SecretStr
from sqlalchemy import Connection

from monitor.core.alert import Alert, AlertEvent
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.sample import Snapshot
from monitor.store import alerts as alert_rows
from monitor.store import outbox
from monitor.store.database import Database, open_database
from monitor.store.place import Place, parse_place
from monitor.store.series import Point, load_series
from monitor.store.snapshots import Recorder
from monitor.store.states import CollectorState, collector_states
from monitor.store.version import require_current

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Write:
    """One open transaction: what is written through it is there together, or not at all."""

    connection: Connection
    recorder: Recorder

    def snapshot(self, snapshot: Snapshot) -> None:
        """Record a poll, and of its samples what changed."""
        self.recorder.record(self.connection, snapshot)

    def alerts(self, alerts: Sequence[Alert], events: Sequence[AlertEvent] = ()) -> None:
        """Save alerts by their ids, and add events."""
        alert_rows.save(self.connection, alerts, events)

    def deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Put deliveries into the outbox, in this order."""
        outbox.add(self.connection, deliveries)


@dataclass(slots=True)
class Store:
    """A history database. Every method may be called from any thread, and raises StoreError."""

    database: Database
    _recorder: Recorder = field(default_factory=Recorder, repr=False)
    _is_checked: bool = False

    @property
    def place(self) -> Place:
        """Return where it is."""
        return self.database.place

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """Open the one transaction that may write; an exception rolls it back."""
        self._check()
        with self.database.writing() as connection:
            # Committed here and not by the block around: the recorder must learn of it while this
            # thread still has the writer's lock.
            try:
                yield Write(connection, self._recorder)
                connection.commit()
            except BaseException:
                self._recorder.rolled_back()
                raise
            self._recorder.committed()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a read-only transaction, for the modules of this package."""
        self._check()
        with self.database.reading() as connection:
            yield connection

    def load_alerts(self) -> tuple[Alert, ...]:
        """Return the pending and firing alerts, equal to what was saved."""
        with self.reading() as connection:
            return alert_rows.load_open(connection)

    def load_series(self, kind: str, metric: str, since: datetime) -> Sequence[Point]:
        """Return a metric's recorded values of every subject, by time: (identity, at, value)."""
        with self.reading() as connection:
            return load_series(connection, kind, metric, since)

    def collector_states(self) -> tuple[CollectorState, ...]:
        """Return how each collector of each tenant fared."""
        with self.reading() as connection:
            return collector_states(connection)

    def due(self, channel: str, now: datetime, limit: int = 100) -> tuple[Delivery, ...]:
        """Return what is to be delivered on a channel, in order (see `outbox.due`).

        What cannot be read is given up here, and logged: nobody else could do anything with it.
        """
        while True:
            with self.reading() as connection:
                found = outbox.due(connection, channel, now, limit)
            sound = tuple(one for one in found if one.state is DeliveryState.DUE)
            for unreadable in (one for one in found if one.state is DeliveryState.DEAD):
                self.settle(unreadable, now)
                log.error(
                    "delivery.dead",
                    delivery=unreadable.id,
                    channel=channel,
                    error=unreadable.last_error,
                )
            # A batch of nothing else is not the end: what waits behind it is due as well.
            if sound or not found:
                return sound

    def next_due_at(self, channel: str) -> datetime | None:
        """Return when the next delivery of a channel is due; None when nothing waits."""
        with self.reading() as connection:
            return outbox.next_due_at(connection, channel)

    def mark_attempt(self, delivery: Delivery, now: datetime) -> bool:
        """Leave evidence before an attempt; False: it is settled already, do not send."""
        self._check()
        with self.database.writing() as connection:
            return outbox.mark_attempt(connection, delivery, now)

    def settle(self, delivery: Delivery, now: datetime) -> None:
        """Record the result of `after_attempt`."""
        self._check()
        with self.database.writing() as connection:
            outbox.settle(connection, delivery, now)

    def outbox_summary(self, now: datetime) -> outbox.OutboxSummary:
        """Return how much waits in the outbox."""
        with self.reading() as connection:
            return outbox.summary(connection, now)

    def close(self) -> None:
        """Give back all connections."""
        self.database.close()

    def _check(self) -> None:
        """Look once whether the schema is this program's."""
        if not self._is_checked:
            require_current(self.database)
            self._is_checked = True


def open_store(url: str, password: SecretStr | None = None) -> Store:
    """Return the store at a URL, without connecting; `upgrade` makes it, the first use checks it.

    Raises:
        StoreUnavailable: the URL is not one of ours, or the Postgres driver is missing.
    """
    return Store(open_database(parse_place(url, password)))
