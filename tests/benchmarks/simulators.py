"""Simulated tenants on loopback, all in one process of their own, for who measures a daemon.

The first line printed lists, as JSON, how to reach each tenant. For each line that comes in, one
goes out: what was asked of each tenant so far, a count by endpoint, and how often it was to be
changed.
"""

import argparse
import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from monitor.clock import SystemClock
from monitor.simulator.estates import large_estate
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator


@dataclass(frozen=True, kw_only=True)
class Access:
    """How to reach a tenant."""

    url: str
    client_id: str
    client_secret: str


class Tenants:
    """The tenants of such a process, seen from its parent."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.access = [Access(**one) for one in self._read()]

    def asked(self) -> list[Counter[str]]:
        """Count what was asked of each tenant so far, by endpoint."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return [Counter(one) for one in self._read()]

    def _read(self) -> list[dict[str, str]]:
        assert self._process.stdout is not None
        said: list[dict[str, str]] = json.loads(self._process.stdout.readline())
        return said


@contextlib.contextmanager
def simulated(*, tenants: int, sessions: int, queues: int) -> Iterator[Tenants]:
    """Run a process of tenants of this size each."""
    sizes = map(str, (tenants, sessions, queues))
    with subprocess.Popen(
        [sys.executable, __file__, *sizes],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Tenants(process)
        finally:
            process.terminate()


def _access(simulator: Simulator, url: str) -> dict[str, object]:
    accounts = simulator.accounts
    found = Access(url=url, client_id=accounts.client_id, client_secret=accounts.client_secret)
    return asdict(found)


def _answer(simulators: Sequence[Simulator]) -> None:
    found = [
        {**Counter(one.endpoint for one in simulator.requests), "writes": len(simulator.writes)}
        for simulator in simulators
    ]
    print(json.dumps(found), flush=True)  # noqa: T201 - the parent reads it


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("tenants", "sessions", "queues"):
        options.add_argument(name, type=int)
    given = options.parse_args()
    estate = large_estate(sessions=given.sessions, queues=given.queues, folders=100)
    simulators = [Simulator(clock=SystemClock().now, estate=estate) for _ in range(given.tenants)]
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serve(simulator)) for simulator in simulators]
        access = [_access(server.simulator, server.url) for server in servers]
        print(json.dumps(access), flush=True)  # noqa: T201 - the parent reads it
        for _ in sys.stdin:
            _answer(simulators)


if __name__ == "__main__":
    main()
