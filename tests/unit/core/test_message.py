import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason, Severity
from monitor.core.message import (
    Message,
    MessageItem,
    What,
    item_of,
    message_from_dict,
    message_to_dict,
    trial_message,
)
from tests.builders import NOW, a_subject, after
from tests.message_builders import a_message, an_item


def an_event(
    kind: EventKind = EventKind.OPENED,
    reason: Reason = Reason.BREACHED,
    *,
    name: str = "Invoices",
    summary: str = "Invoices has 900 new items",
) -> AlertEvent:
    is_over = kind is EventKind.RESOLVED
    alert = Alert(
        id="ABCDEFGHIJ",
        rule="backlog",
        subject=a_subject(name, key="7", labels={"folder": "Finance\nAP"}),
        severity=Severity.WARNING,
        phase=Phase.RESOLVED if is_over else Phase.FIRING,
        started_at=NOW,
        opened_at=after(60),
        resolved_at=after(600) if is_over else None,
        updated_at=after(600),
        summary=summary,
        value=900,
        limit=100,
    )
    return AlertEvent(alert=alert, kind=kind, reason=reason, at=after(600))


def test_an_opened_alert_becomes_an_item() -> None:
    assert item_of(an_event(), "https://wiki/backlog") == MessageItem(
        alert_id="ABCDEFGHIJ",
        rule="backlog",
        severity=Severity.WARNING,
        what=What.OPENED,
        tenant="production",
        kind="queue",
        name="Invoices",
        folder="Finance AP",
        summary="Invoices has 900 new items",
        started_at=NOW,
        ended_at=None,
        runbook_url="https://wiki/backlog",
        reason="breached",
    )


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (Reason.RECOVERED, What.RESOLVED),
        (Reason.GONE, What.GONE),
        (Reason.RULE_REMOVED, What.CLOSED),
        (Reason.OUT_OF_SCOPE, What.CLOSED),
    ],
)
def test_only_a_recovery_is_told_as_resolved(reason: Reason, what: What) -> None:
    item = item_of(an_event(EventKind.RESOLVED, reason))
    assert item.what is what
    assert item.ended_at == after(600)


@pytest.mark.parametrize("kind", [EventKind.PENDING, EventKind.DROPPED])
def test_what_never_opened_is_never_told(kind: EventKind) -> None:
    with pytest.raises(ValueError, match=kind.value):
        item_of(an_event(kind))


def test_control_characters_do_not_get_into_a_message() -> None:
    item = item_of(an_event(name="In\x00voices\r\n", summary="a\u202eb\x1b[0m"))
    assert (item.name, item.summary) == ("In voices", "ab [0m")


def test_a_nameless_subject_is_named_by_its_key() -> None:
    assert item_of(an_event(name="\n ")).name == "7"


def test_the_severity_is_that_of_the_worst_problem() -> None:
    message = a_message(
        an_item(severity=Severity.INFO),
        an_item(severity=Severity.WARNING),
        an_item(severity=Severity.CRITICAL, what=What.RESOLVED),
    )
    assert message.severity is Severity.WARNING
    assert a_message(an_item(what=What.RESOLVED)).severity is None


def test_a_trial_message_says_that_nothing_is_wrong() -> None:
    message = trial_message("ops", NOW)
    assert message.severity is Severity.INFO
    assert "Nothing is wrong" in message.items[0].summary


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
instants = st.datetimes(timezones=st.sampled_from([timezone(timedelta(hours=h)) for h in (0, 2)]))
items = st.builds(
    MessageItem,
    alert_id=texts,
    rule=texts,
    severity=st.sampled_from(Severity),
    what=st.sampled_from(What),
    tenant=texts,
    kind=texts,
    name=texts,
    folder=texts,
    summary=texts,
    started_at=instants,
    ended_at=st.none() | instants,
    runbook_url=st.none() | texts,
    reason=texts,
)


@given(st.builds(Message, at=instants, items=st.lists(items, max_size=3).map(tuple)))
def test_a_message_comes_back_from_json_as_it_was(message: Message) -> None:
    again = message_from_dict(json.loads(json.dumps(message_to_dict(message))))
    assert again == message
    assert all(isinstance(item.what, What) for item in again.items)


def test_keys_of_a_newer_version_are_ignored_and_optional_ones_may_be_missing() -> None:
    document = message_to_dict(a_message())
    document["new"] = 1
    document["items"][0]["new"] = 1
    del document["items"][0]["runbook_url"], document["items"][0]["reason"]
    assert message_from_dict(document) == a_message()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"at": NOW.isoformat()},
        {"at": None, "items": []},
        {"at": "yesterday", "items": []},
        {"at": NOW.isoformat(), "items": [{}]},
        {"at": NOW.isoformat(), "items": ["x"]},
        {
            "at": NOW.isoformat(),
            "items": [{**message_to_dict(a_message())["items"][0], "what": "?"}],
        },
        {
            "at": NOW.isoformat(),
            "items": [{**message_to_dict(a_message())["items"][0], "summary": 5}],
        },
        {"at": "2026-01-05T09:00:00", "items": []},
        ["a list"],
        None,
    ],
)
def test_what_is_no_message_is_a_value_error(document: Any) -> None:  # noqa: ANN401 - whatever stands in a row
    with pytest.raises(ValueError, match=r".+"):
        message_from_dict(document)


def test_instants_keep_their_microseconds() -> None:
    at = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=NOW.tzinfo)
    assert message_from_dict(message_to_dict(Message(at=at, items=()))).at == at
