import json
import tomllib
from pathlib import Path

import pytest

from monitor.cli.main import run
from tests.integration.cli.site import Site


def test_config_check_says_fine_in_one_line(site: Site) -> None:
    ran = site.command("config", "check")

    assert ran.status == 0
    assert ran.out.splitlines()[0] == f"{site.config}: fine: 1 tenant, 3 rules, 1 channel"


def test_config_check_tells_all_mistakes_at_once_with_status_two(site: Site) -> None:
    site.configure('[rules.a]\ntype = "queue-backlogg"\n', '[webb]\nlisten = "x"\n')

    ran = site.command("config", "check")

    assert ran.status == 2
    assert ran.out == ""
    assert "rules.a.type" in ran.err
    assert "webb" in ran.err
    assert "Traceback" not in ran.err


def test_config_check_refuses_a_channel_address_that_nobody_understands(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_URL", "nonsense://topsecrettoken")

    ran = site.command("config", "check")

    assert ran.status == 2
    assert "channels.ops.url_env" in ran.err
    assert "topsecrettoken" not in ran.err


def test_config_goes_before_or_after_the_verb_and_the_last_one_counts(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(site.config)
    for arguments in (
        ["--config", file, "rules", "list"],
        ["rules", "--config", file, "list"],
        ["rules", "list", "--config", file],
        ["--config", "/nowhere.toml", "rules", "list", "--config", file],
    ):
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        assert ended.value.code == 0
        assert "invoice-backlog" in capsys.readouterr().out


def test_a_configuration_that_is_not_there_is_status_two(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["status", "--config", str(tmp_path / "none.toml")])

    assert ended.value.code == 2
    assert "does not exist" in capsys.readouterr().err


def test_config_show_is_toml_without_secrets(site: Site) -> None:
    shown = site.command("config", "show")

    assert shown.status == 0
    assert tomllib.loads(shown.out)["rules"]["invoice-backlog"]["above"] == 500
    assert "topsecrettoken" not in shown.out
    assert site.simulator.accounts.client_secret not in shown.out
    assert site.command("config", "show", "--json").json["rules"]["invoice-backlog"]["above"] == 500


def test_the_example_is_toml_and_the_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(["config", "example"])
    example = tomllib.loads(capsys.readouterr().out)
    with pytest.raises(SystemExit):
        run(["config", "schema"])
    schema = json.loads(capsys.readouterr().out)

    assert "tenants" in example
    assert "tenants" in schema["properties"]


def test_rules_list_shows_also_those_that_are_off(site: Site) -> None:
    shown = site.command("rules", "list")
    rules = {rule["name"]: rule for rule in site.command("rules", "list", "--json").json}

    assert "resting (off)" in shown.out
    assert rules["invoice-backlog"]["limit"] == 500
    assert rules["invoice-backlog"]["enabled"]
    assert not rules["resting"]["enabled"]
    assert [name for name, rule in rules.items() if rule["built_in"]] == ["channel-failing"]


def test_the_built_in_rules_are_listed_as_such(site: Site) -> None:
    site.configure()

    assert all(rule["built_in"] for rule in site.command("rules", "list", "--json").json)
    assert "built in" in site.command("rules", "list").out


def test_channels_list_names_the_service_and_never_the_address(site: Site) -> None:
    shown = site.command("channels", "list")
    (channel,) = site.command("channels", "list", "--json").json

    assert channel == {
        "name": "ops",
        "service": "json",
        "from": "url_env OPS_URL",
        "routes": ["default"],
    }
    assert "topsecrettoken" not in shown.out


def test_a_channel_test_that_is_not_accepted_says_why_with_status_one(site: Site) -> None:
    ran = site.command("channels", "test", "ops")

    assert ran.status == 1
    assert ran.out.startswith("ops: not accepted: ")
    assert "topsecrettoken" not in ran.out


def test_an_unknown_channel_is_a_usage_error_with_a_hint(site: Site) -> None:
    ran = site.command("channels", "test", "op")

    assert ran.status == 2
    assert "did you mean 'ops'" in ran.err


def test_the_database_is_made_by_upgrade_and_found_fine_by_check(site: Site) -> None:
    missing = site.command("db", "check")
    made = site.command("db", "upgrade", "--json")
    again = site.command("db", "upgrade")
    found = site.command("db", "check", "--json")

    assert missing.status == 4
    assert made.json["before"] is None
    assert "nothing to do" in again.out
    assert (found.status, found.json["state"], found.json["findings"]) == (0, "current", [])


def test_a_damaged_database_is_status_four(site: Site) -> None:
    (site.directory / "history.db").write_bytes(b"this is not a database" * 100)

    ran = site.command("db", "check")

    assert ran.status == 4
    assert "Traceback" not in ran.err
