from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.window import Windows
from monitor.rules.expression import RULE, Options
from tests.builders import a_sample

STUCK = "new_items > 0 and increase(successful_items, '1h') == 0"


def test_an_expression_judges_by_metrics_and_history(
    make_rule: Callable[..., Rule],
    verdict: Callable[..., str],
    sentence: Callable[..., str],
    history: Callable[..., Windows],
) -> None:
    rule = make_rule(RULE, subject="queue", when=STUCK)
    sample = a_sample(new_items=3)
    still = history(sample.subject, successful_items={0: 9, 60: 9})
    assert verdict(rule, sample, still) == "breached"
    assert verdict(rule, sample) == "unclear"
    assert verdict(rule, a_sample(new_items=0)) == "fine"
    assert sentence(rule, sample) == "Invoices: 3 (limit 0)"


def test_without_a_threshold_the_sentence_says_that_the_condition_holds(
    make_rule: Callable[..., Rule], sentence: Callable[..., str]
) -> None:
    rule = make_rule(RULE, subject="queue", when="new_items > failed_items")
    assert sentence(rule, a_sample(new_items=3)) == "Invoices: its condition holds"


@pytest.mark.parametrize(
    ("options", "key", "cure"),
    [
        ({"subject": "queues", "when": STUCK}, "subject", 'did you mean "queue"?'),
        ({"subject": "zzz", "when": STUCK}, "subject", "use one of session, machine, queue"),
        ({"subject": "queue", "when": "new_itms > 0"}, "when", "did you mean new_items?"),
        ({"subject": "session", "when": STUCK}, "when", 'unknown name "new_items"'),
        ({"subject": "queue", "when": "new_items >"}, "when", "not an expression"),
        ({"subject": "queue"}, "when", "required"),
    ],
)
def test_a_mistake_is_told_at_its_key(options: dict[str, object], key: str, cure: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate(options)
    (mistake,) = caught.value.errors()
    assert mistake["loc"] == (key,)
    assert cure in mistake["msg"]


def test_a_wrong_subject_does_not_hide_a_mistake_in_the_expression() -> None:
    with pytest.raises(ValidationError) as caught:
        Options.model_validate({"subject": "queues", "when": "new_items >"})
    assert len(caught.value.errors()) == 2
