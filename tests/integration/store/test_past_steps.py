import random
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from monitor.store import Store
from monitor.store.past_steps import SeenStep, past_steps
from monitor.store.sightings import unseen_times
from tests.builders import NOW, a_sample, after
from tests.integration.store.polls import a_failed_poll, a_poll, a_queue_of, a_session, record

MINUTE = timedelta(minutes=1)

Told = tuple[float, float | None, float]


def told(steps: Iterator[SeenStep]) -> Sequence[Told]:
    """For each step: when it begins, the average, and how many seconds of it nobody saw."""
    return [
        (
            (step.at - NOW).total_seconds(),
            summary.avg if (summary := step.metrics["new_items"]) is not None else None,
            step.unseen.total_seconds(),
        )
        for step in steps
    ]


def plainly(step: SeenStep) -> tuple[object, ...]:
    found = step.metrics["new_items"]
    parts = None if found is None else (round(found.avg, 6), found.min, found.max, found.p95)
    return step.subject.key, step.at_ms, parts, step.unseen_ms


def asked(store: Store, *, since: float = 0, until: float, every: timedelta = MINUTE) -> list[Told]:
    """Ask of queues, which were polled every ten seconds."""
    start, end = after(since), after(until)
    polled = timedelta(seconds=10)
    unseen = unseen_times(store, "queues", every=polled, since=start, until=end)
    steps = past_steps(store, "queue", every=every, unseen=unseen, since=start, until=end)
    return list(told(steps))


def seen(store: Store, *polls: tuple[float, float]) -> None:
    record(store, *[a_poll(a_queue_of(value), at=at) for at, value in polls])


def test_unseen_time_does_not_weigh(store: Store) -> None:
    # 10 is seen for 30 s; then nobody looks for 90 s, and finds 40.
    seen(store, *[(at, 10) for at in range(0, 31, 10)], *[(at, 40) for at in range(120, 181, 10)])

    assert asked(store, until=180) == [(0, 10, 30), (60, None, 60), (120, 40, 0)]


def test_a_value_that_stays_through_an_outage_does_not_fill_it(store: Store) -> None:
    seen(store, *[(at, 10) for at in (*range(0, 31, 10), *range(150, 181, 10))])

    assert asked(store, until=180) == [(0, 10, 30), (60, None, 60), (120, 10, 30)]


def test_polls_that_fail_for_more_than_three_intervals_see_nothing(store: Store) -> None:
    seen(store, (0, 10), (10, 10))
    record(store, *[a_failed_poll(at=at) for at in range(20, 50, 10)])
    seen(store, (50, 10), (60, 10))
    record(store, a_failed_poll(at=70), a_failed_poll(at=80))
    seen(store, (90, 10))

    assert asked(store, until=90) == [(0, 10, 40), (60, 10, 0)]


def test_when_the_monitor_stands_still_the_steps_to_now_are_gaps(store: Store) -> None:
    seen(store, (0, 10), (10, 10))

    assert asked(store, until=180) == [(0, 10, 50), (60, None, 60), (120, None, 60)]


def test_a_step_that_was_seen_for_a_moment_has_that_value(store: Store) -> None:
    seen(store, (0, 10), (10, 10), (70, 30), (200, 30))

    # In the last step the value was seen in its last moment, and 30 before as a moment only.
    assert asked(store, until=200) == [(0, 10, 50), (60, 30, 60), (120, None, 60), (180, 30, 20)]


def test_a_subject_that_went_unseen_is_on_record_until_it_was_missed(store: Store) -> None:
    seen(store, (0, 10), (10, 10))
    record(store, *[a_poll(a_queue_of(1, "Orders"), at=at) for at in (100, 110, 120, 130)])

    steps = asked(store, until=130)
    assert steps[:2] == [(0, 10, 50), (60, None, 40)]
    assert steps[2:] == [(60, 1, 0), (120, 1, 0)]


def test_a_span_may_begin_and_end_where_nobody_looked(store: Store) -> None:
    seen(store, (0, 10), (10, 10), (200, 10), (210, 10))

    assert asked(store, since=30, until=90) == [(0, None, 30), (60, None, 30)]


def test_tenants_are_blind_each_for_itself(store: Store) -> None:
    for at in range(0, 121, 10):
        other = a_sample(a_queue_of(7).subject, new_items=7)
        record(store, a_poll(other, at=at, tenant="staging"))
    seen(store, (0, 10), (10, 10), (120, 10))
    blind = unseen_times(store, "queues", every=timedelta(seconds=10), since=NOW, until=after(120))

    assert {tenant: len(spans) for tenant, spans in blind.items()} == {
        "production": 1,
        "staging": 0,
    }


def test_states_have_no_one_value_over_a_step(store: Store) -> None:
    for number, state in enumerate(["Available", "Busy"]):
        session = a_session(key="7", state=state)
        record(store, a_poll(a_sample(session, is_busy=number), at=number * 30, kinds=("session",)))
    (step,) = past_steps(store, "session", since=NOW, until=after(30), every=MINUTE, unseen={})

    assert "state" not in step.subject.labels
    assert step.subject.labels["folder"] == "Finance"


def test_a_step_must_have_a_length(store: Store) -> None:
    steps = past_steps(store, "queue", since=NOW, until=after(60), every=timedelta(), unseen={})
    with pytest.raises(ValueError, match="longer than nothing"):
        next(steps)


@pytest.mark.parametrize("seed", range(3))
def test_what_the_database_adds_up_is_what_each_change_comes_to(
    store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    polls = []
    values: list[float | None] = [1.0, 1.0, 1.0]
    for number in range(60):
        values = [chance.choice([one, one, None, 2.5, 7.0]) for one in values]
        there = [a_queue_of(one, f"Q{n}") for n, one in enumerate(values) if one is not None]
        polls.append(a_poll(*there, at=10 * number))
    record(store, *polls)

    def steps(since: float, every: float) -> list[SeenStep]:
        length = timedelta(seconds=every)
        until = after(since + 1.5 * every)
        ask = {"since": after(since), "until": until, "every": length}
        found = list(past_steps(store, "queue", unseen={}, **ask))  # type: ignore[arg-type]  # instants
        return sorted(found, key=lambda one: (one.subject.key, one.at_ms))

    for since, every in ((0.0, 300.0), (37.5, 120.0), (100.0, 450.0), (580.0, 60.0), (590.0, 60.0)):
        added_up = steps(since, every)
        with monkeypatch.context() as patched:
            patched.setattr("monitor.store.past_steps._FEW", 0)
            one_by_one = steps(since, every)
        assert added_up
        assert [plainly(one) for one in added_up] == [plainly(one) for one in one_by_one]
