"""The real client and collectors on a simulated tenant that answers a question one way or another.

What they see is held against what the simulated tenant is, not against another run of themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from pydantic import SecretStr

from monitor.collectors import Collect, licenses, queues, sessions
from monitor.core.folder_scope import FolderScope
from monitor.core.kinds import KINDS, Values
from monitor.core.sample import Collected
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import (
    DEFAULT_SCOPES,
    ClientCredentials,
    Credentials,
    Password,
)
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.folders import Folders
from monitor.simulator.auth import Accounts
from monitor.simulator.estate import Estate, Session, SessionKind
from monitor.simulator.journal import Asking
from monitor.simulator.profiles import CLOUD, Profile
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator
from tests.builders import shown
from tests.integration.simulated_tenant import SteppedClock
from tests.integration.unconfirmed.house import PATHS, WORKSPACE, a_house

ALL = {"sessions": sessions.COLLECTOR, "queues": queues.COLLECTOR, "licenses": licenses.COLLECTOR}
STATUS, DEFINITIONS = "RetrieveQueuesProcessingStatus", "QueueDefinitions"
RUNTIMES, PEOPLE, FOLDERS = "GetMachineSessionRuntimes", "GetGlobalSessions", "Folders"
BY_FOLDER, LICENSE = "GetMachineSessionRuntimesByFolderId", "GetLicense"
COUNTED = tuple(sorted(path for id_, path in PATHS.items() if id_ != WORKSPACE))
"""The folders that count as long as nobody says anything else."""

_LEAVERS = ThreadPoolExecutor(2, thread_name_prefix="leaver")
STOPPING: list[Future[None]] = []
"""Servers on their way out: each waits a while for nothing, and no test waits for that."""

Bend = Callable[[str, "Reply"], None]
"""Changes the answer that came for a path."""
Known = dict[str, float]


@dataclass(slots=True)
class Reply:
    """An answer that may be changed on its way."""

    status: int
    headers: dict[str, str]
    body: bytes


class Bending(httpx.BaseTransport):
    """A real connection whose answers are bent: for what the simulator has no switch for."""

    def __init__(self, bend: Bend) -> None:
        self._inner = httpx.HTTPTransport(trust_env=False)
        self._bend = bend

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = self._inner.handle_request(request)
        reply = Reply(response.status_code, dict(response.headers), response.read())
        response.close()
        self._bend(request.url.path, reply)
        reply.headers.pop("content-length", None)
        return httpx.Response(
            reply.status, headers=reply.headers, stream=httpx.ByteStream(reply.body)
        )

    def close(self) -> None:
        self._inner.close()


class Watch:
    """One tenant, watched: `poll` is what a collector sees, `asked` what the tenant was asked."""

    def __init__(
        self,
        server: RunningServer,
        clock: SteppedClock,
        client: OrchestratorClient,
        folders: FolderScope | None,
        wanted: Sequence[str],
    ) -> None:
        self.server = server
        self.simulator = server.simulator
        self.clock = clock
        self.client = client
        self._asks: dict[str, Collect] = {}
        self.begin_anew(folders, wanted)

    def begin_anew(self, folders: FolderScope | None = None, wanted: Sequence[str] = ()) -> None:
        """Forget what was learned, as a daemon that was started again."""
        shared = Folders(folders)
        self._asks = {
            name: plugin.make("demo", {}, shared, wanted if name == "queues" else ())
            for name, plugin in ALL.items()
        }

    def poll(self, name: str, *, after_s: float = 0.0) -> Collected:
        self.clock.advance(after_s)
        with self.client.poll(20) as poll:
            return self._asks[name](poll)

    def asked(self, work: Callable[[], object]) -> Counter[str]:
        """Return what was asked meanwhile, by endpoint."""
        return Counter(asking.endpoint for asking in self.askings(work))

    def askings(self, work: Callable[[], object]) -> Sequence[Asking]:
        before = len(self.simulator.requests)
        work()
        return self.simulator.requests[before:]


@contextmanager
def a_watch(
    *,
    estate: Estate | None = None,
    profile: Profile = CLOUD,
    accounts: Accounts | None = None,
    credentials: Credentials | None = None,
    folders: FolderScope | None = None,
    wanted: Sequence[str] = (),
    bend: Bend | None = None,
    server_is_ahead_s: float = 0.0,
    **settings: object,
) -> Iterator[Watch]:
    """Watch a tenant; `settings` are those of the simulator."""
    clock = SteppedClock()
    simulator = Simulator(
        clock=lambda: clock.now() + timedelta(seconds=server_is_ahead_s),
        estate=estate or a_house(),
        profile=profile,
        accounts=accounts,
    )
    for name, value in settings.items():
        setattr(simulator.settings, name, value)
    assert not simulator.settings.problems()
    server = serve(simulator).start()
    client = OrchestratorClient(
        Deployment.parse(server.url),
        credentials or _everyday(simulator),
        clock=clock,
        options=ClientOptions(timeout_s=5, attempts=3),
        transport=None if bend is None else Bending(bend),
        wait=lambda _: None,
    )
    try:
        yield Watch(server, clock, client, folders, wanted)
    finally:
        client.close()
        STOPPING.append(_LEAVERS.submit(server.stop))
    assert simulator.writes == ()


def _everyday(simulator: Simulator) -> Credentials:
    accounts, sign_ins = simulator.accounts, simulator.profile.sign_ins
    if any(path.endswith("/connect/token") for path in sign_ins):
        # Where there is no list of hosts, an application needs that of machines too.
        is_old = all(one.name != RUNTIMES for one in simulator.profile.endpoints)
        return ClientCredentials(
            client_id=accounts.client_id,
            client_secret=lambda: SecretStr(accounts.client_secret),
            scopes=(*DEFAULT_SCOPES, "OR.Machines.Read") if is_old else DEFAULT_SCOPES,
        )
    return Password(username=accounts.username, password=lambda: SecretStr(accounts.password))


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a subject: its name, some of its labels, what is known of its metrics."""

    name: str
    labels: Mapping[str, str]
    values: Known


def told(collected: Collected, kind: str) -> dict[str, Told]:
    """Return what is told of the subjects of a kind, by key; a key that comes twice is a failure."""
    names = [metric.name for metric in KINDS[kind].metrics]
    found: dict[str, Told] = {}
    for sample in collected.samples:
        if sample.subject.kind == kind:
            assert sample.subject.key not in found
            found[sample.subject.key] = Told(
                sample.subject.name,
                sample.subject.labels,
                _known(names, shown(sample, collected.observed_at)),
            )
    return found


def _known(names: Sequence[str], values: Values) -> Known:
    pairs = zip(names, values, strict=True)
    return {name: round(value, 3) for name, value in pairs if value is not None}


def assert_true_queues(watch: Watch, collected: Collected, paths: Sequence[str] = COUNTED) -> None:
    """Every queue of these folders is there once, in one of its folders, with its counters."""
    path_of = {folder.id: folder.path for folder in watch.simulator.estate.folders}
    expected: dict[str, Told] = {}
    found = told(collected, "queue")
    for queue in watch.simulator.estate.queues:
        homes = sorted(path_of[id_] for id_ in queue.folder_ids if path_of.get(id_) in paths)
        if not homes:
            continue
        told_home = found[str(queue.id)].labels["folder"] if str(queue.id) in found else ""
        home = told_home if told_home in homes else homes[0]
        counters = watch.simulator.queue(queue.handle)
        expected[str(queue.id)] = Told(
            queue.name,
            {"queue": queue.name, "folder": home, "process": queue.process},
            {
                "new_items": counters.new,
                "in_progress_items": counters.in_progress,
                "successful_items": counters.successful,
                "failed_items": counters.failed,
                "application_exceptions": counters.application_exceptions,
                "business_exceptions": counters.business_exceptions,
                "mean_processing_s": queue.mean_s,
            },
        )
    for one in found.values():
        one.values.pop("seconds_since_processed", None)
    assert found == expected, _difference(found, expected)


def _difference(found: Mapping[str, object], expected: Mapping[str, object]) -> str:
    keys = sorted(key for key in {*found, *expected} if found.get(key) != expected.get(key))
    return "\n".join(f"{key}: {found.get(key)} is not {expected.get(key)}" for key in keys)


def assert_true_sessions(
    watch: Watch, collected: Collected, *, is_maintenance_told: bool = True
) -> None:
    """Every session is there once and is judged by what the simulated tenant is.

    Where only the list of people's sessions is read, maintenance is not told.
    """
    expected = {
        key_of(session): _verdict(watch, session, is_maintenance_told=is_maintenance_told)
        for session in watch.simulator.estate.sessions
    }
    found = {key: one.values for key, one in told(collected, "session").items()}
    for key, values in found.items():
        if key in expected:
            _round_age(values, expected[key])
    assert found == expected, _difference(found, expected)
    hosts = {session.host.name for session in watch.simulator.estate.sessions}
    assert sorted(one.name for one in told(collected, "machine").values()) == sorted(hosts)


def _round_age(values: Known, expected: Known) -> None:
    """Take an age for the true one that differs by less than a second: so exact is a Date."""
    told_s, true_s = values.get("heartbeat_age_s"), expected.get("heartbeat_age_s")
    if told_s is not None and true_s is not None and abs(told_s - true_s) < 1:
        values["heartbeat_age_s"] = true_s


def key_of(session: Session) -> str:
    """Return by what a session is known."""
    if session.kind is SessionKind.ATTENDED and session.robot is not None:
        return f"robot/{session.robot.id}"
    return f"{session.host.machine.id}/{session.host.name.lower()}/{session.user.lower()}"


def _verdict(watch: Watch, session: Session, *, is_maintenance_told: bool) -> Known:
    with watch.simulator.lock:
        world = watch.simulator.world()
        facts = world.facts(session)
        now = world.instant(world.now_s)
    names = ("is_unresponsive", "is_disconnected", "is_available", "is_busy", "in_maintenance")
    flags = dict.fromkeys(names, 0.0)
    beats = session.kind is not SessionKind.EPHEMERAL
    is_host = session.kind is not SessionKind.ATTENDED
    if facts.in_maintenance and is_host and is_maintenance_told:
        flags["in_maintenance"] = 1.0
        flags["is_busy"] = float(facts.state == "Busy")
    elif facts.state == "Disconnected":
        flags["is_disconnected"] = 1.0
    elif facts.is_unresponsive:
        flags["is_unresponsive"] = 1.0
    else:
        flags[f"is_{facts.state.lower()}"] = 1.0
    if beats and facts.reported_at is not None:
        flags["heartbeat_age_s"] = round((now - facts.reported_at).total_seconds(), 3)
    return flags
