"""A history that grew old, and rounds that let go of it, for the tests of retention."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason
from monitor.core.delivery import Delivered
from monitor.core.evolve import evolve
from monitor.core.matching import Where, parse_matcher
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.sample import Sample
from monitor.core.severity import Severity
from monitor.store import Store, Write
from monitor.store.metadata import METADATA
from monitor.store.retention import MOST_ROWS, Retention, Round
from monitor.store.rolling import Watch
from tests.builders import NOW, after
from tests.integration.store.letters import a_delivery, a_told_alert, attempt
from tests.integration.store.polls import a_poll, a_queue_of, ask, column, record

DAY = 86400.0
KEPT = Retention(
    full=timedelta(days=30),
    hourly=timedelta(days=30),
    daily=timedelta(days=30),
    alerts=timedelta(days=400),
)

LONG = Retention(
    full=timedelta(days=30),
    hourly=timedelta(days=400),
    daily=timedelta(days=800),
    alerts=timedelta(days=400),
)


def a_round(store: Store, days: float) -> Round:
    return Round(store, KEPT, after(days * DAY))


def let_go(store: Store, days: float, rows: int = MOST_ROWS) -> Counter[str]:
    """One round so many days after NOW; what went."""
    work = a_round(store, days)
    while work.step(rows):
        pass
    return +work.gone


def keep_up(
    store: Store, days: float, watches: Mapping[str, Watch], retention: Retention = LONG
) -> None:
    """One round of upkeep so many days after NOW; `watches` say who looked at what."""
    work = Round(store, replace(retention, watches=watches), after(days * DAY))
    while work.step(200):
        pass


def a_day(store: Store, *days: float, names: tuple[str, ...] = ("A",)) -> None:
    """Poll on these days; each changes all queues."""
    for day in days:
        record(store, a_poll(*[a_queue_of(day, name) for name in names], at=day * DAY))


def the_rest() -> tuple[Sample, ...]:
    return a_queue_of(1, "There"), a_queue_of(1, "Newest")


def one_is_gone(store: Store) -> None:
    """Queue Old is there at first, and gone a day later; the others are polled for 60 days."""
    record(store, a_poll(a_queue_of(1, "Old"), a_queue_of(1, "There")))
    record(store, *[a_poll(*the_rest(), at=DAY + second) for second in range(3)])
    record(store, a_poll(*the_rest(), at=60 * DAY))


def an_alert(store: Store, name: str, *, resolved_on: float | None, owed: bool = False) -> Alert:
    """An alert that opened at NOW, with its events."""
    alert = evolve(a_told_alert(name), opened_at=NOW)
    events = [AlertEvent(alert=alert, kind=EventKind.OPENED, reason=Reason.BREACHED, at=NOW)]
    if resolved_on is not None:
        at = after(resolved_on * DAY)
        alert = evolve(alert, phase=Phase.RESOLVED, resolved_at=at, updated_at=at)
        over = AlertEvent(alert=alert, kind=EventKind.RESOLVED, reason=Reason.RECOVERED, at=at)
        events.append(over)
    with store.writing() as write:
        write.alerts([alert], events, owed=[name] if owed else [])
    return alert


def send(store: Store, name: str, *about: str, day: float) -> None:
    """Have a message about these alerts accepted."""
    delivery = a_delivery(name, *about, second=day * DAY)
    with store.writing() as write:
        write.deliveries([delivery])
    attempt(store, delivery, Delivered(), day * DAY)


def acknowledge(store: Store, alert_id: str) -> None:
    given = Acknowledgement(
        alert_id=alert_id,
        severity=Severity.CRITICAL,
        at=NOW,
        expires_at=after(DAY),
        author="ann",
        note="",
    )
    store.acknowledge(given)


def silence(store: Store, name: str, *, ends_on: float) -> None:
    where = Where((parse_matcher("name=x"),))
    ends = after(ends_on * DAY)
    one = Silence(id=name, where=where, starts_at=NOW, ends_at=ends, author="ann", comment="")
    store.add_silence(one, NOW)


def an_estate(store: Store) -> None:
    """Something of everything, old and young; the newest good poll is on day 500."""
    one_is_gone(store)
    a_day(store, *range(61, 67), 495, 500, names=("There", "Newest", "C"))
    for name, day in (("OLD", 1), ("OLDER", 2), ("YOUNG", 490)):
        an_alert(store, name, resolved_on=day)
        acknowledge(store, name)
        send(store, f"about-{name}", name, day=day)
    an_alert(store, "OPEN", resolved_on=None)
    send(store, "about-two", "OPEN", "OLD", day=3)
    silence(store, "past", ends_on=1)
    silence(store, "coming", ends_on=900)


def everything(store: Store) -> dict[str, list[Any]]:
    """All rows of all tables."""
    found = {}
    for name in METADATA.tables:
        rows = ask(store, f"SELECT * FROM {name}")  # noqa: S608  # our own names
        found[name] = sorted(str(row) for row in rows)
    return found


def alerts(store: Store) -> list[str]:
    return sorted(column(store, "SELECT id FROM alerts"))


def deliveries(store: Store) -> list[str]:
    return sorted(column(store, "SELECT id FROM deliveries"))


class Interrupted:
    """A store on which somebody else is quicker, once, before the next transaction."""

    def __init__(self, store: Store, first: Callable[[], object]) -> None:
        self._store = store
        self._first: Callable[[], object] | None = first

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the store has
        return getattr(self._store, name)

    def writing(self) -> AbstractContextManager[Write]:
        first, self._first = self._first, None
        if first is not None:
            first()
        return self._store.writing()

    @classmethod
    def of(cls, store: Store, first: Callable[[], object]) -> Store:
        return cast("Store", cls(store, first))
