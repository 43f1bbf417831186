import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest

from monitor.cli.main import run
from monitor.cli.simulation import simulate


def test_simulate_answers_says_how_to_watch_it_and_ends_cleanly() -> None:
    command = [sys.executable, "-m", "monitor", "simulate", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        found = re.search(r'url = "(http://[^"]+)"', said)
        assert found is not None
        with urllib.request.urlopen(f"{found[1]}/api/Status/Get", timeout=10) as answer:  # noqa: S310 - loopback
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_scenario_that_is_not_there_is_a_usage_error_that_names_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["simulate", "--scenario", "nonsense", "--listen", "127.0.0.1:0"])

    assert ended.value.code == 2
    assert "shipped" in capsys.readouterr().err


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1:99999", "192.0.2.1:1"])
def test_an_address_that_cannot_be_listened_on_is_a_usage_error(
    listen: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["simulate", "--listen", listen])

    assert ended.value.code == 2
    assert "--listen" in capsys.readouterr().err


def test_a_scenario_from_a_file_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.toml"
    file.write_text('title = "small"\n')
    stopping = threading.Event()
    stopping.set()

    assert simulate(str(file), "127.0.0.1:0", stopping) == 0
    assert capsys.readouterr().out.endswith("Stopped.\n")
