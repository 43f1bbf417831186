import subprocess
import sys

import pytest

from monitor import __version__
from monitor.cli.main import run

# typer imports pydantic by itself for some options.
SLOW = ("sqlalchemy", "alembic", "apprise", "httpx", "structlog", "starlette")
PROBE = """
import sys
from monitor.cli.main import run
try:
    run({arguments!r})
except SystemExit:
    pass
print("\\nIMPORTED", *sorted(sys.modules), file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split("IMPORTED", 1)[1].split())


def test_the_version_is_told_without_importing_anything_slow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--version"])

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"orchestrator-monitor {__version__}\n"
    assert not imported_by("--version") & {"typer", "rich", *SLOW}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["history", "--help"],
        ["alerts", "--help"],
        ["silences", "add", "--help"],
        ["deliveries", "list", "--help"],
        ["routes", "test", "--help"],
    ],
)
def test_help_does_not_wait_for_the_database_or_the_configuration(arguments: list[str]) -> None:
    imported = imported_by(*arguments)

    assert not imported & set(SLOW)
    assert not {name for name in imported if name.startswith(("monitor.config.", "monitor.store"))}


def test_the_version_is_told_also_among_other_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--config", "nowhere.toml", "--version"])

    assert ended.value.code == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["stats"], "Did you mean 'status'"),
        (["status", "--jsn"], "--json"),
        (["alerts", "show"], "ID"),
        (["history", "robots"], "sessions"),
        (["history", "queues", "--since", "7"], '"7d"'),
        (["history", "queues", "--every", "0s"], "longer than 0s"),
        (["history", "queues", "--format", "xml"], "csv"),
        (["demo", "--speed", "0"], "--speed"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error_that_says_what_would_be_right(
    arguments: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(arguments)

    captured = capsys.readouterr()
    assert ended.value.code == 2
    assert hint in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
