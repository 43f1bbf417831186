from collections.abc import Callable

import pytest

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.rules.license_expiry import RULE
from tests.builders import a_sample, a_subject


def a_subscription(**metrics: float) -> Sample:
    return a_sample(a_subject("production", kind="subscription"), **metrics)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"days_to_expiry": 29.9, "is_expired": 0}, "breached"),
        ({"days_to_expiry": 30, "is_expired": 0}, "fine"),
        ({"days_to_expiry": -2, "is_expired": 1}, "breached"),
        ({"is_expired": 1}, "breached"),
        ({"is_expired": 0}, "unclear"),
    ],
)
def test_few_days_left_or_none_is_a_breach(
    make_rule: Callable[..., Rule],
    verdict: Callable[..., str],
    metrics: dict[str, float],
    expected: str,
) -> None:
    assert verdict(make_rule(RULE), a_subscription(**metrics)) == expected


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"days_to_expiry": 29.9}, "The license of production expires in 29 days"),
        ({"days_to_expiry": 1.5}, "The license of production expires in 1 day"),
        ({"days_to_expiry": 0.5}, "The license of production expires within a day"),
        ({"days_to_expiry": -0.5}, "The license of production has expired"),
        ({"is_expired": 1}, "The license of production has expired"),
    ],
)
def test_the_sentence_counts_whole_days(
    make_rule: Callable[..., Rule],
    sentence: Callable[..., str],
    metrics: dict[str, float],
    expected: str,
) -> None:
    assert sentence(make_rule(RULE), a_subscription(**metrics)) == expected
