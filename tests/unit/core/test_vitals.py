"""How collectors fare together: an outage is the tenant's, and whoever sees again is forgiven."""

from monitor.core.plan import Plan
from monitor.core.remit import Remit
from monitor.core.sample import Collected, Failed, Snapshot
from monitor.core.vitals import Vitals
from tests.builders import NOW, after, collected

FAILED = Failed(kind="unreachable", message="no answer")


class Tenant:
    """Polls of one tenant; each returns the failures of the collector and of the tenant."""

    def __init__(self) -> None:
        kinds = {"queues": ("queue",), "sessions": ("session",), "licenses": ("license",)}
        self.remit = Remit(plan=Plan(rules={}, routes=(), channels={}), collector_kinds=kinds)
        self.vitals = Vitals()

    def poll(
        self, seconds: float, collector: str, outcome: Collected | Failed
    ) -> tuple[float | None, float | None]:
        snapshot = Snapshot(
            tenant="production",
            collector=collector,
            started_at=NOW,
            took_s=0.1,
            requests=1,
            outcome=outcome,
        )
        own, whole = self.vitals.after_poll(snapshot, self.remit, after(seconds)).samples
        return own.values[0], whole.values[0]

    def sees(self, seconds: float, collector: str) -> tuple[float | None, float | None]:
        return self.poll(seconds, collector, collected())

    def fails(self, seconds: float, collector: str) -> tuple[float | None, float | None]:
        return self.poll(seconds, collector, FAILED)


def test_an_outage_is_the_tenants_and_ends_with_the_first_who_sees() -> None:
    tenant = Tenant()
    for collector in ("queues", "sessions", "licenses"):
        tenant.sees(0, collector)
    for n in (1, 2, 3):
        assert tenant.fails(30 * n, "sessions") == (0, n)
        assert tenant.fails(30 * n + 5, "queues") == (0, n)
    assert tenant.fails(100, "licenses") == (0, 3)

    assert tenant.sees(120, "sessions") == (0, 0)
    assert tenant.fails(125, "queues") == (0, 1)
    assert tenant.sees(150, "sessions") == (0, 0)
    assert tenant.fails(155, "queues") == (2, 0)


def test_who_may_not_read_is_on_its_own_also_while_nobody_sees() -> None:
    tenant = Tenant()
    tenant.sees(0, "sessions")
    tenant.fails(10, "licenses")
    tenant.sees(30, "sessions")
    assert tenant.fails(310, "licenses") == (2, 0)

    assert tenant.fails(320, "sessions") == (0, 1)
    assert tenant.fails(610, "licenses") == (3, 1)
    assert tenant.sees(620, "sessions") == (0, 0)
    assert tenant.fails(910, "licenses") == (4, 0)


def test_one_collector_alone_is_all_that_is_seen_of_its_tenant() -> None:
    tenant = Tenant()

    assert tenant.fails(30, "sessions") == (0, 1)
    assert tenant.fails(60, "sessions") == (0, 2)
    assert tenant.sees(90, "sessions") == (0, 0)
