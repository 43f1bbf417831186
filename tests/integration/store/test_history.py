from datetime import timedelta

import pytest

from monitor.store import Store, queries
from monitor.store.history import history
from monitor.store.past_steps import SeenStep, past_steps
from tests.builders import NOW, a_sample, after
from tests.integration.store.polls import a_poll, a_queue_of, a_session, record

MINUTE = timedelta(minutes=1)


def told(step: SeenStep) -> tuple[float, float, float, float] | None:
    summary = step.metrics["new_items"]
    if summary is None:
        return None
    return ((step.at - NOW).total_seconds(), summary.avg, summary.min, summary.max)


def test_history_gives_what_was_recorded_oldest_first(store: Store) -> None:
    record(store, *[a_poll(a_queue_of(v), at=i * 60) for i, v in enumerate([5, 5, 6, 7])])
    found = [
        (s.valid_from, s.valid_to, s.metrics["new_items"], s.subject.name)
        for s in history(store, "queue")
    ]
    assert found == [
        (NOW, after(120), 5.0, "Invoices"),
        (after(120), after(180), 6.0, "Invoices"),
        (after(180), None, 7.0, "Invoices"),
    ]


def test_history_is_restricted_to_a_span_and_a_name(store: Store) -> None:
    for i, value in enumerate([5, 6, 7, 8]):
        record(store, a_poll(a_queue_of(value), a_queue_of(value, "Orders"), at=i * 60))

    def values(**asked: object) -> list[float | None]:
        found = history(store, "queue", name_glob="inv*", **asked)  # type: ignore[arg-type]  # spans only
        return [stretch.metrics["new_items"] for stretch in found]

    assert values() == [5.0, 6.0, 7.0, 8.0]
    assert values(since=after(60)) == [6.0, 7.0, 8.0]
    assert values(since=after(61), until=after(180)) == [6.0, 7.0]
    assert list(history(store, "queue", name_glob="nothing")) == []


def test_a_stretch_of_a_session_carries_its_state(store: Store) -> None:
    for i, state in enumerate(["Available", "Busy"]):
        session = a_session(key="7", state=state)
        record(store, a_poll(a_sample(session, is_busy=i), at=i * 60, kinds=("session",)))
    found = [
        (s.subject.labels["state"], s.subject.labels["folder"]) for s in history(store, "session")
    ]
    assert found == [("Available", "Finance"), ("Busy", "Finance")]


def test_steps_weigh_values_by_how_long_they_held(store: Store) -> None:
    # 10 for 45 s, 50 for 15 s; then 50 for a whole minute, and 0 in the last instant.
    for second, value in ((0, 10), (45, 50), (120, 0)):
        record(store, a_poll(a_queue_of(value), at=second))
    steps = past_steps(store, "queue", unseen={}, since=NOW, until=after(600), every=MINUTE)
    assert [told(step) for step in steps] == [
        (0, 20.0, 10.0, 50.0),
        (60, 50.0, 50.0, 50.0),
        (120, 0.0, 0.0, 0.0),
    ]


def test_an_open_stretch_counts_only_as_far_as_it_was_seen(store: Store) -> None:
    record(store, a_poll(a_queue_of(10)), a_poll(a_queue_of(10), at=90))
    steps = past_steps(store, "queue", unseen={}, since=NOW, until=after(3600), every=MINUTE)
    assert [told(step) for step in steps] == [(0, 10.0, 10.0, 10.0), (60, 10.0, 10.0, 10.0)]


def test_steps_are_cut_at_the_ends_of_the_span(store: Store) -> None:
    for second, value in ((0, 10), (60, 20), (120, 30), (180, 40)):
        record(store, a_poll(a_queue_of(value), at=second))
    steps = past_steps(
        store, "queue", unseen={}, since=after(90), until=after(150), every=2 * MINUTE
    )
    # NOW is a whole hour, so steps of two minutes begin at 0 s and 120 s.
    assert [told(step) for step in steps] == [(0, 20.0, 20.0, 20.0), (120, 30.0, 30.0, 30.0)]


def test_a_metric_that_was_never_known_has_no_summary(store: Store) -> None:
    record(store, a_poll(a_queue_of(10)), a_poll(a_queue_of(10), at=60))
    (step, *_) = past_steps(store, "queue", unseen={}, since=NOW, until=after(60), every=MINUTE)
    assert step.metrics["failed_items"] is None


def test_a_step_must_have_a_length(store: Store) -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        list(past_steps(store, "queue", unseen={}, since=NOW, until=after(60), every=timedelta()))


def test_the_current_state_is_asked_by_name(store: Store) -> None:
    record(store, a_poll(a_queue_of(5), a_queue_of(6, "Orders"), at=0))
    record(store, a_poll(a_queue_of(5), a_queue_of(7, "Orders"), at=60))
    found = [
        (c.subject.name, c.metrics["new_items"], c.since, c.seen_at)
        for c in queries.current(store, "queue")
    ]
    assert found == [("Invoices", 5.0, NOW, after(60)), ("Orders", 7.0, after(60), after(60))]
    assert [c.subject.name for c in queries.current(store, "queue", "ORD*")] == ["Orders"]
