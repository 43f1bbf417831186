from collections.abc import Iterator

import httpx
import pytest

from monitor.collectors.licenses import COLLECTOR
from monitor.core.sample import Collected
from monitor.errors import AccessDenied, EndpointMissing, Unreachable
from monitor.orchestrator.client import OrchestratorClient
from tests.wires import FakeClock, Server, a_client, query_of, refusal

LICENSE = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
STATISTICS = "/api/Stats/GetLicenseStats"
SCOPES = "Scope(s) 'OR.Robots' is(are) invalid. Expect to have 'OR.Settings' or 'OR.Settings.Read'."


class Tenant:
    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.collect = COLLECTOR.make("production", {})
        server.routes[LICENSE] = refusal(403, 0, SCOPES)

    def counts(self, *rows: tuple[str | None, int | None, str | None]) -> None:
        names = ("robotType", "count", "timestamp")
        self.server.routes[STATISTICS] = httpx.Response(
            200, json=[dict(zip(names, row, strict=True)) for row in rows]
        )

    def poll(self) -> Collected:
        with self.client.poll(30) as poll:
            return self.collect(poll)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:
        yield Tenant(server, client)


def test_the_statistics_tell_what_is_used_where_the_license_is_refused(tenant: Tenant) -> None:
    tenant.counts(
        ("Unattended", 3, "2026-07-21T00:00:00Z"),
        ("Unattended", 7, "2026-07-20T00:00:00Z"),
        ("Attended", 2, "2026-07-20T00:00:00Z"),
        ("Attended", 4, "2026-07-21T00:00:00Z"),
        ("Studio", 0, "2026-07-21T00:00:00Z"),
        ("NonProduction", None, "2026-07-21T00:00:00Z"),
        ("Headless", 1, None),
        (None, 1, "2026-07-21T00:00:00Z"),
    )
    collected = tenant.poll()

    assert {s.subject.name: s.values for s in collected.samples} == {
        "Attended": (None, 4, None, None),
        "Unattended": (None, 3, None, None),
    }
    assert collected.kinds == ("license", "subscription")
    assert collected.partial is True  # the subscription is unknown, not gone
    assert "OR.Settings.Read" in collected.note
    assert query_of(tenant.server.requests[-1]) == {"days": "7"}


def test_the_license_is_asked_for_again_after_half_an_hour(tenant: Tenant) -> None:
    tenant.counts(("Unattended", 3, "2026-07-21T00:00:00Z"))
    tenant.poll()
    before = tenant.poll().samples[0].subject
    assert tenant.server.asked == [LICENSE, STATISTICS, STATISTICS]
    tenant.server.routes[LICENSE] = httpx.Response(200, json={"Allowed": {"Unattended": 5}})
    tenant.server.clock.advance(1800)
    collected = tenant.poll()

    assert tenant.server.asked[3:] == [LICENSE]
    assert collected.samples[1].subject is before
    assert (collected.partial, collected.note) == (False, "")


def test_both_refused_name_what_to_grant_and_are_asked_again_each_time(tenant: Tenant) -> None:
    tenant.server.routes[STATISTICS] = refusal(403, 0)
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"OR\.Settings\.Read.*permission License\.View"):
            tenant.poll()
    assert tenant.server.asked == [LICENSE, STATISTICS] * 2


def test_a_version_without_statistics_tells_of_the_refusal(tenant: Tenant) -> None:
    with pytest.raises(AccessDenied, match=r"OR\.Settings\.Read"):
        tenant.poll()


def test_a_version_without_a_license_says_so(tenant: Tenant) -> None:
    del tenant.server.routes[LICENSE]
    with pytest.raises(EndpointMissing, match="GetLicense"):
        tenant.poll()
    assert STATISTICS not in tenant.server.asked


def test_a_license_that_fails_is_no_reason_to_look_elsewhere(tenant: Tenant) -> None:
    tenant.server.routes[LICENSE] = refusal(503)
    with pytest.raises(Unreachable):
        tenant.poll()
