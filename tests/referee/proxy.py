"""A validating proxy between a caller and the simulator, and what it objects to."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

ADDRESS = re.compile(r"is listening on (http://127\.0\.0\.1:\d+)")
STARTS_WITHIN_S = 60.0
# The documents describe successes alone, so that this is said of every refusal.
NO_SUCCESS = "Unable to match the returned status code"


@dataclass(frozen=True)
class Seen:
    """One exchange that went through the proxy."""

    request: str
    status: int
    objections: tuple[str, ...]


class Watching(httpx.HTTPTransport):
    """The ordinary transport, and what the proxy says of each exchange in its answer's header."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self.seen: list[Seen] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        said = json.loads(response.headers.get("sl-violations", "[]"))
        # Only the proxy sends this header: an exchange without is one that did not pass by it,
        # such as a sign-in elsewhere.
        if "access-control-expose-headers" in response.headers:
            self.seen.append(Seen(
                f"{request.method} {request.url.raw_path.decode()}",
                response.status_code,
                tuple(f"{'.'.join(v['location'])}: {v['message']}" for v in said),
            ))  # fmt: skip
        return response

    def objections(self) -> list[str]:
        return [
            f"{exchange.request} ({exchange.status}): {objection}"
            for exchange in self.seen
            for objection in exchange.objections
            if NO_SUCCESS not in objection
        ]


@dataclass
class Process:
    """The proxy's process; `said` is all that it printed."""

    running: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    address: str = ""
    settled: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        assert self.running.stdout is not None
        for line in self.running.stdout:
            self.said.append(line)
            if found := ADDRESS.search(line):
                self.address = found[1]
                self.settled.set()
        self.settled.set()


def prism() -> str:
    """Return where the proxy's program is; without it the test is skipped, but not in CI."""
    program = os.environ.get("PRISM")
    if program is None and os.environ.get("CI"):
        pytest.fail("PRISM must name the validating proxy that .ci/run installs")
    if program is None:
        pytest.skip("PRISM names no validating proxy; .ci/run installs one")
    return program


@contextmanager
def between(document: Path, upstream: str) -> Iterator[str]:
    """Run the proxy before a server and yield its address."""
    with subprocess.Popen(
        [prism(), "proxy", str(document), upstream, "--host", "127.0.0.1", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(document.parent), "NO_COLOR": "1"},
    ) as running:
        process = Process(running)
        reader = threading.Thread(target=process.read, daemon=True)
        reader.start()
        try:
            process.settled.wait(STARTS_WITHIN_S)
            assert process.address, "".join(process.said[-20:])
            yield process.address
        finally:
            running.kill()
            running.wait(20)
            reader.join(20)
