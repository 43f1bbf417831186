from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.window import Windows
from monitor.rules.queue_failures import RULE, Options
from tests.builders import a_sample

SAMPLE = a_sample(new_items=1)


@pytest.mark.parametrize(
    ("failed", "successful", "expected"),
    [(5, 20, "breached"), (5, 21, "fine"), (4, 0, "fine"), (5, 0, "breached"), (0, 0, "fine")],
)
def test_it_takes_both_a_share_and_a_number_of_failures(
    make_rule: Callable[..., Rule],
    verdict: Callable[..., str],
    history: Callable[..., Windows],
    *,
    failed: int,
    successful: int,
    expected: str,
) -> None:
    windows = history(
        SAMPLE.subject,
        failed_items={0: 100, 60: 100 + failed},
        successful_items={0: 900, 60: 900 + successful},
    )
    assert verdict(make_rule(RULE), SAMPLE, windows) == expected


def test_right_after_the_start_what_was_seen_is_an_estimate(
    make_rule: Callable[..., Rule],
    verdict: Callable[..., str],
    sentence: Callable[..., str],
    history: Callable[..., Windows],
) -> None:
    rule = make_rule(RULE)
    bad = history(SAMPLE.subject, failed_items={0: 0, 5: 6}, successful_items={0: 0, 5: 6})
    assert verdict(rule, SAMPLE, bad) == "breached"
    assert sentence(rule, SAMPLE, bad) == (
        "Invoices: 50% of the items finished within 1h failed (limit 20%)"
    )
    few = history(SAMPLE.subject, failed_items={0: 0, 5: 4}, successful_items={0: 0, 5: 6})
    assert verdict(rule, SAMPLE, few) == "unclear"


def test_items_cleaned_away_are_neither_failures_nor_successes(
    make_rule: Callable[..., Rule], verdict: Callable[..., str], history: Callable[..., Windows]
) -> None:
    windows = history(
        SAMPLE.subject,
        failed_items={0: 100, 30: 10, 60: 14},
        successful_items={0: 900, 30: 0, 60: 0},
    )
    assert verdict(make_rule(RULE), SAMPLE, windows) == "fine"


def test_only_one_sort_of_exception_may_count(
    make_rule: Callable[..., Rule],
    verdict: Callable[..., str],
    sentence: Callable[..., str],
    history: Callable[..., Windows],
) -> None:
    windows = history(
        SAMPLE.subject,
        failed_items={0: 0, 60: 10},
        business_exceptions={0: 0, 60: 10},
        application_exceptions={0: 0, 60: 0},
        successful_items={0: 0, 60: 10},
    )
    assert verdict(make_rule(RULE, exceptions="application"), SAMPLE, windows) == "fine"
    business = make_rule(RULE, exceptions="business")
    assert verdict(business, SAMPLE, windows) == "breached"
    assert sentence(business, SAMPLE, windows) == (
        "Invoices: 50% of the items finished within 1h failed with business exceptions (limit 20%)"
    )
    assert sentence(business, SAMPLE).startswith("Invoices: too many of the items")


@pytest.mark.parametrize(("written", "share"), [("20%", 0.2), (0.07, 0.07), ("7 %", 0.07), (1, 1)])
def test_a_share_is_written_in_two_ways(written: object, share: float) -> None:
    assert Options.model_validate({"share": written}).share == share


@pytest.mark.parametrize(
    "options",
    [
        {"share": 20},
        {"share": "0%"},
        {"share": "101%"},
        {"share": "20"},
        {"share": "x%"},
        {"share": "nan%"},
        {"share": True},
        {"share": -0.1},
        {"at_least": 0},
        {"within": "31d"},
        {"exceptions": "all"},
    ],
)
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(options)
