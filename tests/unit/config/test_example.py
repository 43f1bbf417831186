from pathlib import Path

import pytest

from monitor.config.example import example
from monitor.config.load import load_text
from monitor.config.plugins import collectors, rule_types

FILE = Path(__file__).parents[3] / "config.example.toml"


def switched_on() -> str:
    """Return the example with every key that is switched off switched on."""
    return "\n".join(
        line[1:] if line.startswith("#") and line[1:2].strip() else line
        for line in example().splitlines()
    )


def test_the_file_in_the_repository_is_what_the_program_prints() -> None:
    assert FILE.read_text(encoding="utf-8") == example()


def test_it_loads_when_its_two_secrets_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UIPATH_CLIENT_SECRET", "a secret")
    monkeypatch.setenv("OPS_CHANNEL_URL", "json://localhost")

    configuration = load_text(example(), Path("config.toml"))

    assert configuration.notices == ()
    assert list(configuration.tenants) == ["production"]


def test_it_loads_with_everything_switched_on(tmp_path: Path) -> None:
    for name in ("company.pem", "client.pem"):
        (tmp_path / name).touch()

    configuration = load_text(switched_on(), tmp_path / "config.toml", read_secrets=False)

    assert configuration.tenants["production"].labels == {"region": "emea"}
    assert configuration.routes[0].channels == ("ops",)
    assert {f"my-{name}" for name in rule_types()} <= {rule.name for rule in configuration.rules}
    assert set(configuration.collectors) == set(collectors())


def test_every_plugin_is_in_it() -> None:
    for name in (*collectors(), *rule_types()):
        assert name in example()


def test_no_line_but_the_sign_in_is_too_long_to_read() -> None:
    long = [line for line in example().splitlines() if len(line) > 100]

    assert [line[:4] for line in long] == ["auth"]
