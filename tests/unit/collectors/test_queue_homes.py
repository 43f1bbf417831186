from collections.abc import Iterator

import httpx
import pytest

from monitor.errors import AuthenticationFailed
from tests.unit.collectors.queue_rows import (
    ACROSS,
    DEFINITIONS,
    FOLDERS,
    STATUS,
    Tenant,
    a_definition,
    a_tenant,
    lacking,
)
from tests.wires import page, query_of, refusal

QUARTER = 15 * 60


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_the_folder_of_a_queue_is_learned_where_all_are_asked_at_once(tenant: Tenant) -> None:
    assert tenant.places() == {"1": "Finance", "2": "Finance/AP", "3": "Test"}
    assert tenant.server.asked == [STATUS, DEFINITIONS, FOLDERS]
    assert tenant.asks() == [STATUS]
    tenant.server.clock.advance(QUARTER)
    assert tenant.asks() == [STATUS, DEFINITIONS, FOLDERS]


def test_the_schemas_of_a_definition_are_never_asked_for(tenant: Tenant) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(400, 1000)
    tenant.poll()

    for request in tenant.server.requests:
        if DEFINITIONS in request.url.path:
            assert "Schema" not in query_of(request)["$select"]
            assert query_of(request)["$select"]


def test_a_version_without_linked_queues_tells_the_folders_too(tenant: Tenant) -> None:
    tenant.server.routes[DEFINITIONS] = lacking("FoldersCount", [a_definition(2, 2)])

    assert tenant.places()["2"] == "Finance/AP"
    tenant.server.clock.advance(QUARTER)
    assert tenant.asks() == [STATUS, DEFINITIONS, FOLDERS]


def test_the_id_of_a_folder_is_enough(tenant: Tenant) -> None:
    row = a_definition(2, 2) | {"OrganizationUnitFullyQualifiedName": None}
    tenant.defines([row, {"Id": None}, {"Id": 3}])

    assert tenant.places() == {"1": "", "2": "Finance/AP", "3": "", "4": ""}


def test_a_path_is_enough_where_the_folders_cannot_be_listed(tenant: Tenant) -> None:
    tenant.server.routes[FOLDERS] = refusal(403, 0)

    assert tenant.places()["2"] == "Finance/AP"


@pytest.mark.parametrize("status", [403, 404])
def test_the_other_list_is_asked_where_the_definitions_are_refused(
    tenant: Tenant, status: int
) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(status, 0)
    tenant.server.routes[ACROSS] = page([a_definition(2, 2)])

    assert tenant.places()["2"] == "Finance/AP"


def test_a_queue_has_no_folder_where_none_can_be_learned_and_that_is_no_failure(
    tenant: Tenant,
) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(403, 0)
    collected = tenant.poll()

    assert {s.subject.labels["folder"] for s in collected.samples} == {""}
    assert (len(collected.samples), collected.partial, collected.note) == (4, False, "")
    assert tenant.asks() == [STATUS]
    tenant.defines([a_definition(2, 2)])
    tenant.server.clock.advance(2 * QUARTER)
    assert tenant.places()["2"] == "Finance/AP"


@pytest.mark.parametrize("failure", [refusal(503), httpx.Response(200, text="<html>")])
def test_a_failure_keeps_what_was_learned_and_is_tried_again_after_a_minute(
    tenant: Tenant, failure: httpx.Response
) -> None:
    tenant.poll()
    tenant.server.routes[DEFINITIONS] = failure
    tenant.server.clock.advance(QUARTER)
    assert tenant.places()["2"] == "Finance/AP"
    tenant.defines([a_definition(2, 1)])
    assert tenant.places()["2"] == "Finance/AP"
    tenant.server.clock.advance(61)

    assert tenant.places()["2"] == "Finance"


def test_a_refused_sign_in_is_one_wherever_it_shows(tenant: Tenant) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(401, 0)
    with pytest.raises(AuthenticationFailed):
        tenant.poll()


def test_a_queue_that_moved_keeps_its_identity(tenant: Tenant) -> None:
    before = {s.subject.key: s.subject for s in tenant.poll().samples}
    tenant.defines([a_definition(1, 1), a_definition(2, 1), a_definition(3, 3)])
    tenant.server.clock.advance(QUARTER)
    after = {s.subject.key: s.subject for s in tenant.poll().samples}

    assert after["1"] is before["1"]
    assert after["2"].labels["folder"] == "Finance"
    assert after["2"].identity == before["2"].identity
