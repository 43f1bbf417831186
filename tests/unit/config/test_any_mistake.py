"""Whatever stands in whatever place: a mistake is told with its line, never a traceback."""

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.config.load import load_text
from monitor.config.toml import document
from monitor.errors import ConfigError

FULL = tomllib.loads("""
[database]
url = "sqlite:///history.db"
[retention]
full = "30d"
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "client-credentials", client_id = "id", client_secret = "secret-1", scopes = ["a"] }
folders = { include = ["**"], exclude = ["x"] }
proxy = "http://proxy.example:3128"
verify = true
timeout = "10s"
labels = { region = "emea" }
metered_requests_per_minute = 20
[tenants.plant]
url = "https://orchestrator.example"
auth = { type = "password", username = "monitor", password = "secret-2" }
[collectors.sessions]
every = "30s"
[rules.invoices]
type = "queue-backlog"
above = 500
clear_below = 300
for = "10m"
for_count = 2
where = { queue = ["Invoices", "!Test*"] }
summary = "{{ queue }}: {{ value | number }}"
labels = { team = "finance" }
channels = ["ops"]
flapping = { window = "20m", start = 6, stop = 2 }
[rules.stuck]
type = "expression"
subject = "queue"
when = "new_items > 0"
[channels.ops]
url = "json://localhost"
rate = { messages = 20, per = "5m" }
[[routes]]
where = ["severity=critical"]
channels = ["ops"]
continue = true
group_by = ["tenant"]
mute_in = ["nights"]
repeat_every = "4h"
repeat_growth = 2
digest = { cron = "0 8 * * mon-fri", timezone = "Europe/Bucharest" }
escalate = [{ after = "30m", channels = ["ops"] }]
[[inhibitions]]
source = { rule = "a" }
target = { kind = "session" }
equal = ["tenant"]
[maintenance.nights]
from = "22:00"
to = "04:00"
weekdays = ["sat"]
[maintenance.patching]
every = "week"
weekdays = ["sun"]
start = "22:00"
duration = "6h"
[maintenance.both]
include = ["nights", "patching"]
[watchdog]
ping_url = "https://hc.example/ping"
[web]
listen = "127.0.0.1:8321"
[log]
level = "info"
""")


def places(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


def with_value(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    data = copy.deepcopy(FULL)
    inside: Any = data
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = value
    return data


def test_the_whole_is_right_before_it_is_broken() -> None:
    assert load_text(document(FULL), Path("config.toml")).rules


@pytest.mark.parametrize("value", [5, {"a": [{}]}, "x\ty"], ids=["number", "table", "text"])
def test_a_wrong_value_anywhere_is_a_mistake_with_a_line_or_harmless(value: object) -> None:
    told: list[ConfigError] = []
    for path in places(FULL):
        try:
            load_text(document(with_value(path, value)), Path("config.toml"))
        except ConfigError as error:
            told.append(error)

    assert len(told) > 50
    for mistake in told:
        assert all(problem.line for problem in mistake.problems if problem.key != "tenants")
        assert "secret-" not in str(mistake)
