from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.rules.session_unresponsive import RULE, Options
from tests.builders import a_sample, a_subject, windows_at

Verdict = Callable[..., str]
MakeRule = Callable[..., Rule]


def a_session(robot_type: str = "Unattended", /, **metrics: float) -> Sample:
    subject = a_subject("RPA-07", kind="session", labels={"robot_type": robot_type, "host": "VM-7"})
    flags = {"is_unresponsive": 0.0, "is_disconnected": 0.0, "in_maintenance": 0.0}
    return a_sample(subject, **{**flags, **metrics})


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"heartbeat_age_s": 121}, "breached"),
        ({"heartbeat_age_s": 120}, "fine"),
        ({"heartbeat_age_s": 30}, "fine"),
        ({"heartbeat_age_s": 110, "is_unresponsive": 1}, "breached"),
        ({"is_unresponsive": 1}, "breached"),
        ({"heartbeat_age_s": 9e6, "is_disconnected": 1}, "fine"),
        ({"heartbeat_age_s": 9e6, "is_unresponsive": 1, "in_maintenance": 1}, "fine"),
        ({}, "unclear"),
    ],
)
def test_silence_where_a_heartbeat_is_due_is_a_breach(
    make_rule: MakeRule, verdict: Verdict, metrics: dict[str, float], expected: str
) -> None:
    assert verdict(make_rule(RULE), a_session(**metrics)) == expected


def test_with_another_limit_only_the_age_counts(make_rule: MakeRule, verdict: Verdict) -> None:
    rule = make_rule(RULE, after="5m")
    assert verdict(rule, a_session(heartbeat_age_s=200, is_unresponsive=1)) == "fine"
    assert verdict(rule, a_session(heartbeat_age_s=301, is_unresponsive=1)) == "breached"


def test_robots_of_people_count_only_when_the_user_asks(
    make_rule: MakeRule, verdict: Verdict
) -> None:
    silent = a_session("Attended", heartbeat_age_s=999)
    assert verdict(make_rule(RULE), silent) == "fine"
    assert verdict(make_rule(RULE, where={"host": "VM-*"}), silent) == "fine"
    assert verdict(make_rule(RULE, where={"robot_type": "*"}), silent) == "breached"


@pytest.mark.parametrize(
    ("metrics", "clear"),
    [
        ({"heartbeat_age_s": 5}, True),
        ({"heartbeat_age_s": 500}, False),
        ({"heartbeat_age_s": 500, "is_disconnected": 1}, False),
        ({"heartbeat_age_s": 500, "in_maintenance": 1}, True),
        ({}, None),
    ],
)
def test_a_robot_that_went_from_silent_to_disconnected_has_not_recovered(
    make_rule: MakeRule, *, metrics: dict[str, float], clear: bool | None
) -> None:
    assert make_rule(RULE).clears(a_session(**metrics), windows_at()) is clear


def test_the_sentence_names_robot_age_limit_and_host(
    make_rule: MakeRule, sentence: Callable[..., str]
) -> None:
    rule = make_rule(RULE)
    said = sentence(rule, a_session(heartbeat_age_s=125))
    assert said == "RPA-07 has sent no heartbeat for 2 min 5 s (limit 2 min, host VM-7)"
    said = sentence(rule, a_session(is_unresponsive=1))
    assert said == "RPA-07 has sent no heartbeat (limit 2 min, host VM-7)"


@pytest.mark.parametrize("after", ["0s", "2", 120, True, "soon"])
def test_a_wrong_wait_is_refused(after: object) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"after": after})
