from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config.load import load_text
from monitor.core.flapping import Flapping
from monitor.core.rule import NoData, Policy

TENANT = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
"""


def policy(keys: str) -> Policy:
    text = f"{TENANT}[rules.queue-backlog]\nabove = 5\n{keys}\n"
    return load_text(text, Path("config.toml")).rules[0].policy


def test_a_rule_that_says_no_more_has_the_policy_of_the_core() -> None:
    # A backlog holds for five minutes: that is its type's, not the core's.
    assert policy('for = "0s"') == Policy()


@pytest.mark.parametrize("no_data", list(NoData))
def test_what_is_made_of_missing_subjects_is_the_rules_to_say(no_data: NoData) -> None:
    assert policy(f'no_data = "{no_data}"').no_data is no_data


def test_flapping_is_counted_as_the_rule_says() -> None:
    assert policy('flapping = { window = "1h", start = 10, stop = 0 }').flapping == Flapping(
        window=timedelta(hours=1), start=10, stop=0
    )


def test_what_a_rule_leaves_out_of_flapping_has_its_default() -> None:
    assert policy("flapping = { start = 4 }").flapping == Flapping(start=4)


def test_flapping_can_be_switched_off() -> None:
    assert policy("flapping = false").flapping is None
