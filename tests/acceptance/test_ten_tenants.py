"""Ten tenants at once: what a service asks of each of them, and that it sees all of them whole."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.config.load import load_text
from monitor.core.sample import Collected, Snapshot
from monitor.daemon.service import Service
from monitor.daemon.wiring import build_service
from monitor.pipeline.evaluate import Settled
from monitor.simulator.estate import Estate, SessionKind
from monitor.simulator.estates import large_estate
from monitor.simulator.journal import Asking
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from monitor.store import Store

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TENANTS = 10
SESSIONS = QUEUES = 1000
PAGE = 1000
STEP_S = 30
# Three minutes as they go by, then one an hour later, when tokens and folders are asked for anew.
STRETCHES_S = ((0, 180), (3600, 3660))
MOST_A_MINUTE = 20
METERED = {"QueueItems", "Jobs"}
TENANT = """
[tenants.t{number}]
url = "{url}"
auth = {{ type = "client-credentials", client_id = "{id}", client_secret = "{secret}" }}
"""


class SteppedClock:
    """Both sides live by it; it moves only when told."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s


class TenTenants:
    """Simulated tenants on sockets, and a service that polls them when the clock says so."""

    def __init__(self, store: Store, directory: Path, servers: ExitStack) -> None:
        self.clock = SteppedClock()
        self.estate = large_estate(sessions=SESSIONS, queues=QUEUES, folders=100)
        self.simulators: dict[str, Simulator] = {}
        self.snapshots: list[Snapshot] = []
        configuration = ""
        for number in range(TENANTS):
            simulator = Simulator(clock=self.clock.now, estate=self.estate)
            server = servers.enter_context(serve(simulator))
            accounts = simulator.accounts
            configuration += TENANT.format(
                number=number, url=server.url, id=accounts.client_id, secret=accounts.client_secret
            )
            self.simulators[f"t{number}"] = simulator
        self.service: Service = build_service(
            load_text(configuration, directory / "config.toml"),
            store,
            clock=self.clock,
            heard=self._heard,
        )
        self.service.evaluator.restore(self.service.instant())

    def _heard(self, snapshot: Snapshot, _settled: Settled) -> None:
        self.snapshots.append(snapshot)

    def pass_time(self, begin_s: int, end_s: int) -> None:
        for at_s in range(begin_s, end_s, STEP_S):
            self.clock.elapsed_s = at_s
            for poller in self.service.pollers:
                if at_s % poller.every.total_seconds() == 0:
                    poller.poll()

    def polls(self, collector: str) -> int:
        """Count how often each tenant was polled."""
        taken = Counter(one.tenant for one in self.snapshots if one.collector == collector)
        (number,) = set(taken.values())
        assert len(taken) == TENANTS
        return number


@contextmanager
def ten_tenants(store: Store, directory: Path) -> Iterator[TenTenants]:
    with ExitStack() as servers:
        tenants = TenTenants(store, directory, servers)
        yield tenants
        tenants.service.stop()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_ten_tenants_are_watched_whole_with_the_least_requests_there_can_be(
    store: Store, tmp_path: Path
) -> None:
    with ten_tenants(store, tmp_path) as tenants:
        for begin_s, end_s in STRETCHES_S:
            tenants.pass_time(begin_s, end_s)

    assert all(isinstance(one.outcome, Collected) for one in tenants.snapshots)
    least = least_requests(
        tenants.estate,
        sessions=tenants.polls("sessions"),
        queues=tenants.polls("queues"),
        licenses=tenants.polls("licenses"),
    )
    for simulator in tenants.simulators.values():
        requests = simulator.requests
        assert Counter(asking.endpoint for asking in requests) == least
        assert busiest_minute(requests) < MOST_A_MINUTE
        assert not METERED & {asking.endpoint for asking in requests}
        assert simulator.writes == ()
    for tenant in tenants.simulators:
        assert in_history(store, tenant, "queue") == {str(q.id) for q in tenants.estate.queues}
        assert len(in_history(store, tenant, "session")) == SESSIONS


def least_requests(estate: Estate, *, sessions: int, queues: int, licenses: int) -> Counter[str]:
    """Return what so many polls cannot do without, folders and tokens having been asked twice."""
    hosts = [one for one in estate.sessions if one.kind is not SessionKind.ATTENDED]
    runtimes = sum(len(one.slots) for one in hosts)
    people = len(estate.sessions) - len(hosts)
    # A linked queue has a row for each of its folders.
    queue_rows = sum(len(queue.folder_ids) for queue in estate.queues)
    return Counter(
        {
            "Token": 2,
            "Folders": 2 * pages(len(estate.folders)),
            "QueueDefinitions": 2 * pages(queue_rows),
            "GetMachineSessionRuntimes": sessions * pages(runtimes),
            "GetGlobalSessions": sessions * pages(people),
            "RetrieveQueuesProcessingStatus": queues * pages(queue_rows),
            "GetLicense": licenses,
        }
    )


def pages(rows: int) -> int:
    return math.ceil(rows / PAGE)


def busiest_minute(requests: Sequence[Asking]) -> int:
    """Return the most requests in any minute, sign-ins included."""
    minute = timedelta(minutes=1)
    return max(
        sum(begin <= asking.at < begin + minute for asking in requests)
        for begin in {asking.at for asking in requests}
    )


def in_history(store: Store, tenant: str, kind: str) -> set[str]:
    """Return the keys of a tenant's subjects of which there are values."""
    wanted = text(
        f"SELECT key FROM {kind}_latest JOIN subjects ON subject_id = id "  # noqa: S608 - a kind
        "WHERE tenant = :tenant"
    )
    with store.reading() as connection:
        return set(connection.execute(wanted, {"tenant": tenant}).scalars())
