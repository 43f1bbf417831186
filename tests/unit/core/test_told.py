from dataclasses import fields

import pytest

from monitor.core.severity import Severity
from monitor.core.told import HEARD, Saying, Told, told_from_dict
from tests.builders import after
from tests.unit.core.some_alerts import a_told

DOCUMENT = {
    "saying": "flapping",
    "severity": "critical",
    "at": "2026-01-05T09:01:00+00:00",
    "first_at": "2026-01-05T09:00:00+00:00",
    "delivery": "delivery-1",
    "route": "routes[0]",
    "reminders": 2,
}


def test_what_is_stored_under_the_names_of_the_fields_is_read() -> None:
    told = told_from_dict({"ops": DOCUMENT})
    assert told == {
        "ops": a_told(
            Saying.FLAPPING,
            severity=Severity.CRITICAL,
            at=after(60),
            first_at=after(0),
            reminders=2,
        )
    }
    assert DOCUMENT.keys() == {field.name for field in fields(Told)}


def test_nobody_was_told() -> None:
    assert told_from_dict({}) == {}


@pytest.mark.parametrize("missing", ["saying", "at", "first_at", "delivery", "route", "reminders"])
def test_a_document_without_a_key_is_refused(missing: str) -> None:
    document = {key: value for key, value in DOCUMENT.items() if key != missing}
    with pytest.raises(KeyError, match=missing):
        told_from_dict({"ops": document})


@pytest.mark.parametrize(
    ("key", "value"), [("saying", "shouted"), ("severity", "dire"), ("at", "yesterday")]
)
def test_a_value_that_means_nothing_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        told_from_dict({"ops": {**DOCUMENT, key: value}})


@pytest.mark.parametrize(
    ("saying", "is_heard"),
    [
        (Saying.OPEN, True),
        (Saying.FLAPPING, True),
        (Saying.ENDED, False),
        (Saying.UNHEARD, False),
    ],
)
def test_who_heard_of_a_problem_believes_in_it(*, saying: Saying, is_heard: bool) -> None:
    assert (saying in HEARD) is is_heard
