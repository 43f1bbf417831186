from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.core.severity import Severity
from monitor.rules.channel_failing import RULE, Options
from tests.builders import a_sample, a_subject


def a_channel(failed: float, *, given_up: float = 0, reason: str = "HTTP 503") -> Sample:
    subject = a_subject(
        "ops", tenant="", kind="channel", labels={"channel": "ops", "reason": reason}
    )
    return a_sample(subject, failed_attempts=failed, given_up=given_up, seconds_failing=95)


def test_several_failed_attempts_in_a_row_are_a_breach_and_an_accepted_message_ends_it(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    rule = make_rule(RULE)
    assert [verdict(rule, a_channel(n)) for n in (0, 2, 3)] == ["fine", "fine", "breached"]


def test_a_message_that_was_given_up_is_enough(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    assert verdict(make_rule(RULE), a_channel(1, given_up=1)) == "breached"


def test_how_many_attempts_may_fail_is_an_option(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    rule = make_rule(RULE, attempts=1)
    assert [verdict(rule, a_channel(n)) for n in (0, 1)] == ["fine", "breached"]
    assert rule.limit == 1


def test_the_sentence_tells_since_when_and_why(
    make_rule: Callable[..., Rule], sentence: Callable[..., str]
) -> None:
    said = sentence(make_rule(RULE), a_channel(3))
    assert said == (
        "The channel ops has not taken a message for 1 min 35 s (attempts that failed: 3): HTTP 503"
    )
    assert sentence(make_rule(RULE), a_channel(3, reason="")).endswith("(attempts that failed: 3)")


def test_it_is_critical_and_waits_for_nothing(make_rule: Callable[..., Rule]) -> None:
    rule = make_rule(RULE)
    assert rule.severity is Severity.CRITICAL
    assert not rule.policy.hold


@pytest.mark.parametrize("attempts", [0, 1001, 2.5, "3"])
def test_the_number_of_attempts_must_be_a_count(attempts: object) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"attempts": attempts})
