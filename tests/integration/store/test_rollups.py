"""Days that are over are sealed and rolled up: nothing is lost, and the sums are right."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from monitor.core.rollup import DAY_MS, HOUR_MS
from monitor.core.sample import Sample
from monitor.errors import StoreError
from monitor.store import Store, bulk
from monitor.store.history import Stretch, history
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.past_steps import SeenStep, Summary, past_steps
from monitor.store.retention import Retention, Round
from monitor.store.rolling import Watch
from monitor.store.rollup_tables import SEALS
from monitor.store.sealing import Sealing
from monitor.store.sightings import unseen_times
from monitor.store.stretches import hold_seals
from tests.builders import NOW, a_sample, a_subject, after
from tests.integration.store.aged import DAY, LONG, keep_up
from tests.integration.store.polls import a_failed_poll, a_poll, ask, count, record

STEP = 900.0
"""How often is polled here."""
WATCHES = {"queue": Watch("queues", timedelta(seconds=STEP))}
DAYS = 3


def upkeep(store: Store, days: float, retention: Retention = LONG) -> None:
    keep_up(store, days, WATCHES, retention)


def some_days(store: Store, seed: int = 1) -> None:
    """Queues that change, rest, vanish and come back; an outage over midnight, and another."""
    chance = random.Random(seed)
    items = {"Busy": 0.0, "Calm": 3.0, "Gone": 1.0}
    polls = []
    for step in range(int(DAYS * DAY / STEP)):
        at = step * STEP
        if step in {30, 31} or 80 <= step < 110 or step % 97 == 5:
            polls.append(a_failed_poll(at=at))
            continue
        items["Busy"] = max(0.0, items["Busy"] + chance.choice((-3, 0, 0, 2, 2.5)))
        items["Calm"] += step == 60
        there = [name for name in items if name != "Gone" or not 100 < step < 200]
        polls.append(a_poll(*[queue(name, items[name]) for name in there], at=at))
    record(store, *polls)


def queue(name: str, items: float) -> Sample:
    known = {"failed_items": float(int(items) % 2)} if items > 1 else {}
    return a_sample(a_subject(name), new_items=items, **known)


def everything(store: Store) -> list[Stretch]:
    return sorted(
        history(store, "queue"), key=lambda one: (one.subject.key, one.valid_from.timestamp())
    )


def times(store: Store) -> list[tuple[str, datetime, datetime | None, dict[str, float | None]]]:
    return [
        (one.subject.name, one.valid_from, one.valid_to, dict(one.metrics))
        for one in everything(store)
    ]


def instants(store: Store, sql: str) -> dict[tuple[str, str, int], Mapping[str, Any]]:
    """Rolled up rows by name, metric and instant."""
    return {
        (row["name"], row["metric"], to_ms(datetime.fromisoformat(row["at"]))): row
        for row in ask(store, sql)
    }


def seen_seconds(store: Store) -> list[tuple[int, int]]:
    """The times between two good polls that are not too far apart, in milliseconds."""
    good = [
        to_ms(datetime.fromisoformat(row["observed_at"]))
        for row in ask(store, "SELECT observed_at FROM v_polls WHERE outcome = 'ok' ORDER BY 1")
    ]
    return [(a, b) for a, b in pairwise(good) if b - a <= 3 * STEP * 1000]


def brute_force(
    stretches: list[Stretch], seen: list[tuple[int, int]], metric: str, begin: int, end: int
) -> dict[float, int]:
    """How long each value held between two instants."""
    held: dict[float, int] = {}
    for one in stretches:
        value = one.metrics[metric]
        if value is None:
            continue
        since = to_ms(one.valid_from)
        until = end if one.valid_to is None else to_ms(one.valid_to)
        for start, stop in seen:
            lasted = min(until, stop, end) - max(since, start, begin)
            if lasted > 0:
                held[value] = held.get(value, 0) + lasted
    return held


def agrees(row: Mapping[str, Any], held: dict[float, int]) -> None:
    known = sum(held.values())
    assert row["known_s"] == pytest.approx(known / 1000)
    if not known:
        return
    assert row["mean"] == pytest.approx(sum(v * t for v, t in held.items()) / known)
    assert row["p95"] in held
    assert sum(t for v, t in held.items() if v <= row["p95"]) >= 0.95 * known
    assert sum(t for v, t in held.items() if v < row["p95"]) < 0.95 * known
    assert row["least"] <= min(held)  # a moment counts too
    assert row["greatest"] >= max(held)


def test_nothing_is_lost_by_sealing(store: Store) -> None:
    some_days(store)
    before, views = (
        times(store),
        ask(store, "SELECT * FROM v_queue_history ORDER BY name, valid_from"),
    )
    upkeep(store, DAYS)
    assert count(store, "queue_sealed") > 100
    assert count(store, "queue_stretches") < count(store, "queue_sealed")
    assert times(store) == before
    assert ask(store, "SELECT * FROM v_queue_history ORDER BY name, valid_from") == views


def test_hours_and_days_are_what_the_history_adds_up_to(store: Store) -> None:
    some_days(store)
    stretches, seen = everything(store), seen_seconds(store)
    upkeep(store, DAYS)
    hours = instants(store, "SELECT * FROM v_hours")
    days = instants(store, "SELECT * FROM v_days")
    first = to_ms(NOW) // DAY_MS
    # The last day goes on.
    over = to_ms(after(DAYS * DAY)) // DAY_MS
    for name in ("Busy", "Calm", "Gone"):
        own = [one for one in stretches if one.subject.name == name]
        for metric in ("new_items", "failed_items", "in_progress_items"):
            for day in range(first, over):
                begin = day * DAY_MS
                held = brute_force(own, seen, metric, begin, begin + DAY_MS)
                row = days.pop((name, metric, begin), None)
                assert (row is None) <= (not held)
                if row is not None:
                    agrees(row, held)
                for hour in range(24):
                    at = begin + hour * HOUR_MS
                    held = brute_force(own, seen, metric, at, at + HOUR_MS)
                    row = hours.pop((name, metric, at), None)
                    assert (row is None) <= (not held)
                    if row is not None:
                        agrees(row, held)
    assert not days
    assert not hours


def known(step: SeenStep) -> list[Summary]:
    return [metric for metric in step.metrics.values() if metric is not None]


def test_a_second_round_changes_nothing_and_the_next_day_goes_on(store: Store) -> None:
    some_days(store)
    upkeep(store, 1.2)
    hours = ask(store, "SELECT * FROM v_hours ORDER BY name, metric, at")
    upkeep(store, 1.2)
    assert ask(store, "SELECT * FROM v_hours ORDER BY name, metric, at") == hours
    upkeep(store, DAYS)
    again = ask(store, "SELECT * FROM v_hours ORDER BY name, metric, at")
    assert [row for row in again if row in hours] == hours
    assert len(again) > len(hours)


def test_a_round_that_was_broken_off_is_made_up_for(store: Store) -> None:
    some_days(store)
    for steps in (1, 2, 3, 5, 8, 13):
        work = Round(store, replace(LONG, watches=WATCHES), after(DAYS * DAY))
        for _ in range(steps):
            work.step(40)
    upkeep(store, DAYS)
    stretches = times(store)
    rolled = ask(store, "SELECT * FROM v_hours ORDER BY name, metric, at")
    assert len({(one[0], one[1]) for one in stretches}) == len(stretches)
    assert len({(row["name"], row["metric"], row["at"]) for row in rolled}) == len(rolled)
    assert rolled


def test_hours_in_which_nothing_changed_are_one_row_and_shown_as_each(store: Store) -> None:
    record(store, *[a_poll(queue("Calm", 5.0), at=n * STEP) for n in range(int(2 * DAY / STEP))])
    upkeep(store, 2)
    shown = ask(store, "SELECT * FROM v_hours WHERE metric = 'new_items' ORDER BY at")
    at = [row["at"] for row in shown]
    assert len(set(at)) == len(at) >= 24
    assert count(store, "hours") < len(at) / 4
    assert {(row["mean"], row["least"], row["greatest"], row["p95"]) for row in shown} == {(5,) * 4}


def test_a_tenant_that_is_not_seen_any_more_does_not_hold_up_the_others(store: Store) -> None:
    record(store, a_poll(queue("There", 1.0), tenant="closed", at=0))
    polls = [a_poll(queue("Here", 1.0), at=n * STEP) for n in range(int(5 * DAY / STEP))]
    record(store, *polls)
    upkeep(store, 5)
    rolled = {row["tenant"]: row["until_day"] for row in ask(store, "SELECT * FROM rolled")}
    over = to_ms(after(5 * DAY - 4000)) // DAY_MS
    assert rolled == {"production": over, "closed": over}


def test_what_is_not_rolled_up_yet_is_not_too_old(store: Store) -> None:
    short = Retention(
        full=timedelta(days=1),
        hourly=timedelta(days=1),
        daily=timedelta(days=1),
        alerts=timedelta(days=1),
        watches=WATCHES,
    )
    some_days(store)
    begin = EPOCH + (to_ms(after(DAYS * DAY)) // DAY_MS - 1) * DAY_MS * MILLISECOND
    work = Round(store, short, after(DAYS * DAY))
    assert work.cutoffs.history <= begin + timedelta(days=1)
    upkeep(store, DAYS, short)
    assert count(store, "queue_sealed") + count(store, "queue_stretches") > 0
    assert {
        row["at"] >= begin.isoformat()[:10] for row in ask(store, "SELECT at FROM v_hours")
    } == {True}


def test_hours_and_days_go_by_their_own_ages(store: Store) -> None:
    some_days(store)
    upkeep(store, DAYS)
    days = count(store, "days")
    record(store, *[a_poll(queue("Busy", 1.0), at=420 * DAY + n) for n in range(4)])
    upkeep(store, 420)
    assert count(store, "days") >= days
    assert {row["at"][:4] for row in ask(store, "SELECT at FROM v_hours")} <= {"2027"}
    assert count(store, "queue_sealed") <= 1
    # They are named as long as anything is kept of them.
    assert {row["name"] for row in ask(store, "SELECT DISTINCT name FROM v_days")} >= {"Gone"}
    record(store, a_poll(queue("Busy", 1.0), at=900 * DAY))
    upkeep(store, 900)
    assert {row["name"] for row in ask(store, "SELECT DISTINCT name FROM v_days")} <= {"Busy"}


@pytest.mark.parametrize("hours", [1, 6, 24, 48])
def test_steps_of_hours_and_days_say_the_same_as_the_changes_did(store: Store, hours: int) -> None:
    some_days(store)

    def steps() -> dict[tuple[str, datetime], SeenStep]:
        since, until = after(1000), after(DAYS * DAY)
        every = WATCHES["queue"].every
        unseen = unseen_times(store, "queues", every=every, since=since, until=until)
        found = past_steps(
            store, "queue", since=since, until=until, every=timedelta(hours=hours), unseen=unseen
        )
        return {(one.subject.name, one.at): one for one in found}

    changes = steps()
    upkeep(store, DAYS)
    rolled = steps()

    # A subject that is there again has left no word of when within an outage it went.
    lost = changes.keys() - rolled.keys()
    assert not rolled.keys() - changes.keys()
    assert not [key for key in lost if any(changes[key].metrics.values())]
    assert len(lost) <= 1
    for key, other in rolled.items():
        one = changes[key]
        assert other.unseen == one.unseen, key
        for metric, was in one.metrics.items():
            now = other.metrics[metric]
            assert (now is None) == (was is None)
            if now is not None and was is not None:
                assert (now.min, now.max) == (was.min, was.max)
                assert now.avg == pytest.approx(was.avg)
                # Of steps that are put together nobody knows it.
                assert now.p95 == was.p95 or now.p95 is None
    if hours in {1, 24}:
        assert any(metric.p95 for one in rolled.values() for metric in known(one))
    assert any(one.unseen for one in changes.values())


def test_what_ended_on_a_day_that_is_sealed_is_seen_as_well(store: Store) -> None:
    # Late is missed in the last polls of a day, and counts as gone when that is sealed already.
    there = [a_poll(queue("Here", n % 2), queue("Late", 1.0), at=n * STEP) for n in range(56)]
    record(store, *there)
    missed = [a_poll(queue("Here", n % 2), at=n * STEP) for n in (58, 59)]
    record(store, *missed)
    with store.writing() as write:
        bulk.upsert(write.connection, SEALS, [("queue", to_ms(after(DAY)) // DAY_MS)], ())
    record(store, a_poll(queue("Here", 1), at=62 * STEP))

    ended = [one.valid_to for one in everything(store) if one.subject.name == "Late"]
    assert ended == [after(58 * STEP)]
    assert count(store, "queue_sealed") == 1


def test_a_row_that_comes_while_its_day_is_sealed_is_sealed_with_it(store: Store) -> None:
    some_days(store)
    sealing = Sealing(KIND_TABLES["queue"], to_ms(after(DAYS * DAY)) // DAY_MS)
    sealing.step(store, 20)
    row = (to_ms(after(10 * STEP)) + 1, 99, to_ms(after(0)), *[None] * 12)
    with store.writing() as write:
        bulk.insert(write.connection, KIND_TABLES["queue"].stretches, [row])
    while sealing.step(store, 20) is not None:
        pass

    assert ask(store, "SELECT subject_id FROM queue_sealed WHERE subject_id = 99")
    assert not ask(store, "SELECT subject_id FROM queue_stretches WHERE subject_id = 99")


def seal(store: Store) -> None:
    with store.writing() as write:
        write.connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        hold_seals(write.connection, alone=True)


@pytest.mark.parametrize("dialect", ["postgres"])
def test_nobody_seals_while_another_process_relies_on_what_is_sealed(
    store: Store, reopen: Callable[[], Store]
) -> None:
    other = reopen()
    with store.writing() as write:
        hold_seals(write.connection)
        with other.writing() as second:
            # Who relies on it as well does not wait; who seals does.
            hold_seals(second.connection)
        with pytest.raises(StoreError, match="lock timeout"):
            seal(other)
    seal(other)
