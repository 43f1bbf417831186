from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.delivery import (
    Delivered,
    Delivery,
    Permanent,
    Retryable,
    after_attempt,
)
from monitor.core.message import What
from monitor.store import Store
from tests.builders import NOW, after
from tests.integration.store.letters import (
    a_delivery,
    attempt,
    due,
    put,
)
from tests.integration.store.polls import ask, at


def test_a_delivery_is_due_from_its_time_on(store: Store) -> None:
    put(store, replace(a_delivery("d1", "A"), next_at=after(10)))
    assert due(store, 9.999999) == []
    assert due(store, 10) == ["d1"]
    assert store.next_due_at("ops", NOW) == after(10)
    assert store.next_due_at("mail", NOW) is None


def test_deliveries_of_a_channel_come_in_the_order_of_creation(store: Store) -> None:
    put(store, a_delivery("z", "A"), a_delivery("a", "B", second=5))
    # The clock was set back: the order of creation is what counts.
    put(store, a_delivery("m", "C", second=-60), a_delivery("mail", "A", channel="mail"))
    assert due(store) == ["z", "a", "m"]
    assert due(store, channel="mail") == ["mail"]
    assert [d.id for d in store.due("ops", after(9), limit=2)] == ["z", "a"]


def test_the_end_of_an_alert_waits_until_its_beginning_is_told(store: Store) -> None:
    opened = a_delivery("opened", "A", "B")
    resolved = a_delivery("resolved", "B", what=What.RESOLVED)
    other = a_delivery("other", "C")
    put(store, opened, resolved, other, a_delivery("elsewhere", "B", channel="mail"))
    assert due(store) == ["opened", "other"]
    retried = after_attempt(opened, Retryable("down"), NOW, 0)
    store.settle(retried, NOW)
    # The beginning is not due yet, and still goes first.
    assert due(store, 1) == ["other"]
    assert store.next_due_at("ops", NOW) == NOW
    store.settle(after_attempt(retried, Delivered(), after(6), 0), after(6))
    assert due(store) == ["resolved", "other"]


def test_a_dead_beginning_does_not_hold_up_the_end(store: Store) -> None:
    opened = a_delivery("opened", "A")
    put(store, opened, a_delivery("resolved", "A", what=What.RESOLVED))
    store.settle(after_attempt(opened, Permanent("no such channel"), NOW, 0), NOW)
    assert due(store) == ["resolved"]


def test_a_settled_delivery_is_not_due_and_cannot_be_marked(store: Store) -> None:
    delivery = a_delivery("d1", "A")
    put(store, delivery)
    assert store.mark_attempt(delivery, NOW)
    store.settle(after_attempt(delivery, Delivered(), after(1), 0), after(1))
    assert due(store) == []
    assert not store.mark_attempt(delivery, after(2))
    assert store.next_due_at("ops", NOW) is None


def test_a_crash_between_attempt_and_outcome_sends_again_under_the_same_id(
    reopen: Callable[[], Store],
) -> None:
    before, delivery = reopen(), a_delivery("d1", "A")
    put(before, delivery)
    assert before.mark_attempt(delivery, NOW)
    restarted = reopen()
    assert due(restarted) == ["d1"]
    assert restarted.mark_attempt(delivery, after(60))
    restarted.settle(after_attempt(delivery, Delivered(), after(61), 0), after(61))
    sql = "SELECT outcome, ended_at FROM delivery_attempts ORDER BY id"
    assert [row["outcome"] for row in ask(restarted, sql)] == [None, "sent"]


def test_an_outcome_without_a_mark_is_recorded_too(store: Store) -> None:
    delivery = a_delivery("d1", "A")
    put(store, delivery)
    store.settle(after_attempt(delivery, Retryable("no"), after(3), 0), after(3))
    assert [row["outcome"] for row in ask(store, "SELECT outcome FROM delivery_attempts")] == [
        "retry"
    ]


def test_the_outbox_tells_what_waits_and_what_was_given_up(store: Store) -> None:
    empty = store.outbox_summary(NOW)
    assert (empty.due, empty.dead, empty.oldest_s) == (0, 0, None)
    dead = a_delivery("dead", "A")
    put(store, dead, a_delivery("d1", "B", second=10), a_delivery("d2", "C", second=40))
    store.settle(after_attempt(dead, Permanent("wrong address"), NOW, 0), NOW)
    summary = store.outbox_summary(after(70))
    assert (summary.due, summary.dead, summary.oldest_s) == (2, 1, 60.0)


def test_a_long_outage_keeps_thousands_in_order(store: Store) -> None:
    many = [
        a_delivery(f"{i}-{what}", f"A{i}", second=i, what=what)
        for i in range(300)
        for what in (What.OPENED, What.RESOLVED)
    ]
    put(store, *many)
    batch = store.due("ops", NOW + timedelta(hours=1), limit=1000)
    assert [delivery.id for delivery in batch] == [f"{i}-opened" for i in range(300)]


def test_deliveries_of_ten_thousand_alerts_wait_for_one_another(store: Store) -> None:
    ids = tuple(f"A{i:05}" for i in range(10_000))
    first, second = a_delivery("first"), a_delivery("second")
    put(store, replace(first, about=ids), replace(second, about=ids), a_delivery("third", "B"))
    assert due(store) == ["first", "third"]


def test_a_clock_that_was_set_back_holds_up_nothing(store: Store) -> None:
    an_hour = timedelta(hours=1)
    put(store, replace(a_delivery("asked to wait", "A"), next_at=NOW + an_hour))
    assert due(store, 0) == []
    assert store.next_due_at("ops", NOW) == NOW + an_hour
    before = NOW - timedelta(microseconds=1)
    assert [delivery.id for delivery in store.due("ops", before)] == ["asked to wait"]
    assert store.next_due_at("ops", before) == before


def test_a_delivery_is_taken_back_only_while_it_is_due(store: Store) -> None:
    sent = a_delivery("sent", "A")
    put(store, sent, a_delivery("waits", "B"), a_delivery("stays", "C"))
    attempt(store, sent, Delivered(), 5)
    with store.writing() as write:
        write.withdraw(["sent", "waits", "unknown"], after(10))
        write.withdraw([], after(11))
    rows = ask(store, "SELECT id, state, settled_at FROM v_deliveries ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("sent", "sent", at(5)),
        ("stays", "due", None),
        ("waits", "withdrawn", at(10)),
    ]
    assert due(store) == ["stays"]
    assert not store.mark_attempt(a_delivery("waits", "B"), after(20))


def test_what_was_taken_back_holds_up_nobody(store: Store) -> None:
    put(store, a_delivery("opened", "A"))
    with store.writing() as write:
        write.withdraw(["opened"], NOW)
        write.deliveries([a_delivery("both", "A", "B")])
    assert due(store) == ["both"]


def test_an_outcome_is_recorded_in_the_transaction_of_what_follows_from_it(store: Store) -> None:
    delivery = a_delivery("d1", "A")
    put(store, delivery)
    retried = after_attempt(delivery, Retryable("cut off", may_have_arrived=True), after(3), 0)

    def interrupted() -> None:
        with store.writing() as write:
            write.settle(retried, after(3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.due("ops", after(60)) == (delivery,)
    with store.writing() as write:
        write.settle(retried, after(3))
    assert store.due("ops", after(60)) == (retried,)


def kill(store: Store, delivery: Delivery, second: float = 5) -> None:
    attempt(store, delivery, Permanent("no such channel"), second)


def test_a_dead_delivery_is_made_anew_with_a_day_of_its_own(store: Store) -> None:
    dead = replace(a_delivery("abc", "A"), attempts=7)
    put(store, dead)
    kill(store, dead)
    assert store.redeliver("abc", after(90_000)) == 1
    expected = replace(
        dead,
        attempts=0,
        created_at=after(90_000),
        next_at=after(90_000),
        last_error="no such channel",
    )
    assert store.due("ops", after(90_000)) == (expected,)
    assert store.redeliver("abc", after(90_001)) == 0


def test_only_one_dead_delivery_is_meant_by_the_beginning_of_an_id(store: Store) -> None:
    names = ("abc", "abcd", "b1", "b2", "c%")
    put(store, *(a_delivery(name, name) for name in names))
    for name in names:
        kill(store, a_delivery(name, name))
    put(store, a_delivery("d1 that is due", "D"))
    for nobody in ("", "x", "b", "c_", "d1", "ab", "\ud800"):
        assert store.redeliver(nobody, after(10)) == 0
    # The whole of one, though another goes on with it.
    assert store.redeliver("abc", after(10)) == 1
    assert store.redeliver("b2", after(10)) == 1
    assert due(store) == ["abc", "b2", "d1 that is due"]


def test_all_dead_deliveries_of_a_channel_are_made_anew(store: Store) -> None:
    gone = [a_delivery("d1", "A"), a_delivery("d2", "B"), a_delivery("m1", "A", channel="mail")]
    put(store, *gone, a_delivery("waits", "C"))
    for delivery in gone:
        kill(store, delivery)
    assert store.redeliver_channel("ops", after(10)) == 2
    assert store.redeliver_channel("ops", after(10)) == 0
    assert due(store) == ["d1", "d2", "waits"]
    assert due(store, channel="mail") == []


def test_what_is_made_anew_goes_before_what_came_after_it(store: Store) -> None:
    opened = a_delivery("opened", "A")
    put(store, opened, a_delivery("resolved", "A", what=What.RESOLVED))
    kill(store, opened)
    assert due(store) == ["resolved"]
    store.redeliver("opened", after(10))
    assert due(store) == ["opened"]
