"""Rows that cannot be read, or say what cannot be: the others are kept, and nothing is concluded."""

from collections.abc import Iterator, Mapping

import httpx
import pytest

from monitor.collectors.licenses import COLLECTOR as LICENSES
from monitor.core.kinds import QUEUE
from monitor.core.sample import Collected
from tests.unit.collectors import queue_rows
from tests.unit.collectors.session_hosts import GONE, SILENT, counts, crew, only
from tests.unit.collectors.session_rows import Tenant, a_runtime, a_session, a_tenant, ago
from tests.unit.collectors.session_samples import values
from tests.wires import FakeClock, Server, a_client, page, paged, refusal

LICENSE = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
STATISTICS = "/api/Stats/GetLicenseStats"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def licenses(**routes: httpx.Response) -> Collected:
    server = Server(FakeClock())
    server.routes = {LICENSE: routes["license"], STATISTICS: routes.get("statistics", refusal(404))}
    with a_client(server, server.clock) as client, client.poll(30) as poll:
        return LICENSES.make("production", {})(poll)


def found(collected: Collected) -> Mapping[str, tuple[float | None, ...]]:
    return {s.subject.key: s.values for s in collected.samples if s.subject.kind == "license"}


@pytest.mark.parametrize("junk", ["many", [], {"a": 1}, True])
def test_a_license_type_that_is_no_number_hides_no_other(junk: object) -> None:
    answer = {"Allowed": {"A": 5, "B": junk}, "Used": {"A": 2, "B": 1}, "ExpireDate": "soon"}
    collected = licenses(license=httpx.Response(200, json=answer))

    assert found(collected) == {"A": (5, 2, 3, 0.4), "B": (None, 1, None, None)}
    assert (collected.skipped, collected.partial) == (2, True)


def test_counts_that_cannot_be_are_not_known() -> None:
    counts = {"A": 1e308, "B": 2.0**63, "C": -1, "D": 1e-320}
    collected = licenses(
        license=httpx.Response(200, json={"Allowed": dict.fromkeys("ABCD", 5), "Used": counts})
    )
    tiny = licenses(license=httpx.Response(200, json={"Allowed": counts, "Used": {"D": 5}}))

    assert found(collected)["A"] == (5, None, None, None)
    assert found(collected)["B"] == (5, None, None, None)
    assert found(collected)["C"] == (5, None, None, None)
    assert found(tiny)["D"][3] is None  # a ratio beyond all numbers


def test_of_license_types_that_look_the_same_the_plain_one_counts() -> None:
    allowed = {" A ": 1, "A\u200b": 2, "A": 3, "\u200b": 4}
    collected = licenses(license=httpx.Response(200, json={"Allowed": allowed, "Used": {"A": 1}}))

    assert found(collected) == {"A": (3, 1, 2, 1 / 3)}
    assert collected.skipped == 3


@pytest.mark.parametrize("date", [0, -1, 1e-320, 1e308, "2026-01-01"])
def test_a_date_that_is_none_says_nothing_of_the_end(date: object) -> None:
    answer = {"ExpireDate": date, "Allowed": {}}
    collected = licenses(license=httpx.Response(200, json=answer))

    assert collected.samples[0].values == (None, None)


def test_a_row_of_the_statistics_that_cannot_be_read_is_counted() -> None:
    at = "2026-07-21T00:00:00Z"
    rows = [{"robotType": "A", "count": 3, "timestamp": at}, {"robotType": 5}, None]
    collected = licenses(license=refusal(403, 0), statistics=httpx.Response(200, json=rows))

    assert found(collected) == {"A": (None, 3, None, None)}
    assert collected.skipped == 2


@pytest.mark.parametrize("count", [-1, 1e308, 2**63, 2**80])
def test_what_no_queue_can_count_is_not_known(count: float) -> None:
    with queue_rows.a_tenant() as tenant:
        row = {**queue_rows.a_status(1), "ItemsToProcess": count, "ItemsInProgress": 3}
        tenant.server.routes[queue_rows.STATUS] = page([row])
        sample = tenant.poll().samples[0]

    assert sample.values[QUEUE.index("new_items")] is None
    assert sample.values[QUEUE.index("in_progress_items")] == 3


def test_a_definition_that_cannot_be_read_leaves_a_queue_where_it_was() -> None:
    with queue_rows.a_tenant() as tenant:
        before = tenant.places()
        rows = [queue_rows.a_definition(1, 1), {**queue_rows.a_definition(2, 2), "Id": "two"}]
        tenant.defines(rows)
        tenant.server.clock.advance(15 * 60)
        assert tenant.places()["2"] == before["2"]

        tenant.defines([queue_rows.a_definition(2, 3)])
        tenant.server.clock.advance(60)
        assert tenant.places()["2"] == "Test"


def test_a_host_is_not_down_by_what_the_readable_rows_alone_say(tenant: Tenant) -> None:
    silent, well = crew(2, **SILENT), a_runtime(SessionId=1, ServiceUserName="CORP\\well")
    tenant.shows([*silent, well])
    tenant.poll()
    for _ in range(2):
        tenant.shows([*silent, {**well, "UsedRuntimes": "some"}])
        collected = tenant.poll()
        assert [s.subject.kind for s in collected.samples] == ["session", "session"]
        assert (collected.skipped, collected.partial) == (1, True)

    tenant.shows(silent)
    assert counts(only(tenant.hosts())) == (2, 2, 0)


def test_a_session_stays_unattended_while_the_row_of_its_slots_cannot_be_read(
    tenant: Tenant,
) -> None:
    slots, none = a_runtime(Runtimes=1), a_runtime(RuntimeType="NonProduction", Runtimes=0)
    tenant.shows([slots, none])
    tenant.poll()
    tenant.shows([{**slots, "Status": {}}, none])
    kept = tenant.sessions().samples[0].subject.labels["robot_type"]
    tenant.shows([none])
    gone = tenant.sessions().samples[0].subject.labels["robot_type"]

    assert (kept, gone) == ("Unattended", "")


def test_rows_that_tell_of_nobody_are_counted_and_are_no_session(tenant: Tenant) -> None:
    nobody = {"HostMachineName": None, "MachineId": None, "ServiceUserName": None}
    tenant.shows([a_runtime(), {}, a_runtime(SessionId=7, **nobody)])
    collected = tenant.sessions()

    assert [s.subject.name for s in collected.samples] == ["VM-RPA-07"]
    assert collected.skipped == 2


@pytest.mark.parametrize("state", [None, "Hibernating", "disconnected"])
def test_of_an_unknown_state_neither_silence_nor_life_is_concluded(
    tenant: Tenant, state: str | None
) -> None:
    def told(**fields: object) -> tuple[float | None, ...]:
        tenant.shows([a_runtime(Status=state, **fields)])
        found = values(tenant.sessions().samples[0])
        return found["is_unresponsive"], found["is_disconnected"]

    assert told(ReportingTime=ago(18_000)) == (None, None)
    assert told(ReportingTime=None) == (None, None)
    assert told() == (0, None)
    assert told(**SILENT) == (1, 0)
    tenant.shows([a_runtime(**GONE, ReportingTime=ago(18_000))])
    assert values(tenant.sessions().samples[0])["is_disconnected"] == 1


@pytest.mark.parametrize("slots", [-1, 1e308])
def test_slots_that_cannot_be_are_not_known(tenant: Tenant, slots: float) -> None:
    tenant.shows([a_runtime(Runtimes=slots, UsedRuntimes=slots)])

    host = only(tenant.hosts())
    assert host.values[:2] == (None, None)
    assert host.subject.labels["robot_type"] == "Unattended"


def test_a_runtime_type_is_cleaned_before_it_is_shown(tenant: Tenant) -> None:
    tenant.shows([a_runtime(RuntimeType="Un\x00\u202eattended")], [a_session()])

    labels = [s.subject.labels for s in tenant.hosts()]
    assert {one["license_type"] for one in labels} == {"Un attended", ""}


def test_a_folder_that_cannot_be_read_takes_nothing_along() -> None:
    with queue_rows.a_tenant() as tenant:
        tenant.refused = {None: refusal(400, 1101)}
        assert set(tenant.places()) == {"1", "2", "3"}
        rows = [{"Id": 1, "FullyQualifiedName": "Finance"}, {"Id": 3, "IsPersonal": "no"}]
        tenant.server.routes[queue_rows.FOLDERS] = paged(rows)
        tenant.server.clock.advance(15 * 60)

        assert set(tenant.places()) == {"1", "2", "3"}
