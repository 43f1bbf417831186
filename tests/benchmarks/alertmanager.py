"""Debian's Alertmanager as the reference for deliveries: a web hook for each alert, at once."""

import contextlib
import http.client
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.processes import free_port, serving


def is_installed() -> bool:
    """Tell whether there is an Alertmanager to compare with."""
    return shutil.which("prometheus-alertmanager") is not None


class Alertmanager:
    """A server with a kept connection to it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, subjects: Sequence[str]) -> None:
        """Post an alert about each of these, in one request."""
        alerts = [
            {
                "labels": {"alertname": "backlog", "severity": "critical", "name": name},
                "annotations": {"summary": "900 items wait (limit 500)"},
            }
            for name in subjects
        ]
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/api/v2/alerts", json.dumps(alerts), headers)
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == http.client.OK, answer.status

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def alertmanager(directory: Path, receiver_port: int) -> Iterator[Alertmanager]:
    """Run an Alertmanager that sends each alert on its own and at once to a receiver."""
    url = f"http://127.0.0.1:{receiver_port}/"
    configuration = {
        "route": {
            "receiver": "bench",
            "group_by": ["..."],
            "group_wait": "0s",
            "group_interval": "1h",
            "repeat_interval": "4h",
        },
        "receivers": [{"name": "bench", "webhook_configs": [{"url": url, "send_resolved": False}]}],
    }
    directory.mkdir(parents=True, exist_ok=True)
    # What is JSON is YAML as well.
    (directory / "alertmanager.json").write_text(json.dumps(configuration), "utf-8")
    port = free_port()
    command = [
        "prometheus-alertmanager",
        f"--config.file={directory / 'alertmanager.json'}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    with (
        serving(command, directory, port, "/-/ready"),
        contextlib.closing(Alertmanager(port)) as server,
    ):
        yield server
