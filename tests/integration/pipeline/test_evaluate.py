"""The second stage with a real store: what is judged is what is recorded, or neither."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from monitor.core.alert import Phase, Reason
from monitor.errors import StoreError
from monitor.store import Store
from monitor.store.queries import alert, alerts
from tests.builders import after
from tests.integration.pipeline.breakable import BreakableStore
from tests.integration.pipeline.life import BACKLOG, Life, a_queue, happened, told

TWO_CHANNELS = (
    BACKLOG
    + """
[rules.loud]
type = "queue-backlog"
above = 1000
for = "0s"
severity = "critical"
channels = ["mail"]
[[routes]]
channels = ["ops"]
"""
)
# What no database can change is tried on one.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


def test_a_poll_becomes_history_an_alert_its_event_and_a_message_together(store: Store) -> None:
    life = Life(store, is_sending=False)
    life.sees(a_queue(900), at=0)
    life.sees(a_queue(900), at=60)

    opened = life.sees(a_queue(950), at=120)

    assert happened(opened.events) == ["backlog opened Invoices"]
    assert told(opened) == ["ops: opened Invoices", "mail: opened Invoices"]
    (found,) = alerts(store)
    assert (found.phase, found.opened_at, found.value) == (Phase.FIRING, after(120), 950)
    assert [d.id for d in store.due("ops", after(120))] == [opened.deliveries[0].id]
    story = alert(store, found.id)
    assert story is not None
    assert [event.kind for event in story.events] == ["pending", "opened"]
    (state,) = store.collector_states()
    assert (state.outcome, state.samples) == ("ok", 1)


def test_a_failed_poll_pauses_what_is_pending_and_resolves_nothing(store: Store) -> None:
    life = Life(store)
    life.sees(a_queue(900), a_queue(5, "Mail"), at=0)
    life.sees(a_queue(900), a_queue(5, "Mail"), at=60)
    life.fails(at=120)
    (pending,) = alerts(store)
    assert (pending.held, pending.held_at) == (timedelta(seconds=60), None)

    back = life.sees(a_queue(900), at=180)
    assert happened(back.events) == []
    life.sees(a_queue(900), at=239)
    opened = life.sees(a_queue(900), at=240)

    assert happened(opened.events) == ["backlog opened Invoices"]


@on_one_database
def test_three_failed_polls_in_a_row_are_told_once_and_blame_nobody_else(store: Store) -> None:
    life = Life(store)
    life.sees(a_queue(5), at=0)
    settled = [life.fails(at=60 * n, message="Orchestrator did not answer") for n in range(1, 6)]

    assert [happened(one.events) for one in settled] == [
        [],
        [],
        ["collector-failing opened production"],
        [],
        [],
    ]
    (found,) = alerts(store)
    assert "Orchestrator did not answer" in found.summary
    assert "3 min" in found.summary

    back = life.sees(a_queue(5), at=360)
    assert told(back) == ["ops: resolved production", "mail: resolved production"]


@on_one_database
def test_failures_of_one_collector_say_nothing_of_another(store: Store) -> None:
    life = Life(store)
    for at in (0, 60):
        life.sees(a_queue(900), at=at)
        life.fails(at=at + 10, collector="sessions")

    opened = life.sees(a_queue(900), at=120)

    assert happened(opened.events) == ["backlog opened Invoices"]


@on_one_database
def test_an_alert_is_told_to_whom_its_rule_says_and_its_end_to_the_same(store: Store) -> None:
    life = Life(store, rules=TWO_CHANNELS)
    first = life.sees(a_queue(5000), at=0)
    assert told(first) == ["mail: opened Invoices"]
    (loud,) = [found for found in alerts(store) if found.rule == "loud"]
    assert set(loud.told) == {"mail"}

    end = life.sees(a_queue(1), at=60)

    assert told(end) == ["mail: resolved Invoices"]


def test_a_failing_store_changes_nothing_and_the_next_poll_tells(
    breakable: BreakableStore,
) -> None:
    life = Life(breakable)
    life.sees(a_queue(900), at=0)
    life.sees(a_queue(900), at=60)
    before = repr(alerts(breakable))
    (pending,) = alerts(breakable)

    breakable.fails = True
    for at in (120, 180):
        with pytest.raises(StoreError):
            life.sees(a_queue(900), at=at)
    breakable.fails = False
    assert repr(alerts(breakable)) == before

    settled = [life.sees(a_queue(900), at=at) for at in (240, 300, 360)]
    assert [told(one) for one in settled if one.events] == [
        ["ops: opened Invoices", "mail: opened Invoices"]
    ]
    (found,) = alerts(breakable)
    assert found.id == pending.id


@on_one_database
def test_what_a_failed_transaction_saw_counts_for_no_timer(breakable: BreakableStore) -> None:
    life = Life(breakable)
    life.sees(a_queue(900), at=0)
    breakable.fails = True
    with pytest.raises(StoreError):
        life.sees(a_queue(1), at=60)
    breakable.fails = False

    assert happened(life.sees(a_queue(900), at=120).events) == []
    assert happened(life.sees(a_queue(900), at=180).events) == []
    assert happened(life.sees(a_queue(900), at=240).events) == ["backlog opened Invoices"]


def test_a_commit_whose_answer_was_lost_opens_no_second_alert(breakable: BreakableStore) -> None:
    life = Life(breakable, rules=TWO_CHANNELS, is_sending=False)
    breakable.loses_the_answer = True
    with pytest.raises(StoreError):
        life.sees(a_queue(5000), at=0)
    breakable.loses_the_answer = False

    assert told(life.sees(a_queue(5000), at=60)) == []
    assert len([one for one in alerts(breakable) if one.rule == "loud"]) == 1
    assert life.delivers("mail", at=60) == ["opened Invoices"]

    assert told(life.sees(a_queue(1), at=120)) == ["mail: resolved Invoices"]
    assert alerts(breakable) == ()


@on_one_database
@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_clock_that_was_set_opens_nothing_by_itself(store: Store, step_s: float) -> None:
    life = Life(store)
    life.sees(a_queue(900), at=0)
    life.clock_is_ahead_s = step_s
    with capture_logs() as logs:
        stepped = life.sees(a_queue(900), at=30)

    assert happened(stepped.events) == []
    assert [line for line in logs if line["event"] == "clock.stepped"] == [
        {"event": "clock.stepped", "log_level": "warning", "step_s": step_s}
    ]
    assert happened(life.sees(a_queue(900), at=149).events) == []
    assert happened(life.sees(a_queue(900), at=150).events) == ["backlog opened Invoices"]


@on_one_database
def test_a_clock_that_is_corrected_a_little_is_not_a_step(store: Store) -> None:
    life = Life(store)
    life.sees(a_queue(900), at=0)
    life.clock_is_ahead_s = 1.0
    with capture_logs() as logs:
        opened = life.sees(a_queue(900), at=120)

    assert [line for line in logs if line["event"] == "clock.stepped"] == []
    assert happened(opened.events) == ["backlog opened Invoices"]


def test_two_tenants_with_the_same_names_never_mix(store: Store) -> None:
    life = Life(store, rules=TWO_CHANNELS)
    both = [("production", 5000.0), ("staging", 5000.0)]
    for tenant, new in both:
        life.sees(a_queue(new, tenant=tenant), at=0, tenant=tenant)
    assert {(a.rule, a.subject.tenant) for a in alerts(store)} == {
        (rule, tenant) for rule in ("loud", "backlog") for tenant, _ in both
    }
    assert len({a.id for a in alerts(store)}) == 4

    end = life.sees(a_queue(1), at=60)
    assert [delivery.message.items[0].tenant for delivery in end.deliveries] == ["production"]
    life.fails(at=70)

    assert {a.subject.tenant for a in alerts(store)} == {"staging"}
    assert all(a.held_at is not None for a in alerts(store) if a.phase is Phase.PENDING)


@on_one_database
def test_a_subject_that_left_is_gone_after_three_good_polls_and_unknown_in_partial_ones(
    store: Store,
) -> None:
    life = Life(store, rules=TWO_CHANNELS)
    life.sees(a_queue(5000), at=0)
    for at in (60, 120, 180, 240):
        assert happened(life.sees(at=at, partial=True).events) == []
    settled = [life.sees(at=at) for at in (300, 360, 420)]

    assert told(settled[-1]) == ["mail: gone Invoices"]
    assert {event.reason for event in settled[-1].events} == {Reason.GONE}


@on_one_database
def test_a_rule_may_look_back_on_how_a_collector_fared(store: Store) -> None:
    flaky = """
[rules.flaky]
type = "expression"
subject = "collector"
when = "max(failed_polls, '10m') >= 1"
for = "0s"
"""
    life = Life(store, rules=flaky)
    life.sees(at=0)
    opened = life.fails(at=60)
    kept = life.sees(at=120)
    over = life.sees(at=721)

    assert happened(opened.events) == ["flaky opened production"]
    assert happened(kept.events) == []
    assert happened(over.events) == ["flaky resolved production"]


def test_threads_settle_one_after_the_other(store: Store) -> None:
    life = Life(store, rules=TWO_CHANNELS)
    names = [f"Queue {n}" for n in range(8)]

    def poll(name: str) -> object:
        return life.sees(a_queue(5000, name), at=0, partial=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(poll, names))

    assert sorted(a.subject.name for a in alerts(store) if a.rule == "loud") == names
