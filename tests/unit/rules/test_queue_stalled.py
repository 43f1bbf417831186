from collections.abc import Callable

import pytest

from monitor.core.rule import Rule
from monitor.core.window import Windows
from monitor.rules.queue_stalled import RULE
from tests.builders import a_sample

SAMPLE = a_sample(new_items=7)
STILL = {0: 50.0, 60: 50.0}


@pytest.mark.parametrize(
    ("waiting", "successful", "failed", "expected"),
    [
        ({0: 3, 60: 7}, STILL, STILL, "breached"),
        ({0: 3, 30: 0, 31: 7, 60: 7}, STILL, STILL, "fine"),
        ({0: 3, 60: 7}, {0: 50, 59: 51, 60: 51}, STILL, "fine"),
        ({0: 3, 60: 7}, STILL, {0: 50, 60: 51}, "fine"),
        ({0: 3, 60: 7}, {0: 50, 30: 9, 60: 9}, STILL, "breached"),
        ({20: 3, 60: 7}, STILL, STILL, "unclear"),
        ({20: 3, 30: 0, 60: 7}, STILL, STILL, "fine"),
        ({0: 3, 60: 7}, {20: 50, 60: 50}, STILL, "unclear"),
        ({0: 3, 60: 7}, {20: 50, 60: 51}, STILL, "fine"),
    ],
)
def test_items_must_have_waited_all_the_time_and_none_be_finished(
    make_rule: Callable[..., Rule],
    verdict: Callable[..., str],
    history: Callable[..., Windows],
    *,
    waiting: dict[int, float],
    successful: dict[int, float],
    failed: dict[int, float],
    expected: str,
) -> None:
    windows = history(
        SAMPLE.subject, new_items=waiting, successful_items=successful, failed_items=failed
    )
    assert verdict(make_rule(RULE), SAMPLE, windows) == expected


def test_an_empty_queue_is_fine_without_any_history(
    make_rule: Callable[..., Rule], verdict: Callable[..., str], sentence: Callable[..., str]
) -> None:
    assert verdict(make_rule(RULE), a_sample(new_items=0)) == "fine"
    assert sentence(make_rule(RULE, after="90m"), SAMPLE) == (
        "Invoices: nothing was finished for 1h30m, while 7 items wait"
    )
