from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from monitor.core.sight import Sight
from monitor.web.sight import TenantSight, tenant_sight
from tests.builders import NOW, after

EVERY = {"queues": timedelta(seconds=60), "sessions": timedelta(seconds=30)}


@dataclass(frozen=True, kw_only=True)
class FakeState:
    collector: str
    tenant: str = "production"
    outcome: str = "ok"
    outcome_since: datetime = NOW
    last_poll_at: datetime = NOW
    last_success_at: datetime | None = NOW
    last_error: str | None = None
    note: str = ""
    samples: int = 7


def judged(*states: FakeState, at: datetime = NOW) -> TenantSight:
    return tenant_sight("production", EVERY, states, at)


def test_a_tenant_whose_collectors_all_see_is_seen_since_the_last_of_them_does() -> None:
    tenant = judged(
        FakeState(collector="sessions", outcome_since=after(-500)),
        FakeState(collector="queues", outcome_since=after(-100)),
    )

    assert (tenant.sight, tenant.since) == (Sight.OK, after(-100))
    assert tenant.last_poll_at == NOW


@pytest.mark.parametrize(
    ("outcome", "sight"),
    [
        ("throttled", Sight.THROTTLED),
        ("unauthorized", Sight.UNAUTHORIZED),
        ("forbidden", Sight.UNAUTHORIZED),
        ("folder", Sight.UNAUTHORIZED),
        ("unreachable", Sight.UNREACHABLE),
        ("unexpected", Sight.UNREACHABLE),
        ("missing", Sight.STALE),
        ("error", Sight.STALE),
    ],
)
def test_a_tenant_is_seen_as_badly_as_by_its_worst_collector(outcome: str, sight: Sight) -> None:
    failing = FakeState(
        collector="sessions", outcome=outcome, outcome_since=after(-90), last_error="why"
    )

    tenant = judged(failing, FakeState(collector="queues"))

    assert (tenant.sight, tenant.since) == (sight, after(-90))
    assert tenant.collectors[1].last_error == "why"


def test_a_collector_is_stale_only_after_three_intervals_without_a_poll() -> None:
    fresh = FakeState(collector="queues", last_poll_at=after(90))
    sessions = FakeState(collector="sessions")

    assert judged(fresh, sessions, at=after(90)).sight is Sight.OK

    late = judged(fresh, sessions, at=after(91))
    assert (late.sight, late.since) == (Sight.STALE, NOW)


def test_an_old_failure_is_stale_since_nobody_knows_how_it_is_now() -> None:
    old = FakeState(collector="sessions", outcome="unreachable")

    assert judged(old, FakeState(collector="queues"), at=after(600)).sight is Sight.STALE


def test_a_tenant_that_was_never_polled_is_stale_since_always() -> None:
    tenant = judged()

    assert (tenant.sight, tenant.since, tenant.last_poll_at) == (Sight.STALE, None, None)
    assert [collector.name for collector in tenant.collectors] == ["queues", "sessions"]


def test_what_happened_to_another_tenant_does_not_count() -> None:
    other = FakeState(collector="sessions", tenant="test", outcome="unreachable")

    tenant = judged(other, FakeState(collector="sessions"), FakeState(collector="queues"))

    assert tenant.sight is Sight.OK


def test_an_error_that_is_over_is_not_shown() -> None:
    tenant = judged(FakeState(collector="sessions", last_error="long ago"))

    assert [collector.last_error for collector in tenant.collectors] == [None, None]


def test_what_a_good_poll_could_not_read_is_a_remark_and_no_worse_sight() -> None:
    (seen,) = [
        c
        for c in judged(FakeState(collector="queues", note="31 of 34 folders readable")).collectors
        if c.name == "queues"
    ]

    assert (seen.sight, seen.is_current, seen.remark) == (
        Sight.OK,
        True,
        "31 of 34 folders readable",
    )


def test_what_is_not_seen_now_is_the_last_known_and_the_remark_says_why() -> None:
    tenant = judged(
        FakeState(
            collector="queues",
            outcome="unreachable",
            last_error="no answer",
            note="31 of 34 folders readable",
            last_success_at=after(-600),
        ),
        FakeState(collector="sessions", outcome="unreachable", last_success_at=after(-300)),
    )

    queues = tenant.collectors[0]
    assert (queues.is_current, queues.remark) == (False, "no answer")
    assert tenant.last_known_at == after(-300)
    assert judged().last_known_at is None
