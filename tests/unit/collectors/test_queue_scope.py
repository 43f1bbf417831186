from collections.abc import Iterator

import httpx
import pytest

from monitor.errors import AccessDenied, FolderRequired
from tests.unit.collectors.queue_rows import (
    DEFINITIONS,
    FOLDERS,
    STATUS,
    Tenant,
    a_definition,
    a_status,
    a_tenant,
)
from tests.wires import page, refusal

QUARTER = 15 * 60


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_queues_of_folders_that_do_not_count_are_left_out(tenant: Tenant) -> None:
    tenant.scoped("Finance/**")

    assert tenant.places() == {"1": "Finance", "2": "Finance/AP"}
    assert tenant.asks() == [STATUS]


def test_a_linked_queue_counts_where_one_of_its_folders_does_and_is_said_to_be_there(
    tenant: Tenant,
) -> None:
    tenant.scoped("**", exclude=("Finance",))

    assert tenant.places() == {"1": "Finance/AP", "2": "Finance/AP", "3": "Test"}


def test_personal_workspaces_are_in_where_they_are_named(tenant: Tenant) -> None:
    tenant.scoped("**", "*'s workspace")

    assert tenant.places()["4"] == "stan's workspace"


def test_each_folder_that_counts_is_asked_where_homes_cannot_be_learned(tenant: Tenant) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(403, 0)
    tenant.scoped("Finance/**")

    assert tenant.places() == {"1": "Finance", "2": "Finance/AP"}
    assert tenant.asks() == [STATUS, STATUS]


def test_the_tenant_is_asked_again_a_quarter_of_an_hour_later(tenant: Tenant) -> None:
    definitions = tenant.server.routes[DEFINITIONS]
    tenant.server.routes[DEFINITIONS] = refusal(403, 0)
    tenant.scoped("Finance/**")
    tenant.poll()
    tenant.server.routes[DEFINITIONS] = definitions
    tenant.server.clock.advance(2 * QUARTER)
    tenant.poll()

    assert tenant.asks() == [STATUS]
    assert tenant.poll().partial is False


def test_a_linked_queue_of_which_a_folder_is_not_known_is_looked_for_in_the_folders(
    tenant: Tenant,
) -> None:
    tenant.defines([a_definition(1, 2, of=2), a_definition(2, 2), a_definition(3, 3)])
    tenant.queues[4] = []
    tenant.scoped("**", exclude=("Finance/AP", "Test"))

    assert tenant.places() == {"1": "Finance"}
    assert tenant.asks() == [STATUS]  # of the only folder that counts


def test_a_new_queue_is_looked_up_at_once(tenant: Tenant) -> None:
    tenant.scoped("Finance/**")
    tenant.poll()
    tenant.server.clock.advance(60)
    tenant.queues[3].append(9)
    tenant.defines([a_definition(1, 1), a_definition(2, 2), a_definition(9, 3)])
    tenant.queues |= {3: [9], 4: []}

    assert tenant.places() == {"1": "Finance", "2": "Finance/AP"}
    assert tenant.asks() == [STATUS]


def test_a_queue_that_left_for_a_folder_that_does_not_count_is_gone_not_unknown(
    tenant: Tenant,
) -> None:
    tenant.scoped("Finance/**")
    tenant.poll()
    tenant.server.clock.advance(60)
    tenant.server.routes[DEFINITIONS] = refusal(403, 0)
    tenant.queues = {1: [1], 2: [1], 3: [2, 5]}
    collected = tenant.poll()

    assert {s.subject.key for s in collected.samples} == {"1"}
    assert collected.partial is False


def test_where_nothing_tells_the_folders_every_queue_counts_and_that_is_said(
    tenant: Tenant,
) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(403, 0)
    tenant.server.routes[FOLDERS] = refusal(403, 0)
    tenant.scoped("Finance/**")
    collected = tenant.poll()

    assert len(collected.samples) == 4
    assert collected.note.endswith("grant Units.View or SubFolders.View")
    assert tenant.asks() == [STATUS]


def test_a_version_without_folders_has_no_queue_that_does_not_count(tenant: Tenant) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(400, 1000)
    tenant.server.routes[FOLDERS] = refusal(404)
    tenant.scoped("Finance/**")
    collected = tenant.poll()

    assert (len(collected.samples), collected.note, collected.partial) == (4, "", False)
    assert tenant.asks() == [STATUS]


def test_a_version_without_folders_that_refuses_its_queues_says_so(tenant: Tenant) -> None:
    tenant.server.routes[FOLDERS] = refusal(404)
    tenant.refused[None] = refusal(403, 0)
    for _ in range(2):
        with pytest.raises(AccessDenied, match=r"Queues\.View"):
            tenant.poll()


def test_folders_of_which_none_counts_are_told(tenant: Tenant) -> None:
    tenant.refused[None] = refusal(400, 1101)
    tenant.scoped("Finanse/**")
    with pytest.raises(FolderRequired, match="none of them counts"):
        tenant.poll()


def test_the_tenant_is_asked_again_half_an_hour_after_it_was_refused(tenant: Tenant) -> None:
    tenant.refused[None] = refusal(403, 0)
    assert tenant.places() == {"1": "Finance", "2": "Finance/AP", "3": "Test"}
    tenant.refused.clear()
    assert tenant.asks() == [STATUS] * 3
    tenant.server.clock.advance(2 * QUARTER)

    assert tenant.asks()[0:2] == [STATUS, DEFINITIONS]
    assert tenant.asks() == [STATUS]


def test_folders_that_are_refused_are_named_and_left_alone_for_half_an_hour(
    tenant: Tenant,
) -> None:
    tenant.refused = {None: refusal(400, 1101), 2: refusal(403, 0)}
    collected = tenant.poll()

    assert collected.note == "2 of 3 folders readable; grant Queues.View in Finance/AP"
    assert tenant.asks() == [STATUS, STATUS]
    tenant.server.clock.advance(2 * QUARTER)
    tenant.refused = {None: refusal(400, 1101)}
    assert tenant.poll().note == ""


def test_what_the_tenant_showed_and_no_folder_shows_is_unknown_not_gone(tenant: Tenant) -> None:
    tenant.server.routes[DEFINITIONS] = page([])
    assert len(tenant.poll().samples) == 4
    tenant.refused = {None: refusal(403, 0), 3: refusal(403, 0)}
    collected = tenant.poll()

    assert {s.subject.key for s in collected.samples} == {"1", "2"}
    assert collected.partial is True
    tenant.refused = {}
    tenant.server.clock.advance(2 * QUARTER)
    tenant.queues = {1: [1]}
    collected = tenant.poll()
    assert ({s.subject.key for s in collected.samples}, collected.partial) == ({"1"}, False)


def test_folders_that_cease_to_answer_leave_the_queues_that_lie_nobody_knows_where(
    tenant: Tenant,
) -> None:
    tenant.server.routes[DEFINITIONS] = refusal(403, 0)
    tenant.scoped("Finance/**")
    tenant.poll()
    tenant.refused = {1: refusal(403, 0), 2: refusal(403, 0)}
    collected = tenant.poll()

    assert len(collected.samples) == 4
    assert collected.note == (
        "of some queues it cannot be learned in which folder they are, so they count; "
        "grant Queues.View in the folders of the tenant"
    )


def test_a_queue_that_is_listed_once_for_each_of_its_folders_is_one_queue(tenant: Tenant) -> None:
    tenant.server.routes[STATUS] = page([a_status(1), a_status(1), a_status(2)])

    assert tenant.places() == {"1": "Finance", "2": "Finance/AP"}


def test_definitions_that_do_not_tell_enough_are_asked_for_once_a_poll(tenant: Tenant) -> None:
    tenant.defines([a_definition(2, 2)])
    tenant.scoped("Finance/**")
    answer = tenant.server.routes[DEFINITIONS]
    assert callable(answer)

    def slowly(request: httpx.Request) -> object:
        tenant.server.clock.advance(1)
        return answer(request)

    tenant.server.routes[DEFINITIONS] = slowly

    assert tenant.asks() == [STATUS, DEFINITIONS, FOLDERS, STATUS, STATUS]
