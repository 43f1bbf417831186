"""Rows 3, 15 and 16: `$top=0`, a count nobody asked for, and the page without `$top`.

Three lists are longer than a page of 1,000 here, one of them by nothing at all.
"""

from urllib.parse import parse_qs

import pytest

from monitor.simulator.estate import Estate
from monitor.simulator.estates import large_estate
from monitor.simulator.profiles import V2018_4, V2019_10, V2020_10, Profile
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.watch import (
    DEFINITIONS,
    FOLDERS,
    PEOPLE,
    RUNTIMES,
    STATUS,
    Watch,
    a_watch,
    told,
)

LISTS = (RUNTIMES, PEOPLE, STATUS, DEFINITIONS, FOLDERS)


@pytest.fixture(scope="module")
def estate() -> Estate:
    """1,001 unattended sessions in two rows each, 111 people, 1,000 queues."""
    return large_estate(sessions=1112, queues=1000, folders=20)


def assert_all_there(watch: Watch) -> None:
    estate = watch.simulator.estate
    for _ in range(2):
        sessions, queues = watch.poll("sessions"), watch.poll("queues")
        assert len(told(sessions, "session")) == len(estate.sessions)
        assert told(queues, "queue").keys() == {str(queue.id) for queue in estate.queues}
        assert (sessions.partial, queues.partial) == (False, False)


@pytest.mark.parametrize("repeats", [True, False], ids=["linked repeat", "linked once"])
@pytest.mark.parametrize("count", ["asked", "always", "never"])
def test_all_pages_come_home_with_any_count_and_without_one(
    *, estate: Estate, count: str, repeats: bool
) -> None:
    with a_watch(estate=estate, count=count, repeat_linked=repeats) as watch:
        assert_all_there(watch)
        asked = watch.asked(lambda: (watch.poll("sessions"), watch.poll("queues")))

    # Without any count the end is a page that is not full: after a full last one another is asked.
    assert asked == {RUNTIMES: 3, PEOPLE: 1, STATUS: 2 if repeats or count == "never" else 1}


@pytest.mark.parametrize("most", [10, 1000])
def test_the_page_without_top_does_not_matter(estate: Estate, most: int) -> None:
    with a_watch(estate=estate, rows_without_top=most) as watch:
        assert_all_there(watch)
        asked = [one for one in watch.simulator.requests if one.endpoint in LISTS]

    assert {tuple(parse_qs(one.query).get("$top", ())) for one in asked} == {("1000",)}


@pytest.mark.parametrize("profile", [V2018_4, V2019_10, V2020_10], ids=lambda one: one.name)
def test_old_servers_whose_page_without_top_is_short_are_read_to_the_end(profile: Profile) -> None:
    with a_watch(profile=profile, rows_without_top=2) as watch:
        estate = watch.simulator.estate
        has_workspaces = any(folder.personal for folder in estate.folders)
        assert len(told(watch.poll("queues"), "queue")) == len(estate.queues) - has_workspaces
        assert len(told(watch.poll("sessions"), "session")) == len(estate.sessions)


@pytest.mark.parametrize(
    ("count", "above_cap"), [("asked", "cut"), ("always", "refused"), ("never", "cut")]
)
def test_items_are_counted_to_the_end_with_any_count_and_without_one(
    count: str, above_cap: str
) -> None:
    wanted = ("overdue_items", "abandoned_items")
    with a_watch(count=count, top_above_cap=above_cap, wanted=wanted) as watch:
        # The linked one, whose items are told once for each of its three folders.
        watch.simulator.set_queue("Invoices", overdue=33)
        watch.simulator.set_queue("Payroll", overdue=101, abandoned=3)
        collected = watch.poll("queues")
        asked = [one for one in watch.simulator.requests if one.endpoint == "QueueItems"]
        found = {one.name: one.values for one in told(collected, "queue").values()}

    assert (found["Invoices"]["overdue_items"], found["Payroll"]["overdue_items"]) == (33, 101)
    assert found["Payroll"]["abandoned_items"] == 3
    assert {one.status for one in asked} == {200}
    assert {parse_qs(one.query)["$top"][0] for one in asked} == {"100"}
    # 200 rows are two full pages and an empty one.
    assert len(asked) == 3 + 1


@pytest.mark.parametrize("accepted", [False, True], ids=["refused", "accepted"])
def test_a_top_of_zero_is_never_asked_for_accepted_or_not(*, accepted: bool) -> None:
    wanted = ("overdue_items", "deferred_items", "oldest_new_s", "abandoned_items")
    with a_watch(estate=a_house(), wanted=wanted, accepts_top_zero=accepted) as watch:
        for name in ("sessions", "queues", "licenses"):
            assert watch.poll(name).note == ""
        asked = watch.simulator.requests

    assert len(asked) > len(wanted)
    assert not [one for one in asked if "$top=0" in one.query or "%24top=0" in one.query]
