"""Channels that fail, attempts cut off, and a database that fails between the two."""

from collections.abc import Callable

import pytest

from monitor.core.delivery import DeliveryState, Permanent, Retryable
from monitor.store import Store
from monitor.store.queries import alerts, deliveries
from tests.builders import after
from tests.integration.pipeline.life import (
    QUICK,
    TO_OPS,
    Life,
    a_queue,
    happened,
    states,
    told,
)

DOWN = Retryable("HTTP 503")
NO_ANSWER = Retryable("no answer within 10 s", may_have_arrived=True)
# What no database can change is tried on one.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


def followed(life: Life) -> list[str]:
    """Return what happened because of attempts, and who was told."""
    found = [line for one in life.followed for line in (*happened(one.events), *told(one))]
    life.followed.clear()
    return found


# Outages


def test_what_waits_for_a_channel_is_said_anew_and_at_once_also_after_a_restart(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=TO_OPS, is_sending=False)
    first.sees(a_queue(900), at=0)
    assert first.delivers("ops", at=1, answer=DOWN) == ["opened Invoices"]

    second = Life(reopen(), rules=TO_OPS, started_at=30, is_sending=False)
    assert told(second.restored) == []
    more = second.sees(a_queue(900), a_queue(900, "Mail"), at=60)

    assert told(more) == ["ops: opened Invoices", "ops: opened Mail"]
    assert states(second.store) == [DeliveryState.WITHDRAWN, DeliveryState.DUE]
    assert second.delivers("ops", at=61) == ["opened Invoices, opened Mail"]
    assert second.delivers("ops", at=62) == []
    end = second.sees(a_queue(1), a_queue(1, "Mail"), at=120)
    assert sorted(told(end)) == ["ops: resolved Invoices", "ops: resolved Mail"]


def test_what_came_and_went_while_a_channel_was_dead_is_never_sent(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=TO_OPS, is_sending=False)
    first.sees(a_queue(900), at=0)
    first.delivers("ops", at=1, answer=DOWN)

    second = Life(reopen(), rules=TO_OPS, started_at=30, is_sending=False)
    second.sees(a_queue(1), at=60)

    assert states(second.store) == [DeliveryState.WITHDRAWN]
    assert second.delivers("ops", at=1000) == []
    assert second.store.load_alerts() == ()


@pytest.mark.parametrize("how", ["no answer", "crash"])
def test_what_may_have_arrived_is_sent_again_as_it_was_before_anything_else(
    reopen: Callable[[], Store], how: str
) -> None:
    first = Life(reopen(), rules=TO_OPS, is_sending=False)
    first.sees(a_queue(900), at=0)
    (opening,) = first.store.due("ops", after(1))
    if how == "crash":
        assert first.begin_attempt(opening, after(1))
    else:
        first.delivers("ops", at=1, answer=NO_ANSWER)

    second = Life(reopen(), rules=TO_OPS, started_at=30, is_sending=False)
    end = second.sees(a_queue(1), at=60)

    assert told(end) == ["ops: resolved Invoices"]
    assert states(second.store) == [DeliveryState.DUE, DeliveryState.DUE]
    assert second.delivers("ops", at=61) == ["opened Invoices", "resolved Invoices"]
    assert second.store.load_alerts() == ()


# Attempts and evaluations at the same time


def test_what_is_being_sent_is_not_taken_back_by_an_evaluation_meanwhile(store: Store) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)
    heights = iter([1.0])

    def recover() -> None:
        for new in heights:
            assert told(life.sees(a_queue(new), at=2)) == ["ops: resolved Invoices"]

    assert life.delivers("ops", at=2, during=recover) == ["opened Invoices", "resolved Invoices"]
    assert states(store) == [DeliveryState.SENT, DeliveryState.SENT]
    assert store.load_alerts() == ()


@on_one_database
def test_what_is_taken_back_while_it_waits_its_turn_is_not_sent(store: Store) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), a_queue(900, "Mail"), at=0)

    def recover() -> None:
        life.sees(a_queue(900), a_queue(1, "Mail"), at=2)

    assert life.delivers("ops", at=2, during=recover) == ["opened Invoices"]
    assert states(store) == [DeliveryState.SENT, DeliveryState.WITHDRAWN]


# The alert about a channel


def test_a_channel_that_fails_three_times_is_told_on_the_other_until_its_first_success(
    store: Store,
) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)
    for at in (1, 7):
        life.delivers("ops", at=at, answer=DOWN)
    assert followed(life) == []
    life.delivers("ops", at=18, answer=DOWN)

    assert followed(life) == ["channel-failing opened ops", "mail: opened ops"]
    assert life.delivers("mail", at=19) == ["opened ops"]
    (dead,) = [one for one in alerts(store) if one.rule == "channel-failing"]
    assert "HTTP 503" in dead.summary
    life.delivers("ops", at=39, answer=DOWN)
    assert followed(life) == []

    assert life.delivers("ops", at=80) == ["opened Invoices"]
    assert followed(life) == ["channel-failing resolved ops", "mail: resolved ops"]
    assert life.delivers("mail", at=81) == ["resolved ops"]
    assert [one.rule for one in store.load_alerts()] == ["backlog"]


def test_failures_of_a_channel_are_counted_on_across_a_restart(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=TO_OPS, is_sending=False)
    first.sees(a_queue(900), at=0)
    for at in (1, 7):
        first.delivers("ops", at=at, answer=DOWN)

    second = Life(reopen(), rules=TO_OPS, started_at=10, is_sending=False)
    second.delivers("ops", at=18, answer=DOWN)

    assert followed(second) == ["channel-failing opened ops", "mail: opened ops"]
    third = Life(reopen(), rules=TO_OPS, started_at=30, is_sending=False)
    assert third.delivers("mail", at=31) == ["opened ops"]
    third.delivers("ops", at=100)
    assert followed(third) == ["channel-failing resolved ops", "mail: resolved ops"]


@on_one_database
def test_the_alert_about_a_channel_that_is_gone_from_the_configuration_is_closed(
    reopen: Callable[[], Store],
) -> None:
    rules = (
        QUICK
        + '[channels.third]\nurl = "json://localhost/third"\n'
        + '[[routes]]\nchannels = ["ops", "mail", "third"]\ngroup_wait = "0s"\n'
    )
    first = Life(reopen(), rules=rules, is_sending=False)
    first.sees(a_queue(900), at=0)
    first.delivers("third", at=1, answer=Permanent("HTTP 404"))
    assert happened(first.followed[0].events) == ["channel-failing opened third"]
    for channel in ("ops", "mail"):
        first.delivers(channel, at=2)

    second = Life(reopen(), rules=QUICK, started_at=10)

    assert happened(second.restored.events) == ["channel-failing resolved third"]
    assert told(second.restored) == ["ops: closed third", "mail: closed third"]


# Messages that were given up


def test_a_message_that_was_given_up_is_sent_when_it_is_made_due_again(store: Store) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)
    life.delivers("ops", at=1, answer=Permanent("HTTP 404"))
    assert followed(life) == ["channel-failing opened ops", "mail: opened ops"]
    (dead,) = deliveries(store, state=DeliveryState.DEAD)

    assert store.redeliver(dead.delivery.id[:6], after(60)) == 1

    assert life.delivers("ops", at=61) == ["opened Invoices"]
    assert deliveries(store, state=DeliveryState.DEAD) == ()
    assert followed(life)[0] == "channel-failing resolved ops"
    assert told(life.sees(a_queue(900), at=70)) == []
    end = life.sees(a_queue(1), at=120)
    assert "ops: resolved Invoices" in told(end)


def test_what_is_delivered_again_by_hand_goes_out_at_once_and_only_once(store: Store) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)
    life.delivers("ops", at=1, answer=Permanent("HTTP 404"))
    (dead,) = deliveries(store, state=DeliveryState.DEAD)

    store.redeliver(dead.delivery.id, after(3590))
    assert "ops: opened Invoices" in told(life.tick(3591))  # the courier is woken
    # A reminder would be due now, had nobody asked.
    assert told(life.sees(a_queue(900), at=3610)) == []
    assert life.delivers("ops", at=3611) == ["opened Invoices"]
    assert life.delivers("ops", at=3612) == []


@on_one_database
def test_a_message_that_was_given_up_is_made_anew_at_the_next_reminder(store: Store) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)
    life.delivers("ops", at=1, answer=Permanent("HTTP 404"))

    assert told(life.sees(a_queue(900), at=1800)) == []
    assert told(life.sees(a_queue(900), at=3700)) == ["ops: opened Invoices"]
    assert life.delivers("ops", at=3701) == ["opened Invoices"]


@on_one_database
def test_the_end_of_what_was_given_up_is_told_nobody(reopen: Callable[[], Store]) -> None:
    first = Life(reopen(), rules=TO_OPS, is_sending=False)
    first.sees(a_queue(900), at=0)
    first.delivers("ops", at=1, answer=Permanent("HTTP 404"))

    second = Life(reopen(), rules=TO_OPS, started_at=30, is_sending=False)

    assert told(second.sees(a_queue(1), at=60)) == []
    assert [one.rule for one in second.store.load_alerts()] == ["channel-failing"]
