from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason, Severity
from monitor.core.sample import Subject
from monitor.store import Store, queries
from tests.builders import NOW, a_subject, after
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
ALERTS = st.builds(
    Alert,
    id=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=10, max_size=10),
    rule=TEXT,
    subject=st.builds(
        Subject, tenant=TEXT, kind=st.just("queue"), key=TEXT, name=TEXT, labels=LABELS
    ),
    severity=st.sampled_from(Severity),
    phase=st.sampled_from([Phase.PENDING, Phase.FIRING]),
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
    told=st.lists(TEXT, max_size=3).map(tuple),
    labels=LABELS,
    rule_text=TEXT,
)


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
        told=("ops",),
        rule_text="queue-backlog, warning: new_items > 100\nwhere everything",
    )
    return replace(alert, **fields)


def an_event(alert: Alert, kind: EventKind = EventKind.OPENED, second: float = 60) -> AlertEvent:
    return AlertEvent(alert=alert, kind=kind, reason=Reason.HOLD_OVER, at=after(second))


def save(store: Store, *alerts: Alert, events: tuple[AlertEvent, ...] = ()) -> None:
    with store.writing() as write:
        write.alerts(alerts, events)


def shape(alert: Alert) -> tuple[object, ...]:
    """All that an alert says; subjects compare by identity, so they are taken apart."""
    subject = alert.subject
    parts = (*subject.identity, subject.name, dict(subject.labels))
    return (*parts, replace(alert, subject=SOMEBODY, labels={}), dict(alert.labels))


SOMEBODY = a_subject()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(alert=ALERTS)
def test_an_alert_is_loaded_equal_to_what_was_saved(store: Store, alert: Alert) -> None:
    save(store, alert)
    try:
        (loaded,) = store.load_alerts()
        assert shape(loaded) == shape(alert)
    finally:
        save(store, replace(alert, phase=Phase.RESOLVED))


def test_saving_again_replaces_by_id(store: Store) -> None:
    save(store, an_alert())
    save(store, an_alert(value=950.0, told=("ops", "mail")))
    (loaded,) = store.load_alerts()
    assert (loaded.value, loaded.told) == (950.0, ("ops", "mail"))


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
    save(store, resolved, events=(an_event(resolved, EventKind.RESOLVED, 600),))
    events = ask(store, "SELECT * FROM v_alert_events ORDER BY at")
    assert [(e["event"], e["value"], e["summary"], e["at"], e["phase"]) for e in events] == [
        ("opened", 900.0, "Invoices: 900 items wait", at(60), "firing"),
        ("resolved", 10.0, "all done", at(600), "resolved"),
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
    save(store, an_alert())
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
        "rule_text": "queue-backlog, warning: new_items > 100\nwhere everything",
    }


def test_hostile_text_in_an_alert_does_not_keep_the_others_out(store: Store) -> None:
    hostile = "x\x00y\ud800"
    bad = an_alert(
        "Bad", summary=hostile, told=(hostile,), labels={hostile: hostile}, rule_text=hostile
    )
    bad = replace(bad, subject=a_subject(hostile, labels={"folder": hostile}))
    save(store, bad, an_alert(), events=(an_event(bad),))
    assert len(store.load_alerts()) == 2


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
