"""What is kept of queues' days when changes and polls are gone: which days, and when nobody looked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from monitor.core.rollup import DAY_MS
from monitor.core.sample import Snapshot
from monitor.store import Store
from monitor.store.check import check
from monitor.store.instants import to_ms
from monitor.store.queue_days import kept_days, queue_days
from monitor.store.report_sight import queue_sights
from monitor.store.rolling import Watch
from tests.builders import NOW, a_sample, a_subject, after
from tests.integration.store.aged import DAY, LONG, keep_up
from tests.integration.store.polls import a_poll, ask, record

HOUR = 3600.0
EVERY = timedelta(hours=6)
WATCHES = {"queue": Watch("queues", EVERY)}
TODAY = to_ms(NOW) // DAY_MS
SHORT = replace(LONG, full=timedelta(days=5))


def polls(tenant: str, *days: tuple[int, int]) -> Iterator[Snapshot]:
    """A poll every six hours, in which one more item is done, on days since NOW."""
    for first, last in days:
        for step in range(first * 4, last * 4):
            sample = a_sample(a_subject("Invoices", tenant=tenant), successful_items=step)
            yield a_poll(sample, at=step * 6 * HOUR, tenant=tenant)


def live(store: Store, *days: tuple[int, int], until: int = 30) -> None:
    """One tenant is seen throughout, the other on some of them; upkeep comes each day."""
    both = [*polls("production", (0, until)), *polls("staging", *days)]
    both.sort(key=lambda poll: poll.started_at)
    for day in range(until):
        begin, end = after(day * DAY), after((day + 1) * DAY)
        record(store, *[poll for poll in both if begin <= poll.started_at < end])
        keep_up(store, day + 0.9, WATCHES, SHORT)


def test_an_outage_that_outlasts_the_polls_is_still_known_when_they_are_gone(store: Store) -> None:
    live(store, (0, 3), (20, 30))
    kept = kept_days(store, TODAY, TODAY + 60)

    sights = queue_sights(
        store, "queues", every=EVERY, since=after(0), until=after(30 * DAY - 1), kept=kept
    )

    dark = to_ms(after(3 * DAY - 6 * HOUR)), to_ms(after(20 * DAY))
    assert sights["production"].blind[0][0] > to_ms(after(29 * DAY))
    assert sights["staging"].blind[0] == dark
    assert sights["staging"].blind[1:] == sights["production"].blind
    assert {one.first_seen for one in sights.values()} == {to_ms(after(0))}
    assert kept["staging"].first == TODAY
    assert TODAY + 10 not in kept["staging"].days
    assert {TODAY + 1, TODAY + 21} <= kept["staging"].days
    assert kept["production"].days == frozenset(range(TODAY, TODAY + 30))


def test_a_tenant_that_is_not_seen_any_more_has_its_days(store: Store) -> None:
    live(store, (0, 3))
    kept = kept_days(store, TODAY, TODAY + 60)

    sights = queue_sights(
        store, "queues", every=EVERY, since=after(0), until=after(30 * DAY - 1), kept=kept
    )

    last = to_ms(after(3 * DAY - 6 * HOUR))
    assert sights["staging"].blind == ((last, to_ms(after(30 * DAY - 1))),)
    assert sights["staging"].first_seen == to_ms(after(0))
    ids = {row["tenant"]: row["id"] for row in ask(store, "SELECT id, tenant FROM subjects")}
    done = dict.fromkeys(ids.values(), 0.0)
    for one, tally in queue_days(store, ids.values(), TODAY, TODAY + 60):
        done[one] += tally.successful
    assert done[ids["staging"]] == 11
    assert done[ids["production"]] > 110
    few = {one for one, _ in queue_days(store, [ids["staging"]], TODAY, TODAY + 60)}
    assert few == {ids["staging"]}


def test_days_of_only_one_tenant_are_not_those_of_another(store: Store) -> None:
    live(store, (4, 8), until=8)
    kept = kept_days(store, TODAY, TODAY + 60)

    assert kept["staging"].first == TODAY + 4
    assert kept["production"].first == TODAY
    assert kept_days(store, TODAY + 60, TODAY + 90) == {}


def test_a_day_that_is_not_whole_yet_is_not_kept(store: Store) -> None:
    live(store, (0, 5), until=5)
    with store.writing() as write:
        write.connection.exec_driver_sql("UPDATE rolled SET until_day = until_day - 1")

    assert max(kept_days(store, TODAY, TODAY + 60)["production"].days) == TODAY + 3


def test_days_without_their_queue_are_found(store: Store) -> None:
    live(store, (0, 3), until=3)
    with store.writing() as write:
        write.connection.exec_driver_sql(
            "UPDATE queue_days SET subject_id = 99 WHERE subject_id = 1"
        )

    (found,) = check(store).findings
    assert found.endswith("rows of queue_days without their subject")
