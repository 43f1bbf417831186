from monitor.cli.alert_timeline import timeline
from monitor.core.alert import EventKind, Reason
from monitor.core.delivery import DeliveryState
from monitor.core.message import What
from monitor.store.queries import AlertStory
from tests.builders import after
from tests.unit.cli.stories import (
    a_delivery,
    a_story,
    an_acknowledgement,
    an_attempt,
    an_event,
    an_item,
)


def lines(story: AlertStory, seconds: float = 180) -> list[tuple[float, str, str]]:
    return [
        ((entry.at - after(0)).total_seconds(), entry.what, entry.text)
        for entry in timeline(story, after(seconds))
    ]


def test_the_cause_stands_before_what_follows_at_the_same_instant() -> None:
    story = a_story(
        events=(
            an_event(120, EventKind.OPENED),
            an_event(130, EventKind.UNMUTED, Reason.MUTE_ENDED, detail="silence: S1"),
        ),
        deliveries=((a_delivery(), (an_attempt("sent", at=120),)),),
        acknowledgements=(an_acknowledgement(125), an_acknowledgement(140, note="")),
    )

    assert lines(story) == [
        (120, "opened", "breached; value 900, limit 100"),
        (120, "sent", "ops: opened"),
        (125, "acknowledged", "by bob until 10:00:00: on it"),
        (130, "unmuted", "silence: S1"),
        (140, "acknowledged", "by bob until 10:00:00"),
    ]


def test_a_transition_without_a_value_names_its_reason_and_detail() -> None:
    event = an_event(
        120, EventKind.FLAPPING, Reason.FLAPPED, value=None, detail="6 changes within 0:20:00"
    )
    nameless = an_event(130, EventKind.MUTED, Reason.MUTE_BEGAN, value=None)

    assert lines(a_story(events=(event, nameless))) == [
        (120, "flapping", "opened and resolved too often (6 changes within 0:20:00)"),
        (130, "muted", "mute began"),
    ]


def test_a_message_that_is_still_due_says_when_it_is_tried_again() -> None:
    items = (an_item(), an_item("OTHER1"), an_item("OTHER2"))
    delivery = a_delivery(DeliveryState.DUE, items=items, rest={What.OPENED: 3})
    attempts = (an_attempt("retry", "connection refused"), an_attempt(None, at=140))
    name = "ops: opened, with 5 other alerts"
    story = a_story(deliveries=((delivery, attempts),))

    assert lines(story) == [
        (120, "failed", f"{name}: connection refused"),
        (140, "unknown", f"{name}: under way, or cut off by the end of the process"),
        (300, "due", f"{name}: to be sent at 09:05:00"),
    ]
    assert lines(story, 400)[-1] == (400, "due", f"{name}: to be sent now")


def test_many_attempts_that_failed_alike_are_told_once() -> None:
    attempts = tuple(an_attempt("retry", "refused", at=120 + at) for at in range(5))
    story = a_story(
        deliveries=((a_delivery(DeliveryState.DUE), (*attempts, an_attempt("retry", "x", at=130))),)
    )

    assert lines(story)[:-1] == [
        (120, "failed", "ops: opened: refused (5 times, the last at 09:02:04)"),
        (130, "failed", "ops: opened: x"),
    ]


def test_what_was_given_up_says_after_how_many_attempts_and_why() -> None:
    delivery = a_delivery(DeliveryState.DEAD, settled_at=after(121))
    story = a_story(deliveries=((delivery, (an_attempt("dead", "404 from the service"),)),))

    assert lines(story) == [
        (120, "failed", "ops: opened: 404 from the service"),
        (121, "given up", "ops: opened: after 3 attempts: 404 from the service"),
    ]


def test_what_was_taken_back_says_why() -> None:
    delivery = a_delivery(DeliveryState.WITHDRAWN, settled_at=after(150))
    muted = an_event(150, EventKind.MUTED, Reason.MUTE_BEGAN, detail="silence: S1 by ann: x")

    assert lines(a_story(events=(muted,), deliveries=((delivery, ()),)))[-1] == (
        150,
        "withdrawn",
        "ops: opened: muted before it was sent: silence: S1 by ann: x",
    )


def test_what_was_sent_is_told_also_when_its_attempts_are_not_there() -> None:
    story = a_story(deliveries=((a_delivery(settled_at=after(125)), ()),))

    assert lines(story) == [(125, "sent", "ops: opened")]


def test_a_message_that_cannot_be_read_or_only_counts_the_alert_is_said_to_be_so() -> None:
    unreadable = a_delivery(items=(), settled_at=after(121))
    counted = a_delivery(items=(an_item("OTHER"),), rest={What.OPENED: 1}, settled_at=after(122))
    story = a_story(deliveries=((unreadable, ()), (counted, ())))

    assert lines(story) == [
        (121, "sent", "ops: unreadable"),
        (122, "sent", "ops: counted among others, with 1 other alert"),
    ]


def test_a_transition_has_its_own_sentence_where_it_was_another() -> None:
    events = (
        an_event(0, EventKind.PENDING, value=150),
        an_event(120, EventKind.OPENED, value=900),
        an_event(150, EventKind.RESOLVED, Reason.RECOVERED, value=3),
    )

    assert [text for _, _, text in lines(a_story(events=events))] == [
        "breached; value 150, limit 100; Invoices: 150 items wait",
        "breached; value 900, limit 100",
        "recovered; value 3, limit 100",
    ]
