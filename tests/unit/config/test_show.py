import json
from pathlib import Path

from monitor.config.load import load_text
from monitor.config.show import masked, masked_data

EVERYTHING = """
[database]
url = "postgresql://me:canary-1@db.example/monitor"
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "client-credentials", client_id = "id", client_secret = "canary-2" }
proxy = "http://user:canary-3@proxy.example:3128"
labels = { region = "emea" }
[tenants."the plant"]
url = "https://orchestrator.plant.example"
auth = { type = "password", username = "monitor", password_env = "MONITOR_TEST_PASSWORD" }
[rules.queue-backlog]
above = 5
for = "1h30m"
where = { folder = ["Finance/**", "!Finance/Test"], queue = "A \\"quoted\\" name" }
[rules.list]
type = "queue-backlog"
above = 5
where = ["queue=~a|b"]
flapping = false
no_data = "alert"
[channels.ops]
url = "slack://canary-4/canary-5/canary-6"
rate = { messages = 3, per = "1h" }
[[routes]]
where = { severity = "critical" }
channels = ["ops"]
escalate = [{ after = "30m", channels = ["ops"] }]
repeat_every = "0s"
repeat_growth = 1.5
digest = "0 8 * * *"
[[inhibitions]]
source = { rule = "a" }
target = { kind = "session" }
[maintenance.nights]
from = "22:00"
to = "06:00"
[watchdog]
ping_url = "https://hc.example/canary-7"
"""


def test_no_secret_is_shown() -> None:
    configuration = load_text(EVERYTHING, Path("config.toml"), read_secrets=False)

    assert "canary" not in masked(configuration)
    assert "canary" not in json.dumps(masked_data(configuration))
    assert 'client_secret = "********"' in masked(configuration)


def test_the_source_of_a_secret_is_shown() -> None:
    configuration = load_text(EVERYTHING, Path("config.toml"), read_secrets=False)

    assert 'password_env = "MONITOR_TEST_PASSWORD"' in masked(configuration)


def test_defaults_are_filled_in() -> None:
    data = masked_data(load_text(EVERYTHING, Path("config.toml"), read_secrets=False))

    assert data["log"] == {"level": "info", "format": "auto"}
    assert data["collectors"]["sessions"] == {"every": "30s"}
    assert data["rules"]["queue-backlog"]["severity"] in {"info", "warning", "critical"}
    assert data["rules"]["queue-backlog"]["for"] == "1h30m"
    assert data["rules"]["queue-backlog"]["flapping"] == {"window": "20m", "start": 6, "stop": 2}
    assert data["routes"][0]["group_wait"] == "30s"


def test_what_is_switched_off_is_shown_as_that() -> None:
    data = masked_data(load_text(EVERYTHING, Path("config.toml"), read_secrets=False))

    assert data["rules"]["list"]["flapping"] is False


def test_what_is_shown_is_a_configuration_with_the_same_meaning() -> None:
    configuration = load_text(EVERYTHING, Path("config.toml"), read_secrets=False)
    shown = masked(configuration).replace(
        'proxy = "http://********@proxy.example:3128"', 'proxy = "http://u@proxy.example:3128"'
    )
    again = load_text(
        shown.replace("********", "https://masked"), Path("config.toml"), read_secrets=False
    )

    assert [rule.where for rule in again.rules] == [rule.where for rule in configuration.rules]
    assert again.plan.routes == configuration.plan.routes
    assert again.plan.channels == configuration.plan.channels
    assert again.plan.inhibitions == configuration.plan.inhibitions
    assert [rule.policy for rule in again.rules] == [rule.policy for rule in configuration.rules]
    assert again.collectors == configuration.collectors
    assert list(again.tenants) == list(configuration.tenants)


def test_what_collectors_ask_for_on_request_is_shown_and_reads_the_same() -> None:
    text = EVERYTHING + '[collectors.queues]\nmetrics = ["oldest_new_s", "deferred_items"]\n'
    data = masked_data(load_text(text, Path("config.toml"), read_secrets=False))

    assert data["collectors"]["queues"] == {
        "every": "1m",
        "metrics": ["deferred_items", "oldest_new_s"],
    }
