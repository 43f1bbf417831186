from datetime import UTC, datetime

import pytest

from monitor.simulator.entities import MACHINE_RUNTIME, QUEUE_ITEM, SESSION
from monitor.simulator.filters import MAX_OR_TERMS, parse_filter
from monitor.simulator.literals import read_instant
from monitor.simulator.problems import Refused

ITEM = {
    "Id": 7,
    "Status": "New",
    "Reference": "O'Neil",
    "DueDate": datetime(2026, 1, 5, 8, tzinfo=UTC),
    "DeferDate": None,
    "Key": "AAAAAAAA-0000-0000-0000-00000000000F",
    "Encrypted": False,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Status eq 'New'", True),
        ("Status eq '0'", True),
        ("Status eq '1'", False),
        ("Status ne 'Failed'", True),
        ("Status in ('New','InProgress')", True),
        ("Id in (1,2,3)", False),
        ("Id gt 6 and Id le 7", True),
        ("Id lt 7 or Id ge 8", False),
        ("Id eq 1 or Id eq 7 and Status eq 'Failed'", False),
        ("(Id eq 1 or Id eq 7) and Status eq 'New'", True),
        ("Reference eq 'O''Neil'", True),
        ("DueDate lt 2026-01-05T09:00:00Z", True),
        ("DueDate lt 2026-01-05T08:00:00.0000000Z", False),
        ("DueDate ge 2026-01-05T10:00:00+02:00", True),
        ("DeferDate eq null", True),
        ("DeferDate ne null", False),
        ("DeferDate lt 2027-01-01T00:00:00Z", False),
        ("Key eq aaaaaaaa-0000-0000-0000-00000000000f", True),
        ("Encrypted eq false", True),
        ("  Id   eq   7  ", True),
    ],
)
def test_a_filter_selects_what_it_says(text: str, expected: bool) -> None:  # noqa: FBT001  a table
    assert parse_filter(text, QUEUE_ITEM)(ITEM) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Status eq New",
        "Status eq 'new'",
        "Status eq 'Nonsense'",
        "Status eq '99'",
        "Status gt 'New'",
        "Colour eq 'red'",
        "SpecificContent eq null",
        "contains(Reference,'x')",
        "startswith(Reference,'x')",
        "not (Id eq 1)",
        "Id eq 7 and",
        "Id eq 7)",
        "(Id eq 7",
        "Id eq '7'",
        "Id eq 7.5",
        "Id add 1 eq 8",
        "Id is 7",
        "7 eq Id",
        "Id in ()",
        "Id in (1",
        "Reference eq 'open",
        'Reference eq "double"',
        "Reference gt null",
        "DueDate lt '2026-01-05T09:00:00Z'",
        "DueDate lt 2026-01-05",
        "Encrypted eq 1",
        "Robot/Name eq 'X'",
        "Id eq 7; drop",
    ],
)
def test_a_filter_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_filter(text, QUEUE_ITEM)

    assert refusal.value.status == 400
    assert isinstance(refusal.value.body, dict)
    assert refusal.value.body["errorCode"] == 1000


def test_a_path_leads_into_what_can_be_expanded() -> None:
    matches = parse_filter("Robot/Name eq 'stan' and Robot/Type eq 'Attended'", SESSION)

    assert matches({"Robot": {"Name": "stan", "Type": "Attended"}})
    assert not matches({"Robot": {"Name": "stan", "Type": "Unattended"}})
    assert not matches({"Robot": None})


def test_aliases_of_an_enumeration_are_one_value() -> None:
    matches = parse_filter("RuntimeType eq 'RpaDeveloper'", MACHINE_RUNTIME)

    assert matches({"RuntimeType": "Development"})


def test_a_long_chain_of_or_is_refused() -> None:
    chain = " or ".join(f"Id eq {n}" for n in range(MAX_OR_TERMS + 1))

    parse_filter(chain.rpartition(" or ")[0], QUEUE_ITEM)
    with pytest.raises(Refused, match="use 'in'"):
        parse_filter(chain, QUEUE_ITEM)


def test_more_than_a_hundred_expressions_are_refused() -> None:
    with pytest.raises(Refused, match="more than 100"):
        parse_filter(" and ".join(f"Id ne {n}" for n in range(101)), QUEUE_ITEM)


def test_the_seventh_fractional_digit_is_cut_off() -> None:
    expected = datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC)

    assert read_instant("2026-01-05T08:00:00.1234567Z") == expected
