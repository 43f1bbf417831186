from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.rules.queue_backlog import RULE, Options
from tests.builders import a_sample


def test_more_waiting_items_than_allowed_are_a_breach(
    make_rule: Callable[..., Rule], verdict: Callable[..., str], sentence: Callable[..., str]
) -> None:
    rule = make_rule(RULE, above=1000)
    assert verdict(rule, a_sample(new_items=1000)) == "fine"
    assert verdict(rule, a_sample()) == "unclear"
    bad = a_sample(new_items=12345)
    assert verdict(rule, bad) == "breached"
    assert sentence(rule, bad) == "Invoices: 12,345 items wait (limit 1,000)"
    assert rule.policy.hold == timedelta(minutes=5)


@pytest.mark.parametrize("options", [{}, {"above": -1}, {"above": "many"}, {"above": True}])
def test_the_limit_must_be_given_and_be_a_count(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)
