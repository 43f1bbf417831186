import json
from typing import Any

import pytest

from monitor.core.severity import Severity
from monitor.core.told import Saying, Told, told_from_dict
from monitor.store.text import document
from tests.builders import NOW, after


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ({"a": ["x", 1, None, True]}, {"a": ["x", 1, None, True]}),
        (("x", "y\x00z"), ["x", "y\N{REPLACEMENT CHARACTER}z"]),
        ({"a\ud800": {"b": "\udfff"}}, {"a\N{REPLACEMENT CHARACTER}": {"b": "\ufffd"}}),
        # A surrogate pair is a character, and what looks like an escaped NUL is none.
        ({"a": "\ud83d\ude00\x00"}, {"a": "\N{GRINNING FACE}\ufffd"}),
        (["\\u0000"], ["\\u0000"]),
    ],
)
def test_a_document_is_text_that_any_database_takes(value: Any, stored: Any) -> None:  # noqa: ANN401  # JSON
    text = document(value)
    assert json.loads(text) == stored
    text.encode()


@pytest.mark.parametrize("route", ["default", "x\x00\ud800"])
def test_what_was_told_is_stored_as_it_is_read(route: str) -> None:
    known = Told(
        saying=Saying.FLAPPING,
        severity=Severity.CRITICAL,
        at=after(0.000001),
        first_at=NOW,
        delivery="d1",
        route=route,
        reminders=3,
    )
    stored = json.loads(document({"ops": known}))
    read = told_from_dict(stored)["ops"]
    assert (read.at, read.first_at, read.saying) == (known.at, NOW, Saying.FLAPPING)
    assert "\x00" not in read.route
