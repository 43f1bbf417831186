"""A simulated tenant on a real socket, with the client and the collectors of one daemon."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from monitor.collectors import Collect, licenses, queues, sessions
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Sample
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import (
    ClientCredentials,
    Credentials,
    UserKey,
)
from monitor.orchestrator.deployment import Deployment
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ALL = {"sessions": sessions.COLLECTOR, "queues": queues.COLLECTOR, "licenses": licenses.COLLECTOR}


class SteppedClock:
    """Both sides live by it; it moves only when told."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds


class Tenant:
    """A simulated tenant, a client signed in to it, and the collectors of one daemon."""

    def __init__(self, server: RunningServer, clock: SteppedClock) -> None:
        self.server = server
        self.simulator = server.simulator
        self.clock = clock
        accounts = self.simulator.accounts
        self.app = ClientCredentials(
            client_id=accounts.client_id, client_secret=lambda: SecretStr(accounts.client_secret)
        )
        self.client = self.sign_in(self.app)
        self.asks: dict[str, Collect] = {name: c.make("demo", {}) for name, c in ALL.items()}

    def sign_in(self, credentials: Credentials, *, url: str | None = None) -> OrchestratorClient:
        """The client of other credentials; the caller closes it."""
        identity_url = self.server.base_url if isinstance(credentials, UserKey) else None
        return OrchestratorClient(
            Deployment.parse(url or self.server.url, identity_url=identity_url),
            credentials,
            clock=self.clock,
            options=ClientOptions(timeout_s=5, attempts=3),
            wait=lambda _: None,
        )

    def poll(self, name: str) -> Collected:
        with self.client.poll(10) as poll:
            return self.asks[name](poll)

    def sessions(self) -> list[Sample]:
        """Poll them, without their hosts."""
        return [s for s in self.poll("sessions").samples if s.subject.kind == "session"]

    def sample(self, kind: str, name: str) -> dict[str, float | None]:
        collector = {"session": "sessions", "queue": "queues"}.get(kind, "licenses")
        found = [
            sample
            for sample in self.poll(collector).samples
            if sample.subject.kind == kind and sample.subject.name.casefold() == name.casefold()
        ]
        assert len(found) == 1, [s.subject.name for s in self.poll(collector).samples]
        return measured(found[0])


def measured(sample: Sample) -> dict[str, float | None]:
    names = [metric.name for metric in KINDS[sample.subject.kind].metrics]
    return dict(zip(names, sample.values, strict=True))


@contextmanager
def a_tenant(**settings: object) -> Iterator[Tenant]:
    clock = SteppedClock()
    simulator = Simulator(clock=clock.now)
    for name, value in settings.items():
        setattr(simulator.settings, name, value)
    with serve(simulator) as server:
        tenant = Tenant(server, clock)
        try:
            yield tenant
        finally:
            tenant.client.close()
