from monitor.core.alert import AlertEvent, EventKind, Reason
from monitor.core.delivery import Permanent
from monitor.store import Store
from tests.builders import NOW, after
from tests.integration.store.aged import (
    DAY,
    Interrupted,
    a_day,
    a_round,
    acknowledge,
    alerts,
    an_alert,
    deliveries,
    let_go,
    send,
    silence,
)
from tests.integration.store.letters import a_delivery, attempt, put
from tests.integration.store.polls import column, count


def test_what_is_over_goes_with_all_that_is_known_of_it(store: Store) -> None:
    an_alert(store, "OLD", resolved_on=1)
    an_alert(store, "YOUNG", resolved_on=50)
    acknowledge(store, "OLD")
    send(store, "d1", "OLD", day=1)
    send(store, "d2", "YOUNG", day=50)
    a_day(store, 401)

    assert let_go(store, 401) == {
        "alerts": 1,
        "events": 2,
        "acknowledgements": 1,
        "deliveries": 1,
        "attempts": 1,
    }
    assert (alerts(store), deliveries(store)) == (["YOUNG"], ["d2"])
    assert count(store, "delivery_alerts") == 1


def test_an_open_alert_stays_with_its_messages_however_old(store: Store) -> None:
    an_alert(store, "OPEN", resolved_on=None)
    send(store, "d1", "OPEN", day=0)
    send(store, "newest", day=1)
    a_day(store, 2000)

    assert let_go(store, 2000) == {}
    assert (alerts(store), deliveries(store)) == (["OPEN"], ["d1", "newest"])


def test_one_whose_end_somebody_is_still_to_hear_of_stays(store: Store) -> None:
    an_alert(store, "OWED", resolved_on=1, owed=True)
    a_day(store, 2000)

    assert let_go(store, 2000) == {}


def test_a_message_that_waits_stays_and_so_does_its_alert(store: Store) -> None:
    an_alert(store, "TOLD", resolved_on=1)
    put(store, a_delivery("waits", "TOLD"))
    a_day(store, 2000)

    assert let_go(store, 2000) == {}
    assert [one.id for one in store.due("ops", after(2000 * DAY))] == ["waits"]


def test_a_message_goes_with_the_last_of_its_alerts(store: Store) -> None:
    an_alert(store, "OLD", resolved_on=1)
    an_alert(store, "LATER", resolved_on=100)
    send(store, "both", "OLD", "LATER", day=1)
    send(store, "newest", day=450)
    a_day(store, 450)

    let_go(store, 450)
    assert (alerts(store), deliveries(store)) == (["LATER"], ["both", "newest"])

    a_day(store, 600)
    let_go(store, 600)
    assert (alerts(store), deliveries(store)) == ([], ["newest"])


def test_what_was_given_up_or_taken_back_goes_by_its_age(store: Store) -> None:
    dead = a_delivery("dead")
    put(store, dead, a_delivery("taken-back"), a_delivery("young"))
    attempt(store, dead, Permanent("404 from the service"), 5)
    with store.writing() as write:
        write.withdraw(["taken-back"], after(10))
    with store.writing() as write:
        write.withdraw(["young"], after(300 * DAY))
    send(store, "newest", day=300)
    a_day(store, 500)

    assert let_go(store, 500) == {"deliveries": 2, "attempts": 1}
    assert deliveries(store) == ["newest", "young"]


def test_whether_a_channel_fails_is_known_however_long_ago(store: Store) -> None:
    failed = a_delivery("failed")
    put(store, failed)
    attempt(store, failed, Permanent("404 from the service"), 5)
    a_day(store, 900)
    before = store.channel_failures()

    let_go(store, 900)

    assert store.channel_failures() == before
    assert set(before) == {"ops"}


def test_an_attempt_of_old_that_is_kept_does_not_make_a_channel_fail(store: Store) -> None:
    an_alert(store, "LONG", resolved_on=None)
    failed = a_delivery("failed", "LONG")
    put(store, failed)
    attempt(store, failed, Permanent("404 from the service"), 5)
    send(store, "accepted", day=1)
    last = a_delivery("last", second=2 * DAY)
    put(store, last)
    attempt(store, last, Permanent("404 from the service"), 2 * DAY)
    a_day(store, 900)
    before = store.channel_failures()

    let_go(store, 900)

    # Without the accepted one between them, both attempts would count.
    assert store.channel_failures() == before
    assert before["ops"].attempts == 1


def test_a_slice_counts_what_belongs_to_an_alert(store: Store) -> None:
    for number in range(6):
        an_alert(store, f"A{number}", resolved_on=1)
    a_day(store, 500)
    work = a_round(store, 500)
    gone = []
    while work.step(7):
        gone.append((work.gone["alerts"], work.gone["events"]))

    # Three rows each: two alerts at a time.
    assert gone == [(2, 4), (4, 8), (6, 12)]


def test_an_alert_with_more_events_than_a_slice_may_take_goes_bit_by_bit(store: Store) -> None:
    alert = an_alert(store, "FLAPS", resolved_on=1)
    event = AlertEvent(alert=alert, kind=EventKind.EASED, reason=Reason.BREACHED, at=NOW)
    with store.writing() as write:
        write.alerts([alert], [event] * 20)
    a_day(store, 500)
    work = a_round(store, 500)
    gone = []
    while work.step(8):
        gone.append((work.gone["alerts"], work.gone["events"]))

    assert gone == [(0, 8), (0, 16), (1, 22)]


def test_a_message_about_more_alerts_than_a_slice_may_take_goes_bit_by_bit(store: Store) -> None:
    names = [f"A{number}" for number in range(12)]
    for name in names:
        an_alert(store, name, resolved_on=1)
    send(store, "storm", *names, day=1)
    send(store, "newest", day=500)
    a_day(store, 500)

    let_go(store, 500, rows=5)

    assert (alerts(store), deliveries(store)) == ([], ["newest"])
    assert (count(store, "delivery_alerts"), count(store, "delivery_attempts")) == (0, 1)


def test_a_message_that_somebody_asks_for_again_in_that_moment_stays(store: Store) -> None:
    dead = a_delivery("again")
    put(store, dead)
    attempt(store, dead, Permanent("404 from the service"), 5)
    send(store, "newest", day=2)
    a_day(store, 500)
    now = after(500 * DAY)
    work = a_round(store, 500)
    work._store = Interrupted.of(store, lambda: store.redeliver("again", now))

    while work.step():
        pass

    assert [one.id for one in store.due("ops", now)] == ["again"]
    assert count(store, "delivery_attempts") == 2


def test_messages_that_are_kept_hold_up_none_behind_them(store: Store) -> None:
    an_alert(store, "LONG", resolved_on=None)
    for number in range(5):
        send(store, f"kept-{number}", "LONG", day=0)
    for number in range(5):
        send(store, f"old-{number}", day=1)
    send(store, "newest", day=2)
    a_day(store, 500)

    let_go(store, 500, rows=3)

    assert deliveries(store) == [*(f"kept-{number}" for number in range(5)), "newest"]


def test_silences_that_ended_go_and_those_in_force_stay(store: Store) -> None:
    for name, day in (("past", 1), ("recent", 300), ("coming", 900)):
        silence(store, name, ends_on=day)
    a_day(store, 500)

    assert let_go(store, 500) == {"silences": 1}
    assert sorted(column(store, "SELECT id FROM silences")) == ["coming", "recent"]
