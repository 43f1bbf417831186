"""A whole installation on loopback: simulated Orchestrator, receivers, database, daemon process."""

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as email_policy
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.clock import SystemClock
from monitor.simulator.auth import Accounts
from monitor.simulator.estate import Estate
from monitor.simulator.estates import default_estate
from monitor.simulator.settings import Settings
from monitor.simulator.simulator import Simulator

PATIENCE_S = 30.0
SECRET = "canary-client-secret-5151"

RULES = """
[rules.robot-unresponsive]
type = "session-unresponsive"
after = "5s"
[rules.backlog]
type = "queue-backlog"
above = 5000
for = "0s"
[rules.licenses]
type = "license-usage"
above = "100%"
"""


def wait_for(what: Callable[[], object], why: str, patience_s: float = PATIENCE_S) -> float:
    """Wait until something is true; return how long it took, in seconds."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > patience_s:
            msg = f"not within {patience_s:g} s: {why}"
            raise AssertionError(msg)
        time.sleep(0.02)  # noqa: TID251 - a test of real processes waits in real time
    return time.monotonic() - began


@dataclass
class Hooks:
    """What a web hook received; `accept` may refuse (a status) or hang."""

    port: int = 0
    bodies: list[dict[str, Any]] = field(default_factory=list)
    status: int = 204

    def of_type(self, type_: str) -> list[dict[str, Any]]:
        return [body for body in self.bodies if body["type"] == type_]


@contextmanager
def hooks() -> Iterator[Hooks]:
    received = Hooks()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if received.status < 300:
                received.bodies.append(body)
            self.send_response(received.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        received.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield received
        server.shutdown()
        thread.join()


@dataclass
class Mailbox:
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.mails.append(BytesParser(EmailMessage, policy=email_policy).parsebytes(content))
        return "250 taken"


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box = Mailbox(port=probe.getsockname()[1])
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


def simulated(estate: Estate | None = None) -> Simulator:
    """A quiet tenant whose robots report every second."""
    simulator = Simulator(
        clock=SystemClock().now,
        estate=estate or default_estate(),
        settings=Settings(heartbeat_s=1.0),
        accounts=Accounts(client_secret=SECRET),
    )
    for queue in simulator.estate.queues:
        simulator.freeze_queue(queue.name)
    return simulator


@dataclass
class Installation:
    """A configuration in a directory, and the daemon that runs by it."""

    directory: Path
    config: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor", "run", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                env=self.environment,
            )

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "STATE_DIRECTORY": str(self.directory / "state"),
            "CANARY_SECRET": SECRET,
            "JOURNAL_STREAM": "",
        }

    def stop(self) -> tuple[int, float]:
        """Stop by SIGTERM; return the exit status and how long it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        return status, time.monotonic() - began

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_S)

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "monitor", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=PATIENCE_S,
            check=False,
        )


@contextmanager
def installed(
    directory: Path,
    *,
    orchestrator: str,
    database: str,
    channels: dict[str, str],
    rules: str = RULES,
    client_id: str,
) -> Iterator[Installation]:
    tables = "\n".join(f'[channels.{name}]\nurl = "{url}"' for name, url in channels.items())
    config = directory / "config.toml"
    config.write_text(
        f"""
[database]
url = "{database}"
[tenants.production]
url = "{orchestrator}"
auth = {{ type = "client-credentials", client_id = "{client_id}", client_secret_env = "CANARY_SECRET" }}
[collectors.sessions]
every = "1s"
[collectors.queues]
every = "1s"
[collectors.licenses]
every = "1s"
[web]
listen = "127.0.0.1:0"
[log]
format = "json"
{tables}
{rules}
"""
    )
    installation = Installation(directory, config)
    try:
        yield installation
    finally:
        installation.kill()
