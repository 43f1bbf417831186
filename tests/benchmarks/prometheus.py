"""Debian's Prometheus as the reference for rules: it scrapes a file of series, and judges one group.

What counts is what it says of itself: how long the group's last evaluation took. Its hits can be
asked for, so that both sides are known to have found the same.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.processes import free_port, get, serving, wait_until

SCRAPE_EVERY = "2s"
EVALUATE_EVERY = "1s"
_DURATION = "prometheus_rule_group_last_duration_seconds{"
_EVALUATED_AT = "prometheus_rule_group_last_evaluation_timestamp_seconds{"
_LONGEST_WAIT_S = 120.0

Hit = tuple[str, str]
"""A rule's name and the `name` label of what breaches it."""


def is_installed() -> bool:
    """Tell whether there is a Prometheus to compare with."""
    return shutil.which("prometheus") is not None


class Prometheus:
    """A server that evaluates its one group of rules again and again."""

    def __init__(self, port: int, pid: int) -> None:
        self._port = port
        self._pid = pid
        self._at = 0.0
        self._is_spoilt = True

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it while the block runs, so that it takes no time from what is measured there."""
        os.kill(self._pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._pid, signal.SIGCONT)
            self._is_spoilt = True

    def evaluation(self) -> float:
        """Wait for the next whole evaluation; return how long it took, in seconds."""
        if self._is_spoilt:
            self._next()
            self._is_spoilt = False
        return self._next()

    def _next(self) -> float:
        pause = threading.Event()
        deadline = time.monotonic() + _LONGEST_WAIT_S
        while time.monotonic() < deadline:
            lines = get(self._port, "/metrics").decode().splitlines()
            # The duration is set before the instant: a new instant has its duration beside it.
            at, took_s = _value(lines, _EVALUATED_AT), _value(lines, _DURATION)
            if at > self._at and took_s > 0:
                self._at = at
                return took_s
            pause.wait(0.1)
        raise TimeoutError("Prometheus evaluates nothing")

    def hits(self) -> set[Hit]:
        """Return what fires."""
        alerts = json.loads(get(self._port, "/api/v1/alerts"))["data"]["alerts"]
        return {
            (alert["labels"]["alertname"], alert["labels"]["name"])
            for alert in alerts
            if alert["state"] == "firing"
        }

    def wait_for(self, hits: set[Hit]) -> None:
        """Wait until exactly these fire."""
        wait_until(
            lambda: self.hits() == hits,
            f"{len(hits)} alerts of Prometheus",
            within_s=_LONGEST_WAIT_S,
            every_s=1.0,
        )


@contextlib.contextmanager
def prometheus(
    directory: Path, series: str, rules: Sequence[dict[str, object]]
) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes these series and evaluates these rules.

    `series` is text in the exposition format.
    """
    files = directory / "exporter"
    files.mkdir(parents=True)
    (files / "metrics").write_text(series, "utf-8")
    group = {"name": "bench", "interval": EVALUATE_EVERY, "rules": rules}
    # What is JSON is YAML as well.
    (directory / "rules.json").write_text(json.dumps({"groups": [group]}), "utf-8")
    exporter_port, port = free_port(), free_port()
    configuration = {
        "global": {"scrape_interval": SCRAPE_EVERY, "scrape_timeout": SCRAPE_EVERY},
        "rule_files": [str(directory / "rules.json")],
        "scrape_configs": [
            {"job_name": "bench", "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}]}
        ],
    }
    (directory / "prometheus.json").write_text(json.dumps(configuration), "utf-8")
    # A server of files is exporter enough.
    exporter = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(exporter_port)]
    command = [
        "prometheus",
        f"--config.file={directory / 'prometheus.json'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (
        serving(exporter, files, exporter_port, "/metrics"),
        serving(command, directory, port, "/-/ready") as pid,
    ):
        yield Prometheus(port, pid)


def _value(lines: Sequence[str], beginning: str) -> float:
    """Return the value of the one series that begins so; 0 where there is none yet."""
    return next((float(line.split()[-1]) for line in lines if line.startswith(beginning)), 0.0)
