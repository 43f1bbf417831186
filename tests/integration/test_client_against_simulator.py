"""The client and the collectors against the strict simulator, over real sockets."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from monitor.clock import SystemClock
from monitor.collectors import Collect, Collector, licenses, queues, sessions
from monitor.core.kinds import KINDS
from monitor.core.sample import AFFECTED, Collected, Sample
from monitor.errors import (
    AccessDenied,
    AuthenticationFailed,
    OrchestratorError,
    Throttled,
    UnexpectedResponse,
    Unreachable,
)
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import (
    AccessToken,
    ClientCredentials,
    Credentials,
    Password,
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


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def requests_of(tenant: Tenant, work: Callable[[], object]) -> list[str]:
    before = len(tenant.simulator.requests)
    work()
    return [asking.endpoint for asking in tenant.simulator.requests[before:]]


def test_a_cycle_is_four_requests_and_one_sign_in_in_all(tenant: Tenant) -> None:
    def cycle() -> None:
        for name in ALL:
            tenant.poll(name)

    first = requests_of(tenant, cycle)
    second = requests_of(tenant, cycle)

    assert len([name for name in first if name == "Token"]) == 1
    assert second == [
        "GetMachineSessionRuntimes",
        "GetGlobalSessions",
        "RetrieveQueuesProcessingStatus",
        "GetLicense",
    ]
    assert tenant.simulator.writes == ()


@pytest.mark.parametrize("name", ALL)
def test_each_collector_answers_for_its_kinds(tenant: Tenant, name: str) -> None:
    collected = tenant.poll(name)

    assert collected.kinds == ALL[name].kinds
    assert {sample.subject.kind for sample in collected.samples} == set(ALL[name].kinds)
    assert collected.skipped == 0
    assert collected.partial is False
    for sample in collected.samples:
        kind = KINDS[sample.subject.kind]
        assert len(sample.values) == len(kind.metrics)
        # What a machine's sessions are is named beside its labels; no rule can ask for it.
        assert tuple(label for label in sample.subject.labels if label != AFFECTED) == kind.labels


def test_all_sessions_of_the_estate_come_home_once(tenant: Tenant) -> None:
    found = tenant.sessions()

    assert len({sample.subject.key for sample in found}) == len(found)
    assert len(found) == len(tenant.simulator.estate.sessions)


def test_the_sessions_are_the_same_when_both_lists_show_the_hosts() -> None:
    with a_tenant() as tenant:
        alone = {sample.subject.key for sample in tenant.poll("sessions").samples}
    with a_tenant(unattended_in_global_sessions=True) as tenant:
        both = {sample.subject.key for sample in tenant.poll("sessions").samples}

    assert both == alone


def test_a_silent_host_is_unresponsive_after_two_minutes(tenant: Tenant) -> None:
    host = next(
        session.host.name
        for session in tenant.simulator.estate.sessions
        if session.robot is None and not session.host.in_maintenance and session.state is None
    )
    tenant.simulator.silence_host(host)
    tenant.clock.advance(300)

    judged = {
        sample.subject.labels["host"]: measured(sample)["is_unresponsive"]
        for sample in tenant.sessions()
    }
    assert judged[host] == 1


def test_a_host_in_maintenance_never_alerts(tenant: Tenant) -> None:
    host = next(s.host.name for s in tenant.simulator.estate.sessions if s.robot is None)
    tenant.simulator.silence_host(host)
    tenant.simulator.set_maintenance(host, on=True)
    tenant.clock.advance(300)

    found = [s for s in tenant.sessions() if s.subject.labels["host"] == host]
    assert found
    unattended = [
        s for s in found if "/" in s.subject.key and not s.subject.key.startswith("robot")
    ]
    assert [measured(s)["in_maintenance"] for s in unattended] == [1] * len(unattended)
    assert not any(measured(s)["is_unresponsive"] for s in unattended)


def test_queues_have_the_counters_of_the_simulation(tenant: Tenant) -> None:
    queue = tenant.simulator.estate.queues[0].name
    tenant.simulator.freeze_queue(queue, new=321)

    assert tenant.sample("queue", queue)["new_items"] == 321


@pytest.mark.parametrize("status", [400, 403, 404])
def test_queues_are_the_same_folder_by_folder(status: int) -> None:
    with a_tenant() as tenant:
        bare = {sample.subject.key for sample in tenant.poll("queues").samples}
    with a_tenant(bare_queue_status="refused", unknown_folder_status=status) as tenant:
        first = {sample.subject.key for sample in tenant.poll("queues").samples}
        asked = requests_of(tenant, lambda: tenant.poll("queues"))
        folders = [folder for folder in tenant.simulator.estate.folders if not folder.personal]

    assert first == bare
    assert asked == ["RetrieveQueuesProcessingStatus"] * len(folders)


def test_a_folder_that_vanishes_between_list_and_call_makes_the_view_partial() -> None:
    with a_tenant(bare_queue_status="refused") as tenant:
        estate = tenant.simulator.estate
        everything = tenant.poll("queues")
        only_in = {
            queue.folder_ids[0]: queue.name for queue in estate.queues if len(queue.folder_ids) == 1
        }
        path = next(folder.path for folder in estate.folders if folder.id in only_in)
        tenant.simulator.remove_folder(path, still_listed=True)
        collected = tenant.poll("queues")

    assert everything.partial is False
    assert collected.partial is True
    assert 0 < len(collected.samples) < len(everything.samples)


def test_licenses_and_expiry(tenant: Tenant) -> None:
    license_type = next(item.type for item in tenant.simulator.estate.licenses if item.allowed)
    tenant.simulator.set_license(license_type, allowed=10, used=9)
    tenant.simulator.set_expiry(days=12)

    assert tenant.sample("license", license_type)["used_ratio"] == pytest.approx(0.9)
    days = tenant.sample("subscription", "demo")["days_to_expiry"]
    assert days == pytest.approx(12, abs=0.01)


def everyone(tenant: Tenant) -> dict[str, Credentials]:
    accounts = tenant.simulator.accounts
    return {
        "client credentials": tenant.app,
        "access token": AccessToken(token=lambda: SecretStr(accounts.access_token)),
        "password": Password(
            tenancy_name=accounts.tenancy_name,
            username=accounts.username,
            password=lambda: SecretStr(accounts.password),
        ),
        "user key": UserKey(
            client_id=accounts.user_client_id, user_key=lambda: SecretStr(accounts.user_key)
        ),
    }


@pytest.mark.parametrize("where", ["cloud", "standalone"])
def test_every_way_to_sign_in_works_in_both_shapes_of_address(tenant: Tenant, where: str) -> None:
    url = tenant.server.url if where == "cloud" else tenant.server.base_url
    for how, credentials in everyone(tenant).items():
        if (how, where) == ("password", "cloud"):
            continue  # the cloud has no password sign-in
        client = tenant.sign_in(credentials, url=url)
        try:
            with client.poll(10) as poll:
                assert licenses.COLLECTOR.make("demo", {})(poll).samples, how
        finally:
            client.close()


def test_tokens_that_expire_are_renewed_unseen(tenant: Tenant) -> None:
    tenant.poll("licenses")
    tenant.simulator.expire_tokens()

    assert requests_of(tenant, lambda: tenant.poll("licenses")) == [
        "GetLicense",
        "Token",
        "GetLicense",
    ]


def test_rejected_credentials_are_told_once_and_not_hammered(tenant: Tenant) -> None:
    tenant.poll("licenses")
    tenant.simulator.reject_credentials()
    tenant.simulator.expire_tokens()
    with pytest.raises(AuthenticationFailed):
        tenant.poll("licenses")

    def again() -> None:
        for name in ALL:
            with pytest.raises(AuthenticationFailed):
                tenant.poll(name)

    assert requests_of(tenant, again) == []
    tenant.simulator.reject_credentials(on=False)
    tenant.clock.advance(61)
    assert tenant.poll("licenses").samples


FAULTS: list[tuple[str, dict[str, object], type[OrchestratorError]]] = [
    ("unauthorized", {}, AuthenticationFailed),
    ("forbidden", {}, AccessDenied),
    ("scope-missing", {}, AccessDenied),
    ("throttled", {"retry_after": 300}, Throttled),
    ("throttled", {"retry_after": 300, "as_date": True}, Throttled),
    ("throttled", {"retry_after": -1}, Throttled),
    ("server-error", {}, Unreachable),
    ("server-error", {"status": 502}, Unreachable),
    ("html", {}, UnexpectedResponse),
    ("redirect", {}, UnexpectedResponse),
    ("truncated", {}, Unreachable),
    ("reset", {}, Unreachable),
    ("gzip-bomb", {"megabytes": 80}, UnexpectedResponse),
    ("garbage", {}, UnexpectedResponse),
]


@pytest.mark.parametrize("name", ALL)
def test_every_fault_is_its_condition_and_leaves_no_secret_in_the_text(
    tenant: Tenant, name: str
) -> None:
    for fault, options, condition in FAULTS:
        tenant.clock.advance(3600)
        assert tenant.poll(name).samples, f"after {fault}"
        tenant.simulator.faults.start(fault, **options)  # type: ignore[arg-type] # options of faults
        with pytest.raises(OrchestratorError) as caught:
            tenant.poll(name)
        tenant.simulator.faults.clear()

        assert type(caught.value) is condition, (fault, str(caught.value))
        assert tenant.simulator.accounts.client_secret not in str(caught.value)


@pytest.mark.parametrize("name", ALL)
def test_odd_answers_are_read_as_far_as_they_go(tenant: Tenant, name: str) -> None:
    usual = len(tenant.poll(name).samples)
    for fault in (
        "missing-enums",
        "unknown-enums",
        "seven-digits",
        "extra-fields",
        "no-date",
    ):
        tenant.simulator.faults.start(fault)
        collected = tenant.poll(name)
        tenant.simulator.faults.clear()

        assert len(collected.samples) == usual, fault


def test_rows_without_any_facts_crash_nothing(tenant: Tenant) -> None:
    tenant.simulator.faults.start("null-fields")

    assert tenant.poll("sessions").samples
    assert tenant.poll("queues").partial  # no row can be told from another
    with pytest.raises(UnexpectedResponse):
        tenant.poll("licenses")


def test_an_age_follows_the_servers_clock(tenant: Tenant) -> None:
    tenant.simulator.faults.start("clock-skew", skew_s=300.0)
    with tenant.client.poll(10) as poll:
        collected = tenant.asks["licenses"](poll)

    assert abs(collected.observed_at - tenant.clock.now() - timedelta(seconds=300)) <= timedelta(
        seconds=1
    )


def test_a_slow_server_ends_at_the_deadline(tenant: Tenant) -> None:
    tenant.poll("licenses")
    tenant.simulator.faults.start("drip", delay_s=0.05, chunk=1)
    client = OrchestratorClient(
        tenant.client.deployment, tenant.app, clock=SystemClock(), options=ClientOptions()
    )
    started = time.monotonic()
    try:
        with client.poll(0.5) as poll, pytest.raises(Unreachable, match="time of this poll"):
            tenant.asks["licenses"](poll)
    finally:
        client.close()

    assert time.monotonic() - started < 3


def test_the_default_scopes_are_enough_and_all_are_declared() -> None:
    def scopes(collector: Collector) -> set[str]:
        return set(collector.scopes)

    assert set().union(*map(scopes, ALL.values())) == set(
        ClientCredentials(client_id="x", client_secret=lambda: SecretStr("x")).scopes
    )
