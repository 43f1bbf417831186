from pathlib import Path

import pytest

from monitor.config.load import load_text

TENANT = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
"""
CHANNEL = """
[channels.ops]
url = "json://localhost"
"""


def notices(text: str, path: Path = Path("config.toml")) -> tuple[str, ...]:
    return load_text(text, path).notices


def test_a_plain_configuration_needs_no_word() -> None:
    assert notices(TENANT + CHANNEL) == ()


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        (TENANT, "channels: none is defined: alerts are recorded and nobody is told"),
        (
            CHANNEL + TENANT + "verify = false",
            "tenants.production.verify: the server's certificate is not checked",
        ),
        (
            TENANT + CHANNEL + '[web]\nlisten = "0.0.0.0:80"',
            "web.listen: the status page asks for no password: reachable from elsewhere",
        ),
        (
            TENANT + CHANNEL + '[[routes]]\nwhere = { name = "x" }\nchannels = ["ops"]',
            (
                "routes[0].where: the last route is the default: it also gets the alerts that no "
                "route matches"
            ),
        ),
        (
            TENANT + CHANNEL + '[[routes]]\nchannels = ["ops"]\n' * 2,
            "routes[0]: matches everything: the routes after it are never reached",
        ),
        (
            CHANNEL + TENANT.replace("/orchestrator_", ""),
            "tenants.production.url: /orchestrator_ is missing at the end and was added",
        ),
    ],
)
def test_what_is_worth_a_word_gets_one(text: str, notice: str) -> None:
    assert notices(text) == (notice,)


def test_a_label_that_the_rules_kind_does_not_carry_is_noticed() -> None:
    rule = (
        '[rules.queue-backlog]\nabove = 5\nwhere = { robot_type = "Unattended", region = "emea" }'
    )
    text = CHANNEL + TENANT + 'labels = { region = "emea" }\n' + rule

    (notice,) = notices(text)

    assert notice.startswith('rules.queue-backlog.where: no queue carries the label "robot_type"')


def test_plain_http_is_silent_on_this_machine_only() -> None:
    here = CHANNEL + TENANT.replace("https://cloud.uipath.com/", "http://127.0.0.1:8080/")
    elsewhere = CHANNEL + TENANT.replace("https://cloud.uipath.com/", "http://orch.example/")

    assert notices(here) == ()
    assert [notice.split(": ")[0] for notice in notices(elsewhere)] == ["tenants.production.url"]


def test_a_tenant_polled_twice_is_noticed() -> None:
    twice = TENANT + TENANT.replace("production", "again").replace("acme", "ACME") + CHANNEL

    assert [notice.split(": ")[0] for notice in notices(twice)] == [
        "tenants.production.url",
        "tenants.again.url",
    ]


def test_user_keys_are_legacy() -> None:
    text = CHANNEL + TENANT.replace(
        'type = "access-token", token =', 'type = "user-key", client_id = "x", user_key ='
    )

    assert "tenants.production.auth: user keys have been without support" in notices(text)[0]


def test_a_secret_that_everyone_may_read_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret-token")
    file.chmod(0o644)
    text = CHANNEL + TENANT.replace('token = "secret-token"', 'token_file = "token"')

    assert notices(text, tmp_path / "config.toml") == (
        "tenants.production.auth.token_file: every user of this machine can read the file",
    )


def test_a_tenants_label_that_subjects_have_already_is_noticed() -> None:
    text = CHANNEL + TENANT + 'labels = { region = "emea", folder = "x", severity = "y" }'

    assert notices(text) == (
        "tenants.production.labels.folder: no effect on sessions, queues: theirs of this name counts",
        "tenants.production.labels.severity: no effect on anything: theirs of this name counts",
    )
