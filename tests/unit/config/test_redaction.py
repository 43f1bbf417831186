from pathlib import Path

import pytest

from monitor.config.load import load_text
from monitor.config.redaction import secret_parts, secret_values

EVERYTHING = """
[database]
url = "postgresql://me:data%40base-secret@db.example/monitor"
[tenants.a]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "client-credentials", client_id = "public-id", client_secret = "client secret/1" }
proxy = "http://user:proxy-secret@proxy.example:3128"
[tenants.b]
url = "https://cloud.uipath.com/acme/Test/orchestrator_"
auth = { type = "access-token", token = "rt_1234" }
[tenants.c]
url = "https://orchestrator.example"
auth = { type = "password", username = "monitor", password = "pass-word" }
[tenants.d]
url = "https://cloud.uipath.com/acme/Dev/orchestrator_"
auth = { type = "user-key", client_id = "x", user_key = "user-key-secret" }
[channels.ops]
url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
[watchdog]
ping_url = "https://hc.example/ping/3e1f0d0c-1111"
"""


def test_every_secret_of_a_configuration_is_known() -> None:
    found = secret_values(load_text(EVERYTHING, Path("config.toml")))

    assert found >= {
        "data@base-secret",
        "data%40base-secret",
        "client secret/1",
        "client%20secret%2F1",
        "proxy-secret",
        "rt_1234",
        "pass-word",
        "user-key-secret",
        "TIiajkdnlazkcOXrIdevi7FQ",
        "3e1f0d0c-1111",
        "https://hc.example/ping/3e1f0d0c-1111",
    }


def test_what_is_no_secret_stays_readable() -> None:
    found = secret_values(load_text(EVERYTHING, Path("config.toml")))

    assert not found & {"public-id", "monitor", "hc.example", "ping", "general", "cloud.uipath.com"}


def test_secrets_that_are_gone_are_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONITOR_TEST_NOT_SET", raising=False)
    text = EVERYTHING.replace('token = "rt_1234"', 'token_env = "MONITOR_TEST_NOT_SET"')

    assert "pass-word" in secret_values(load_text(text, Path("config.toml"), read_secrets=False))


@pytest.mark.parametrize(
    ("url", "secrets", "harmless"),
    [
        ("mailto://me:pass@mail.example?to=you@example.com", {"pass"}, {"mail.example", "example"}),
        ("json://hook.example/services/T0ken123", {"T0ken123"}, {"services", "hook.example"}),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", {"abcdefg_hijklmnop"}, {"tgram"}),
        ("workflows://host:443/workflow/signature/?sig=AbC%2B12345", {"AbC+12345"}, {"workflow"}),
        ("ntfys://user:p%40ss@ntfy.example/topic", {"p@ss", "p%40ss"}, {"topic"}),
    ],
)
def test_tokens_are_found_in_channel_addresses(
    url: str, secrets: set[str], harmless: set[str]
) -> None:
    found = secret_parts(url)

    assert found >= secrets
    assert not found & harmless
