"""The client and the collectors against a simulated server that fails or answers oddly."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from monitor.clock import SystemClock
from monitor.collectors import Collector
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
    ClientCredentials,
)
from tests.integration.simulated_tenant import ALL, Tenant, a_tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def requests_of(tenant: Tenant, work: Callable[[], object]) -> list[str]:
    before = len(tenant.simulator.requests)
    work()
    return [asking.endpoint for asking in tenant.simulator.requests[before:]]


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

    assert tenant.poll("sessions").partial  # nobody knows whose they are
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
