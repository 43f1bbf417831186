import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alert import Alert, Phase, Reason
from monitor.core.message import (
    Message,
    MessageItem,
    What,
    ending_of,
    item_of,
    message_from_dict,
    message_to_dict,
    precedence,
    trial_message,
)
from monitor.core.severity import Severity
from tests.builders import NOW, a_subject, after
from tests.message_builders import a_message


def an_alert(
    reason: Reason | None = None,
    *,
    name: str = "Invoices",
    summary: str = "Invoices has 900 new items",
    is_flapping: bool = False,
) -> Alert:
    """Return an open alert; with a reason it ended for it."""
    return Alert(
        id="ABCDEFGHIJ",
        rule="backlog",
        subject=a_subject(name, key="7", labels={"folder": "Finance\nAP"}),
        severity=Severity.WARNING,
        phase=Phase.FIRING if reason is None else Phase.RESOLVED,
        started_at=NOW,
        opened_at=after(60),
        resolved_at=None if reason is None else after(600),
        updated_at=after(600),
        summary=summary,
        value=900,
        limit=100,
        end_reason=reason,
        flapping_since=after(300) if is_flapping else None,
    )


def test_an_open_alert_becomes_an_item() -> None:
    assert item_of(an_alert(), What.OPENED, "https://wiki/backlog") == MessageItem(
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
    )


def test_an_item_of_an_end_knows_when_and_why() -> None:
    item = item_of(an_alert(Reason.OUT_OF_SCOPE), What.CLOSED)
    assert item.ended_at == after(600)
    assert item.reason == "no longer matches the rule"


def test_what_is_told_as_open_has_not_ended() -> None:
    item = item_of(an_alert(Reason.RECOVERED, is_flapping=True), What.OPEN)
    assert (item.ended_at, item.reason) == (None, "")


def test_an_end_without_a_reason_is_told_without_one() -> None:
    assert item_of(an_alert(), What.RESOLVED).reason == ""


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (None, What.RESOLVED),
        (Reason.RECOVERED, What.RESOLVED),
        (Reason.NO_DATA, What.RESOLVED),
        (Reason.GONE, What.GONE),
        (Reason.RULE_REMOVED, What.CLOSED),
        (Reason.OUT_OF_SCOPE, What.CLOSED),
        (Reason.NOT_WATCHED, What.CLOSED),
    ],
)
def test_only_a_recovery_is_told_as_resolved(reason: Reason | None, what: What) -> None:
    assert ending_of(an_alert(reason)) is what


def test_an_item_knows_of_what_flaps_until_it_ended() -> None:
    alert = an_alert(is_flapping=True)
    assert item_of(alert, What.OPEN).is_flapping
    assert not item_of(alert, What.GONE).is_flapping
    assert not item_of(an_alert(), What.OPEN).is_flapping


def test_a_few_of_those_affected_are_named_each_once_and_all_counted() -> None:
    robots = [f"BOT-{number:02}\n" for number in range(30)]
    item = item_of(an_alert(), What.OPENED, affected=robots * 2)
    assert item.affected == tuple(f"BOT-{number:02}" for number in range(20))
    assert item.affected_count == 30


def test_control_characters_do_not_get_into_a_message() -> None:
    item = item_of(an_alert(name="In\x00voices\r\n", summary="a\u202eb\x1b[0m"), What.OPENED)
    assert (item.name, item.summary) == ("In voices", "ab [0m")


def test_a_nameless_subject_is_named_by_its_key() -> None:
    assert item_of(an_alert(name="\n "), What.OPENED).name == "7"


def test_people_read_the_worst_news_first_and_what_is_still_open_last() -> None:
    critical, warning = Severity.CRITICAL, Severity.WARNING
    expected = [
        (What.OPENED, critical),
        (What.WORSE, critical),
        (What.OPENED, warning),
        (What.FLAPPING, warning),
        (What.GONE, critical),
        (What.GONE, warning),
        (What.CLOSED, warning),
        (What.RESOLVED, critical),
        (What.OPEN, critical),
        (What.OPEN, warning),
    ]
    mixed = expected[1::2] + expected[::2]
    assert sorted(mixed, key=lambda pair: precedence(*pair)) == expected


def test_a_trial_message_says_that_nothing_is_wrong() -> None:
    (item,) = trial_message("ops", NOW).items
    assert item.severity is Severity.INFO
    assert "Nothing is wrong" in item.summary


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
    affected=st.lists(texts, max_size=3).map(tuple),
    affected_count=st.integers(min_value=0),
    is_flapping=st.booleans(),
)
messages = st.builds(
    Message,
    at=instants,
    items=st.lists(items, max_size=3).map(tuple),
    rest=st.dictionaries(st.sampled_from(What), st.integers(min_value=0)),
    is_digest=st.booleans(),
)


@settings(max_examples=30, deadline=None)
@given(messages)
def test_a_message_comes_back_from_json_as_it_was(message: Message) -> None:
    again = message_from_dict(json.loads(json.dumps(message_to_dict(message))))
    assert again == message
    assert all(isinstance(item.what, What) for item in again.items)


def test_keys_of_a_newer_version_are_ignored() -> None:
    document = message_to_dict(a_message())
    document["new"] = 1
    document["items"][0]["new"] = 1
    assert message_from_dict(document) == a_message()


def test_a_document_of_an_older_version_is_read() -> None:
    document = message_to_dict(a_message())
    del document["rest"], document["is_digest"]
    for key in ("runbook_url", "reason", "affected", "affected_count", "is_flapping"):
        del document["items"][0][key]
    assert message_from_dict(document) == a_message()


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"at": NOW.isoformat()},
        {"at": None, "items": []},
        {"at": "yesterday", "items": []},
        {"at": "2026-01-05T09:00:00", "items": []},
        ["a list"],
        None,
    ],
)
def test_what_is_no_message_is_a_value_error(document: Any) -> None:  # noqa: ANN401 - whatever stands in a row
    with pytest.raises(ValueError, match="not a message: "):
        message_from_dict(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("items", None),
        ("items", {}),
        ("items", [{}]),
        ("items", ["x"]),
        ("rest", None),
        ("rest", [["opened", 1]]),
        ("rest", {"burned": 1}),
        ("rest", {"opened": "1"}),
        ("rest", {"opened": 1.5}),
        ("rest", {"opened": True}),
        ("rest", {"opened": -1}),
        ("is_digest", "no"),
    ],
)
def test_a_message_with_nonsense_in_it_is_a_value_error(key: str, value: object) -> None:
    document = {**message_to_dict(a_message()), key: value}
    with pytest.raises(ValueError, match="not a message: "):
        message_from_dict(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("what", "?"),
        ("severity", "awful"),
        ("summary", 5),
        ("started_at", None),
        ("ended_at", "later"),
        ("runbook_url", 5),
        ("affected", "BOT-07"),
        ("affected", [7]),
        ("affected_count", "many"),
        ("affected_count", -1),
        ("is_flapping", 1),
    ],
)
def test_an_item_with_nonsense_in_it_is_a_value_error(key: str, value: object) -> None:
    document = message_to_dict(a_message())
    document["items"][0][key] = value
    with pytest.raises(ValueError, match="not a message: "):
        message_from_dict(document)


def test_instants_keep_their_microseconds() -> None:
    at = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=NOW.tzinfo)
    assert message_from_dict(message_to_dict(Message(at=at, items=()))).at == at
