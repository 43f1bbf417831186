import os
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config.load import VARIABLE, find, load, load_text
from monitor.core.severity import Severity
from monitor.errors import ConfigError

TENANT = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
"""
CHANNELS = """
[channels.ops]
url = "json://localhost/ops"
[channels.mail]
url = "json://localhost/mail"
"""


@pytest.fixture(autouse=True)
def _an_empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/monitor-test")


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_text(text, Path("config.toml"))
    return [str(problem) for problem in caught.value.problems]


def test_the_file_given_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("given.toml", "named.toml", "config.toml"):
        (tmp_path / name).write_text(TENANT)
    monkeypatch.setenv(VARIABLE, "named.toml")

    assert find(Path("given.toml")) == Path("given.toml")
    assert find() == Path("named.toml")
    monkeypatch.delenv(VARIABLE)
    assert find() == Path("config.toml")


def test_without_a_file_the_places_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        load()

    assert f"looked for --config, ${VARIABLE}, config.toml, /etc/" in str(caught.value)
    assert "config example" in str(caught.value)


@pytest.mark.parametrize("is_given", [True, False])
def test_a_file_that_is_not_there_is_not_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_given: bool
) -> None:
    (tmp_path / "config.toml").write_text(TENANT)
    monkeypatch.setenv(VARIABLE, "absent.toml")

    with pytest.raises(ConfigError, match="does not exist"):
        load(Path("absent.toml") if is_given else None)


def test_a_directory_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file"):
        load(tmp_path)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("\ufeff" + TENANT, encoding="utf-8")

    assert list(load().tenants) == ["production"]


def test_text_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"[tenants.a]\nurl = '\xe9'\n")

    with pytest.raises(ConfigError, match=r"config\.toml:2: is not UTF-8 text"):
        load()


def test_a_file_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.toml").write_text(TENANT)

    def refuse(*args: object, **kwargs: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)

    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load()


def test_a_huge_file_is_not_a_configuration(tmp_path: Path) -> None:
    with (tmp_path / "config.toml").open("wb") as file:
        os.truncate(file.fileno(), 5 * 1024 * 1024)

    with pytest.raises(ConfigError, match="larger than 4 MiB"):
        load()


def test_a_text_nested_without_end_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("a = " + "[" * 100_000)

    with pytest.raises(ConfigError, match="nested too deeply"):
        load()


def test_ten_lines_are_enough() -> None:
    configuration = load_text(TENANT + CHANNELS, Path("config.toml"))

    assert {rule.name for rule in configuration.rules} >= {
        "robot-unresponsive",
        "collector-failing",
    }
    assert configuration.collectors == {
        "sessions": timedelta(seconds=30),
        "queues": timedelta(minutes=1),
        "licenses": timedelta(minutes=5),
    }
    (route,) = configuration.routes
    assert route.channels == ("ops", "mail")
    assert route.where.matches({"severity": "info"})
    assert configuration.database_url == "sqlite:////var/lib/monitor-test/history.db"
    assert (configuration.web.host, configuration.web.port) == ("127.0.0.1", 8321)
    assert configuration.notices == ()


def test_rules_of_ones_own_replace_all_but_those_about_the_monitor_itself() -> None:
    text = TENANT + CHANNELS + "[rules.queue-backlog]\nabove = 5\n"

    configuration = load_text(text, Path("config.toml"))

    assert [rule.name for rule in configuration.rules] == [
        "queue-backlog",
        "collector-failing",
        "channel-failing",
    ]


def test_an_empty_set_of_rules_is_a_set() -> None:
    configuration = load_text(TENANT + CHANNELS + "[rules]\n", Path("config.toml"))

    assert [rule.name for rule in configuration.rules] == ["collector-failing", "channel-failing"]
    assert configuration.notices == (
        "rules: no rule is on: nothing that happens in Orchestrator opens an alert",
    )


@pytest.mark.parametrize(
    ("off", "left"),
    [("collector-failing", "channel-failing"), ("channel-failing", "collector-failing")],
)
def test_each_rule_about_the_monitor_is_turned_off_by_itself_only(off: str, left: str) -> None:
    text = TENANT + f"[rules.{off}]\nenabled = false\n"

    assert [rule.name for rule in load_text(text, Path("config.toml")).rules] == [left]


def test_a_rule_keeps_what_its_table_says() -> None:
    text = (
        TENANT
        + CHANNELS
        + """
[rules.invoices]
type = "queue-backlog"
above = 500
clear_below = 300
for = "10m"
for_count = 3
keep_open = "5m"
keep_open_count = 2
severity = "critical"
where = { queue = "Invoices" }
labels = { team = "finance" }
channels = ["ops"]
runbook_url = "https://wiki.example/invoices"
"""
    )

    rule = load_text(text, Path("config.toml")).rules[0]

    assert (rule.name, rule.type, rule.kind) == ("invoices", "queue-backlog", "queue")
    assert rule.severity is Severity.CRITICAL
    assert rule.policy.hold == timedelta(minutes=10)
    assert rule.policy.hold_count == 3
    assert rule.policy.keep_open == timedelta(minutes=5)
    assert rule.policy.keep_open_count == 2
    assert rule.where.matches({"queue": "Invoices"})
    assert not rule.where.matches({"queue": "Orders"})
    assert rule.labels == {"team": "finance"}
    assert rule.channels == ("ops",)
    assert rule.runbook_url == "https://wiki.example/invoices"


def test_a_rule_that_is_off_is_checked_all_the_same() -> None:
    text = TENANT + "[rules.queue-backlog]\nenabled = false\nnonsense = 5\n"

    assert any("rules.queue-backlog.nonsense: unknown key" in problem for problem in problems(text))


def test_routes_keep_their_order_and_say_what_they_are() -> None:
    text = (
        TENANT
        + CHANNELS
        + """
[[routes]]
where = ["severity=critical"]
channels = ["ops"]
continue = true
[[routes]]
channels = ["mail"]
send_resolved = false
"""
    )

    first, second = load_text(text, Path("config.toml")).routes

    assert (first.name, first.channels, first.continue_) == ("routes[0]", ("ops",), True)
    assert (second.name, second.send_resolved, second.continue_) == ("routes[1]", False, False)
    assert not first.where.matches({"severity": "info"})


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """
[log]
level = "loud"
[tenants.production]
url = "ftp://x"
auth = { type = "access-token" }
[rules.a]
type = "queue-backlog"
[[routes]]
channels = ["ops"]
"""

    assert [problem.split(": ")[1] for problem in problems(text)] == [
        "log.level",
        "tenants.production.url",
        "tenants.production.auth.token",
        "rules.a.above",
        "routes[0].channels[0]",
    ]


def test_collectors_can_be_turned_off_and_slowed_down() -> None:
    text = TENANT + "[collectors.licenses]\nenabled = false\n[collectors.queues]\nevery = '10m'\n"

    assert load_text(text, Path("config.toml")).collectors == {
        "sessions": timedelta(seconds=30),
        "queues": timedelta(minutes=10),
    }


OVERDUE = """
[rules.overdue]
type = "expression"
subject = "queue"
when = "overdue_items > 0"
clear_when = "max(deferred_items, '1h') == 0"
"""


def test_by_default_no_collector_asks_for_what_costs_metered_requests() -> None:
    wanted = load_text(TENANT, Path("config.toml")).wanted

    assert wanted == dict.fromkeys(("licenses", "queues", "sessions"), frozenset())


def test_a_metered_metric_is_asked_for_where_an_enabled_rule_speaks_of_it() -> None:
    configuration = load_text(TENANT + OVERDUE, Path("config.toml"))
    switched_off = load_text(TENANT + OVERDUE + "enabled = false\n", Path("config.toml"))

    assert configuration.wanted["queues"] == {"overdue_items", "deferred_items"}
    assert switched_off.wanted["queues"] == set()


def test_a_metered_metric_is_asked_for_where_a_collector_is_to() -> None:
    text = TENANT + OVERDUE + '[collectors.queues]\nmetrics = ["oldest_new_s"]\n'

    assert load_text(text, Path("config.toml")).wanted["queues"] == {
        "overdue_items",
        "deferred_items",
        "oldest_new_s",
    }


def test_a_password_in_the_database_url_is_taken_out_of_it() -> None:
    text = TENANT + '[database]\nurl = "postgresql://me:p%40ss@db.example:5433/monitor"\n'

    configuration = load_text(text, Path("config.toml"))

    assert configuration.database_url == "postgresql://me@db.example:5433/monitor"
    password = configuration.password()
    assert password is not None
    assert password.get_secret_value() == "p@ss"
    assert any("the password is better kept beside it" in text for text in configuration.notices)


@pytest.mark.parametrize(
    ("url", "located"),
    [
        ("sqlite:///history.db", "sqlite:////var/lib/monitor-test/history.db"),
        ("sqlite:///sub/h.db?timeout=5", "sqlite:////var/lib/monitor-test/sub/h.db?timeout=5"),
        ("sqlite:////data/history.db", "sqlite:////data/history.db"),
        ("postgresql://me@db/monitor", "postgresql://me@db/monitor"),
    ],
)
def test_the_database_is_found_from_anywhere(url: str, located: str) -> None:
    configuration = load_text(TENANT + f'[database]\nurl = "{url}"\n', Path("config.toml"))

    assert configuration.database_url == located
    assert configuration.password() is None


def test_without_systemd_state_is_kept_for_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setenv("XDG_STATE_HOME", "/home/me/.state")

    directory = load_text(TENANT, Path("config.toml")).state_directory

    assert directory == Path("/home/me/.state/orchestrator-monitor")


def test_no_secret_is_in_the_repr_of_a_configuration() -> None:
    text = TENANT.replace("secret-token", "canary-1") + '[channels.x]\nurl = "json://canary-2"\n'

    assert "canary" not in repr(load_text(text, Path("config.toml")))
    assert "canary" not in repr(load_text(text, Path("config.toml")).source)


def test_the_frozen_tree_cannot_be_changed() -> None:
    configuration = load_text(TENANT, Path("config.toml"))

    with pytest.raises(TypeError):
        configuration.tenants["other"] = configuration.tenants["production"]  # type: ignore[index] # the point
    with pytest.raises(ValueError, match="frozen"):
        setattr(configuration.web, "listen", "x")  # noqa: B010 - the type checker refuses it too


def test_without_reading_secrets_a_configuration_loads_anywhere() -> None:
    text = TENANT.replace('token = "secret-token"', 'token_file = "/nowhere/token"')

    assert load_text(text, Path("config.toml"), read_secrets=False).tenants
    assert "does not exist" in problems(text)[0]
