"""What ten tenants cost: processor time and memory of the daemon, and requests of each tenant.

The daemon runs as ever, with its own intervals and rules, a status page and a database in a file.
The tenants, 1,000 sessions and 1,000 queues each, are simulated in another process; every robot
reports every half minute, every queue gets and finishes items. Measured is a stretch of real time
(`--seconds`, best whole minutes) after the first polls of all.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import wait_until
from tests.benchmarks.simulators import Tenants, simulated

TENANTS, SESSIONS, QUEUES = 10, 1000, 1000
LONGEST_START_S = 120.0
LONGEST_END_S = 20.0
# The first polls of all are done with, and the next ones not due yet.
SETTLING_S = 10.0
FIRST = {
    "Token",
    "Folders",
    "QueueDefinitions",
    "GetMachineSessionRuntimes",
    "GetGlobalSessions",
    "RetrieveQueuesProcessingStatus",
    "GetLicense",
}
METERED = {"QueueItems", "Jobs"}
GOAL_A_MINUTE = 20
CONFIGURATION = """
[database]
url = "sqlite:///{file}"
[web]
listen = "127.0.0.1:0"
[log]
format = "json"
"""
TENANT = """
[tenants.t{number}]
url = "{url}"
auth = {{ type = "client-credentials", client_id = "{id}", client_secret_file = "{secret}" }}
"""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a process has used so far."""

    cpu_s: float
    resident_mib: float
    peak_mib: float


def read(process: int) -> Reading:
    # The name in parentheses may hold blanks; behind it the 12th and 13th fields are CPU ticks.
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    kib = {name: int(status.partition(f"{name}:")[2].split()[0]) for name in ("VmRSS", "VmHWM")}
    return Reading(
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"),
        resident_mib=kib["VmRSS"] / 1024,
        peak_mib=kib["VmHWM"] / 1024,
    )


@contextlib.contextmanager
def daemon(directory: Path, tenants: Tenants) -> Iterator[int]:
    """Run a daemon that polls the tenants; yield its process id."""
    text = CONFIGURATION.format(file=directory / "history.db")
    for number, access in enumerate(tenants.access):
        secret = directory / f"secret-{number}"
        secret.touch(mode=0o600)
        secret.write_text(access.client_secret)
        text += TENANT.format(number=number, url=access.url, id=access.client_id, secret=secret)
    config = directory / "config.toml"
    config.write_text(text)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run", "--config", str(config)],
            stdout=log,
            stderr=log,
            env={**os.environ, "STATE_DIRECTORY": str(directory / "state")},
        )
    try:
        yield process.pid
    except BaseException:
        print((directory / "log").read_text("utf-8", "replace")[-2000:], file=sys.stderr)  # noqa: T201
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(LONGEST_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(seconds: float) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="monitor-bench-") as name,
        simulated(tenants=TENANTS, sessions=SESSIONS, queues=QUEUES) as tenants,
        daemon(Path(name), tenants) as process,
    ):
        wait_until(
            lambda: all(set(one) >= FIRST for one in tenants.asked()),
            "all tenants have been polled",
            within_s=LONGEST_START_S,
            every_s=0.5,
        )
        time.sleep(SETTLING_S)  # noqa: TID251 - a daemon lives in real time
        begin, first, began = read(process), tenants.asked(), time.monotonic()
        time.sleep(seconds)  # noqa: TID251 - as above
        end, last, took_s = read(process), tenants.asked(), time.monotonic() - began
    tell(begin, end, first, last, took_s / 60)


def tell(
    begin: Reading,
    end: Reading,
    first: list[Counter[str]],
    last: list[Counter[str]],
    minutes: float,
) -> None:
    cpu_s = end.cpu_s - begin.cpu_s
    asked = [(after - before).total() / minutes for before, after in zip(first, last, strict=True)]
    assert not any(one["writes"] for one in last)
    assert not any(METERED & set(one) for one in last)
    size = f"{SESSIONS:,} sessions and {QUEUES:,} queues"
    print(f"{TENANTS} tenants of {size}, {minutes:.1f} minutes")  # noqa: T201
    rows = (
        ("CPU seconds a minute", f"{cpu_s / minutes:.2f}"),
        ("share of a core", f"{cpu_s / minutes / 60:.1%}"),
        ("CPU seconds before, the first polls included", f"{begin.cpu_s:.2f}"),
        ("memory in the end, MiB", f"{end.resident_mib:.0f}"),
        ("highest memory, MiB", f"{end.peak_mib:.0f}"),
        ("requests a minute of a tenant", f"{min(asked):.1f} to {max(asked):.1f}"),
        ("the first time", f"{max(one.total() for one in first)}"),
    )
    for name, value in rows:
        goal = f"  (goal: below {GOAL_A_MINUTE})" if name.startswith("requests") else ""
        print(f"  {name:46}{value:>14}{goal}", flush=True)  # noqa: T201


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=120.0)
    # `make bench` hands its arguments to all benchmarks; here are no rounds.
    given, _ = options.parse_known_args()
    measure(given.seconds)


if __name__ == "__main__":
    main()
