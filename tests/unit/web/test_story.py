from datetime import datetime

import pytest

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.matching import parse_where
from monitor.core.message import Message, What, item_of
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.severity import Severity
from monitor.store.queries import AlertStory, RecordedEvent
from monitor.web.documents import alert_json, in_force, quieted
from monitor.web.story import considered, mutings, state_of, why_not, why_withdrawn
from tests.builders import NOW, a_subject, after


def an_alert(
    severity: Severity = Severity.WARNING,
    *,
    resolved_at: datetime | None = None,
    mutes: tuple[str, ...] = (),
) -> Alert:
    return Alert(
        id="A7K2M9QX4T",
        rule="backlog",
        subject=a_subject(),
        severity=severity,
        phase=Phase.FIRING if resolved_at is None else Phase.RESOLVED,
        started_at=NOW,
        opened_at=NOW,
        resolved_at=resolved_at,
        updated_at=NOW,
        summary="",
        value=900.0,
        limit=100.0,
        mutes=mutes,
    )


def given(severity: Severity = Severity.WARNING) -> Acknowledgement:
    return Acknowledgement(
        alert_id="A7K2M9QX4T",
        severity=severity,
        at=after(10),
        expires_at=after(100),
        author="bob",
    )


def a_silence(starts: float, ends: float) -> Silence:
    return Silence(
        id="S1",
        where=parse_where(["name=Invoices"]),
        starts_at=after(starts),
        ends_at=after(ends),
        author="ann",
        comment="x",
    )


def an_event(seconds: float, kind: EventKind, detail: str = "") -> RecordedEvent:
    event = AlertEvent(alert=an_alert(), kind=kind, reason=Reason.MUTE_BEGAN, at=after(seconds))
    return RecordedEvent(
        at=event.at,
        kind=event.kind,
        reason=event.reason,
        severity=event.alert.severity,
        phase=event.alert.phase,
        value=None,
        limit=None,
        summary="",
        detail=detail,
    )


def a_delivery(
    identity: str = "d1",
    what: What = What.OPENED,
    *,
    channel: str = "ops",
    made: float = 0,
    settled: float | None = None,
) -> Delivery:
    return Delivery(
        id=identity,
        channel=channel,
        message=Message(at=after(made), items=(item_of(an_alert(), what),)),
        created_at=NOW,
        next_at=NOW,
        state=DeliveryState.DUE if settled is None else DeliveryState.WITHDRAWN,
        settled_at=None if settled is None else after(settled),
    )


def a_story(*events: RecordedEvent, deliveries: tuple[Delivery, ...] = ()) -> AlertStory:
    return AlertStory(
        alert=an_alert(),
        events=events,
        deliveries=tuple((one, ()) for one in deliveries),
        acknowledgements=(),
    )


@pytest.mark.parametrize(
    ("alert", "seconds", "counts"),
    [
        (an_alert(), 50, True),
        (an_alert(), 100, False),
        (an_alert(Severity.INFO), 50, True),
        (an_alert(Severity.CRITICAL), 50, False),
        (an_alert(resolved_at=after(90)), 5000, True),
        (an_alert(resolved_at=after(100)), 5000, False),
    ],
    ids=["in time", "expired", "eased", "got worse", "ended in time", "ended after it expired"],
)
def test_an_acknowledgement_counts_for_a_while_and_up_to_a_severity(
    alert: Alert, seconds: float, *, counts: bool
) -> None:
    assert (in_force(alert, given(), after(seconds)) is not None) is counts
    assert in_force(alert, None, after(seconds)) is None


def test_what_suppresses_an_alert_is_one_text_or_null() -> None:
    muted = an_alert(mutes=("silence: S1 by ann: x", "maintenance: night"))

    assert (
        alert_json(muted, given())["suppressed_by"] == "silence: S1 by ann: x; maintenance: night"
    )
    assert alert_json(muted, given())["acknowledged_at"] == "2026-01-05T09:00:10Z"
    assert alert_json(an_alert(), None)["suppressed_by"] is None
    assert alert_json(an_alert(), None)["acknowledged_at"] is None


def test_an_acknowledgement_quiets_also_before_the_daemon_has_taken_note_of_it() -> None:
    assert quieted(an_alert(), None) == ()
    assert quieted(an_alert(), given()) == ("acknowledged",)
    both = an_alert(mutes=("acknowledged: by bob", "silence: S1 by ann: a: b"))
    assert quieted(both, given()) == ("acknowledged", "silence")


@pytest.mark.parametrize(
    ("matchers", "reason"),
    [
        (["name=Invoices"], ""),
        (["severity=~warning|critical", "name=Mail"], 'name=Mail: it is "Invoices"'),
        (["team=web"], "team=web: it has none"),
    ],
)
def test_the_first_matcher_that_fails_is_named_with_what_is_there(
    matchers: list[str], reason: str
) -> None:
    labels = {"name": "Invoices", "severity": "warning"}

    assert why_not(parse_where(matchers), labels) == reason


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [
        (-100, -50, False),
        (-100, 0, False),
        (-100, 1, True),
        (60, 100, True),
        (61, 100, False),
        (50, 20, False),
    ],
    ids=["before", "until it began", "into it", "at its end", "after it", "never begun"],
)
def test_only_silences_of_its_time_are_considered(
    starts: float, ends: float, *, overlaps: bool
) -> None:
    alert, labels = an_alert(resolved_at=after(60)), {"name": "Mail"}

    found = considered(alert, labels, [a_silence(starts, ends)], after(1000))

    assert [one.why_not for one in found] == (['name=Invoices: it is "Mail"'] if overlaps else [])


def test_a_silence_is_upcoming_active_or_ended() -> None:
    assert [state_of(a_silence(10, 20), after(at)) for at in (9, 10, 20)] == [
        "upcoming",
        "active",
        "ended",
    ]
    assert state_of(a_silence(10, 5), after(7)) == "ended"


def test_a_mute_lasts_from_its_event_to_the_next_of_the_same_name() -> None:
    story = a_story(
        an_event(10, EventKind.MUTED, "silence: S1"),
        an_event(20, EventKind.MUTED, "maintenance: night"),
        an_event(20, EventKind.OPENED),
        an_event(30, EventKind.UNMUTED, "silence: S1"),
        an_event(40, EventKind.UNMUTED, "silence: never begun"),
    )

    assert [(one.text, one.since, one.until) for one in mutings(story)] == [
        ("silence: S1", after(10), after(30)),
        ("maintenance: night", after(20), None),
    ]


@pytest.mark.parametrize(
    ("events", "others", "reason"),
    [
        (
            (),
            (a_delivery("d2", What.RESOLVED, made=50),),
            "a newer message says it instead: resolved",
        ),
        (
            (an_event(50, EventKind.MUTED, "silence: S1"),),
            (a_delivery("d2", channel="mail", made=50),),
            "muted before it was sent: silence: S1",
        ),
        (
            (an_event(49, EventKind.MUTED, "silence: S1"), an_event(50, EventKind.RESOLVED)),
            (),
            "it was over before this was sent",
        ),
        ((), (), "it was no longer true, or not to be told any more"),
    ],
    ids=["said anew", "muted", "over", "unknown"],
)
def test_what_happened_when_a_message_was_taken_back_says_why(
    events: tuple[RecordedEvent, ...], others: tuple[Delivery, ...], reason: str
) -> None:
    taken_back = a_delivery(settled=50)

    found = why_withdrawn(taken_back, a_story(*events, deliveries=(taken_back, *others)))

    assert found == reason
