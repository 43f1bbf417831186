"""A daemon and its tenant, hours of which pass in seconds: polls are called when they are due."""

import heapq
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.config.compose import Configuration
from monitor.config.load import load_text
from monitor.core.alert import Alert, Phase
from monitor.daemon.poller import Poller
from monitor.daemon.service import Service
from monitor.daemon.wiring import build_service
from monitor.pipeline.evaluate import Instant
from monitor.simulator.estates import large_estate
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from monitor.store import Store
from monitor.store.queries import alerts
from monitor.web.status import Status, look
from tests.acceptance.letterbox import Letterbox, letterbox

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
CONFIGURATION = """
[tenants.production]
url = "{url}"
auth = {auth}
[channels.ops]
url = "json://127.0.0.1:{port}/"
[collectors.sessions]
every = "{every}"
"""
APPLICATION = (
    '{{ type = "client-credentials", client_id = "{accounts.client_id}", '
    'client_secret = "{accounts.client_secret}" }}'
)
TICK_S = 15.0


class JumpingClock:
    """Runs `pace` times as fast as the real one, and jumps ahead when told; never back."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        self._read_at = time.perf_counter()
        self._pace = 1.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return self._elapsed + (time.perf_counter() - self._read_at) * self._pace

    def run_at(self, pace: float) -> None:
        self._elapsed, self._read_at = self.monotonic(), time.perf_counter()
        self._pace = pace

    def jump_to(self, elapsed: float) -> None:
        self._elapsed = max(elapsed, self.monotonic())
        self._read_at = time.perf_counter()


@dataclass
class Life:
    """One daemon that watches one simulated tenant, and a channel."""

    clock: JumpingClock
    simulator: Simulator
    store: Store
    configuration: Configuration
    service: Service
    box: Letterbox
    due: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service.evaluator.restore(self._instant())
        self.due = [(float(place), place) for place in range(len(self.service.pollers))]
        heapq.heapify(self.due)

    def live(self, minutes: float) -> None:
        """Let time pass: poll what is due, decide, deliver."""
        end = self.clock.monotonic() + minutes * 60
        while self.due[0][0] < end:
            at, place = heapq.heappop(self.due)
            self._wait_until(at)
            poller: Poller = self.service.pollers[place]
            poller.poll()
            self._tell()
            heapq.heappush(
                self.due, (max(at + poller.every.total_seconds(), self.clock.monotonic()), place)
            )
        self._wait_until(end)

    def _wait_until(self, at: float) -> None:
        while self.clock.monotonic() + TICK_S < at:
            self.clock.jump_to(self.clock.monotonic() + TICK_S)
            self._tell()
        self.clock.jump_to(at)

    def _tell(self) -> None:
        self.service.evaluator.tick(self._instant())
        for courier in self.service.couriers:
            courier.deliver_now()

    def _instant(self) -> Instant:
        return Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())

    def status(self) -> Status:
        return look(self.configuration, self.store, self.clock.now())

    def story(self) -> list[Alert]:
        """Every alert that ever opened."""
        return [one for one in alerts(self.store, everything=True) if one.opened_at is not None]

    def open(self) -> set[tuple[str, str]]:
        return {(one.rule, one.subject.name) for one in self.story() if one.phase is Phase.FIRING}

    def titles(self) -> Sequence[str]:
        return [letter.title for letter in self.box.letters]

    def texts(self) -> Sequence[str]:
        return [letter.text for letter in self.box.letters]


@contextmanager
def a_life(
    store: Store,
    directory: Path,
    *,
    sessions: int = 500,
    every: str = "30s",
    auth: str = APPLICATION,
    more: str = "",
) -> Iterator[Life]:
    """Start a tenant of healthy robots, and whoever watches it by the default rules.

    `auth` may speak of `{accounts}` and `{server}`; `more` is added to the configuration.
    """
    clock = JumpingClock()
    estate = large_estate(sessions=sessions, queues=40, folders=8)
    simulator = Simulator(clock=clock.now, estate=estate)
    with serve(simulator) as server, letterbox() as box:
        signed = auth.format(accounts=simulator.accounts, server=server)
        text = CONFIGURATION.format(url=server.url, auth=signed, port=box.port, every=every)
        configuration = load_text(text + more, directory / "config.toml")
        service = build_service(configuration, store, clock=clock, pace=1e6)
        try:
            yield Life(clock, simulator, store, configuration, service, box)
        finally:
            for poller in service.pollers:
                poller.client.close()
