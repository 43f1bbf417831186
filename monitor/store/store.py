"""The store: transactions for the daemon, and the few questions that it asks itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from pydantic import SecretStr
from sqlalchemy import Connection

from monitor.core.alert import Alert, AlertEvent, AlertKey
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.mute import Acknowledgement, People, Silence
from monitor.core.post import Post
from monitor.core.sample import Snapshot, Subject
from monitor.core.turn import Turn
from monitor.store import alerts as alert_rows
from monitor.store import deliveries as delivery_rows
from monitor.store import outbox, people, post
from monitor.store.database import Database, open_database
from monitor.store.place import Place, parse_place
from monitor.store.series import Point, load_series
from monitor.store.snapshots import Recorder
from monitor.store.states import CollectorState, collector_states
from monitor.store.subjects import known_subjects
from monitor.store.traces import write_turns
from monitor.store.version import require_current

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Write:
    """One open transaction: what is written through it is there together, or not at all."""

    connection: Connection
    recorder: Recorder

    def snapshot(self, snapshot: Snapshot, settled_at: datetime | None = None) -> None:
        """Record a poll, judged at an instant (unless given, when it ended): what changed by it."""
        self.recorder.record(self.connection, snapshot, settled_at)

    def turns(self, turns: Collection[tuple[datetime, Turn]]) -> None:
        """Note what happened to the daemon that no poll tells."""
        write_turns(self.connection, turns)

    def alerts(
        self,
        alerts: Sequence[Alert],
        events: Sequence[AlertEvent] = (),
        *,
        owed: Collection[str] = (),
    ) -> None:
        """Save alerts by their ids, and add events.

        Those whose ids are in `owed` are loaded again though they are over, the others are not.
        """
        alert_rows.save(self.connection, alerts, events, owed)

    def deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Put deliveries into the outbox, in this order."""
        delivery_rows.add(self.connection, deliveries)

    def withdraw(self, ids: Sequence[str], now: datetime) -> None:
        """Take deliveries back out of the outbox, as far as they are due still."""
        outbox.withdraw(self.connection, ids, now)

    def settle(self, delivery: Delivery, now: datetime) -> None:
        """Record the result of `after_attempt`."""
        outbox.settle(self.connection, delivery, now)

    def paces(self, spent_until: Mapping[str, datetime]) -> None:
        """Keep how much of its allowance each of these channels has used."""
        post.save_paces(self.connection, spent_until)


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
        """Return the open alerts, and those over whose end somebody is owed, as they were saved."""
        with self.reading() as connection:
            return alert_rows.load(connection)

    def load_transitions(self, since: datetime) -> dict[AlertKey, tuple[datetime, ...]]:
        """Return when alerts opened and when they recovered since an instant, by time."""
        with self.reading() as connection:
            return alert_rows.load_transitions(connection, since)

    def load_post(self) -> Post:
        """Return what is on its way; what was cut off while it was sent may have arrived."""
        with self.reading() as connection:
            return post.load_post(connection)

    def load_people(self, now: datetime) -> People:
        """Return the silences that have not ended, and the acknowledgements that count now."""
        with self.reading() as connection:
            return people.load_people(connection, now)

    def known_subjects(self, kinds: Iterable[str]) -> tuple[Subject, ...]:
        """Return the subjects of these kinds that are there."""
        with self.reading() as connection:
            return known_subjects(connection, kinds)

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

    def next_due_at(self, channel: str, now: datetime) -> datetime | None:
        """Return when the next delivery of a channel is due; None when nothing waits."""
        with self.reading() as connection:
            return outbox.next_due_at(connection, channel, now)

    def mark_attempt(self, delivery: Delivery, now: datetime) -> bool:
        """Leave evidence before an attempt; False: it is settled already, do not send."""
        with self._changing() as connection:
            return outbox.mark_attempt(connection, delivery, now)

    def settle(self, delivery: Delivery, now: datetime) -> None:
        """Record the result of `after_attempt`."""
        with self._changing() as connection:
            outbox.settle(connection, delivery, now)

    def redeliver(self, beginning: str, now: datetime) -> int:
        """Make a dead delivery due again, by its id or a beginning that it alone has: 1, else 0."""
        with self._changing() as connection:
            return outbox.redeliver(connection, beginning, now)

    def redeliver_channel(self, channel: str, now: datetime) -> int:
        """Make all dead deliveries of a channel due again; return how many there were."""
        with self._changing() as connection:
            return outbox.redeliver_channel(connection, channel, now)

    def revived(self, known: Collection[str]) -> tuple[Delivery, ...]:
        """Return what is due beside deliveries of these ids: it was asked to be delivered again."""
        with self.reading() as connection:
            return post.revived(connection, known)

    def outbox_summary(self, now: datetime) -> outbox.OutboxSummary:
        """Return how much waits in the outbox."""
        with self.reading() as connection:
            return outbox.summary(connection, now)

    def channel_failures(self) -> Mapping[str, post.ChannelFailures]:
        """Return the channels whose last attempt failed, and since when they do."""
        with self.reading() as connection:
            return post.channel_failures(connection)

    def add_silence(self, silence: Silence, now: datetime) -> None:
        """Add a silence. ValueError: it has a matcher in the notation of tables."""
        with self._changing() as connection:
            people.add_silence(connection, silence, now)

    def list_silences(self, now: datetime, *, all_: bool = False) -> tuple[Silence, ...]:
        """Return the silences that have not ended, or all of them, by their beginning."""
        with self.reading() as connection:
            return people.list_silences(connection, now, all_=all_)

    def expire_silence(self, silence_id: str, now: datetime) -> bool:
        """End a silence now; False when there is none, or it has ended."""
        with self._changing() as connection:
            return people.expire_silence(connection, silence_id, now)

    def acknowledge(self, given: Acknowledgement) -> None:
        """Add an acknowledgement of an alert that is there."""
        with self._changing() as connection:
            people.acknowledge(connection, given)

    def acknowledgements_of(self, alert_id: str) -> tuple[Acknowledgement, ...]:
        """Return the acknowledgements of an alert, oldest first."""
        with self.reading() as connection:
            return people.acknowledgements_of(connection, alert_id)

    def close(self) -> None:
        """Give back all connections."""
        self.database.close()

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Open a transaction that touches nothing that the recorder keeps in mind."""
        self._check()
        with self.database.writing() as connection:
            yield connection

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
