from collections.abc import Callable
from dataclasses import replace

from monitor.core.delivery import Delivered, Permanent, Retryable, after_attempt
from monitor.core.post import Post
from monitor.store import Store
from monitor.store.post import ChannelFailures
from tests.builders import NOW, after
from tests.integration.store.letters import a_delivery, attempt, due, put, what_was_told


def test_the_post_of_an_empty_outbox_is_empty(store: Store) -> None:
    assert store.load_post() == Post()


def test_the_post_has_what_is_due_in_the_order_in_which_it_was_made(store: Store) -> None:
    first = replace(a_delivery("z", "A", "B", second=50), before={"A": what_was_told()})
    second = a_delivery("a", "A", channel="mail")
    sent, withdrawn = a_delivery("sent", "C"), a_delivery("withdrawn", "D")
    put(store, first, second, sent, withdrawn)
    attempt(store, sent, Delivered())
    with store.writing() as write:
        write.withdraw(["withdrawn"], NOW)
    post = store.load_post()
    assert list(post.undelivered.items()) == [("z", first), ("a", second)]
    assert post.in_flight == ()


def test_what_was_cut_off_while_it_was_sent_may_have_arrived(reopen: Callable[[], Store]) -> None:
    before, delivery = reopen(), a_delivery("d1", "A")
    put(before, delivery, a_delivery("d2", "B"))
    assert before.mark_attempt(delivery, NOW)
    after_crash = reopen()
    loaded = after_crash.load_post().undelivered
    assert {name: one.may_have_arrived for name, one in loaded.items()} == {
        "d1": True,
        "d2": False,
    }
    # What was in doubt once stays so, whatever becomes of the next attempt.
    (again,) = (one for one in after_crash.due("ops", NOW) if one.id == "d1")
    attempt(after_crash, again, Retryable("refused"), 10)
    assert reopen().load_post().undelivered["d1"].may_have_arrived


def test_a_clear_failure_leaves_no_doubt(store: Store) -> None:
    delivery = a_delivery("d1", "A")
    put(store, delivery)
    attempt(store, delivery, Retryable("refused"))
    assert not store.load_post().undelivered["d1"].may_have_arrived


def test_the_paces_of_channels_are_kept(store: Store) -> None:
    with store.writing() as write:
        write.paces({"ops": after(1), "mail": after(0.000001)})
    with store.writing() as write:
        write.paces({"ops": after(300)})
        write.paces({})
    assert store.load_post().spent_until == {"ops": after(300), "mail": after(0.000001)}


def test_the_failures_of_a_channel_count_since_its_last_success(store: Store) -> None:
    ops, mail, well = a_delivery("o", "A"), a_delivery("m", channel="mail"), a_delivery("w", "W")
    put(store, ops, mail, replace(well, channel="well"), a_delivery("early", "E"))
    assert store.channel_failures() == {}
    attempt(store, ops, Retryable("before"), 5)
    attempt(store, a_delivery("early", "E"), Delivered(), 10)
    attempt(store, well, Retryable("once"), 15)
    attempt(store, after_attempt(well, Retryable("once"), NOW, 0), Delivered(), 16)
    attempt(store, mail, Permanent("wrong address"), 20)
    retried = attempt(store, ops, Retryable("first"), 30)
    attempt(store, retried, Retryable("newest"), 40)
    # Under way, or cut off: nobody knows.
    assert store.mark_attempt(ops, after(50))
    assert store.channel_failures() == {
        "ops": ChannelFailures(2, after(30), "newest"),
        "mail": (1, after(20), "wrong address"),
    }


def test_the_post_keeps_what_cannot_be_read_until_it_is_given_up(
    store: Store, dialect: str
) -> None:
    put(store, a_delivery("d1", "A"), a_delivery("d2", "B"))
    with store.database.writing() as connection:
        cast = "" if dialect == "sqlite" else "::jsonb"
        connection.exec_driver_sql(f"UPDATE deliveries SET message = '7'{cast} WHERE id = 'd1'")  # noqa: S608 - our own
    assert list(store.load_post().undelivered) == ["d1", "d2"]
    assert due(store) == ["d2"]
    assert list(store.load_post().undelivered) == ["d2"]
