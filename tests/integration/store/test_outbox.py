from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from monitor.core.alert import Alert, Phase, Severity
from monitor.core.delivery import (
    Delivered,
    Delivery,
    DeliveryState,
    Permanent,
    Retryable,
    after_attempt,
)
from monitor.core.message import Message, MessageItem, What
from monitor.store import Store, queries
from tests.builders import NOW, a_subject, after
from tests.integration.store.polls import ask, at, count


def an_item(alert: str, what: What = What.OPENED, name: str = "Invoices") -> MessageItem:
    return MessageItem(
        alert_id=alert,
        rule="backlog",
        severity=Severity.CRITICAL,
        what=what,
        tenant="production",
        kind="queue",
        name=name,
        folder="Finance/Ünïcode",
        summary="900 items wait \N{SNOWMAN}",
        started_at=after(0.000123),
        ended_at=None if what is What.OPENED else after(90),
        runbook_url="https://example.com/runbook",
        reason="hold over",
    )


def a_delivery(
    name: str, *alerts: str, channel: str = "ops", second: float = 0, what: What = What.OPENED
) -> Delivery:
    return Delivery(
        id=name,
        channel=channel,
        message=Message(at=after(second), items=tuple(an_item(alert, what) for alert in alerts)),
        created_at=after(second),
        next_at=after(second),
    )


def an_alert(name: str) -> Alert:
    return Alert(
        id=name,
        rule="backlog",
        subject=a_subject(),
        severity=Severity.CRITICAL,
        phase=Phase.FIRING,
        started_at=NOW,
        updated_at=NOW,
        summary="",
        value=None,
        limit=None,
    )


def put(store: Store, *deliveries: Delivery) -> None:
    with store.writing() as write:
        write.deliveries(deliveries)


def due(store: Store, second: float = 1000, channel: str = "ops") -> list[str]:
    return [delivery.id for delivery in store.due(channel, after(second))]


def test_a_delivery_comes_back_as_it_was_put_in(store: Store) -> None:
    delivery = a_delivery("d1", "A", "B", what=What.GONE)
    put(store, delivery)
    assert store.due("ops", NOW) == (delivery,)


def test_a_delivery_is_due_from_its_time_on(store: Store) -> None:
    put(store, replace(a_delivery("d1", "A"), next_at=after(10)))
    assert due(store, 9.999999) == []
    assert due(store, 10) == ["d1"]
    assert store.next_due_at("ops") == after(10)
    assert store.next_due_at("mail") is None


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
    assert store.next_due_at("ops") == NOW
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
    assert store.next_due_at("ops") is None


def test_putting_a_delivery_in_twice_changes_nothing(store: Store) -> None:
    delivery = a_delivery("d1", "A")
    put(store, delivery, delivery)
    store.settle(after_attempt(delivery, Delivered(), after(1), 0), after(1))
    put(store, delivery)
    assert due(store) == []
    assert count(store, "v_deliveries") == 1


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


def test_the_story_of_an_alert_tells_every_attempt(store: Store) -> None:
    delivery = a_delivery("d1", "A", "B")
    with store.writing() as write:
        write.alerts((an_alert("A"),))
        write.deliveries((delivery, a_delivery("unrelated", "B")))
    store.mark_attempt(delivery, after(1))
    retried = after_attempt(delivery, Retryable("no answer"), after(3), 0)
    store.settle(retried, after(3))
    store.mark_attempt(retried, after(8))
    store.settle(after_attempt(retried, Delivered(), after(9), 0), after(9))
    story = queries.alert(store, "A")
    assert story is not None
    ((told, attempts),) = story.deliveries
    assert (told.id, told.state, told.attempts) == ("d1", DeliveryState.SENT, 2)
    assert [(a.at, a.ended_at, a.outcome, a.error) for a in attempts] == [
        (after(1), after(3), "retry", "no answer"),
        (after(8), after(9), "sent", None),
    ]


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


def test_the_view_of_deliveries_has_a_row_for_each_alert_told(store: Store) -> None:
    delivery = a_delivery("d1", "A", "B")
    put(store, delivery, a_delivery("test message"))
    store.settle(after_attempt(delivery, Delivered(), after(1), 0), after(1))
    rows = ask(store, "SELECT * FROM v_deliveries ORDER BY id, alert_id")
    assert [(r["id"], r["alert_id"], r["state"]) for r in rows] == [
        ("d1", "A", "sent"),
        ("d1", "B", "sent"),
        ("test message", None, "due"),
    ]
    assert rows[0] == {
        "tenant": "production",
        "id": "d1",
        "channel": "ops",
        "state": "sent",
        "alert_id": "A",
        "rule": "backlog",
        "kind": "queue",
        "name": "Invoices",
        "what": "opened",
        "created_at": at(0),
        "next_at": at(0),
        "attempts": 1,
        "last_error": None,
        "settled_at": at(1),
    }
    assert rows[2]["tenant"] == ""


def test_hostile_text_in_a_message_or_an_error_is_kept_out_of_the_way(store: Store) -> None:
    hostile = "x\x00y\ud800"
    delivery = a_delivery("d1", "A")
    item = replace(delivery.message.items[0], name=hostile, summary=hostile)
    put(store, replace(delivery, message=replace(delivery.message, items=(item,))))
    store.settle(after_attempt(delivery, Retryable(hostile), NOW, 0), NOW)
    assert due(store) == ["d1"]


def test_a_long_outage_keeps_thousands_in_order(store: Store) -> None:
    many = [
        a_delivery(f"{i}-{what}", f"A{i}", second=i, what=what)
        for i in range(300)
        for what in (What.OPENED, What.RESOLVED)
    ]
    put(store, *many)
    batch = store.due("ops", NOW + timedelta(hours=1), limit=1000)
    assert [delivery.id for delivery in batch] == [f"{i}-opened" for i in range(300)]


@pytest.fixture
def spoil(store: Store, dialect: str) -> Callable[[str, str], None]:
    """Write something else over the stored message of a delivery."""

    def write_over(name: str, document: str) -> None:
        with store.database.writing() as connection:
            cast = "" if dialect == "sqlite" else "::jsonb"
            connection.exec_driver_sql(
                f"UPDATE deliveries SET message = '{document}'{cast} WHERE id = '{name}'"  # noqa: S608 - our own
            )

    return write_over


@pytest.mark.parametrize(
    "document",
    [
        "null",
        "7",
        "[]",
        "{}",
        '"text"',
        '{"at": "yesterday", "items": []}',
        '{"at": 5, "items": {}}',
    ],
)
def test_a_message_that_cannot_be_read_is_given_up_and_holds_up_nobody(
    store: Store, spoil: Callable[[str, str], None], document: str
) -> None:
    opened, other = a_delivery("opened", "A"), a_delivery("other", "B")
    put(store, opened, a_delivery("resolved", "A", what=What.RESOLVED), other)
    spoil("opened", document)

    with capture_logs() as logs:
        assert store.due("ops", after(5)) == (other,)
    # The beginning is given up, so the end is due as well.
    assert due(store) == ["resolved", "other"]

    (logged,) = logs
    assert (logged["event"], logged["delivery"]) == ("delivery.dead", "opened")
    (row,) = ask(store, "SELECT * FROM v_deliveries WHERE id = 'opened'")
    assert (row["state"], row["settled_at"], row["attempts"]) == ("dead", at(5), 0)
    assert row["last_error"].startswith("the stored message cannot be read: ")
    assert store.outbox_summary(NOW).dead == 1


def test_what_is_not_even_json_is_given_up_as_well(
    store: Store, spoil: Callable[[str, str], None], dialect: str
) -> None:
    if dialect == "postgres":
        pytest.skip("Postgres stores nothing that is not JSON")
    put(store, a_delivery("torn", "A"), a_delivery("sound", "B"))
    spoil("torn", '{"at": "2026-')
    assert due(store) == ["sound"]
    assert store.outbox_summary(NOW).dead == 1


def test_many_unreadable_messages_do_not_hide_what_waits_behind_them(
    store: Store, spoil: Callable[[str, str], None]
) -> None:
    put(store, *(a_delivery(f"bad{i}", f"A{i}") for i in range(5)), a_delivery("sound", "B"))
    for i in range(5):
        spoil(f"bad{i}", "{}")
    assert [d.id for d in store.due("ops", NOW, limit=2)] == ["sound"]
    assert store.outbox_summary(NOW).dead == 5


def test_the_story_of_an_alert_survives_a_message_that_cannot_be_read(
    store: Store, spoil: Callable[[str, str], None]
) -> None:
    with store.writing() as write:
        write.alerts((an_alert("A"),))
        write.deliveries((a_delivery("d1", "A"),))
    spoil("d1", "{}")
    story = queries.alert(store, "A")
    assert story is not None
    # To look does not settle anything.
    assert [delivery.state for delivery, _ in story.deliveries] == [DeliveryState.DUE]
    assert due(store) == []
    story = queries.alert(store, "A")
    assert story is not None
    ((told, attempts),) = story.deliveries
    assert (told.state, told.message.items) == (DeliveryState.DEAD, ())
    assert [(attempt.outcome, attempt.error) for attempt in attempts] == [("dead", told.last_error)]
