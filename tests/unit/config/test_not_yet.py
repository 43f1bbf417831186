from pathlib import Path

from monitor.config.load import load_text
from monitor.config.not_yet import has_effect

WITH_EVERYTHING = """
[retention]
full = "10d"
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
folders = { include = ["Finance/**"] }
metered_requests_per_minute = 10
[rules.queue-backlog]
above = 5
no_data = "alert"
flapping = { window = "20m", start = 6, stop = 2 }
[channels.ops]
url = "json://localhost"
[[routes]]
channels = ["ops"]
group_by = ["tenant"]
group_wait = "0s"
group_interval = "1m"
repeat_every = "4h"
mute_in = ["nights"]
active_in = ["nights"]
escalate = [{ after = "30m", channels = ["ops"] }]
digest = "1h"
[[inhibitions]]
source = { rule = "a" }
target = { kind = "session" }
[maintenance.nights]
times = ["22:00..06:00"]
[watchdog]
ping_url = "https://hc.example/ping"
"""


def test_each_key_without_effect_is_named_once() -> None:
    notices = load_text(WITH_EVERYTHING, Path("config.toml")).notices

    assert sorted(notices) == sorted(
        f"{key}: accepted, has no effect yet in this version"
        for key in (
            "retention.full",
            "tenants.production.folders",
            "tenants.production.metered_requests_per_minute",
            "rules.queue-backlog.no_data",
            "rules.queue-backlog.flapping",
            "routes[0].group_by",
            "routes[0].group_wait",
            "routes[0].group_interval",
            "routes[0].repeat_every",
            "routes[0].mute_in",
            "routes[0].active_in",
            "routes[0].escalate",
            "routes[0].digest",
            "inhibitions[0]",
            "maintenance.nights",
            "watchdog.ping_url",
        )
    )


def test_keys_with_effect_are_known() -> None:
    assert has_effect("routes", "*", "channels")
    assert not has_effect("routes", "*", "group_wait")
    assert not has_effect("maintenance", "*", "weekdays")
