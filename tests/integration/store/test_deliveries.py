from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.core.delivery import (
    Delivered,
    DeliveryState,
    Permanent,
    Retryable,
    after_attempt,
)
from monitor.core.message import What
from monitor.core.told import Saying
from monitor.store import Store, queries
from tests.builders import NOW, after
from tests.integration.store.letters import (
    a_delivery,
    a_told_alert,
    due,
    put,
    what_was_told,
)
from tests.integration.store.polls import ask, at, count


def test_a_delivery_comes_back_as_it_was_put_in(store: Store) -> None:
    delivery = replace(
        a_delivery("d1", "A", "B", what=What.GONE),
        about=("B", "A", "counted only", "A"),
        before={"A": what_was_told("d0"), "counted only": what_was_told("d00", Saying.UNHEARD)},
        may_have_arrived=True,
        attempts=3,
        last_error="no answer",
    )
    rest = replace(delivery.message, rest={What.OPENED: 1}, is_digest=True)
    delivery = replace(delivery, message=rest)
    put(store, delivery)
    assert store.due("ops", NOW) == (delivery,)


def test_a_message_about_ten_thousand_alerts_is_one_row_for_each(store: Store) -> None:
    ids = tuple(f"A{i:05}" for i in range(10_000))
    delivery = replace(
        a_delivery("d1", *ids[:50]),
        about=ids,
        before=dict.fromkeys(ids, what_was_told()),
    )
    put(store, delivery, a_delivery("d2", ids[-1]), a_delivery("d3", "other"))
    assert count(store, "delivery_alerts WHERE what = 'opened'") == 52
    assert count(store, "delivery_alerts") == 10_002
    (first, third) = store.due("ops", NOW)
    assert first == delivery
    assert third.id == "d3"


def test_putting_a_delivery_in_twice_changes_nothing(store: Store) -> None:
    delivery = a_delivery("d1", "A")
    put(store, delivery, delivery)
    store.settle(after_attempt(delivery, Delivered(), after(1), 0), after(1))
    put(store, delivery)
    assert due(store) == []
    assert count(store, "v_deliveries") == 1


def test_the_story_of_an_alert_tells_every_attempt(store: Store) -> None:
    delivery = a_delivery("d1", "A", "B")
    with store.writing() as write:
        write.alerts((a_told_alert("A"),))
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
    assert told.about == ("A", "B")
    assert [(a.at, a.ended_at, a.outcome, a.error) for a in attempts] == [
        (after(1), after(3), "retry", "no answer"),
        (after(8), after(9), "sent", None),
    ]


def test_the_view_of_deliveries_has_a_row_for_each_alert_told(store: Store) -> None:
    delivery = a_delivery("d1", "A", "B")
    delivery = replace(delivery, about=("A", "B", "C"), may_have_arrived=True)
    put(store, delivery, a_delivery("test message"), alerts=("A", "C"))
    store.settle(after_attempt(delivery, Delivered(), after(1), 0), after(1))
    rows = ask(store, "SELECT * FROM v_deliveries ORDER BY id, alert_id")
    assert [(r["id"], r["alert_id"], r["state"], r["what"], r["name"]) for r in rows] == [
        ("d1", "A", "sent", "opened", "Invoices"),
        # Alerts are pruned before the messages about them.
        ("d1", "B", "sent", "opened", None),
        # Counted, and not among the items.
        ("d1", "C", "sent", None, "Invoices"),
        ("test message", None, "due", None, None),
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
        "may_have_arrived": 1,
    }
    assert rows[1]["tenant"] == rows[3]["tenant"] == ""


def test_hostile_text_in_a_message_or_an_error_is_kept_out_of_the_way(store: Store) -> None:
    hostile = "x\x00y\ud800"
    delivery = a_delivery("d1", "A")
    item = replace(delivery.message.items[0], name=hostile, summary=hostile)
    before = {"A": replace(what_was_told(), route=hostile)}
    message = replace(delivery.message, items=(item,))
    put(store, replace(delivery, message=message, before=before))
    store.settle(after_attempt(delivery, Retryable(hostile), NOW, 0), NOW)
    (read,) = store.due("ops", after(1000))
    assert read.message.items[0].name == read.last_error == read.before["A"].route
    assert "\x00" not in read.message.items[0].name


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
        write.alerts((a_told_alert("A"),))
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


@pytest.mark.parametrize("document", ["[]", '{"A": {}}', '{"A": 7}', '{"A": {"saying": "?"}}'])
def test_what_was_told_before_that_cannot_be_read_gives_up_the_message(
    store: Store, dialect: str, document: str
) -> None:
    put(store, replace(a_delivery("d1", "A"), before={"A": what_was_told()}))
    with store.database.writing() as connection:
        cast = "" if dialect == "sqlite" else "::jsonb"
        connection.exec_driver_sql(f"UPDATE deliveries SET before = '{document}'{cast}")  # noqa: S608 - our own
    assert due(store) == []
    assert store.outbox_summary(NOW).dead == 1


def listed(store: Store, **asked: Any) -> list[str]:  # noqa: ANN401  # whatever can be asked
    return [one.delivery.id for one in queries.deliveries(store, **asked)]


def test_the_list_of_deliveries_begins_with_the_newest(store: Store) -> None:
    dead = a_delivery("abc1", "A", channel="mail")
    put(store, dead, a_delivery("abc2", "A", "B", second=10), a_delivery("ABC3", second=20))
    store.settle(after_attempt(dead, Permanent("wrong address"), after(1), 0), after(1))
    assert listed(store) == ["ABC3", "abc2", "abc1"]
    assert listed(store, limit=1) == ["ABC3"]
    assert listed(store, state=DeliveryState.DEAD) == ["abc1"]
    assert listed(store, channel="ops") == ["ABC3", "abc2"]
    assert listed(store, since=after(10)) == ["ABC3", "abc2"]
    assert listed(store, beginning="abc") == ["abc2", "abc1"]
    assert listed(store, beginning="a%") == []
    found = {one.delivery.id: one for one in queries.deliveries(store)}
    assert {name: one.alerts for name, one in found.items()} == {"abc1": 1, "abc2": 2, "ABC3": 0}
    told = found["abc1"].delivery
    assert (told.last_error, told.settled_at, told.attempts) == ("wrong address", after(1), 1)
    assert told.message == dead.message


def test_the_list_of_deliveries_shows_one_that_cannot_be_read(
    store: Store, spoil: Callable[[str, str], None]
) -> None:
    put(store, a_delivery("d1", "A"))
    spoil("d1", "{}")
    (found,) = queries.deliveries(store)
    assert (found.delivery.message.items, found.alerts) == ((), 1)
