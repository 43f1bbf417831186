"""Clients of others read the simulator: what they expect of a server is not what we expect of it.

Each runs in a process of its own, from the environment that `.ci/run` installs. It signs in and
reads; the simulator may refuse it nothing, and it may complain of nothing.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator.estate import SessionKind
from monitor.simulator.permissions import HELD
from monitor.simulator.profiles import PROFILES
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SCRIPTS = Path(__file__).parent / "clients"
SILENT = "svc-invoice-011"


@pytest.fixture
def installed() -> Path:
    """Return where the clients are; without them the test is skipped, but not in CI."""
    folder = os.environ.get("OTHER_CLIENTS")
    if folder is None and os.environ.get("CI"):
        pytest.fail("OTHER_CLIENTS must name the folder with what .ci/run installs")
    if folder is None:
        pytest.skip("OTHER_CLIENTS names no folder; .ci/run installs the clients of others")
    return Path(folder)


@contextmanager
def tenant(version: str) -> Iterator[RunningServer]:
    """A tenant in which a robot fell silent, a queue piled up and a license is short."""
    now = START
    simulator = Simulator(clock=lambda: now, profile=PROFILES[version])
    simulator.silence(SILENT)
    simulator.freeze_queue("Invoices", new=1200)
    simulator.set_license("Unattended", used=31)
    now += timedelta(minutes=10)
    with serve(simulator) as server:
        yield server


def login(simulator: Simulator) -> dict[str, str]:
    accounts = simulator.accounts
    return {
        "tenancyName": accounts.tenancy_name,
        "usernameOrEmailAddress": accounts.username,
        "password": accounts.password,
    }


def run(command: list[str], given: Mapping[str, str], installed: Path, home: Path) -> Any:  # noqa: ANN401  what it saw
    result = subprocess.run(
        command,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "NODE_PATH": str(installed / "node_modules"),
        },
    )
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads(result.stdout.splitlines()[-1])


def assert_all_was_granted(simulator: Simulator) -> None:
    assert [
        (asking.path, asking.status) for asking in simulator.requests if asking.status != 200
    ] == []
    assert simulator.writes == ()
    assert simulator.requests


def waiting(simulator: Simulator) -> dict[str, int]:
    return {each.name: simulator.queue(each.name).new for each in simulator.estate.queues}


def seats(simulator: Simulator) -> tuple[dict[str, int], dict[str, int]]:
    """Return what is allowed and what is used, as it was set."""
    used = {each.type: each.used for each in simulator.estate.licenses} | {"Unattended": 31}
    return (
        {each.type: each.allowed for each in simulator.estate.licenses if each.allowed is not None},
        {kind: number for kind, number in used.items() if number is not None},
    )


def test_a_client_made_from_the_vendors_document_sees_what_is_there(
    installed: Path, tmp_path: Path
) -> None:
    program = str(installed / "venv" / "bin" / "python")
    with tenant("cloud") as server:
        simulator = server.simulator
        command = [program, "-I", "-W", "error", str(SCRIPTS / "generated.py")]
        saw = run([*command, server.url, server.base_url], login(simulator), installed, tmp_path)

        estate = simulator.estate
        people = [s for s in estate.sessions if s.kind is SessionKind.ATTENDED]
        hosts = {f"{s.host.name} {s.user}" for s in estate.sessions if s not in people}
        allowed, used = seats(simulator)
        assert saw["folders"] == [folder.path for folder in estate.folders]
        assert set(saw["hosts"]) == hosts
        assert [user.partition("\\")[2] for user in saw["unresponsive"]] == [SILENT]
        assert saw["people"] == sorted(s.name for s in people)
        assert saw["machines"] == sorted(machine.name for machine in estate.machines)
        assert saw["all queues"] == sorted(queue.name for queue in estate.queues)
        assert saw["queues"] == sorted(
            queue.name for queue in estate.queues if estate.folders[0].id in queue.folder_ids
        )
        assert saw["waiting"] == waiting(simulator)
        assert (saw["allowed"], saw["used"]) == (allowed, used)
        assert saw["stats"]["Unresponsive"] == 1
        assert sum(saw["stats"].values()) == len(estate.sessions)
        assert sorted(saw["permissions"]) == sorted(HELD)
        assert_all_was_granted(simulator)


def test_the_vendors_present_client_sees_the_queues(installed: Path, tmp_path: Path) -> None:
    with tenant("cloud") as server:
        simulator, estate = server.simulator, server.simulator.estate
        command = ["node", str(SCRIPTS / "vendors_typescript.cjs")]
        arguments = [server.base_url, estate.organization, estate.tenant]
        given = {"token": simulator.accounts.access_token}
        saw = run([*command, *arguments], given, installed, tmp_path)

        paths = {folder.id: folder.path for folder in estate.folders}
        first = estate.queues[0]
        assert saw["all queues"] == saw["paged queues"] == [queue.name for queue in estate.queues]
        assert saw["total"] == len(estate.queues)
        assert set(saw["folders"]) == {paths[queue.folder_ids[0]] for queue in estate.queues}
        assert (saw["first of a folder"]["id"], saw["first of a folder"]["name"]) == (
            first.id, first.name,
        )  # fmt: skip
        assert_all_was_granted(simulator)


def test_the_vendors_older_client_sees_an_older_server(installed: Path, tmp_path: Path) -> None:
    with tenant("2018.4") as server:
        simulator, estate = server.simulator, server.simulator.estate
        command = ["node", str(SCRIPTS / "vendors_node.cjs"), str(server.port)]
        saw = run(command, login(simulator), installed, tmp_path)

        allowed, used = seats(simulator)
        assert sorted(saw["sessions"]) == sorted(session.name for session in estate.sessions)
        assert saw["sessions counted"] == len(estate.sessions)
        assert saw["unresponsive"] == [SILENT]
        assert sorted(saw["machines"]) == sorted(machine.name for machine in estate.machines)
        assert saw["queues"] == sorted(queue.name for queue in estate.queues)
        assert saw["waiting"] == waiting(simulator)
        assert (saw["allowed"], saw["used"]) == (allowed, used)
        assert saw["items"] == 5
        assert saw["stats"]["Unresponsive"] == 1
        assert sorted(saw["permissions"]) == sorted(HELD)
        assert_all_was_granted(simulator)
