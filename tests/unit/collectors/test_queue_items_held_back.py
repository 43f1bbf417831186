"""Items of which not all may be read now: what is counted so far, what stays, what is not known."""

from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest

from tests.unit.collectors.item_rows import (
    FOLDER_WANTED,
    ITEMS,
    NOT_PERMITTED,
    Item,
    Tenant,
    a_tenant,
    numbers_of,
    piled,
)
from tests.wires import refusal

THROTTLED = httpx.Response(429, headers={"retry-after": "600"}, json={"message": "Slow down."})


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        tenant.wants("overdue_items")
        tenant.queues = {1: 5000, 2: 5}
        yield tenant


def test_a_long_list_is_read_over_several_polls_and_counts_as_far_as_it_was_read(
    tenant: Tenant,
) -> None:
    tenant.items = piled("overdue", 1, 1450)
    found = [tenant.numbers("overdue_items") for _ in range(3)]

    assert found == [{1: 500, 2: None}, {1: 1000, 2: None}, {1: 1450, 2: 0}]
    assert len(tenant.filters) == 15


def test_what_is_not_known_yet_and_why_is_told(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 900)
    notes = [tenant.poll().note for _ in range(2)]

    assert notes[0].startswith(
        "overdue_items not known of all queues: /odata/QueueItems: not asked"
    )
    assert "metered_requests_per_minute" in notes[0]
    assert notes[1] == ""


def test_what_has_been_counted_stays_until_it_is_counted_anew(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 450)
    assert tenant.numbers("overdue_items") == {1: 450, 2: 0}
    tenant.items = piled("overdue", 1, 700) + piled("overdue", 2, 2, first=9000)
    assert tenant.numbers("overdue_items") == {1: 500, 2: 0}
    assert tenant.numbers("overdue_items") == {1: 700, 2: 2}
    tenant.items = piled("overdue", 1, 600)
    assert tenant.numbers("overdue_items") == {1: 700, 2: 2}
    assert tenant.numbers("overdue_items") == {1: 600, 2: 0}


def test_in_no_minute_more_is_asked_than_the_own_share(tenant: Tenant) -> None:
    tenant.wants("overdue_items", "deferred_items", "oldest_new_s", "abandoned_items")
    tenant.items = [
        *piled("overdue", 1, 3000),
        *piled("deferred", 2, 3000, first=10_000),
        *piled("abandoned", 2, 3000, first=20_000),
    ]
    asked = [0]
    for _ in range(240):
        tenant.poll(after_s=5)
        asked.append(len(tenant.filters))

    spent = [after - before for before, after in pairwise(asked)]
    assert max(sum(spent[start : start + 12]) for start in range(len(spent))) <= 20
    assert sum(spent) >= 15 * 20


def test_questions_take_turns(tenant: Tenant) -> None:
    tenant.wants("overdue_items", "deferred_items")
    tenant.queues = {1: 5000, 2: 5000}
    tenant.items = [*piled("overdue", 1, 800), *piled("deferred", 2, 150, first=5000)]
    collected = tenant.poll()

    assert tenant.kinds_asked() == ["overdue", "deferred", "overdue", "deferred", "overdue"]
    assert numbers_of(collected, "deferred_items") == {1: 0, 2: 150}
    assert numbers_of(collected, "overdue_items") == {1: 300, 2: None}


def test_with_the_smallest_share_all_questions_are_answered_by_and_by() -> None:
    with a_tenant(share=1) as tenant:
        tenant.items = [Item(1, 1, "overdue"), Item(2, 1, "ready")]
        for _ in range(10):
            tenant.poll()

        assert set(tenant.kinds_asked()[:4]) == {"overdue", "deferred", "ready", "abandoned"}
        collected = tenant.poll(after_s=1)
        assert numbers_of(collected, "overdue_items") == {1: 1, 2: 0}
        assert collected.note == ""


@pytest.mark.parametrize("failure", [THROTTLED, refusal(503), httpx.Response(200, json=[])])
def test_a_question_that_fails_fails_no_poll(tenant: Tenant, failure: httpx.Response) -> None:
    tenant.bare = failure
    collected = tenant.poll()

    assert numbers_of(collected, "new_items") == {1: 5000, 2: 5}
    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}
    assert collected.partial is False
    assert collected.note.startswith("overdue_items not known of all queues: /odata/QueueItems: ")


def test_a_refused_sign_in_for_items_alone_fails_no_poll(tenant: Tenant) -> None:
    tenant.bare = refusal(401)

    assert numbers_of(tenant.poll(), "new_items") == {1: 5000, 2: 5}


def test_what_was_counted_is_not_known_any_more_after_half_an_hour(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 3)
    tenant.poll()
    tenant.bare = THROTTLED

    assert tenant.numbers("overdue_items", after_s=29 * 60) == {1: 3, 2: 0}
    collected = tenant.poll(after_s=61)
    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}
    assert "429" in collected.note
    tenant.bare = None
    assert tenant.numbers("overdue_items", after_s=3600) == {1: 3, 2: 0}


def test_after_a_failure_a_pass_goes_on_where_it_was(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 700)
    tenant.poll()
    tenant.bare = refusal(503)
    assert tenant.numbers("overdue_items")[1] == 500
    before = len(tenant.filters)
    tenant.bare = None

    assert tenant.numbers("overdue_items") == {1: 700, 2: 0}
    assert len(tenant.filters) == before + 3


def test_a_pass_that_takes_too_long_begins_anew(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 700)
    tenant.poll()
    tenant.items = piled("overdue", 1, 2)

    assert tenant.numbers("overdue_items", after_s=3600) == {1: 2, 2: 0}


def test_a_pass_ends_when_nothing_waits_any_more(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 700)
    tenant.poll()
    tenant.queues, tenant.items = {1: 0, 2: 0}, []
    asked = len(tenant.filters)

    assert tenant.numbers("overdue_items") == {1: 0, 2: 0}
    assert len(tenant.filters) == asked


def test_without_the_permission_nothing_is_known_and_it_is_named(tenant: Tenant) -> None:
    tenant.bare = NOT_PERMITTED
    tenant.folder_answers = {"1": NOT_PERMITTED, "2": NOT_PERMITTED}
    collected = tenant.poll()

    assert numbers_of(collected, "new_items") == {1: 5000, 2: 5}
    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}
    assert "grant Transactions.View in Finance, Finance/AP (" in collected.note
    assert len(tenant.filters) == 3


def test_a_refusal_is_not_asked_for_again_for_half_an_hour(tenant: Tenant) -> None:
    tenant.bare = NOT_PERMITTED
    tenant.folder_answers = {"1": NOT_PERMITTED, "2": NOT_PERMITTED}
    for _ in range(29):
        tenant.poll()
    assert len(tenant.filters) == 3
    tenant.bare = None
    tenant.items = piled("overdue", 2, 1)
    tenant.poll(after_s=120)

    assert tenant.numbers("overdue_items") == {1: 0, 2: 1}


@pytest.mark.parametrize("refused", [NOT_PERMITTED, FOLDER_WANTED])
def test_where_the_tenant_cannot_be_asked_at_once_folders_in_which_items_wait_are(
    tenant: Tenant, refused: httpx.Response
) -> None:
    tenant.bare = refused
    tenant.queues = {1: 5000, 2: 0}
    tenant.items = piled("overdue", 1, 250)

    assert tenant.numbers("overdue_items") == {1: 250, 2: 0}
    assert [text[:6] for text in tenant.filters] == ["Status", *["1Statu"] * 3]
    assert tenant.numbers("overdue_items") == {1: 250, 2: 0}
    assert [text[:6] for text in tenant.filters[4:]] == ["1Statu"] * 3


def test_a_folder_that_is_refused_makes_its_queues_unknown_alone(tenant: Tenant) -> None:
    tenant.bare = FOLDER_WANTED
    tenant.folder_answers = {"1": NOT_PERMITTED}
    tenant.items = piled("overdue", 2, 3)
    collected = tenant.poll()

    assert numbers_of(collected, "overdue_items") == {1: None, 2: 3}
    assert "grant Transactions.View in Finance (" in collected.note


def test_one_refusal_counts_for_all_questions(tenant: Tenant) -> None:
    tenant.wants("overdue_items", "deferred_items", "oldest_new_s")
    tenant.bare = FOLDER_WANTED
    tenant.queues = {1: 0, 2: 5}
    tenant.poll()

    assert [text[:1] for text in tenant.filters] == ["S", "2", "2", "2"]


def test_a_queue_whose_folder_is_not_known_is_not_asked_for(tenant: Tenant) -> None:
    tenant.bare = FOLDER_WANTED
    tenant.queues = {1: 5, 7: 5}
    collected = tenant.poll()

    assert numbers_of(collected, "overdue_items") == {1: 0, 7: None}
    assert "the folders of some queues" in collected.note


def test_folders_that_cannot_be_listed_fail_no_poll(tenant: Tenant) -> None:
    tenant.bare = FOLDER_WANTED
    tenant.server.routes["/odata/Folders"] = refusal(503)
    collected = tenant.poll()

    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}
    assert "/odata/Folders" in collected.note


def test_a_question_that_is_not_understood_is_put_aside(tenant: Tenant) -> None:
    tenant.wants("overdue_items", "deferred_items")
    tenant.server.routes[ITEMS] = _without_due_dates(tenant)
    collected = tenant.poll()
    asked = len(tenant.filters)
    tenant.poll()

    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}
    assert numbers_of(collected, "deferred_items") == {1: 0, 2: 0}
    assert "No such property" in collected.note
    assert len(tenant.filters) == asked + 1


def _without_due_dates(tenant: Tenant) -> object:
    answer = tenant.server.routes[ITEMS]

    def serve(request: httpx.Request) -> object:
        if b"DueDate" in request.url.query:
            return refusal(400, 1000, "No such property.")
        assert callable(answer)
        return answer(request)

    return serve


def test_a_version_without_items_is_asked_again_after_a_day(tenant: Tenant) -> None:
    tenant.bare = refusal(404)
    collected = tenant.poll()
    tenant.poll(after_s=3600)

    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}
    assert "does not have it" in collected.note
    assert len(tenant.filters) == 1
    tenant.poll(after_s=86_400)
    assert len(tenant.filters) == 2


def test_a_clock_that_is_set_back_ends_no_counting(tenant: Tenant) -> None:
    tenant.items = piled("overdue", 1, 3)
    tenant.poll()
    tenant.items = piled("overdue", 1, 4)
    tenant.server.clock.at = tenant.server.clock.at.replace(year=2025)

    tenant.poll()
    assert tenant.numbers("overdue_items") == {1: 4, 2: 0}
