import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.daemon.notify import notifier


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.settimeout(5)
        yield bound


def test_a_state_reaches_a_socket_named_by_its_path(
    receiver: socket.socket, tmp_path: Path
) -> None:
    receiver.bind(str(tmp_path / "notify"))

    notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})("READY=1")

    assert receiver.recv(100) == b"READY=1"


def test_a_state_reaches_a_socket_of_the_abstract_namespace(receiver: socket.socket) -> None:
    name = f"orchestrator-monitor-test-{os.getpid()}"
    receiver.bind("\0" + name)

    notifier({"NOTIFY_SOCKET": "@" + name})("STATUS=läuft")

    assert receiver.recv(100) == "STATUS=läuft".encode()


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_without_systemd_nothing_happens(environ: dict[str, str]) -> None:
    notifier(environ)("READY=1")


def test_a_socket_that_is_gone_does_not_disturb(tmp_path: Path) -> None:
    notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})("READY=1")
