from collections.abc import Callable

import pytest

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.rules.credential_expiry import RULE
from tests.builders import a_sample, a_subject


def ending_in(days: float) -> Sample:
    subject = a_subject("production", kind="tenant", key="production")
    return a_sample(subject, days_to_credential_expiry=days)


def test_an_end_that_is_near_or_past_is_a_breach(
    make_rule: Callable[..., Rule], verdict: Callable[..., str]
) -> None:
    rule = make_rule(RULE, before="14d")

    assert [verdict(rule, ending_in(days)) for days in (14, 13.9, 0, -3)] == [
        "fine",
        "breached",
        "breached",
        "breached",
    ]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (13.9, "expire in 13 days"),
        (1.2, "expire in 1 day"),
        (0.4, "expire within a day"),
        (0, "have expired"),
        (-3.5, "have expired"),
    ],
)
def test_the_sentence_tells_how_much_is_left_and_what_to_do(
    make_rule: Callable[..., Rule], sentence: Callable[..., str], days: float, said: str
) -> None:
    assert sentence(make_rule(RULE, before="14d"), ending_in(days)) == (
        f"The credentials of production {said}; renew them, and change `expires`"
    )
