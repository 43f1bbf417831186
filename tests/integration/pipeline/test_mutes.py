"""Silences and acknowledgements, given as the commands give them, and what is told meanwhile."""

from collections.abc import Callable, Sequence

import pytest

from monitor.core.matching import parse_where
from monitor.core.mute import Acknowledgement, Silence
from monitor.store import Store
from monitor.store.queries import alert, alerts
from tests.builders import after
from tests.integration.pipeline.life import QUICK, Life, a_queue, ticks, told

HOUR = 3600.0
TO_OPS = QUICK + '[[routes]]\nchannels = ["ops"]\ngroup_wait = "0s"\n'
ESCALATING = TO_OPS + 'repeat_every = "1h"\nescalate = [{ after = "30m", channels = ["mail"] }]\n'
# What no database can change is tried on one.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


def silence(store: Store, *matchers: str, at: float, until: float) -> None:
    """Do what the command does."""
    given = Silence(
        id="S1",
        where=parse_where(list(matchers)),
        starts_at=after(at),
        ends_at=after(until),
        author="anna",
        comment="patch night",
    )
    store.add_silence(given, after(at))


def acknowledge(store: Store, *, at: float, until: float) -> None:
    (open_,) = alerts(store)
    store.acknowledge(
        Acknowledgement(
            alert_id=open_.id,
            severity=open_.severity,
            at=after(at),
            expires_at=after(until),
            author="anna",
            note="on it",
        )
    )


def reasons(store: Store, alert_id: str) -> Sequence[str]:
    story = alert(store, alert_id)
    assert story is not None
    return [
        f"{event.kind}: {event.detail}" if event.detail else event.kind for event in story.events
    ]


# Silences


def test_a_silence_that_ends_tells_what_is_still_so(store: Store) -> None:
    life = Life(store, rules=TO_OPS)
    silence(store, "queue=~Inv.*", at=0, until=600)
    opened = life.sees(a_queue(900), a_queue(900, "Mail"), at=10)

    assert told(opened) == ["ops: opened Mail"]
    assert ticks(life, 599) == []
    assert ticks(life, 600) == [(600, "ops: opened Invoices"), (600, "ops: still open Mail")]
    silenced = opened.events[0].alert
    assert silenced.subject.name == "Invoices"
    assert reasons(store, silenced.id) == [
        "opened",
        "muted: silence: S1 by anna: patch night",
        "unmuted: silence: S1 by anna: patch night",
    ]


def test_a_recovery_inside_a_silence_is_told_at_its_end_also_after_a_restart(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=TO_OPS)
    first.sees(a_queue(900), at=0)
    silence(first.store, "tenant=production", at=10, until=600)
    first.tick(12)
    assert told(first.sees(a_queue(1), at=60)) == []
    assert alerts(first.store) == ()

    second = Life(reopen(), rules=TO_OPS, started_at=100)
    assert told(second.restored) == []
    assert ticks(second, 101, 599) == []

    assert ticks(second, 600) == [(600, "ops: resolved Invoices")]
    assert second.store.load_alerts() == ()


@on_one_database
def test_what_came_and_went_inside_a_silence_is_told_nobody(store: Store) -> None:
    life = Life(store, rules=TO_OPS)
    silence(store, "tenant=production", at=0, until=600)
    life.sees(a_queue(900), at=10)
    life.sees(a_queue(1), at=60)

    assert ticks(life, 600, 700) == []
    assert store.load_alerts() == ()


@on_one_database
def test_a_silence_that_is_taken_back_ends_at_once(store: Store) -> None:
    life = Life(store, rules=TO_OPS)
    silence(store, "tenant=production", at=0, until=9 * HOUR)
    life.sees(a_queue(900), at=10)
    assert ticks(life, 20) == []

    assert store.expire_silence("S1", after(30))

    assert ticks(life, 31) == [(31, "ops: opened Invoices")]


# Acknowledgements


def test_an_acknowledgement_ends_reminders_and_escalation_until_it_expires(store: Store) -> None:
    life = Life(store, rules=ESCALATING)
    life.sees(a_queue(900), at=0)
    acknowledge(store, at=600, until=9000)
    assert ticks(life, 601, 1800, 1801) == []
    for at in (3600.0, 7200.0, 8999.0):
        assert told(life.sees(a_queue(900), at=at)) == []

    assert ticks(life, 9000, 9001) == [
        (9000, "ops: still open Invoices"),
        (9000, "mail: opened Invoices"),
    ]


def test_an_acknowledgement_holds_across_a_restart_and_ends_with_the_problem(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=ESCALATING)
    first.sees(a_queue(900), at=0)
    acknowledge(first.store, at=600, until=24 * HOUR)

    second = Life(reopen(), rules=ESCALATING, started_at=700)
    assert told(second.sees(a_queue(900), at=1900)) == []
    (open_,) = alerts(second.store)
    assert open_.mutes == ("acknowledged: by anna: on it",)

    assert told(second.sees(a_queue(1), at=2000)) == ["ops: resolved Invoices"]
    again = second.sees(a_queue(900), at=2500)
    assert told(again) == ["ops: opened Invoices"]
    assert again.events[0].alert.id != open_.id
    assert ticks(second, 2500 + 1800) == [(4300, "mail: opened Invoices")]


@on_one_database
def test_an_acknowledgement_goes_on_at_once_where_nobody_heard_of_the_end(store: Store) -> None:
    life = Life(store, rules=ESCALATING)
    life.sees(a_queue(900), at=0)
    acknowledge(store, at=600, until=24 * HOUR)
    life.tick(601)
    silence(store, "tenant=production", at=700, until=9 * HOUR)
    life.sees(a_queue(1), at=800)
    again = life.sees(a_queue(900), at=900)

    (open_,) = alerts(store)
    assert again.events[0].alert.id == open_.id
    assert "acknowledged: by anna: on it" in open_.mutes


def test_nobody_acknowledged_so_others_hear_of_it_also_after_a_restart(
    reopen: Callable[[], Store],
) -> None:
    Life(reopen(), rules=ESCALATING).sees(a_queue(900), at=0)

    second = Life(reopen(), rules=ESCALATING, started_at=1000)
    assert second.evaluator.next_at == after(1800)
    assert ticks(second, 1001, 1799) == []
    assert ticks(second, 1800, 1801) == [(1800, "mail: opened Invoices")]

    end = second.sees(a_queue(1), at=2000)
    assert told(end) == ["ops: resolved Invoices", "mail: resolved Invoices"]
