"""`demo`: the whole product against a simulated Orchestrator, in a temporary directory."""

import http.server
import json
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from monitor.cli.output import say
from monitor.clock import FastClock
from monitor.config.history import open_history
from monitor.config.load import load
from monitor.core.alert import AlertEvent, EventKind, Reason
from monitor.core.duration import format_duration
from monitor.core.sample import Failed, Snapshot
from monitor.core.severity import Severity
from monitor.daemon.logs import configure
from monitor.daemon.wiring import build_service, secrets_of
from monitor.pipeline.evaluate import Settled
from monitor.simulator.scenario import load_scenario, shipped
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from monitor.store.schema import upgrade
from monitor.web.server import StatusPage
from monitor.web.wording import count

CONFIGURATION = """\
[tenants.production]
url = "{orchestrator}"
auth = {{ type = "client-credentials", client_id = "{client_id}", client_secret_file = "secret" }}

[channels.demo]
url = "json://127.0.0.1:{receiver}/messages"

[rules.robot-unresponsive]
type = "session-unresponsive"
after = "2m"
[rules.host-offline]
type = "host-offline"
[rules.invoice-backlog]
type = "queue-backlog"
above = 500
clear_below = 300
for = "1m"
[rules.license-overuse]
type = "license-usage"
[rules.collector-failing]
type = "collector-failing"

[web]
listen = "127.0.0.1:{page}"
[log]
level = "error"
"""
STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


class Story:
    """Prints what happens, each line with the simulated time, and counts it."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Start with nothing told."""
        self._now = now
        self._lock = threading.Lock()
        self.opened = 0
        self.resolved = 0
        self.messages = 0
        self._blind: set[str] = set()

    def line(self, word: str, text: str, style: str = "") -> None:
        """Print one line; safe from any thread."""
        with self._lock:
            say(f"{self._now():%H:%M:%S}  {word:<10} {text}", style)

    def heard(self, snapshot: Snapshot, settled: Settled) -> None:
        """Tell what a poll led to."""
        self._sight(snapshot)
        explained = {e.alert.id: e.detail for e in settled.events if e.kind is EventKind.MUTED}
        for event in settled.events:
            if event.kind is EventKind.OPENED:
                self.opened += 1
                self.line("ALERT", _opened(event), STYLES[event.alert.severity])
                if event.alert.id in explained:
                    self.line("  not told", explained[event.alert.id], "dim")
            elif event.kind is EventKind.RESOLVED:
                self.resolved += 1
                self.line("RESOLVED", _resolved(event), "green")

    def message(self, title: str) -> None:
        """Tell that the receiver got a message."""
        self.messages += 1
        self.line("  message", f"received: {title}", "bold")

    def _sight(self, snapshot: Snapshot) -> None:
        if isinstance(snapshot.outcome, Failed):
            if snapshot.collector not in self._blind:
                self.line("blind", f"{snapshot.collector}: {snapshot.outcome.message}", "magenta")
            self._blind.add(snapshot.collector)
        elif snapshot.collector in self._blind:
            self._blind.discard(snapshot.collector)
            self.line("sees", f"{snapshot.collector}: answered again", "magenta")


def demo(*, seconds: float | None, port: int, speed: float) -> int:
    """Run until Ctrl-C or for so many seconds; return the exit status.

    Status 1 when a bounded demo ended without an alert that opened and resolved.
    """
    stopping = threading.Event()
    _stop_on_signals(stopping)
    clock = FastClock(speed)
    story = Story(clock.now)
    simulator = Simulator(clock=clock.now, scenario=load_scenario(shipped("demo")))
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="monitor-demo-")))
        server = stack.enter_context(serve(simulator, "127.0.0.1", 0))
        receiver = stack.enter_context(_receiver(story.message))
        configuration = load(_configuration(directory, simulator, server.url, receiver, port))
        configure("error", "auto", secrets_of(configuration))
        store = open_history(configuration)
        stack.callback(store.close)
        upgrade(store)
        service = build_service(configuration, store, clock=clock, pace=speed, heard=story.heard)
        page = StatusPage(configuration, store, clock)
        address = stack.enter_context(page.serving(configuration.web.host, configuration.web.port))
        _introduce(simulator, server.url, address, speed, seconds)
        service.start()
        stack.callback(service.stop)
        _wait(stopping, seconds)
    say()
    say(
        f"{count(story.opened, 'alert')} opened, {story.resolved} resolved, "
        f"{count(story.messages, 'message')} received."
    )
    return 0 if seconds is None or stopping.is_set() or story.resolved else 1


def _introduce(
    simulator: Simulator, orchestrator: str, page: str | None, speed: float, seconds: float | None
) -> None:
    estate = simulator.estate
    say(
        f"A simulated Orchestrator with {len(estate.sessions)} robots on {len(estate.hosts)} hosts "
        f"and {len(estate.queues)} queues:"
    )
    say(f"  {orchestrator}")
    if page is not None:
        say("The status page:")
        say(f"  {page}", "bold")
    if speed != 1:
        say(f"Its time runs {speed:g} times as fast: a minute takes {60 / speed:.1f} s.")
    end = "Ctrl-C ends it." if seconds is None else f"It ends after {seconds:g} s."
    say(f"Something happens every few seconds. {end}")
    say()


def _configuration(
    directory: Path, simulator: Simulator, orchestrator: str, receiver: int, page: int
) -> Path:
    secret = directory / "secret"
    secret.touch(mode=0o600)
    secret.write_text(simulator.accounts.client_secret, encoding="utf-8")
    file = directory / "config.toml"
    database = f'[database]\nurl = "sqlite:///{directory / "history.db"}"\n\n'
    file.write_text(
        database
        + CONFIGURATION.format(
            orchestrator=orchestrator,
            client_id=simulator.accounts.client_id,
            receiver=receiver,
            page=page,
        ),
        encoding="utf-8",
    )
    return file


def _opened(event: AlertEvent) -> str:
    alert = event.alert
    return f"{alert.severity.value:<8}  {alert.summary}  [{alert.id}]"


def _resolved(event: AlertEvent) -> str:
    alert = event.alert
    opened_at = alert.opened_at or alert.started_at
    length = timedelta(seconds=round((event.at - opened_at).total_seconds()))
    how = "is gone" if event.reason is Reason.GONE else "is good again"
    return f"{alert.subject.name} {how} after {format_duration(length)}  [{alert.id}]"


def _wait(stopping: threading.Event, seconds: float | None) -> None:
    deadline = None if seconds is None else time.monotonic() + seconds
    while not stopping.is_set():
        left = 1.0 if deadline is None else deadline - time.monotonic()
        if left <= 0:
            return
        stopping.wait(min(1.0, left))


def _stop_on_signals(stopping: threading.Event) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


@contextmanager
def _receiver(message: Callable[[str], None]) -> Iterator[int]:
    """Serve a web hook that tells of each message; yield its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()
            message(str(body.get("title", "")))

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
