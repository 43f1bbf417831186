"""An older program, and a database that a newer one has made: refused in words, and left alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.cli.main import run
from monitor.store import Store
from monitor.store.version import HEAD

CONFIGURATION = """\
[database]
url = "{url}"
[tenants.production]
url = "http://127.0.0.1:9/acme/Production/orchestrator_"
auth = {{ type = "access-token", token = "token-of-a-test" }}
[web]
listen = "127.0.0.1:0"
"""


@pytest.fixture
def config(store: Store, database_url: str, tmp_path: Path) -> Path:
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    file = tmp_path / "config.toml"
    file.write_text(CONFIGURATION.format(url=database_url))
    return file


@pytest.fixture(autouse=True)
def left_alone(config: Path, store: Store) -> Iterator[None]:
    yield
    with store.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert found == "9999"


def assert_refused(text: str) -> None:
    refusal = text.splitlines()[-1]
    assert f"schema 9999 is newer than this program understands ({HEAD}): " in refusal
    assert "install the newer orchestrator-monitor, or restore the backup made before" in refusal
    assert "Traceback" not in text


@pytest.mark.parametrize(
    "command",
    ["history queues", "status", "alerts list", "db upgrade", "db prune", "db check"],
)
def test_a_command_names_both_revisions_and_the_cure(
    config: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--config", str(config), *command.split()])

    assert ended.value.code == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert_refused(captured.err)


@pytest.mark.parametrize("how", [(), ("--once",)], ids=["daemon", "once"])
def test_the_daemon_does_not_start(config: Path, how: tuple[str, ...]) -> None:
    program = [sys.executable, "-m", "monitor", "run", *how, "--config", str(config)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 4
    assert_refused(done.stderr)
