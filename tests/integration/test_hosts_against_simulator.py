"""What the real collector tells of the simulator's hosts, over real sockets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from monitor.collectors.sessions import COLLECTOR
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Sample
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials
from monitor.orchestrator.deployment import Deployment
from monitor.simulator.estate import SessionKind
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
DEAD, ALIVE = "VM-RPA-03", "VM-RPA-04"


class SteppedClock:
    """Both sides live by it; it moves only when told."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed


class Tenant:
    """A simulated tenant and its collector of sessions."""

    def __init__(
        self, simulator: Simulator, clock: SteppedClock, client: OrchestratorClient
    ) -> None:
        self.simulator = simulator
        self.clock = clock
        self.client = client
        self.collect = COLLECTOR.make("demo", {})

    def poll(self, *, after_s: float = 0.0) -> Collected:
        self.clock.elapsed += after_s
        with self.client.poll(10) as poll:
            return self.collect(poll)


@contextmanager
def a_tenant(*, listed_twice: bool = False) -> Iterator[Tenant]:
    clock = SteppedClock()
    simulator = Simulator(clock=clock.now)
    simulator.settings.unattended_in_global_sessions = listed_twice
    accounts = simulator.accounts
    with serve(simulator) as server:
        client = OrchestratorClient(
            Deployment.parse(server.url),
            ClientCredentials(
                client_id=accounts.client_id,
                client_secret=lambda: SecretStr(accounts.client_secret),
            ),
            clock=clock,
            wait=lambda _: None,
        )
        try:
            yield Tenant(simulator, clock, client)
        finally:
            client.close()


@pytest.fixture(params=[False, True], ids=["listed once", "listed twice"])
def tenant(request: pytest.FixtureRequest) -> Iterator[Tenant]:
    with a_tenant(listed_twice=request.param) as tenant:
        yield tenant


def measured(sample: Sample) -> dict[str, float]:
    """What is known of a sample."""
    names = [metric.name for metric in KINDS[sample.subject.kind].metrics]
    pairs = zip(names, sample.values, strict=True)
    return {name: value for name, value in pairs if value is not None}


def hosts(collected: Collected) -> dict[str, dict[str, float]]:
    found = [sample for sample in collected.samples if sample.subject.kind == "machine"]
    assert len({sample.subject.key for sample in found}) == len(found)
    return {sample.subject.name: measured(sample) for sample in found}


def silent_sessions(collected: Collected) -> list[str]:
    """The host of each session that is unresponsive."""
    return [
        sample.subject.labels["host"]
        for sample in collected.samples
        if sample.subject.kind == "session" and measured(sample).get("is_unresponsive") == 1
    ]


def test_all_hosts_of_the_estate_come_home_once(tenant: Tenant) -> None:
    found = hosts(tenant.poll())

    estate = tenant.simulator.estate
    assert sorted(found) == sorted(host.name for host in estate.hosts)
    staff = [session for session in estate.sessions if session.kind is not SessionKind.EPHEMERAL]
    assert sum(host["sessions"] for host in found.values()) == len(staff)
    assert found[DEAD]["runtimes"] == 4


def test_a_host_that_dies_takes_all_its_sessions_along_in_one_poll(tenant: Tenant) -> None:
    tenant.poll()
    tenant.simulator.silence_host(DEAD)
    collected = tenant.poll(after_s=300)

    found = hosts(collected)
    assert (found[DEAD]["sessions"], found[DEAD]["unresponsive_sessions"]) == (4, 4)
    assert (found[ALIVE]["sessions"], found[ALIVE]["unresponsive_sessions"]) == (4, 0)
    assert silent_sessions(collected) == [DEAD] * 4

    tenant.simulator.revive_host(DEAD)
    assert hosts(tenant.poll(after_s=60))[DEAD]["unresponsive_sessions"] == 0


def test_the_last_of_its_robots_to_fall_silent_completes_a_dead_host(tenant: Tenant) -> None:
    tenant.simulator.silence_host(DEAD)
    polls = [tenant.poll(after_s=10) for _ in range(20)]

    counted = [int(hosts(collected)[DEAD]["unresponsive_sessions"]) for collected in polls]
    assert counted == [len(silent_sessions(collected)) for collected in polls]
    assert sorted(counted) == counted
    assert counted[0] == 0
    assert counted[-1] == 4


def test_a_dead_host_in_maintenance_is_not_down(tenant: Tenant) -> None:
    tenant.simulator.silence_host(DEAD)
    tenant.simulator.set_maintenance(DEAD, on=True)

    found = hosts(tenant.poll(after_s=300))
    assert (found[DEAD]["sessions"], found[DEAD]["unresponsive_sessions"]) == (4, 0)
