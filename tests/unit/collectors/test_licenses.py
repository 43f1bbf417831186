from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from monitor.collectors.licenses import COLLECTOR
from monitor.core.sample import Collected
from monitor.errors import UnexpectedResponse
from monitor.orchestrator.client import OrchestratorClient
from tests.wires import START, FakeClock, Server, a_client

PATH = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
EPOCH = START.timestamp()


class Tenant:
    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.collect = COLLECTOR.make("production", {})

    def poll(self, **answer: object) -> Collected:
        self.server.routes[PATH] = httpx.Response(200, json={"Code": "contract-1", **answer})
        with self.client.poll(30) as poll:
            return self.collect(poll)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:
        yield Tenant(server, client)


def licenses(collected: Collected) -> dict[str, tuple[float | None, ...]]:
    return {s.subject.name: s.values for s in collected.samples if s.subject.kind == "license"}


def subscription(collected: Collected) -> tuple[float | None, ...]:
    (sample,) = [s for s in collected.samples if s.subject.kind == "subscription"]
    return sample.values


def test_each_type_is_a_subject_and_all_cost_one_request(tenant: Tenant) -> None:
    collected = tenant.poll(
        Allowed={"Unattended": 10, "Attended": 4, "Flow": 1},
        Used={"Unattended": 7, "Attended": 4, "Flow": 0},
    )

    assert tenant.server.asked == [PATH]
    assert collected.kinds == ("license", "subscription")
    assert licenses(collected) == {
        "Attended": (4, 4, 0, 1),
        "Flow": (1, 0, 1, 0),
        "Unattended": (10, 7, 3, 0.7),
    }
    sample = collected.samples[1]
    assert sample.subject.labels == {"license_type": sample.subject.name}


def test_a_type_that_is_neither_bought_nor_used_is_left_out(tenant: Tenant) -> None:
    assert licenses(tenant.poll(Allowed={"A": 0, "B": None}, Used={"A": 0})) == {}


@pytest.mark.parametrize("allowed", [0, -1])
def test_without_a_positive_allowance_there_is_no_ratio(tenant: Tenant, allowed: int) -> None:
    found = licenses(tenant.poll(Allowed={"A": allowed}, Used={"A": 3}))

    assert found == {"A": (allowed, 3, allowed - 3, None)}


def test_a_key_that_only_one_map_has_is_half_known(tenant: Tenant) -> None:
    found = licenses(tenant.poll(Allowed={"A": 5}, Used={"B": 2}))

    assert found == {"A": (5, None, None, None), "B": (None, 2, None, None)}


@pytest.mark.parametrize("answer", [{}, {"Allowed": None, "Used": None}, {"AllowedRobots": 5}])
def test_a_server_without_maps_still_tells_of_the_subscription(
    tenant: Tenant, answer: dict[str, object]
) -> None:
    collected = tenant.poll(IsExpired=False, **answer)

    assert licenses(collected) == {}
    assert subscription(collected) == (None, 0)
    assert collected.partial is True  # types that were known are not gone


def test_an_answer_that_says_nothing_is_no_evidence(tenant: Tenant) -> None:
    with pytest.raises(UnexpectedResponse):
        tenant.poll(Allowed=None)


@pytest.mark.parametrize(
    ("answer", "days", "expired"),
    [
        ({"ExpireDate": EPOCH + 86400 * 30, "IsExpired": False}, 30, 0),
        ({"ExpireDate": EPOCH - 86400, "IsExpired": True}, -1, 1),
        ({"ExpireDate": EPOCH - 86400}, -1, 1),
        ({"ExpireDate": None, "IsExpired": False}, None, 0),
        ({"ExpireDate": 0, "IsExpired": False}, None, 0),
        ({"Allowed": {}}, None, None),
    ],
)
def test_the_end_of_the_subscription_counts_epoch_seconds(
    tenant: Tenant, answer: dict[str, object], days: float | None, expired: float | None
) -> None:
    found_days, found_expired = subscription(tenant.poll(**answer))

    assert found_days == (days if days is None else pytest.approx(days, abs=1e-4))
    assert found_expired == expired


def test_subjects_keep_their_objects_and_the_contract_code_goes_nowhere(tenant: Tenant) -> None:
    first = tenant.poll(Allowed={"A": 1}, Used={"A": 0})
    tenant.server.clock.advance(timedelta(minutes=5).total_seconds())
    second = tenant.poll(Allowed={"A": 1}, Used={"A": 1})

    assert [a.subject is b.subject for a, b in zip(first.samples, second.samples, strict=True)] == [
        True,
        True,
    ]
    assert "contract-1" not in str(second)


def test_licenses_and_the_subscription_carry_the_labels_of_their_tenant(tenant: Tenant) -> None:
    tenant.collect = COLLECTOR.make("production", {"region": "emea", "license_type": "not this"})

    first = tenant.poll(Allowed={"Attended": 1}, Used={"Attended": 1})
    again = tenant.poll(Allowed={"Attended": 1}, Used={"Attended": 1})

    subscription, attended = (dict(sample.subject.labels) for sample in first.samples)
    assert subscription["region"] == "emea"
    assert attended == {"region": "emea", "license_type": "Attended"}
    assert [a.subject is b.subject for a, b in zip(first.samples, again.samples, strict=True)] == [
        True,
        True,
    ]
