from pathlib import Path

import pytest

from monitor.config.history import open_history
from monitor.config.load import load_text
from monitor.errors import ConfigError

TENANT = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
"""
POSTGRES = (
    TENANT
    + """
[database]
url = "postgresql://monitor@db.example/history"
password_file = "password"
"""
)


def test_a_password_that_cannot_be_read_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    configuration = load_text(POSTGRES, tmp_path / "config.toml", read_secrets=False)

    with pytest.raises(ConfigError) as failed:
        open_history(configuration)

    (problem,) = failed.value.problems
    assert (problem.key, problem.message) == ("database.password", "the file does not exist")


def test_the_history_is_opened_with_a_password_that_nobody_sees(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("canary")
    configuration = load_text(POSTGRES, tmp_path / "config.toml")

    store = open_history(configuration)

    assert "db.example" in store.place.shown
    assert "canary" not in repr(store)
    store.close()
