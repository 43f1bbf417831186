import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.matching import Matcher, Operator, Where, glob_pattern, parse_matcher, parse_where

LABELS = {
    "severity": "critical",
    "team": "web",
    "name": "Invoices",
    "folder": "Finance/Payables",
    "host": "test-7",
}


@pytest.mark.parametrize(
    ("where", "matches"),
    [
        ({}, True),
        ({"name": "Invoices"}, True),
        ({"name": "invoices"}, False),
        ({"name": ["Orders", "Invoices"]}, True),
        ({"name": ["Orders", "Refunds"]}, False),
        ({"name": "Inv*"}, True),
        ({"name": "Inv?ices"}, True),
        ({"name": "?nv"}, False),
        ({"name": "!Invoices"}, False),
        ({"name": "!Orders"}, True),
        ({"name": "!Inv*"}, False),
        ({"name": ["I*", "!Invoices"]}, False),
        ({"name": ["I*", "!Orders"]}, True),
        ({"name": ["!Orders", "!Invoices"]}, False),
        ({"name": "Invoices", "team": "db"}, False),
        ({"folder": "Finance/*"}, True),
        ({"folder": "*"}, False),
        ({"folder": "**"}, True),
        ({"folder": "Fin**"}, True),
        ({"folder": "Finance/P?yables"}, True),
        ({"folder": "Finance?Payables"}, False),
        ({"absent": ""}, True),
        ({"absent": "x"}, False),
        ({"absent": "!x"}, True),
        ({"absent": "*"}, True),
        ([], True),
        (["severity=critical"], True),
        (["severity = critical", "team=~web|db"], True),
        (["team=~we"], False),
        (["name!=x"], True),
        (["name!=Invoices"], False),
        (["host!~test.*"], False),
        (["host!~test"], True),
        (["absent="], True),
        (["absent!="], False),
        (['team="web"'], True),
        (["name=Inv*"], False),
    ],
)
def test_labels_match_as_documented(where: dict[str, object] | list[str], *, matches: bool) -> None:
    assert parse_where(where).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("glob", "folder", "fits"),
    [
        ("Finance/**", "Finance", True),
        ("Finance/**", "Finance/A/B", True),
        ("Finance/**", "Finances", False),
        ("**/Payables", "Payables", True),
        ("**/Payables", "A/B/Payables", True),
        ("**/Payables", "APayables", False),
        ("A/**/Z", "A/Z", True),
        ("A/**/Z", "A/B/C/Z", True),
        ("A/*/Z", "A/B/C/Z", False),
        ("*'s workspace", "ann's workspace", True),
        ("a.b", "axb", False),
        ("a[b]", "a[b]", True),
    ],
)
def test_globs_over_folders_know_levels(glob: str, folder: str, *, fits: bool) -> None:
    assert (re.fullmatch(glob_pattern(glob, is_path=True), folder) is not None) is fits


def test_slashes_mean_nothing_in_other_labels() -> None:
    assert parse_where({"name": "a*"}).matches({"name": "a/b"})
    assert not parse_where({"name": "a/**"}).matches({"name": "a"})
    assert parse_where({"name": "**/b"}).matches({"name": "a/b"})


def test_a_line_break_in_a_name_does_not_escape_a_glob_or_an_anchor() -> None:
    assert parse_where({"name": "evil*"}).matches({"name": "evil\nname"})
    assert not parse_where(["name=~good"]).matches({"name": "good\n"})


@pytest.mark.parametrize(
    ("where", "cure"),
    [
        (["severity==critical"], "unknown operator ==: use =, !=, =~ or !~"),
        (["level>3"], "unknown operator >"),
        (["severity"], "is not a matcher"),
        (["=x"], "is not a matcher"),
        (["name=~("], "is not a regular expression"),
        (["name=~" + "a" * 501], "500 characters at most"),
        ([5], "is not a matcher"),
        ({"name": 5}, "must be text in quotes"),
        ({"name": ["a", 5]}, "must be text in quotes"),
        ({"name": []}, "an empty list would match nothing"),
        ("severity=critical", "must be a table"),
        (5, "must be a table"),
    ],
)
def test_a_mistake_is_refused_with_a_cure(where: object, cure: str) -> None:
    with pytest.raises(ValueError, match=re.escape(cure)):
        parse_where(where)  # type: ignore[arg-type] # what a user may have written


def test_conjunction_names_and_text() -> None:
    both = parse_where({"robot_type": ["A", "!B"]}).and_(parse_where(["host!=x"]))
    assert both.names == {"robot_type", "host"}
    assert str(both) == "robot_type like A, !B and host!=x"
    assert str(Where()) == "everything"
    assert both.without(["robot_type"]) == parse_where(["host!=x"])
    assert both
    assert not Where()


def test_equal_matchers_are_equal_and_can_be_kept_in_sets() -> None:
    assert (
        len({parse_matcher("a=b"), parse_matcher("a = b"), Matcher("a", Operator.EQUAL, ("b",))})
        == 1
    )


@given(st.text(max_size=30), st.text(max_size=30))
def test_an_exact_matcher_is_equality_and_its_negation_the_opposite(value: str, text: str) -> None:
    equal = Matcher("x", Operator.EQUAL, (value,))
    unequal = Matcher("x", Operator.UNEQUAL, (value,))
    assert equal.matches(text) is (value == text)
    assert unequal.matches(text) is (value != text)


@given(st.text("ab/*?.", max_size=12), st.text("ab/.", max_size=12))
def test_a_glob_without_wildcards_left_is_the_text(glob: str, text: str) -> None:
    plain = glob.replace("*", "").replace("?", "")
    found = re.fullmatch(glob_pattern(plain, is_path=True), text) is not None
    assert found is (plain == text)
