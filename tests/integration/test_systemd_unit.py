"""The unit file, judged by systemd's own tool; it cannot be started where systemd is not PID 1."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "systemd" / "orchestrator-monitor.service"
PROGRAM = "/opt/orchestrator-monitor/bin/orchestrator-monitor"
WORST_EXPOSURE = 15  # tenths: the unit is rated 1.1


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None and os.environ.get("CI"):
        pytest.fail("systemd-analyze is missing: install systemd")
    if found is None:
        pytest.skip("systemd-analyze is not installed")
    return found


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Copy the unit with a program that exists: `verify` looks for it."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace(PROGRAM, "/bin/true"), "utf-8")
    return unit


def test_systemd_has_nothing_to_say_about_the_unit(analyze: str, installed: Path) -> None:
    result = subprocess.run(
        [analyze, "verify", str(installed)], capture_output=True, text=True, check=False, timeout=60
    )

    # An unknown key leaves the exit status at 0: only silence means approval.
    assert (result.returncode, result.stderr) == (0, "")


def test_a_misspelled_key_would_be_noticed(analyze: str, installed: Path) -> None:
    installed.write_text(installed.read_text("utf-8").replace("WatchdogSec", "WatchdogSecs"))
    result = subprocess.run(
        [analyze, "verify", str(installed)], capture_output=True, text=True, check=False, timeout=60
    )

    assert "WatchdogSecs" in result.stderr


def test_the_service_is_locked_down(analyze: str, installed: Path) -> None:
    result = subprocess.run(
        [
            analyze,
            "security",
            "--offline=yes",
            "--no-pager",
            f"--threshold={WORST_EXPOSURE}",
            str(installed),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert result.returncode == 0, result.stdout


def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign] # the documented way
    parser.read(UNIT, encoding="utf-8")
    return parser


def test_the_unit_starts_what_the_manual_installs() -> None:
    manual = (UNIT.parents[1] / "docs" / "operations.md").read_text("utf-8")
    program, *arguments = unit()["Service"]["ExecStart"].split()

    assert program == PROGRAM
    assert arguments == ["run", "--config", "/etc/orchestrator-monitor/config.toml"]
    assert str(Path(program).parents[1]) in manual
    assert arguments[2] in manual


def test_a_mistake_in_the_configuration_is_not_tried_again_and_again() -> None:
    from monitor.errors import ConfigError  # noqa: PLC0415 - one test of one fact

    assert unit()["Service"]["RestartPreventExitStatus"] == str(ConfigError.exit_status)
