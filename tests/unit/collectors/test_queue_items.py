"""What only items tell of queues: counted in few requests, and never at the price of a poll."""

from collections.abc import Iterator

import pytest

from monitor.collectors.queues import COLLECTOR
from monitor.core.kinds import QUEUE
from tests.unit.collectors.item_rows import METRICS, Item, Tenant, a_tenant, numbers_of, piled
from tests.wires import page, query_of


def about(ages: object) -> object:
    """Ages, as near as the server's clock is known."""
    return pytest.approx(ages, abs=1)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        yield tenant


def test_what_is_asked_on_request_is_the_end_of_what_a_queue_has() -> None:
    assert COLLECTOR.on_request == METRICS
    assert tuple(metric.name for metric in QUEUE.metrics)[-len(METRICS) :] == METRICS


def test_nothing_is_asked_that_nobody_wants(tenant: Tenant) -> None:
    tenant.wants()
    collected = tenant.poll()

    assert tenant.filters == []
    assert collected.note == ""
    for metric in METRICS:
        assert numbers_of(collected, metric) == {1: None, 2: None}


def test_all_queues_are_asked_for_at_once_in_one_request_a_question(tenant: Tenant) -> None:
    tenant.items = [
        *piled("overdue", 1, 3),
        *piled("deferred", 2, 2, first=10),
        Item(20, 1, "ready", age_s=300),
        Item(21, 1, "ready", age_s=200),
        Item(22, 2, "ready", age_s=100),
        *piled("abandoned", 1, 4, first=30),
    ]
    collected = tenant.poll()

    assert sorted(tenant.kinds_asked()) == ["abandoned", "deferred", "overdue", "ready"]
    assert numbers_of(collected, "overdue_items") == {1: 3, 2: 0}
    assert numbers_of(collected, "deferred_items") == {1: 0, 2: 2}
    assert numbers_of(collected, "oldest_new_s") == about({1: 360, 2: 160})
    assert numbers_of(collected, "abandoned_items") == {1: 4, 2: 0}
    assert collected.note == ""


def test_the_time_in_a_question_is_the_servers(tenant: Tenant) -> None:
    tenant.poll()

    assert sorted(tenant.filters) == [
        "Status eq 'Abandoned' and StartProcessing gt 2026-07-19T08:05:00Z",
        "Status eq 'New' and (DeferDate eq null or DeferDate le 2026-07-21T08:05:00Z)",
        "Status eq 'New' and DeferDate gt 2026-07-21T08:05:00Z",
        "Status eq 'New' and DueDate lt 2026-07-21T08:05:00Z",
    ]


def test_of_an_item_only_ids_and_one_date_are_asked_for(tenant: Tenant) -> None:
    tenant.poll()
    selected = {
        query_of(request)["$select"]
        for request in tenant.server.requests
        if "QueueItems" in request.url.path
    }

    assert selected == {"Id,QueueDefinitionId", "Id,QueueDefinitionId,CreationTime"}


def test_only_what_is_wanted_is_asked(tenant: Tenant) -> None:
    tenant.wants("deferred_items")
    tenant.items = piled("deferred", 1, 1)
    collected = tenant.poll()

    assert tenant.kinds_asked() == ["deferred"]
    assert numbers_of(collected, "deferred_items") == {1: 1, 2: 0}
    assert numbers_of(collected, "overdue_items") == {1: None, 2: None}


def test_where_nothing_waits_there_is_nothing_to_ask(tenant: Tenant) -> None:
    tenant.queues = {1: 0, 2: 0}
    collected = tenant.poll()

    assert tenant.kinds_asked() == ["abandoned"]
    for metric in METRICS:
        assert numbers_of(collected, metric) == {1: 0, 2: 0}


def test_a_queue_without_new_items_has_none_that_are_overdue_whatever_was_counted(
    tenant: Tenant,
) -> None:
    tenant.items = [*piled("overdue", 1, 5), Item(9, 2, "ready")]
    tenant.poll()
    tenant.queues = {1: 2, 2: 0}
    collected = tenant.poll(after_s=1)

    assert numbers_of(collected, "overdue_items") == {1: 2, 2: 0}
    assert numbers_of(collected, "oldest_new_s")[2] == 0


def test_a_queue_of_which_it_is_not_known_how_many_wait_is_counted(tenant: Tenant) -> None:
    tenant.queues = {1: None}
    tenant.items = piled("overdue", 1, 3)

    assert tenant.numbers("overdue_items") == {1: 3}


def test_each_poll_asks_anew_but_not_more_than_once_a_minute(tenant: Tenant) -> None:
    tenant.wants("overdue_items")
    tenant.poll()
    tenant.items = piled("overdue", 1, 1)

    assert tenant.numbers("overdue_items", after_s=30)[1] == 0
    assert len(tenant.filters) == 1
    assert tenant.numbers("overdue_items", after_s=30)[1] == 1
    assert len(tenant.filters) == 2


def test_abandoned_items_are_counted_twice_an_hour(tenant: Tenant) -> None:
    tenant.wants("abandoned_items")
    tenant.items = piled("abandoned", 2, 1)
    found = [tenant.numbers("abandoned_items") for _ in range(61)]

    assert found == [{1: 0, 2: 1}] * 61
    assert len(tenant.filters) == 3


def test_the_age_of_an_item_grows_between_two_questions(tenant: Tenant) -> None:
    tenant.wants("oldest_new_s")
    tenant.items = [Item(1, 1, "ready", age_s=0)]

    assert tenant.numbers("oldest_new_s", after_s=10)[1] == about(10)
    assert tenant.numbers("oldest_new_s", after_s=10)[1] == about(20)
    assert len(tenant.filters) == 1


def test_the_item_of_a_linked_queue_counts_once(tenant: Tenant) -> None:
    tenant.wants("overdue_items")
    tenant.queues = {1: 500, 2: 5}
    tenant.linked = {1}
    tenant.items = [*piled("overdue", 1, 99), *piled("overdue", 2, 1, first=500)]

    assert tenant.numbers("overdue_items") == {1: 99, 2: 1}
    assert tenant.filters[1].endswith("and Id gt 50")


def test_a_page_goes_on_after_the_last_id_of_the_one_before(tenant: Tenant) -> None:
    tenant.wants("overdue_items")
    tenant.queues = {1: 500, 2: 5}
    tenant.items = piled("overdue", 1, 200, first=7)

    assert tenant.numbers("overdue_items") == {1: 200, 2: 0}
    ends = [text.rpartition(" and Id gt ")[2] for text in tenant.filters]
    assert ends[1:] == ["106", "206"]


def test_a_pile_in_one_queue_does_not_hide_the_oldest_of_the_others(tenant: Tenant) -> None:
    tenant.wants("oldest_new_s")
    tenant.queues = {1: 5000, 2: 1, 3: 0}
    tenant.items = [
        *piled("ready", 1, 5000, age_s=900),
        Item(6000, 2, "ready", age_s=30),
    ]

    assert tenant.numbers("oldest_new_s") == about({1: 960, 2: 90, 3: 0})
    assert len(tenant.filters) == 2
    assert tenant.filters[1].endswith("and QueueDefinitionId ne 1 and Id gt 100")


def test_the_oldest_is_not_looked_for_where_all_are_postponed(tenant: Tenant) -> None:
    tenant.wants("oldest_new_s")
    tenant.items = [Item(1, 1, "ready"), *piled("deferred", 2, 5, first=10)]

    assert tenant.numbers("oldest_new_s") == about({1: 120, 2: 0})
    assert len(tenant.filters) == 1


def test_of_many_queues_the_largest_are_left_out_of_the_next_page(tenant: Tenant) -> None:
    tenant.wants("oldest_new_s")
    tenant.queues = dict.fromkeys(range(1, 61), 1)
    tenant.items = [
        *(Item(queue, queue, "ready") for queue in range(1, 60)),
        *piled("ready", 7, 60, first=100),
        Item(850, 59, "ready", age_s=5),
        Item(900, 60, "ready"),
    ]
    found = tenant.numbers("oldest_new_s")

    assert set(found) == set(range(1, 61))
    assert list(found.values()) == about([120] * 60)
    assert tenant.filters[1].count("QueueDefinitionId ne") == 40
    assert "QueueDefinitionId ne 7 " in tenant.filters[1]


def test_items_of_queues_that_do_not_count_are_nobodys(tenant: Tenant) -> None:
    tenant.items = [*piled("overdue", 99, 3), Item(50, 99, "ready")]
    collected = tenant.poll()

    assert len(collected.samples) == 2
    assert collected.partial is False
    assert collected.skipped == 0


def test_a_row_that_cannot_be_read_makes_a_count_a_least_one(tenant: Tenant) -> None:
    tenant.wants("overdue_items")
    tenant.bare = page(
        [{"Id": 1, "QueueDefinitionId": 1}, {"Id": "?"}, {"Id": 3, "QueueDefinitionId": None}]
    )
    collected = tenant.poll()

    assert numbers_of(collected, "overdue_items") == {1: 1, 2: None}
    assert "could not be read" in collected.note
    assert (collected.skipped, collected.partial) == (0, False)


def test_a_count_with_rows_that_cannot_be_read_lowers_nothing(tenant: Tenant) -> None:
    tenant.wants("overdue_items")
    tenant.items = piled("overdue", 1, 4)
    tenant.poll()
    tenant.bare = page([{"Id": 1, "QueueDefinitionId": 1}, {}])

    assert tenant.numbers("overdue_items") == {1: 4, 2: 0}


def test_an_item_without_a_date_tells_nothing_of_its_queue(tenant: Tenant) -> None:
    tenant.wants("oldest_new_s")
    never = "0001-01-01T00:00:00Z"
    tenant.bare = page([{"Id": 1, "QueueDefinitionId": 1, "CreationTime": never}])

    assert tenant.numbers("oldest_new_s") == {1: None, 2: None}


def test_a_list_that_does_not_go_on_is_given_up(tenant: Tenant) -> None:
    tenant.wants("overdue_items")
    tenant.bare = page([{"Id": 5, "QueueDefinitionId": 1} for _ in range(100)])
    collected = tenant.poll()

    assert len(tenant.filters) == 2
    assert numbers_of(collected, "overdue_items") == {1: 1, 2: None}
    assert "does not go on" in collected.note
