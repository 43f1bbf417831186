import random
from collections.abc import Iterator

import httpx
import pytest

from monitor.collectors.sessions import COLLECTOR
from monitor.errors import AccessDenied, EndpointMissing, UnexpectedResponse, Unreachable
from tests.unit.collectors.session_rows import (
    RUNTIMES,
    SESSIONS,
    Tenant,
    a_runtime,
    a_session,
    a_tenant,
    ago,
    an_estate,
    told,
)
from tests.unit.collectors.session_samples import only, truths
from tests.wires import page, query_of, refusal


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_an_unchanged_subject_keeps_its_object_and_a_changed_one_does_not(tenant: Tenant) -> None:
    tenant.shows([a_runtime()], [a_session()])
    first = {sample.subject.key: sample.subject for sample in tenant.sessions().samples}
    tenant.shows([a_runtime(ReportingTime=ago(1))], [a_session(State="Busy")])
    second = {sample.subject.key: sample.subject for sample in tenant.sessions().samples}

    host = "229978/vm-rpa-07/nt authority\\local service"
    assert second[host] is first[host]
    assert second["robot/759"] is not first["robot/759"]
    assert second["robot/759"].labels["state"] == "Busy"


def test_a_renamed_robot_keeps_its_identity(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session()])
    before = only(tenant.sessions()).subject
    tenant.shows(sessions=[a_session(robot={"Name": "new-name"})])
    after = only(tenant.sessions()).subject

    assert after.identity == before.identity
    assert after.name == "new-name"


def test_hostile_names_are_one_line_and_bounded(tenant: Tenant) -> None:
    tenant.shows([a_runtime(HostMachineName="a\x1b[2J\r\nb" + "x" * 9999, Status="\u202eevil")])
    subject = only(tenant.sessions()).subject

    for text in (subject.name, subject.key, *subject.labels.values()):
        assert text == "" or text.isprintable()
        assert len(text) < 700
    assert "\u202e" not in subject.labels["state"]


def test_rows_without_any_identity_do_not_crash_the_poll(tenant: Tenant) -> None:
    nobody: dict[str, object] = {"Id": None, "SessionId": None, "ReportingTime": None}
    tenant.shows(
        [nobody], [nobody, {**nobody, "Robot": {}}, {**nobody, "Robot": {"Username": "x"}}]
    )

    assert len(tenant.sessions().samples) >= 1


def test_rows_of_something_else_are_no_sessions(tenant: Tenant) -> None:
    asset = {"Id": 1, "Name": "Rate", "ValueType": "Integer"}
    tenant.shows([a_runtime(), asset], [asset])

    with pytest.raises(UnexpectedResponse, match="none can be understood"):
        tenant.sessions()


@pytest.mark.parametrize("status", [403, 404])
def test_one_list_that_is_refused_leaves_the_other(tenant: Tenant, status: int) -> None:
    tenant.shows(sessions=[a_session()])
    tenant.server.routes[RUNTIMES] = refusal(status, 0)
    collected = tenant.sessions()
    asked = len(tenant.server.asked)
    tenant.sessions()

    assert only(collected).subject.key == "robot/759"
    assert collected.kinds == ("session", "machine")
    assert tenant.server.asked[asked:] == [SESSIONS]  # the refusal is remembered


def test_the_refused_list_is_asked_again_later(tenant: Tenant) -> None:
    tenant.shows([a_runtime()], [a_session()])
    tenant.server.routes[SESSIONS] = refusal(403, 0)
    tenant.sessions()
    tenant.shows([a_runtime()], [a_session()])
    tenant.server.clock.advance(1801)

    assert len(tenant.sessions().samples) == 2


def test_what_a_refused_list_showed_before_is_unknown_not_absent(tenant: Tenant) -> None:
    tenant.shows([a_runtime()], [a_session()])
    assert tenant.sessions().partial is False
    tenant.server.routes[RUNTIMES] = refusal(403, 0)

    assert tenant.sessions().partial is True


def test_a_list_that_was_never_readable_hides_nothing(tenant: Tenant) -> None:
    tenant.shows(sessions=[a_session()])
    tenant.server.routes[RUNTIMES] = refusal(403, 0)

    assert tenant.sessions().partial is False


def test_both_lists_refused_is_a_failed_poll_each_time(tenant: Tenant) -> None:
    tenant.server.routes[RUNTIMES] = refusal(404)
    tenant.server.routes[SESSIONS] = refusal(403, 0)
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"Users\.View"):
            tenant.sessions()
    tenant.server.routes[SESSIONS] = refusal(404)
    with pytest.raises(EndpointMissing):
        tenant.sessions()


def test_a_failing_list_fails_the_poll(tenant: Tenant) -> None:
    tenant.shows([a_runtime()])
    tenant.server.routes[SESSIONS] = refusal(503)
    with pytest.raises(Unreachable):
        tenant.sessions()


def test_a_version_that_lacks_a_column_is_asked_for_all_of_them(tenant: Tenant) -> None:
    def older(request: httpx.Request) -> httpx.Response:
        if "RobotSessionType" in query_of(request).get("$select", ""):
            return refusal(400, 1000, "Could not find a property named 'RobotSessionType'")
        return page([a_session()])

    tenant.server.routes[SESSIONS] = older
    tenant.sessions()
    asked = len(tenant.server.asked)

    assert only(tenant.sessions()).subject.key == "robot/759"
    assert len(tenant.server.asked) - asked == 2


def test_an_unreadable_row_makes_the_view_partial(tenant: Tenant) -> None:
    tenant.shows([a_runtime(), a_runtime(SessionId="x")])
    collected = tenant.sessions()

    assert (len(collected.samples), collected.skipped, collected.partial) == (1, 1, True)


def test_ten_thousand_sessions_come_in_ten_requests_a_list(tenant: Tenant) -> None:
    many = [a_runtime(SessionId=i, HostMachineName=f"H{i}") for i in range(10_000)]
    tenant.shows(many)
    for _ in range(2):
        before = len(tenant.server.asked)
        assert len(tenant.sessions().samples) == 10_000
        assert len(tenant.server.asked) - before == 11


def test_every_session_carries_the_labels_of_its_tenant_below_its_own(tenant: Tenant) -> None:
    tenant.collect = COLLECTOR.make("production", {"region": "emea", "host": "not this"})
    tenant.shows([a_runtime()], [a_session()])

    first, again = tenant.sessions(), tenant.sessions()

    assert [sample.subject.labels["region"] for sample in first.samples] == ["emea", "emea"]
    assert "not this" not in {sample.subject.labels["host"] for sample in first.samples}
    assert [a.subject is b.subject for a, b in zip(first.samples, again.samples, strict=True)] == [
        True,
        True,
    ]


def test_a_state_that_moves_leaves_the_rest_of_a_subject_as_it_was(tenant: Tenant) -> None:
    tenant.shows([a_runtime(Status="Available"), a_runtime(SessionId=2, HostMachineName="OTHER")])
    before, other = tenant.sessions().samples
    tenant.shows([a_runtime(Status="Busy"), a_runtime(SessionId=2, HostMachineName="OTHER")])
    now, still = tenant.sessions().samples

    assert truths(now) == {"is_busy"}
    assert now.subject.identity == before.subject.identity
    assert now.subject.labels == {**before.subject.labels, "state": "Busy"}
    assert still.subject is other.subject


def test_time_alone_makes_a_host_silent(tenant: Tenant) -> None:
    tenant.shows([a_runtime()])
    assert truths(only(tenant.sessions())) == {"is_available"}

    tenant.server.clock.advance(200)
    sample = only(tenant.sessions())

    assert truths(sample) == {"is_unresponsive"}
    assert sample.subject.labels["state"] == "Unresponsive"


@pytest.mark.parametrize("seed", range(20))
def test_what_is_remembered_never_changes_what_is_said(tenant: Tenant, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(12):
        tenant.shows(*an_estate(chance))
        tenant.server.clock.advance(chance.choice([0, 30, 100]))
        fresh = COLLECTOR.make("production", {})
        with tenant.client.poll(30) as poll:
            expected = fresh(poll)

        assert told(tenant.poll()) == told(expected)
