"""The built wheel in an environment of its own: what a user gets, used from another directory."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+[^\s\"']*")
CONFIGURATION = """
[database]
url = "sqlite:///{database}"
[tenants.production]
url = "{orchestrator}"
auth = {{ type = "client-credentials", client_id = "simulated-client", client_secret_file = "secret" }}
[web]
listen = "127.0.0.1:0"
"""


class Installed:
    """The program as the wheel installs it, run where nothing of the checkout can be found."""

    def __init__(self, environment: Path, directory: Path) -> None:
        self.program = str(environment / "bin" / "orchestrator-monitor")
        self.directory = directory
        self.environ = {"PATH": "/usr/bin:/bin", "HOME": str(directory), "NO_COLOR": "1"}

    def run(self, *arguments: str) -> str:
        result = subprocess.run(
            [self.program, *arguments],
            cwd=self.directory,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    @contextmanager
    def simulation(self) -> Iterator[str]:
        """Run `simulate` and yield the address that it tells."""
        told = self.directory / "simulate.log"
        with told.open("wb") as log:
            process = subprocess.Popen(
                [self.program, "simulate", "--listen", "127.0.0.1:0"],
                cwd=self.directory,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            try:
                for _ in range(200):
                    found = ADDRESS.search(told.read_text("utf-8"))
                    if found or process.poll() is not None:
                        break
                    threading.Event().wait(0.1)
                assert found, told.read_text("utf-8")
                yield found[0]
            finally:
                process.terminate()
                process.wait(20)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    wheel = os.environ.get("WHEEL_UNDER_TEST")
    if wheel is None and os.environ.get("CI"):
        pytest.fail("WHEEL_UNDER_TEST must name the built wheel")
    if wheel is None:
        pytest.skip("installs a whole environment; .ci/run builds the wheel and names it")
    directory = tmp_path_factory.mktemp("elsewhere")
    environment = tmp_path_factory.mktemp("environment")
    versions = tmp_path_factory.mktemp("constraints") / "constraints.txt"
    # The locked versions, but only what the wheel itself asks for: nothing of the tests.
    locked = re.findall(
        r"^([\w.-]+==[^\s\\]+(?: *;[^\\]+)?)",
        (ROOT / "requirements.lock").read_text("utf-8"),
        re.MULTILINE,
    )
    versions.write_text("\n".join(locked), "utf-8")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, timeout=120)
    subprocess.run(
        [environment / "bin" / "pip", "install", "-q", "-c", str(versions), wheel],
        cwd=directory,
        check=True,
        timeout=300,
    )
    return Installed(environment, directory)


def test_the_version_is_told(installed: Installed) -> None:
    assert re.fullmatch(r"orchestrator-monitor \d+\.\d+\.\d+\n", installed.run("--version"))


def test_the_example_of_a_configuration_is_shipped(installed: Installed) -> None:
    assert installed.run("config", "example") == (ROOT / "config.example.toml").read_text("utf-8")


def test_a_database_is_made_and_one_round_fills_it(installed: Installed) -> None:
    database = installed.directory / "history.db"
    (installed.directory / "secret").write_text("simulated-client-secret\n", "utf-8")
    with installed.simulation() as orchestrator:
        (installed.directory / "config.toml").write_text(
            CONFIGURATION.format(database=database, orchestrator=orchestrator), "utf-8"
        )

        installed.run("db", "upgrade")
        installed.run("db", "check")
        installed.run("run", "--once")
        status = json.loads(installed.run("status", "--json"))

    assert [tenant["sight"] for tenant in status["tenants"]] == ["ok"]
    with closing(sqlite3.connect(database)) as connection:
        (sessions,) = connection.execute("select count(*) from v_sessions").fetchone()
    assert sessions > 0


def test_the_demonstration_runs_without_the_checkout(installed: Installed) -> None:
    assert "ALERT" in installed.run("demo", "--for", "15s")
