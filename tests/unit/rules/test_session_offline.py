from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.core.window import Windows
from monitor.rules.session_offline import RULE, Options
from tests.builders import a_sample, a_subject

MakeRule = Callable[..., Rule]


def a_session(robot_type: str = "Unattended", /, **metrics: float) -> Sample:
    subject = a_subject("VM-7", kind="session", labels={"robot_type": robot_type, "host": "VM-7"})
    flags = {"is_unresponsive": 0.0, "is_disconnected": 0.0, "in_maintenance": 0.0}
    return a_sample(subject, **{**flags, **metrics})


def test_a_disconnected_robot_is_a_breach_unless_in_maintenance(
    make_rule: MakeRule, verdict: Callable[..., str]
) -> None:
    rule = make_rule(RULE)
    assert verdict(rule, a_session(is_disconnected=1)) == "breached"
    assert verdict(rule, a_session(is_disconnected=1, in_maintenance=1)) == "fine"
    assert verdict(rule, a_session("Attended", is_disconnected=1)) == "fine"
    assert verdict(rule, a_session(is_unresponsive=1)) == "fine"


def test_after_is_the_hold() -> None:
    assert RULE.condition(Options()).hold == timedelta(minutes=5)
    assert RULE.condition(Options.model_validate({"after": "0s"})).hold == timedelta()
    assert RULE.condition(Options(after=timedelta(minutes=1))).hold == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("metrics", "clear"),
    [
        ({}, True),
        ({"is_disconnected": 1}, False),
        ({"is_unresponsive": 1}, False),
        ({"is_disconnected": 1, "in_maintenance": 1}, True),
    ],
)
def test_a_robot_that_is_silent_instead_has_not_come_back(
    make_rule: MakeRule, *, metrics: dict[str, float], clear: bool | None
) -> None:
    assert make_rule(RULE).clears(a_session(**metrics), Windows()) is clear


def test_the_sentence_says_how_long(make_rule: MakeRule, sentence: Callable[..., str]) -> None:
    gone = a_session(is_disconnected=1)
    assert sentence(make_rule(RULE), gone) == "VM-7 has been disconnected for 5m"
    assert sentence(make_rule(RULE, after="0s"), gone) == "VM-7 has been disconnected"
    assert make_rule(RULE).limit is None
