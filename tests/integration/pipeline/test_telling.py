"""Who is told what, and when, with a real store: waits, mutes, and restarts in between."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.core.alert import Phase
from monitor.store import Store
from monitor.store.queries import alerts
from tests.builders import after
from tests.integration.pipeline.life import QUICK, Life, a_queue, happened, ticks, told

HOUR = 3600.0
TO_OPS = QUICK + '[[routes]]\nchannels = ["ops"]\ngroup_wait = "0s"\n'
WAITING = QUICK + '[[routes]]\nchannels = ["ops"]\ngroup_wait = "30s"\n'
ESCALATING = TO_OPS + 'repeat_every = "1h"\nescalate = [{ after = "30m", channels = ["mail"] }]\n'
FLAPPING = TO_OPS.replace(
    'for = "0s"\n', 'for = "0s"\nflapping = { window = "20m", start = 4, stop = 1 }\n'
)
MISSING = TO_OPS.replace('for = "0s"\n', 'for = "0s"\nno_data = "alert"\n')
# What no database can change is tried on one.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


# Waits


def test_a_wait_that_is_over_is_seen_by_the_time_alone(store: Store) -> None:
    life = Life(store, rules=WAITING)
    assert told(life.sees(a_queue(900), at=0)) == []
    assert life.evaluator.next_at == after(30)

    assert ticks(life, 1, 29, 29.9) == []
    assert ticks(life, 30, 31, 32) == [(30, "ops: opened Invoices")]


@on_one_database
def test_a_tick_without_anything_due_decides_nothing(store: Store) -> None:
    life = Life(store, rules=WAITING)
    life.sees(a_queue(5), at=0)
    life.tick(1)

    settled = life.tick(2)

    assert (settled.events, settled.deliveries) == ((), ())
    assert life.evaluator.next_at is None


def test_the_wait_for_a_group_survives_a_restart(reopen: Callable[[], Store]) -> None:
    first = Life(reopen(), rules=WAITING)
    first.sees(a_queue(900), at=0)

    second = Life(reopen(), rules=WAITING, started_at=10)
    assert told(second.restored) == []
    assert second.evaluator.next_at == after(30)
    assert ticks(second, 11, 29) == []
    assert told(second.sees(a_queue(900), a_queue(900, "Mail"), at=29.5)) == []
    third = Life(reopen(), rules=WAITING, started_at=29.8)

    assert told(third.restored) == []
    assert ticks(third, 30, 31, 60) == [(30, "ops: opened Invoices"), (30, "ops: opened Mail")]
    fourth = Life(reopen(), rules=WAITING, started_at=70)
    assert told(fourth.restored) == []
    assert ticks(fourth, 71, 400) == []


@on_one_database
def test_a_wait_that_ended_while_the_monitor_was_off_is_over_at_the_start(
    reopen: Callable[[], Store],
) -> None:
    Life(reopen(), rules=WAITING).sees(a_queue(900), at=0)

    second = Life(reopen(), rules=WAITING, started_at=600)

    assert told(second.restored) == ["ops: opened Invoices"]


@on_one_database
def test_nobody_is_reminded_of_what_has_not_been_seen_since_the_start(
    reopen: Callable[[], Store],
) -> None:
    Life(reopen(), rules=ESCALATING).sees(a_queue(900), at=0)

    second = Life(reopen(), rules=ESCALATING.replace("30m", "9h"), started_at=2 * HOUR)
    assert told(second.restored) == []
    assert ticks(second, 2 * HOUR + 10) == []

    assert told(second.sees(a_queue(900), at=2 * HOUR + 20)) == ["ops: still open Invoices"]


# Ends, flapping, subjects that are missing


def test_an_end_that_was_not_sent_before_the_restart_is_sent_after_it(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=TO_OPS)
    first.sees(a_queue(900), at=0)
    first.is_sending = False
    assert told(first.sees(a_queue(1), at=60)) == ["ops: resolved Invoices"]

    second = Life(reopen(), rules=TO_OPS, started_at=100, is_sending=False)
    (owed,) = second.store.load_alerts()
    assert owed.phase is Phase.RESOLVED
    assert told(second.restored) == []
    assert second.delivers("ops", at=101) == ["resolved Invoices"]

    assert second.store.load_alerts() == ()
    assert ticks(second, 102, 1000) == []


@pytest.mark.parametrize("is_restarting", [False, True], ids=["one run", "many runs"])
def test_a_restart_does_not_hide_that_something_flaps(
    reopen: Callable[[], Store], *, is_restarting: bool
) -> None:
    life = Life(reopen(), rules=FLAPPING)
    story: list[str] = []
    for minute, new in enumerate((900, 1, 900, 1, 900, 1, 1, 900, 1)):
        story += told(life.sees(a_queue(new), at=60.0 * minute))
        if is_restarting:
            life = Life(reopen(), rules=FLAPPING, started_at=60.0 * minute + 5)
            story += told(life.restored)
    # One change alone is left in the window when that of the seventh minute is too old.
    calm_at = 60.0 * 7 + 1200
    assert ticks(life, 1000, calm_at - 1) == []
    story += told(life.tick(calm_at))

    assert story == [
        "ops: opened Invoices",
        "ops: resolved Invoices",
        "ops: opened Invoices",
        "ops: flapping Invoices",
        "ops: resolved Invoices",
    ]
    assert life.store.load_alerts() == ()


def test_who_was_there_before_the_restart_is_missed_after_it(reopen: Callable[[], Store]) -> None:
    first = Life(reopen(), rules=MISSING)
    first.sees(a_queue(5), a_queue(5, "Mail"), at=0)

    second = Life(reopen(), rules=MISSING, started_at=100)
    settled = [second.sees(a_queue(5, "Mail"), at=at) for at in (120, 180, 240)]

    assert [happened(one.events) for one in settled] == [
        ["backlog pending Invoices"],
        [],
        ["backlog opened Invoices"],
    ]
    assert told(settled[-1]) == ["ops: opened Invoices"]
    assert settled[-1].events[0].alert.summary == "Invoices is no longer reported"

    third = Life(reopen(), rules=MISSING, started_at=300)
    assert told(third.sees(a_queue(5, "Mail"), at=320)) == []
    back = third.sees(a_queue(5), a_queue(5, "Mail"), at=380)
    assert told(back) == ["ops: resolved Invoices"]


@on_one_database
def test_a_hold_of_two_restarts_counts_only_what_was_seen(reopen: Callable[[], Store]) -> None:
    rules = TO_OPS.replace('for = "0s"', 'for = "2m"')
    Life(reopen(), rules=rules).sees(a_queue(900), at=0)
    second = Life(reopen(), rules=rules, started_at=500)
    second.sees(a_queue(900), at=500)
    second.sees(a_queue(900), at=560)
    (pending,) = alerts(second.store)
    assert pending.held == timedelta(seconds=60)

    third = Life(reopen(), rules=rules, started_at=900)
    third.sees(a_queue(900), at=900)

    assert told(third.sees(a_queue(900), at=960)) == ["ops: opened Invoices"]
