import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.durability.own_server import OwnServer
from tests.postgres import start_server, unavailable


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 2 MB; only where this user may mount one."""
    directory = tmp_path / "disk"
    directory.mkdir()
    if shutil.which("mount") is None:
        pytest.skip("there is no mount on this machine")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0755", "tmpfs", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this user may not mount a file system: {done.stderr.strip()}")
    yield directory
    command = ["umount", "--lazy", str(directory)]
    subprocess.run(command, check=True)


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """A server for the tests of one file, whatever server the others use."""
    # Not pytest's own directory, into which the server's user may not look.
    directory = Path(tempfile.mkdtemp(prefix="orchestrator-monitor-own-"))
    try:
        process = start_server(directory)
    except Exception as error:  # noqa: BLE001 - whatever the reason, there is no server
        unavailable(f"Postgres cannot be started: {type(error).__name__}: {error}")
    yield OwnServer(process)
    process.cleanup()


@pytest.fixture
def running(own_server: OwnServer) -> Iterator[OwnServer]:
    """That server, running before the test and after it."""
    own_server.start()
    yield own_server
    own_server.start()


@pytest.fixture
def database(running: OwnServer) -> Iterator[str]:
    """The URL of a database on it with the current schema."""
    databases = running.databases
    name = databases.create(databases.migrated())
    yield databases.url_of(name)
    running.start()
    databases.drop(name)
