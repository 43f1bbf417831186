"""What only items tell of queues, against the strict simulator, over real sockets."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

from monitor.collectors import queues
from monitor.config.load import load_text
from monitor.core.kinds import QUEUE
from monitor.core.sample import Collected
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import Password
from monitor.simulator.journal import Asking
from monitor.simulator.profiles import PROFILES
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from tests.builders import shown
from tests.integration.simulated_tenant import SteppedClock, Tenant, a_tenant

METRICS = queues.COLLECTOR.on_request


class Item(msgspec.Struct, rename="pascal"):
    """All of an item that a filter looks at."""

    id: int
    queue_definition_id: int
    status: str
    creation_time: datetime
    due_date: datetime | None
    defer_date: datetime | None
    start_processing: datetime | None


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with a_tenant() as tenant:
        for queue in tenant.simulator.estate.queues:
            tenant.simulator.freeze_queue(queue.handle, new=3)
        asking_for(tenant, METRICS)
        yield tenant


def asking_for(tenant: Tenant, wanted: tuple[str, ...]) -> None:
    tenant.asks["queues"] = queues.COLLECTOR.make("demo", {}, None, wanted)


def numbers(collected: Collected, metric: str) -> dict[str, float | None]:
    index = QUEUE.index(metric)
    at = collected.observed_at
    return {sample.subject.key: shown(sample, at)[index] for sample in collected.samples}


def all_items(tenant: Tenant) -> list[Item]:
    """Read the whole list, by a client that may."""
    client = OrchestratorClient(
        tenant.client.deployment,
        tenant.app,
        clock=tenant.clock,
        options=ClientOptions(metered_per_minute=100_000),
    )
    tenant.simulator.settings.metered_per_minute = 100_000
    with client.poll(60) as poll:
        items = poll.list("/odata/QueueItems", row=Item, page_size=100)
    client.close()
    return list({item.id: item for item in items}.values())


def of_items(tenant: Tenant) -> list[Asking]:
    return [asking for asking in tenant.simulator.requests if asking.endpoint == "QueueItems"]


def test_the_numbers_are_those_of_the_items(tenant: Tenant) -> None:
    simulator = tenant.simulator
    names = [queue.handle for queue in simulator.estate.queues]
    simulator.set_queue(names[0], overdue=7)
    simulator.set_queue(names[1], deferred=5, abandoned=4)
    simulator.set_queue(names[2], waiting_since=4000)
    simulator.set_queue(names[3], new=0, abandoned=2)
    tenant.clock.advance(60)
    collected = tenant.poll("queues")
    asked = Counter(asking.endpoint for asking in simulator.requests)
    now = collected.observed_at
    items = all_items(tenant)

    new = [item for item in items if item.status == "New"]
    ready = [one for one in new if one.defer_date is None or one.defer_date <= now]
    overdue = Counter(i.queue_definition_id for i in new if i.due_date and i.due_date < now)
    deferred = Counter(i.queue_definition_id for i in new if i.defer_date and i.defer_date > now)
    lately = Counter(
        item.queue_definition_id
        for item in items
        if item.status == "Abandoned"
        and item.start_processing
        and item.start_processing > now - timedelta(days=2)
    )
    oldest: dict[int, float] = {}
    for item in ready:
        age_s = (now - item.creation_time).total_seconds()
        oldest[item.queue_definition_id] = max(age_s, oldest.get(item.queue_definition_id, 0.0))

    ids = [queue.id for queue in simulator.estate.queues]
    assert min(map(sum, (overdue.values(), deferred.values(), lately.values()))) >= 5
    assert numbers(collected, "overdue_items") == {str(one): overdue[one] for one in ids}
    assert numbers(collected, "deferred_items") == {str(one): deferred[one] for one in ids}
    assert numbers(collected, "abandoned_items") == {str(one): lately[one] for one in ids}
    assert numbers(collected, "oldest_new_s") == {
        str(one): pytest.approx(oldest.get(one, 0.0), abs=1) for one in ids
    }
    assert collected.note == ""
    assert asked["QueueItems"] == 4


def test_no_request_asks_for_more_than_ids_and_a_date(tenant: Tenant) -> None:
    tenant.poll("queues")
    asked = of_items(tenant)

    assert len(asked) == len(METRICS)
    for asking in asked:
        assert asking.status == 200
        assert "select=Id%2CQueueDefinitionId" in asking.query
        for name in ("SpecificContent", "SpecificData", "Output", "Reference", "Analytics"):
            assert name not in asking.query


def test_a_backlog_of_three_thousand_overdue_items_is_counted_within_the_share(
    tenant: Tenant,
) -> None:
    large = next(one for one in tenant.simulator.estate.queues if len(one.folder_ids) == 1)
    key = str(large.id)
    tenant.simulator.set_queue(large.handle, overdue=3000)
    found: list[float] = []
    for _ in range(15):
        number = numbers(tenant.poll("queues"), "overdue_items")[key]
        assert number is not None
        found.append(number)
        tenant.clock.advance(60)

    metered = [asking.at for asking in tenant.simulator.journal.metered()]
    busiest = max(sum(at <= one < at + timedelta(minutes=1) for one in metered) for at in metered)
    assert busiest <= 20
    assert found[-1] == 3000
    assert sorted(found) == found  # a pass that is not complete lowers nothing


def test_the_metered_share_holds_with_the_fastest_polls(tenant: Tenant) -> None:
    for queue in tenant.simulator.estate.queues[:3]:
        tenant.simulator.set_queue(queue.handle, overdue=250, deferred=250)
    for _ in range(50):
        tenant.poll("queues")
        tenant.clock.advance(4)

    metered = [asking.at for asking in tenant.simulator.journal.metered()]
    assert len(metered) >= 50
    for at in metered:
        assert sum(at <= one < at + timedelta(minutes=1) for one in metered) <= 20


def test_with_the_default_rules_no_metered_request_is_made(tenant: Tenant) -> None:
    configuration = load_text(
        f'[tenants.demo]\nurl = "{tenant.server.url}"\n'
        'auth = { type = "access-token", token = "t" }\n',
        Path("config.toml"),
    )
    asking_for(tenant, tuple(configuration.wanted["queues"]))
    for _ in range(3):
        assert numbers(tenant.poll("queues"), "new_items")
        tenant.clock.advance(3600)

    assert configuration.rules
    assert tenant.simulator.journal.metered() == ()


def test_without_transactions_view_the_cheap_counts_go_on(tenant: Tenant) -> None:
    assert tenant.poll("queues").note == ""
    asking_for(tenant, METRICS)
    tenant.simulator.settings.denied = frozenset({"Transactions.View"})
    tenant.clock.advance(60)
    collected = tenant.poll("queues")

    assert None not in numbers(collected, "new_items").values()
    assert set(numbers(collected, "overdue_items").values()) == {None}
    assert "grant Transactions.View in " in collected.note


def test_where_a_folder_is_wanted_each_with_waiting_items_is_asked(tenant: Tenant) -> None:
    tenant.simulator.settings.bare_refused = frozenset({"QueueItems"})
    asking_for(tenant, ("overdue_items",))
    busy = tenant.simulator.estate.queues[0]
    for queue in tenant.simulator.estate.queues[1:]:
        tenant.simulator.set_queue(queue.handle, new=0)
    tenant.simulator.set_queue(busy.handle, overdue=2)
    collected = tenant.poll("queues")

    assert numbers(collected, "overdue_items")[str(busy.id)] == 2
    folders = [asking.folder for asking in of_items(tenant)]
    assert folders[0] is None
    assert len(folders) == 2
    assert folders[1] in {str(one) for one in busy.folder_ids}


@pytest.mark.parametrize("fault", ["throttled", "server-error", "html", "garbage", "reset"])
def test_items_that_cannot_be_read_fail_no_poll(tenant: Tenant, fault: str) -> None:
    tenant.simulator.faults.start(fault, on="QueueItems")
    collected = tenant.poll("queues")

    assert None not in numbers(collected, "new_items").values()
    assert set(numbers(collected, "overdue_items").values()) == {None}
    assert collected.note


def test_a_linked_queue_is_counted_once() -> None:
    for repeated in (True, False):
        with a_tenant(repeat_linked=repeated) as tenant:
            linked = next(q for q in tenant.simulator.estate.queues if len(q.folder_ids) > 1)
            tenant.simulator.freeze_queue(linked.handle, new=3, overdue=150, deferred=3)
            asking_for(tenant, ("overdue_items", "deferred_items"))
            collected = tenant.poll("queues")

            assert numbers(collected, "overdue_items")[str(linked.id)] == 150
            assert numbers(collected, "deferred_items")[str(linked.id)] == 3


@pytest.mark.parametrize("version", PROFILES)
def test_every_version_is_asked_what_it_understands(version: str) -> None:
    clock = SteppedClock()
    simulator = Simulator(clock=clock.now, profile=PROFILES[version])
    accounts = simulator.accounts
    by_password = Password(
        username=accounts.username, password=lambda: SecretStr(accounts.password)
    )
    with serve(simulator) as server:
        tenant = Tenant(server, clock)
        client = tenant.client if version == "cloud" else tenant.sign_in(by_password)
        queue = simulator.estate.queues[1]
        simulator.freeze_queue(queue.handle, new=9, overdue=2, deferred=3, abandoned=4)
        ask = queues.COLLECTOR.make("demo", {}, None, METRICS)
        with closing(tenant.client), closing(client), client.poll(10) as poll:
            collected = ask(poll)

    assert numbers(collected, "overdue_items")[str(queue.id)] == 2
    assert numbers(collected, "deferred_items")[str(queue.id)] == 3
    assert numbers(collected, "abandoned_items")[str(queue.id)] == 4
    assert collected.note == ""
