"""The client and the collectors against the strict simulator, over real sockets."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from monitor.collectors import licenses
from monitor.core.kinds import KINDS
from monitor.core.sample import AFFECTED
from monitor.orchestrator.credentials import (
    AccessToken,
    Credentials,
    Password,
    UserKey,
)
from tests.integration.simulated_tenant import ALL, Tenant, a_tenant, measured


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
