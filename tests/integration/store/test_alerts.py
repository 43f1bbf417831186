from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason
from monitor.core.desk import Desk
from monitor.core.engine import Evaluation
from monitor.core.flapping import Flapping
from monitor.core.mute import Acknowledgement
from monitor.core.plan import Plan
from monitor.core.rule import Policy, Rule
from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from monitor.store import Store, queries
from tests.builders import NOW, a_backlog_rule, a_subject, after
from tests.integration.store.polls import ask, at, column, count

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20
)
LABELS = st.dictionaries(TEXT, TEXT, max_size=3)
INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001  # Hypothesis wants bounds without a zone
    max_value=datetime(9999, 1, 1),  # noqa: DTZ001  # as above
    timezones=st.just(UTC),
)
NUMBERS = st.none() | st.floats(allow_nan=False)
SPANS = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000))
COUNTS = st.integers(0, 2**31 - 1)
TOLD = st.builds(
    Told,
    saying=st.sampled_from(Saying),
    severity=st.sampled_from(Severity),
    at=INSTANTS,
    first_at=INSTANTS,
    delivery=TEXT,
    route=TEXT,
    reminders=COUNTS,
)
ALERTS = st.builds(
    Alert,
    id=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=10, max_size=10),
    rule=TEXT,
    subject=st.builds(
        Subject, tenant=TEXT, kind=st.just("queue"), key=TEXT, name=TEXT, labels=LABELS
    ),
    severity=st.sampled_from(Severity),
    phase=st.sampled_from(Phase),
    started_at=INSTANTS,
    summary=TEXT,
    value=NUMBERS,
    limit=NUMBERS,
    opened_at=st.none() | INSTANTS,
    resolved_at=st.none() | INSTANTS,
    updated_at=INSTANTS,
    held=SPANS,
    held_at=st.none() | INSTANTS,
    held_count=COUNTS,
    fine=SPANS,
    fine_at=st.none() | INSTANTS,
    fine_count=COUNTS,
    absent_count=COUNTS,
    has_no_data=st.booleans(),
    end_reason=st.none() | st.sampled_from(Reason),
    flapping_since=st.none() | INSTANTS,
    mutes=st.lists(TEXT, max_size=3).map(tuple),
    unmuted_at=st.none() | INSTANTS,
    told=st.dictionaries(TEXT, TOLD, max_size=3),
    labels=LABELS,
    rule_text=TEXT,
)


def told(channel: str = "ops", saying: Saying = Saying.OPEN) -> dict[str, Told]:
    known = Told(
        saying=saying,
        severity=Severity.WARNING,
        at=after(60),
        first_at=after(60),
        delivery="d1",
        route="default",
        reminders=2,
    )
    return {channel: known}


def an_alert(name: str = "Invoices", **fields: Any) -> Alert:  # noqa: ANN401  # any field of an alert
    alert = Alert(
        id=f"ID{name.upper()}",
        rule="backlog",
        subject=a_subject(name, labels={"queue": name, "folder": "Finance"}),
        severity=Severity.WARNING,
        phase=Phase.FIRING,
        started_at=NOW,
        opened_at=after(60),
        updated_at=after(60),
        summary=f"{name}: 900 items wait",
        value=900.0,
        limit=100.0,
        told=told(),
        rule_text="queue-backlog, warning: new_items > 100\nwhere everything",
    )
    return replace(alert, **fields)


def an_event(
    alert: Alert,
    kind: EventKind = EventKind.OPENED,
    second: float = 60,
    reason: Reason = Reason.HOLD_OVER,
    detail: str = "",
) -> AlertEvent:
    return AlertEvent(alert=alert, kind=kind, reason=reason, at=after(second), detail=detail)


def save(
    store: Store,
    *alerts: Alert,
    events: tuple[AlertEvent, ...] = (),
    owed: Collection[str] = (),
) -> None:
    with store.writing() as write:
        write.alerts(alerts, events, owed=owed)


def shape(alert: Alert) -> tuple[object, ...]:
    """All that an alert says; subjects compare by identity, so they are taken apart."""
    subject = alert.subject
    parts = (*subject.identity, subject.name, dict(subject.labels))
    return (*parts, replace(alert, subject=SOMEBODY))


SOMEBODY = a_subject()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(alert=ALERTS)
def test_an_alert_is_loaded_equal_to_what_was_saved(store: Store, alert: Alert) -> None:
    save(store, alert, owed={alert.id})
    try:
        (loaded,) = store.load_alerts()
        assert shape(loaded) == shape(alert)
    finally:
        save(store, replace(alert, phase=Phase.RESOLVED))


def test_saving_again_replaces_by_id(store: Store) -> None:
    save(store, an_alert())
    save(store, an_alert(value=950.0, told=told("mail")))
    (loaded,) = store.load_alerts()
    assert (loaded.value, loaded.told) == (950.0, told("mail"))


def test_an_alert_that_is_over_is_loaded_while_somebody_is_owed_its_end(store: Store) -> None:
    over = an_alert(phase=Phase.RESOLVED, resolved_at=after(90), end_reason=Reason.RECOVERED)
    save(store, over, owed=[over.id])
    (loaded,) = store.load_alerts()
    assert shape(loaded) == shape(over)
    # The list for people is of open ones.
    assert queries.alerts(store) == ()
    save(store, over)
    assert store.load_alerts() == ()


def test_an_alert_that_only_an_event_brings_can_be_owed_too(store: Store) -> None:
    over = an_alert(phase=Phase.RESOLVED)
    save(store, events=(an_event(over, EventKind.RESOLVED),), owed={over.id})
    assert [alert.id for alert in store.load_alerts()] == [over.id]


def test_only_open_alerts_are_loaded_oldest_first(store: Store) -> None:
    save(
        store,
        an_alert("B", started_at=after(2)),
        an_alert("A", started_at=after(1), phase=Phase.PENDING),
        an_alert("C", phase=Phase.RESOLVED, resolved_at=after(90)),
    )
    assert [alert.subject.name for alert in store.load_alerts()] == ["A", "B"]
    assert column(store, "SELECT name FROM v_alerts WHERE phase = 'resolved'") == ["C"]


def test_an_event_keeps_the_facts_as_they_were(store: Store) -> None:
    opened = an_alert()
    resolved = an_alert(
        phase=Phase.RESOLVED, value=10.0, summary="all done", resolved_at=after(600)
    )
    save(store, opened, events=(an_event(opened),))
    save(store, resolved, events=(an_event(resolved, EventKind.RESOLVED, 600, detail="so"),))
    events = ask(store, "SELECT * FROM v_alert_events ORDER BY at")
    assert [(e["event"], e["value"], e["summary"], e["at"], e["phase"]) for e in events] == [
        ("opened", 900.0, "Invoices: 900 items wait", at(60), "firing"),
        ("resolved", 10.0, "all done", at(600), "resolved"),
    ]
    assert [event["detail"] for event in events] == ["", "so"]
    story = queries.alert(store, opened.id)
    assert story is not None
    assert [(event.at, event.detail) for event in story.events] == [
        (after(60), ""),
        (after(600), "so"),
    ]
    assert {(e["tenant"], e["rule"], e["name"], e["reason"]) for e in events} == {
        ("production", "backlog", "Invoices", "hold over")
    }


def test_an_event_brings_its_alert_along(store: Store) -> None:
    save(store, events=(an_event(an_alert()),))
    assert len(store.load_alerts()) == 1


def test_alerts_and_their_cause_are_one_transaction(store: Store) -> None:
    def interrupted() -> None:
        with store.writing() as write:
            write.alerts((an_alert(),), (an_event(an_alert()),))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert store.load_alerts() == ()
    assert count(store, "v_alert_events") == 0


def test_the_view_of_alerts_has_plain_columns(store: Store) -> None:
    save(
        store,
        an_alert(
            mutes=("silence: S1 by me: patching", "maintenance: night"), flapping_since=after(70)
        ),
    )
    for second in (61, 62):
        store.acknowledge(
            Acknowledgement(
                alert_id="IDINVOICES",
                severity=Severity.WARNING,
                at=after(second),
                expires_at=after(900),
                author=f"person {second}",
            )
        )
    (row,) = ask(store, "SELECT * FROM v_alerts")
    assert row == {
        "tenant": "production",
        "id": "IDINVOICES",
        "rule": "backlog",
        "severity": "warning",
        "phase": "firing",
        "kind": "queue",
        "key": "invoices",
        "name": "Invoices",
        "folder": "Finance",
        "summary": "Invoices: 900 items wait",
        "value": 900.0,
        "limit_value": 100.0,
        "started_at": at(0),
        "opened_at": at(60),
        "resolved_at": None,
        "updated_at": at(60),
        "flapping_since": at(70),
        "suppressed_by": "silence: S1 by me: patching; maintenance: night",
        "acknowledged_at": at(62),
        "acknowledged_by": "person 62",
        "end_reason": None,
        "rule_text": "queue-backlog, warning: new_items > 100\nwhere everything",
    }


def test_hostile_text_in_an_alert_does_not_keep_the_others_out(store: Store) -> None:
    hostile = "x\x00y\ud800"
    bad = an_alert(
        "Bad",
        summary=hostile,
        told=told(hostile),
        labels={hostile: hostile},
        rule_text=hostile,
        mutes=(hostile,),
    )
    bad = replace(bad, subject=a_subject(hostile, labels={"folder": hostile}))
    save(store, bad, an_alert(), events=(an_event(bad, detail=hostile),))
    loaded = {alert.id: alert for alert in store.load_alerts()}
    assert len(loaded) == 2
    assert list(loaded["IDBAD"].told.values()) == list(told().values())


def test_the_list_of_alerts_shows_the_worst_first(store: Store) -> None:
    save(
        store,
        an_alert("Mild", severity=Severity.INFO),
        an_alert("Done", phase=Phase.RESOLVED, resolved_at=after(600)),
        an_alert("Bad", severity=Severity.CRITICAL, started_at=after(5)),
        an_alert("Never opened", phase=Phase.RESOLVED, opened_at=None, resolved_at=after(9)),
    )
    assert [a.subject.name for a in queries.alerts(store)] == ["Bad", "Mild"]
    everything = [a.subject.name for a in queries.alerts(store, everything=True)]
    assert everything == ["Bad", "Mild", "Done"]
    recent = [a.subject.name for a in queries.alerts(store, everything=True, since=after(700))]
    assert recent == ["Bad", "Mild"]


def test_an_alert_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    save(store, an_alert("A1"), an_alert("A2"), an_alert("B"))
    assert queries.alert(store, "IDA") is None
    assert queries.alert(store, "") is None
    assert queries.alert(store, "nothing") is None
    assert queries.alert(store, "%") is None
    for asked in ("idb", "IDB"):
        story = queries.alert(store, asked)
        assert story is not None
        assert story.alert.subject.name == "B"


def test_a_restarted_daemon_sees_the_same_alerts(reopen: Callable[[], Store]) -> None:
    exact = an_alert(held=timedelta(microseconds=123457), held_at=after(0.000001))
    save(reopen(), exact)
    (loaded,) = reopen().load_alerts()
    assert shape(loaded) == shape(exact)


def test_an_alert_keeps_its_rule_as_it_was_told_when_it_opened(store: Store) -> None:
    save(store, an_alert(phase=Phase.PENDING, rule_text="above 100"))
    save(store, an_alert(rule_text="above 200"))
    story = queries.alert(store, "IDINVOICES")
    assert story is not None
    assert story.alert.rule_text == "above 200"


def test_openings_and_recoveries_are_loaded_by_time_and_by_alert(store: Store) -> None:
    alert, other = an_alert(), an_alert("Other")
    opened, resolved = EventKind.OPENED, EventKind.RESOLVED
    save(
        store,
        alert,
        other,
        events=(
            an_event(alert, resolved, 500, Reason.RECOVERED),
            an_event(alert, opened, 100, Reason.BREACHED),
            an_event(alert, opened, 300, Reason.HOLD_OVER),
            an_event(other, opened, 200, Reason.BREACHED),
            # What follows is no sign that anything comes and goes.
            an_event(alert, opened, 310, Reason.NO_DATA),
            an_event(alert, resolved, 320, Reason.GONE),
            an_event(alert, EventKind.PENDING, 330, Reason.BREACHED),
            an_event(alert, EventKind.DROPPED, 340, Reason.RECOVERED),
        ),
    )
    assert store.load_transitions(after(100)) == {
        alert.key: (after(100), after(300), after(500)),
        other.key: (after(200),),
    }
    assert store.load_transitions(after(300.000001)) == {alert.key: (after(500),)}


def test_what_counts_as_a_transition_is_what_the_desk_counts(store: Store) -> None:
    alert = an_alert()
    pairs = [(kind, reason) for kind in EventKind for reason in Reason]
    events = [an_event(alert, kind, i, reason) for i, (kind, reason) in enumerate(pairs)]
    save(store, alert, events=tuple(events))
    desk = Desk(plan=Plan(rules={alert.rule: a_flapping_rule(alert.rule)}), started_at=NOW)
    changes = desk.decide([Evaluation(events=tuple(events))], NOW)
    assert store.load_transitions(NOW) == dict(changes.transitions)


def a_flapping_rule(name: str) -> Rule:
    return a_backlog_rule(name, policy=Policy(flapping=Flapping(window=timedelta(days=1))))
