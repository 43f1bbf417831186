"""Queues that are in the tenant's list no more: gone, or in a folder closed to the role."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.errors import Unreachable
from tests.unit.collectors.queue_rows import DEFINITIONS, STATUS, Tenant, a_definition, a_tenant
from tests.wires import refusal

HALF_AN_HOUR = timedelta(minutes=30).total_seconds()
QUARTER = timedelta(minutes=15).total_seconds()


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        tenant.queues = {1: [1], 2: [1, 2], 3: [3]}
        tenant.poll()
        yield tenant


def closes_test(tenant: Tenant, status: int = 403) -> None:
    tenant.queues[3] = []
    tenant.refused[3] = refusal(status, 0 if status == 403 else 1100)


def test_a_queue_that_was_deleted_is_gone_and_its_folder_is_asked_once(tenant: Tenant) -> None:
    tenant.queues[3] = []
    assert tenant.asks() == [STATUS, STATUS]
    collected = tenant.poll()

    assert (collected.partial, collected.note) == (False, "")
    assert tenant.asks() == [STATUS]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_queue_of_a_folder_that_is_closed_is_unknown(tenant: Tenant, status: int) -> None:
    closes_test(tenant, status)
    for _ in range(3):
        collected = tenant.poll()
        assert [sample.subject.key for sample in collected.samples] == ["1", "2"]
        assert collected.partial is True
        assert collected.note == ("queues in Test are not shown any more; grant Queues.View there")
    assert tenant.asks() == [STATUS]


def test_a_closed_folder_is_asked_again_after_half_an_hour(tenant: Tenant) -> None:
    closes_test(tenant)
    tenant.poll()
    tenant.server.clock.advance(HALF_AN_HOUR)
    assert tenant.asks().count(STATUS) == 2

    # Deleted while nobody could look.
    del tenant.refused[3]
    tenant.server.clock.advance(HALF_AN_HOUR)
    assert tenant.poll().partial is False


def test_a_folder_that_is_open_again_is_seen_in_the_next_poll(tenant: Tenant) -> None:
    closes_test(tenant)
    tenant.poll()
    tenant.queues[3] = [3]
    del tenant.refused[3]
    collected = tenant.poll()

    assert len(collected.samples) == 3
    assert (collected.partial, collected.note) == (False, "")
    assert tenant.asks() == [STATUS]


def test_a_queue_that_its_folder_shows_and_the_tenant_does_not_is_unknown(tenant: Tenant) -> None:
    tenant.hidden = {3}
    collected = tenant.poll()

    assert collected.partial is True
    assert len(collected.samples) == 2


def test_a_linked_queue_that_another_folder_shows_is_there(tenant: Tenant) -> None:
    tenant.queues[1] = []
    tenant.refused[1] = refusal(403, 0)

    assert tenant.asks() == [STATUS]
    assert tenant.poll().partial is False


def test_a_queue_that_moved_to_another_folder_is_missed_nowhere(tenant: Tenant) -> None:
    tenant.defines([a_definition(1, 2), a_definition(2, 1), a_definition(3, 1)])
    tenant.server.clock.advance(QUARTER)
    assert tenant.asks().count(STATUS) == 1
    closes_test(tenant)
    tenant.refused[1] = refusal(403, 0)

    assert tenant.poll().note.startswith("queues in Finance are not shown")


def test_where_the_folders_of_queues_are_not_told_no_folder_is_asked() -> None:
    with a_tenant() as tenant:
        tenant.server.routes[DEFINITIONS] = refusal(403, 0)
        tenant.poll()
        closes_test(tenant)

        assert tenant.asks().count(STATUS) == 1
        assert tenant.poll().partial is False


def test_a_folder_that_does_not_answer_fails_the_poll(tenant: Tenant) -> None:
    closes_test(tenant)
    tenant.refused[3] = refusal(503, 0)

    with pytest.raises(Unreachable):
        tenant.poll()


def test_folders_tell_all_where_the_tenants_list_only_wants_one_named(tenant: Tenant) -> None:
    tenant.refused[None] = refusal(400, 1101)
    assert tenant.poll().partial is False
    tenant.queues[3] = []

    assert tenant.poll().partial is False


def test_what_the_tenants_list_showed_is_unknown_where_it_is_refused(tenant: Tenant) -> None:
    tenant.refused[None] = refusal(403, 0)
    tenant.poll()
    tenant.queues[3] = []

    assert tenant.poll().partial is True
