from pathlib import Path

from monitor.config.load import load_text
from monitor.config.not_yet import has_effect

WITH_EVERYTHING = """
[retention]
full = "31d"
hourly = "100d"
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
folders = { include = ["Finance/**"] }
metered_requests_per_minute = 10
[channels.ops]
url = "json://localhost"
[watchdog]
ping_url = "https://hc.example/ping"
"""


def test_each_key_without_effect_is_named_once() -> None:
    notices = load_text(WITH_EVERYTHING, Path("config.toml")).notices

    assert notices == ("watchdog.ping_url: accepted, has no effect yet in this version",)


def test_keys_with_effect_are_known() -> None:
    assert has_effect("routes", "*", "channels")
    assert has_effect("retention", "full")
    assert has_effect("retention", "hourly")
    assert not has_effect("watchdog", "ping_url")
    assert has_effect("tenants", "*", "folders")
    assert has_effect("tenants", "*", "metered_requests_per_minute")
