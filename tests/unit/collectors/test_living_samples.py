"""A sample lives on while only the time moves; what follows from an age comes in its time."""

from collections.abc import Iterator

import pytest

from tests.unit.collectors.session_rows import Tenant, a_runtime, a_session, a_tenant, ago
from tests.unit.collectors.session_samples import only, truths, values


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def age_s(tenant: Tenant) -> float | None:
    collected = tenant.sessions()
    return values(only(collected), collected.observed_at)["heartbeat_age_s"]


def test_while_only_the_time_moves_the_sample_is_the_same_object(tenant: Tenant) -> None:
    tenant.shows([a_runtime(ReportingTime=ago(10))])
    first = only(tenant.sessions())
    tenant.server.clock.advance(100)

    assert age_s(tenant) == pytest.approx(110, abs=1)
    assert only(tenant.sessions()) is first


@pytest.mark.parametrize("rows", ["of hosts", "of people"])
def test_who_falls_silent_is_told_at_the_first_poll_after_two_minutes(
    tenant: Tenant, rows: str
) -> None:
    if rows == "of hosts":
        tenant.shows([a_runtime(ReportingTime=ago(10), IsUnresponsive=False)])
    else:
        tenant.shows(sessions=[a_session(ReportingTime=ago(10), IsUnresponsive=False)])
    seen = []
    for _ in range(5):
        seen.append("is_unresponsive" in truths(only(tenant.sessions())))
        tenant.server.clock.advance(30)

    assert seen == [False, False, False, False, True]


def test_a_heartbeat_that_came_in_time_moves_the_instant_and_nothing_else(tenant: Tenant) -> None:
    tenant.shows([a_runtime(ReportingTime=ago(10))])
    first = only(tenant.sessions())
    tenant.server.clock.advance(30)
    tenant.shows([a_runtime(ReportingTime=ago(-25))])

    assert age_s(tenant) == pytest.approx(5, abs=1)
    assert only(tenant.sessions()) is first


@pytest.mark.parametrize(("before_s", "now_s"), [(70, 5), (10, 95)])
def test_where_an_age_makes_another_step_the_sample_is_another(
    tenant: Tenant, before_s: float, now_s: float
) -> None:
    tenant.shows([a_runtime(ReportingTime=ago(before_s))])
    first = only(tenant.sessions())
    tenant.server.clock.advance(100)
    tenant.shows([a_runtime(ReportingTime=ago(now_s - 100))])

    assert age_s(tenant) == pytest.approx(now_s, abs=1)
    assert only(tenant.sessions()) is not first
    assert truths(only(tenant.sessions())) == {"is_available"}


def test_who_had_never_reported_and_does_is_judged_anew(tenant: Tenant) -> None:
    tenant.shows([a_runtime(ReportingTime=None, IsUnresponsive=None)])
    assert truths(only(tenant.sessions())) == set()
    tenant.shows([a_runtime(ReportingTime=ago(10), IsUnresponsive=None)])

    assert truths(only(tenant.sessions())) == {"is_available"}


def test_late_sessions_of_a_host_in_trouble_are_counted_by_the_time(tenant: Tenant) -> None:
    tenant.shows(
        [
            a_runtime(SessionId=1, ServiceUserName="CORP\\a", IsUnresponsive=True),
            a_runtime(SessionId=2, ServiceUserName="CORP\\b", ReportingTime=ago(50)),
        ]
    )
    late = []
    for _ in range(2):
        late.append(tenant.hosts()[0].values[-1])
        tenant.server.clock.advance(30)

    assert late == [1, 2]
