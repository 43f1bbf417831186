import json
import os
import subprocess
import sys

from tests.integration.cli.site import ONE_COLLECTOR, Site


def run_once(site: Site) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "run", "--once", "--config", str(site.config)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ)
    )


def test_run_once_polls_alerts_tries_to_tell_and_ends(site: Site) -> None:
    done = run_once(site)

    assert done.returncode == 0, done.stderr
    events = [json.loads(line)["event"] for line in done.stderr.splitlines()]
    assert "alert.opened" in events
    assert "topsecrettoken" not in done.stderr
    (alert,) = site.command("alerts", "list", "--json").json
    assert alert["rule"] == "invoice-backlog"


def test_run_once_without_an_orchestrator_is_status_three(site: Site) -> None:
    site.configure(ONE_COLLECTOR)
    site.server.stop()

    done = run_once(site)

    assert done.returncode == 3
    assert "Traceback" not in done.stderr
