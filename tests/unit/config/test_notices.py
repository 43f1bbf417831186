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


def test_an_end_of_credentials_that_no_rule_warns_of() -> None:
    ending = TENANT.replace(
        'type = "access-token",', 'type = "access-token", expires = 2027-03-01,'
    )
    own = '[rules.backlog]\ntype = "queue-backlog"\nabove = 5\n'

    assert notices(ending + CHANNEL) == ()
    assert notices(ending + CHANNEL + own) == (
        "tenants.production.auth.expires: no rule warns of it; add a rule of type credential-expiry",
    )


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


def test_an_interval_that_is_counted_from_a_day_of_ours_is_noticed() -> None:
    window = (
        '[maintenance.patching]\nevery = "day"\ninterval = 2\nstart = "22:00"\nduration = "6h"\n'
    )
    about = "maintenance.patching.interval: is counted from 2024-01-01, a Monday"

    assert any(notice.startswith(about) for notice in notices(TENANT + CHANNEL + window))
    assert not any(
        notice.startswith(about)
        for notice in notices(TENANT + CHANNEL + window + 'valid_from = "2027-01-02"\n')
    )


NIGHTS = '[maintenance.nights]\ntimes = ["22:00..06:00"]\n'


def test_a_value_that_nothing_has_is_noticed_wherever_it_is_asked_for() -> None:
    text = (
        CHANNEL
        + TENANT
        + """
[rules.queue-backlog]
above = 5
labels = { severity = "low" }
[[routes]]
where = { severity = "crit" }
channels = ["ops"]
[[routes]]
channels = ["ops"]
[[inhibitions]]
source = { rule = "queue-backlock" }
target = { kind = "sessions" }
[maintenance.nights]
times = ["22:00..06:00"]
where = { tenant = "prod", severity = "!info", rule_type = "queue-*" }
"""
    )

    labels, *others = notices(text)
    assert labels.startswith("rules.queue-backlog.labels.severity: no effect: every alert has a")
    assert [notice.partition(" matches nothing; ") for notice in others] == [
        (f"{place}: {what}", " matches nothing; ", hint)
        for place, what, hint in (
            ("routes[0].where", '"severity=crit"', 'did you mean "critical"?'),
            ("inhibitions[0].source", '"rule=queue-backlock"', 'did you mean "queue-backlog"?'),
            ("inhibitions[0].target", '"kind=sessions"', 'did you mean "session"?'),
            ("maintenance.nights.where", '"tenant=prod"', "known: production"),
        )
    ]


def test_a_label_that_no_alert_has_is_noticed_wherever_it_is_asked_for() -> None:
    text = (
        CHANNEL
        + TENANT
        + 'labels = { region = "emea" }\n'
        + """
[rules.queue-backlog]
above = 5
labels = { team = "finance" }
[[routes]]
where = { team = "finance", region = "emea", rule_type = "queue-backlog", shift = "late" }
channels = ["ops"]
group_by = ["team", "crew"]
[[routes]]
channels = ["ops"]
[[inhibitions]]
source = { rule = "queue-backlog", plant = "x" }
target = { rule = "queue-*", site = "y" }
equal = ["tenant", "zone"]
[maintenance.nights]
times = ["22:00..06:00"]
where = { floor = "1" }
"""
    )

    told = [notice.partition("; known: ") for notice in notices(text)]

    assert [sentence for sentence, _, _ in told] == [
        'routes[0].where: no alert has the label "shift"',
        'inhibitions[0].source: no alert has the label "plant"',
        'inhibitions[0].target: no alert has the label "site"',
        'maintenance.nights.where: no alert has the label "floor"',
        'routes[0].group_by: no alert has the label "crew"',
        'inhibitions[0].equal: no alert has the label "zone"',
    ]
    assert {"region", "team", "rule_type", "queue", "severity"} <= set(told[0][2].split(", "))


def test_the_labels_of_a_rule_that_is_off_are_those_of_no_alert() -> None:
    text = (
        CHANNEL
        + TENANT
        + '[rules.queue-backlog]\nabove = 5\nenabled = false\nlabels = { team = "x" }\n'
        + '[rules.queue-stalled]\n[[routes]]\nchannels = ["ops"]\ngroup_by = ["team"]\n'
    )

    assert notices(text)[0].startswith('routes[0].group_by: no alert has the label "team"')


def test_a_window_that_only_serves_others_is_noticed() -> None:
    text = (
        CHANNEL
        + TENANT
        + NIGHTS
        + '[maintenance.quiet]\ninclude = ["nights"]\n'
        + '[[routes]]\nchannels = ["ops"]\nmute_in = ["nights"]\n'
    )

    assert notices(text) == (
        "maintenance.nights: mutes nothing by itself, it only serves maintenance.quiet, routes[0]",
    )


def test_a_window_that_mutes_needs_no_word() -> None:
    assert notices(CHANNEL + TENANT + NIGHTS) == ()


def test_to_escalate_to_those_who_hear_at_once_is_noticed() -> None:
    text = (
        CHANNEL
        + TENANT
        + '[channels.boss]\nurl = "json://localhost"\n[[routes]]\nchannels = ["ops"]\n'
        + 'escalate = [{ after = "1h", channels = ["boss", "ops"] }]\n'
    )

    assert notices(text) == (
        "routes[0].escalate[0].channels: no effect on ops: the route leads there at once",
    )
