from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config.history import retention_of
from monitor.config.load import load_text
from monitor.errors import ConfigError
from monitor.store.retention import Retention
from monitor.store.rolling import Watch

REST = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
[channels.ops]
url = "json://localhost"
"""
LOOKS_BACK = """
[rules.slow]
type = "expression"
subject = "queue"
when = "avg(new_items, '14d') > 5"
[rules.slower]
type = "expression"
subject = "queue"
when = "max(new_items, '20d') > 5 and increase(failed_items, '3d') > 1"
"""


def load(text: str) -> Retention:
    return retention_of(load_text(text + REST, Path("config.toml")))


def kept(text: str) -> tuple[float, ...]:
    found, day = load(text), timedelta(days=1)
    return found.full / day, found.hourly / day, found.daily / day, found.alerts / day


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def test_without_a_word_history_is_kept_for_a_month_and_alerts_for_a_year() -> None:
    assert kept("") == (30, 400, 1830, 400)


def test_what_is_said_counts() -> None:
    text = '[retention]\nfull = "90d"\nhourly = "91d"\ndaily = "92d"\nalerts = "36h"\n'
    assert kept(text) == (90, 91, 92, 1.5)


@pytest.mark.parametrize(
    ("key", "least"), [("hourly", 'full: at least "30d"'), ("daily", 'hourly: at least "400d"')]
)
def test_a_summary_outlives_what_it_is_made_of(key: str, least: str) -> None:
    (mistake,) = mistakes(f'[retention]\n{key} = "20d"\n')
    assert mistake == f"config.toml:2: retention.{key}: is shorter than {least}"


def test_a_collector_that_has_another_interval_is_watched_by_it() -> None:
    watches = load('[collectors.queues]\nevery = "5m"\n').watches
    assert watches["queue"] == Watch("queues", timedelta(minutes=5))
    assert watches["machine"].collector == "sessions"


@pytest.mark.parametrize("key", ["full", "alerts"])
def test_less_than_a_day_is_a_slip_of_the_pen(key: str) -> None:
    assert mistakes(f'[retention]\n{key} = "30m"\n') == [
        f'config.toml:2: retention.{key}: must be "1d" at least: what is older is deleted for good'
    ]


def test_what_a_rule_looks_back_on_must_be_kept() -> None:
    (mistake,) = mistakes('[retention]\nfull = "15d"\n' + LOOKS_BACK)
    assert mistake == (
        'config.toml:2: retention.full: is shorter than rule "slower" looks back: keep "20d" at '
        "least, or shorten its window"
    )
    assert load('[retention]\nfull = "20d"\n' + LOOKS_BACK).full == timedelta(days=20)


def test_a_rule_that_is_off_looks_back_on_nothing() -> None:
    off = LOOKS_BACK.replace('subject = "queue"', 'subject = "queue"\nenabled = false')
    assert load('[retention]\nfull = "2d"\n' + off).full == timedelta(days=2)


def test_alerts_must_be_kept_as_long_as_flapping_is_counted() -> None:
    rule = '[rules.backlog]\ntype = "queue-backlog"\nabove = 5\nflapping = { window = "3d" }\n'
    (mistake,) = mistakes('[retention]\nalerts = "2d"\n' + rule)
    assert mistake.startswith('config.toml:2: retention.alerts: is shorter than rule "backlog"')
    assert 'keep "3d" at least' in mistake
