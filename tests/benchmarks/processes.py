"""Starts programs that serve on loopback for a benchmark, and ends exactly those."""

import contextlib
import http.client
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

LONGEST_START_S = 60.0
LONGEST_END_S = 20.0


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def get(port: int, path: str, *, timeout_s: float = 60.0) -> bytes:
    """Return what a server on loopback answers. Raises OSError, also where it is no 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    with contextlib.closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    if answer.status != http.client.OK:
        msg = f"{path}: {answer.status}"
        raise OSError(msg)
    return body


def wait_until(
    is_so: Callable[[], bool], what: str, *, within_s: float, every_s: float = 0.05
) -> None:
    """Wait until something is so. Raises TimeoutError."""
    pause = threading.Event()
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            msg = f"not within {within_s:g} s: {what}"
            raise TimeoutError(msg)
        pause.wait(every_s)


@contextlib.contextmanager
def serving(command: Sequence[str], directory: Path, port: int, ready: str) -> Iterator[int]:
    """Run a program until the block ends; what it says is in the file `log` of the directory.

    It is ready, and its process id is yielded, once it answers the path `ready`.
    """
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=directory)

    def answers() -> bool:
        if process.poll() is not None:
            last = (directory / "log").read_text("utf-8", "replace")[-2000:]
            msg = f"{command[0]} ended: {last}"
            raise RuntimeError(msg)
        with contextlib.suppress(OSError, http.client.HTTPException):
            get(port, ready, timeout_s=2.0)
            return True
        return False

    try:
        wait_until(answers, f"{command[0]} answers", within_s=LONGEST_START_S)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(LONGEST_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
