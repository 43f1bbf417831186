"""Rows 1, 2 and 14: which lists want a folder named, and how a folder is refused."""

from collections import Counter

import pytest

from tests.integration.unconfirmed.house import OFFICE, PATHS, SHARED, a_house
from tests.integration.unconfirmed.watch import (
    COUNTED,
    DEFINITIONS,
    STATUS,
    Watch,
    a_watch,
    assert_true_queues,
    assert_true_sessions,
    told,
)

NOBODY = frozenset[str]()
EVERYBODY = frozenset({STATUS, DEFINITIONS, "QueueItems", "Sessions"})
HALF_AN_HOUR = 1800.0
REFUSALS = [(400, False), (403, True), (404, False), (404, True)]
"""How an unknown folder is refused: the status, and whether the body is in PascalCase."""


def poll_all(watch: Watch) -> None:
    for name in ("sessions", "queues", "licenses"):
        watch.poll(name)


# Row 1: the processing status of queues without a folder header.


@pytest.mark.parametrize("status", ["allowed", "refused"])
@pytest.mark.parametrize("repeats", [True, False], ids=["linked repeat", "linked once"])
def test_queues_are_the_same_whether_or_not_a_folder_must_be_named(
    *, status: str, repeats: bool
) -> None:
    with a_watch(bare_queue_status=status, repeat_linked=repeats) as watch:
        polls = [watch.poll("queues", after_s=60) for _ in range(3)]
        for collected in polls:
            assert_true_queues(watch, collected)
            assert (collected.partial, collected.note, collected.skipped) == (False, "", 0)
        asked = watch.asked(lambda: watch.poll("queues"))

    assert asked == {STATUS: 1 if status == "allowed" else len(COUNTED)}


def test_a_tenant_that_begins_to_want_a_folder_is_asked_by_folder_at_once() -> None:
    with a_watch() as watch:
        assert_true_queues(watch, watch.poll("queues"))
        watch.simulator.settings.bare_queue_status = "refused"
        asked = watch.asked(lambda: assert_true_queues(watch, watch.poll("queues")))
        again = watch.asked(lambda: watch.poll("queues"))

    assert asked[STATUS] == 1 + len(COUNTED)
    assert again == {STATUS: len(COUNTED)}


def test_a_tenant_that_wants_no_folder_any_more_is_asked_at_once_after_half_an_hour() -> None:
    with a_watch(bare_queue_status="refused") as watch:
        watch.poll("queues")
        watch.simulator.settings.bare_queue_status = "allowed"
        before = watch.asked(lambda: watch.poll("queues"))
        collected = watch.poll("queues", after_s=HALF_AN_HOUR)
        asked = watch.asked(lambda: watch.poll("queues"))
        assert_true_queues(watch, collected)

    assert before[STATUS] == len(COUNTED)
    assert (collected.partial, collected.note) == (False, "")
    assert asked == {STATUS: 1}


# Row 2: whether the folder header is wanted wherever the document says so.


@pytest.mark.parametrize(
    ("refused", "allowed"),
    [(NOBODY, NOBODY), (EVERYBODY, NOBODY), (NOBODY, EVERYBODY)],
    ids=["as observed", "everywhere", "nowhere"],
)
def test_all_is_seen_whoever_wants_the_folder_header(
    refused: frozenset[str], allowed: frozenset[str]
) -> None:
    with a_watch(bare_refused=refused, bare_allowed=allowed) as watch:
        for _ in range(2):
            queues, sessions = watch.poll("queues"), watch.poll("sessions", after_s=60)
            assert_true_queues(watch, watch.poll("queues"))
            assert_true_sessions(watch, sessions)
            assert (queues.partial, sessions.partial) == (False, False)
            assert (queues.note, sessions.note) == ("", "")
        asked = watch.asked(lambda: poll_all(watch))

    assert sum(asked.values()) == (3 + len(COUNTED) if refused else 4)


@pytest.mark.parametrize("bare", ["allowed", "refused"])
@pytest.mark.parametrize("repeats", [True, False], ids=["linked repeat", "linked once"])
def test_items_are_counted_once_whether_or_not_a_folder_must_be_named(
    *, bare: str, repeats: bool
) -> None:
    refused = frozenset({"QueueItems"}) if bare == "refused" else NOBODY
    wanted = ("overdue_items", "deferred_items")
    with a_watch(bare_refused=refused, repeat_linked=repeats, wanted=wanted) as watch:
        for queue in watch.simulator.estate.queues:
            watch.simulator.set_queue(queue.handle, overdue=2, deferred=3)
        polls = [watch.poll("queues", after_s=60) for _ in range(4)]

    # Where each folder is asked the own share is soon used up: then nothing is known, or the truth.
    for collected in polls:
        for one in told(collected, "queue").values():
            assert one.values.get("overdue_items", 2.0) == 2.0
            assert one.values.get("deferred_items", 3.0) == 3.0
    assert bool(polls[0].note) == (bare == "refused")
    assert len(told(polls[-1], "queue")) == 7
    for one in told(polls[-1], "queue").values():
        assert {"overdue_items", "deferred_items"} <= one.values.keys()
    assert polls[-1].note == ""
    minutes = Counter(asking.at for asking in watch.simulator.journal.metered())
    assert max(minutes.values()) <= (2 if bare == "allowed" else 20)


def test_hosts_are_the_same_where_sessions_want_a_folder_and_where_not() -> None:
    for allowed in (NOBODY, frozenset({"Sessions"})):
        with a_watch(
            estate=a_house(robots_of_hosts=True),
            bare_allowed=allowed,
            denied=frozenset({"Machines.View", "Jobs.Create"}),
        ) as watch:
            collected = watch.poll("sessions")
            assert_true_sessions(watch, collected, is_maintenance_told=False)
            assert "grant Machines.View" in collected.note


# Row 14: error 1100 comes as 400, 403 or 404.


@pytest.mark.parametrize(("status", "pascal"), REFUSALS)
def test_a_folder_that_goes_between_list_and_call_hides_what_was_in_it_alone(
    *, status: int, pascal: bool
) -> None:
    with a_watch(bare_queue_status="refused", unknown_folder_status=status) as watch:
        if pascal:
            watch.simulator.faults.start("pascal-errors")
        assert_true_queues(watch, watch.poll("queues"))
        watch.simulator.remove_folder(PATHS[OFFICE], still_listed=True)
        collected = watch.poll("queues", after_s=60)
        asked = watch.asked(lambda: watch.poll("queues", after_s=60))
        rest = [path for path in COUNTED if path != PATHS[OFFICE]]
        assert_true_queues(watch, collected, rest)

    assert collected.partial is True
    assert collected.note == (
        f"{len(rest)} of {len(COUNTED)} folders readable; grant Queues.View in Office"
    )
    assert asked == {STATUS: len(rest)}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_folder_that_is_gone_from_the_list_too_is_gone(status: int) -> None:
    with a_watch(bare_queue_status="refused", unknown_folder_status=status) as watch:
        watch.poll("queues")
        watch.simulator.remove_folder(PATHS[SHARED])
        hidden = watch.poll("queues", after_s=60)
        gone = watch.poll("queues", after_s=900)
        rest = [path for path in COUNTED if path != PATHS[SHARED]]
        assert_true_queues(watch, gone, rest)

    assert (hidden.partial, gone.partial, gone.note) == (True, False, "")


@pytest.mark.parametrize(("status", "pascal"), REFUSALS)
def test_hosts_by_folder_do_without_a_folder_that_is_unknown(*, status: int, pascal: bool) -> None:
    with a_watch(denied=frozenset({"Machines.View"}), unknown_folder_status=status) as watch:
        if pascal:
            watch.simulator.faults.start("pascal-errors")
        before = watch.poll("sessions")
        watch.simulator.remove_folder(PATHS[OFFICE], still_listed=True)
        collected = watch.poll("sessions", after_s=60)
        # A pool serves every folder: what one does not show is shown by the others.
        assert_true_sessions(watch, collected)

    assert before.partial is False
    assert collected.partial is False
    assert "grant Machines.View or Jobs.Create in Office" in collected.note
