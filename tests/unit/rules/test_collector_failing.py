from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.rules.collector_failing import RULE, Options
from tests.builders import a_sample, a_subject


def a_collector(
    failed: float, reason: str = "the token was refused", sight: str = "unauthorized"
) -> Sample:
    subject = a_subject(
        "sessions",
        kind="collector",
        labels={"collector": "sessions", "reason": reason, "sight": sight},
    )
    return a_sample(subject, failed_polls=failed, seconds_since_success=95)


def test_several_failed_polls_in_a_row_are_a_breach_and_one_good_one_ends_it(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    rule = make_rule(RULE)
    assert [verdict(rule, a_collector(n)) for n in (0, 2, 3)] == ["fine", "fine", "breached"]


def test_the_sentence_tells_since_when_and_why(
    make_rule: Callable[..., Rule], sentence: Callable[..., str]
) -> None:
    said = sentence(make_rule(RULE), a_collector(3))
    assert said == (
        "Cannot see sessions of production for 1 min 35 s (3 polls failed): the token was refused"
    )
    assert sentence(make_rule(RULE), a_collector(3, "")).endswith("(3 polls failed)")
    slowed = sentence(make_rule(RULE), a_collector(3, "too many requests", "throttled"))
    assert slowed == (
        "Slowed by Orchestrator: cannot see sessions of production for 1 min 35 s (3 polls "
        "failed): too many requests"
    )


@pytest.mark.parametrize("polls", [0, 1001, 2.5, "3"])
def test_the_number_of_polls_must_be_a_count(polls: object) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"polls": polls})
