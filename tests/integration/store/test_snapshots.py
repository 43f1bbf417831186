from collections.abc import Callable

import pytest

from monitor.core.kinds import KINDS
from monitor.core.sample import Sample
from monitor.instants import posix_us
from monitor.store import Store, queries
from tests.builders import NOW, a_sample, a_subject, after
from tests.integration.store.polls import (
    MINUTE,
    a_failed_poll,
    a_poll,
    a_queue_of,
    a_session,
    ask,
    at,
    column,
    count,
    lose,
    record,
)

HISTORY = "SELECT new_items, valid_from, valid_to FROM v_queue_history ORDER BY valid_from"


def recorded(store: Store) -> list[tuple[object, object, object]]:
    return [(row["new_items"], row["valid_from"], row["valid_to"]) for row in ask(store, HISTORY)]


def test_a_value_that_stays_is_recorded_once(store: Store) -> None:
    record(store, *[a_poll(a_queue_of(5), at=i * MINUTE) for i in range(4)])
    assert recorded(store) == [(5.0, at(0), None)]
    assert count(store, "v_polls") == 4


def test_a_change_closes_the_stretch_and_opens_the_next(store: Store) -> None:
    record(
        store, a_poll(a_queue_of(5)), a_poll(a_queue_of(6), at=60), a_poll(a_queue_of(6), at=120)
    )
    assert recorded(store) == [(5.0, at(0), at(60)), (6.0, at(60), None)]
    assert column(store, "SELECT new_items FROM v_queues") == [6.0]


def test_an_unknown_value_is_null_and_a_change(store: Store) -> None:
    queue = a_subject()
    record(store, a_poll(a_sample(queue, new_items=0)), a_poll(a_sample(queue), at=60))
    assert recorded(store) == [(0.0, at(0), at(60)), (None, at(60), None)]


def test_a_heartbeat_age_is_recorded_when_it_doubles_not_at_each_poll(store: Store) -> None:
    session = a_session()
    ages = [20.0, 50.0, 30.0, 59.9, 80.0, 110.0, 140.0, 170.0, 200.0, 230.0, 260.0]
    record(
        store,
        *[
            a_poll(
                a_sample(session, after(i * 30), heartbeat_age_s=age),
                at=i * 30,
                kinds=("session",),
            )
            for i, age in enumerate(ages)
        ],
    )
    sql = "SELECT heartbeat_age_s FROM v_session_history ORDER BY valid_from"
    assert column(store, sql) == [20.0, 80.0, 140.0, 260.0]


def test_a_change_of_state_is_history_but_a_new_folder_is_not(store: Store) -> None:
    def poll(second: float, **labels: str) -> None:
        session = a_session(key="7", **labels)
        record(store, a_poll(a_sample(session, is_busy=0), at=second, kinds=("session",)))

    poll(0)
    poll(60, folder="Sales")
    poll(120, folder="Sales", state="Disconnected")
    rows = ask(store, "SELECT * FROM v_session_history ORDER BY valid_from")
    assert [(row["state"], row["folder"], row["valid_from"]) for row in rows] == [
        ("Available", "Sales", at(0)),
        ("Disconnected", "Sales", at(120)),
    ]


def test_a_renamed_queue_keeps_its_history(store: Store) -> None:
    record(
        store, a_poll(a_queue_of(5, "Old", key="1")), a_poll(a_queue_of(6, "New", key="1"), at=60)
    )
    assert column(store, "SELECT queue FROM v_queue_history") == ["New", "New"]
    assert count(store, "subjects") == 1


def test_a_subject_is_gone_after_three_good_polls_without_it(store: Store) -> None:
    other = a_queue_of(1, "Other")
    record(store, a_poll(a_queue_of(5), other))
    for poll, there in ((1, 2), (2, 2), (3, 1)):
        record(store, a_poll(other, at=poll * MINUTE))
        assert count(store, "v_queues") == there
    row = ask(store, "SELECT * FROM v_queue_history WHERE queue = 'Invoices'")[0]
    # It ended when it was missed for the first time.
    assert (row["valid_from"], row["valid_to"]) == (at(0), at(60))
    assert column(store, "SELECT gone_at FROM subjects WHERE name = 'Invoices'") == [
        int(after(60).timestamp() * 1000)
    ]


def test_a_subject_that_comes_back_in_time_was_never_away(store: Store) -> None:
    record(
        store, a_poll(a_queue_of(5)), a_poll(at=60), a_poll(at=120), a_poll(a_queue_of(5), at=180)
    )
    record(store, a_poll(at=240), a_poll(at=300), a_poll(a_queue_of(5), at=360))
    assert recorded(store) == [(5.0, at(0), None)]


def test_a_subject_comes_back_under_the_same_identity(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)), *[a_poll(at=i * 60) for i in (1, 2, 3)])
    assert count(store, "v_queues") == 0
    record(store, a_poll(a_queue_of(5), at=600))
    assert count(store, "subjects") == 1
    assert column(store, "SELECT gone_at FROM subjects") == [None]
    assert recorded(store) == [(5.0, at(0), at(60)), (5.0, at(600), None)]


@pytest.mark.parametrize("how", ["failed", "skipped", "partial"])
def test_a_poll_that_did_not_see_everything_ends_nothing(store: Store, how: str) -> None:
    record(store, a_poll(a_queue_of(5)))
    for i in range(1, 6):
        if how == "failed":
            record(store, a_failed_poll(at=i * 60))
        else:
            record(store, a_poll(at=i * 60, skipped=how == "skipped", partial=how == "partial"))
    assert recorded(store) == [(5.0, at(0), None)]


def test_a_poll_says_nothing_of_other_kinds_or_tenants(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)))
    for i in range(1, 5):
        record(store, a_poll(at=i * 60, kinds=("session",), collector="sessions"))
        record(store, a_poll(at=i * 60, tenant="test"))
    assert count(store, "v_queues") == 1


def test_one_poll_may_answer_for_several_kinds(store: Store) -> None:
    license_sample = a_sample(a_subject("Unattended", kind="license"), allowed=5, used=4)
    expiry = a_sample(a_subject("License", kind="subscription"), days_to_expiry=12.5)
    record(store, a_poll(license_sample, expiry, kinds=("license", "subscription")))
    assert column(store, "SELECT used FROM v_licenses") == [4.0]
    assert column(store, "SELECT days_to_expiry FROM v_subscriptions") == [12.5]


def test_the_last_of_two_samples_of_one_subject_counts(store: Store) -> None:
    record(store, a_poll(a_queue_of(5), a_queue_of(6)))
    assert recorded(store) == [(6.0, at(0), None)]


def test_the_order_of_a_poll_says_nothing(store: Store) -> None:
    queues = [a_queue_of(number, f"Queue {number}") for number in range(5)]
    other = a_queue_of(9, "Queue 9")
    record(
        store,
        a_poll(*queues),
        a_poll(*reversed(queues), at=60),
        a_poll(other, *queues[:4], at=120),
        a_poll(*queues[:4], other, at=180),
        a_poll(*queues, other, at=240),
    )

    assert {row[0] for row in recorded(store)} == {0.0, 1.0, 2.0, 3.0, 4.0, 9.0}
    assert [row[2] for row in recorded(store)] == [None] * 6


def test_a_key_that_had_to_be_mended_is_not_missed_when_another_is(store: Store) -> None:
    strange = a_queue_of(1, "Strange", key="queue\x00")
    going = a_queue_of(2, "Going", key="going")
    record(store, a_poll(strange, going), *[a_poll(strange, at=i * MINUTE) for i in range(1, 5)])

    assert column(store, "SELECT queue FROM v_queues") == ["Strange"]


def test_a_restart_writes_nothing_anew(reopen: Callable[[], Store]) -> None:
    session = a_sample(a_session(), heartbeat_age_s=20, is_busy=1)
    first, second = reopen(), reopen()
    record(first, a_poll(session, kinds=("session",)))
    again = a_sample(a_session(), after(60), heartbeat_age_s=20, is_busy=1)
    record(second, a_poll(again, at=60, kinds=("session",)))
    assert count(second, "session_stretches") == 0
    assert column(second, "SELECT since FROM v_sessions") == [at(0)]


def test_after_a_rollback_nothing_is_there_and_the_next_poll_is_compared_rightly(
    store: Store,
) -> None:
    record(store, a_poll(a_queue_of(5)))
    changed = a_poll(a_queue_of(6), a_queue_of(1, "New"), at=60)
    with pytest.raises(RuntimeError):
        lose(store, changed)
    assert recorded(store) == [(5.0, at(0), None)]
    assert count(store, "v_polls") == 1
    record(store, changed)
    assert {row[:2] for row in recorded(store)} == {(5.0, at(0)), (6.0, at(60)), (1.0, at(60))}
    assert count(store, "subjects") == 2


def test_a_rollback_does_not_count_as_a_poll_without_the_subject(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)))
    for _ in range(5):
        with pytest.raises(RuntimeError):
            lose(store, a_poll(at=60))
    record(store, a_poll(at=60))
    assert count(store, "v_queues") == 1


def test_history_runs_forwards_when_the_servers_clock_steps_back(store: Store) -> None:
    record(store, a_poll(a_queue_of(5), at=100), a_poll(a_queue_of(6), at=40))
    first, second = recorded(store)
    assert first == (5.0, at(100), at(100.001))
    assert second == (6.0, at(100.001), None)


def test_two_polls_may_share_an_instant(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)), a_poll(a_queue_of(6)), a_poll(a_queue_of(7)))
    assert [row[0] for row in recorded(store)] == [5.0, 6.0, 7.0]


def test_text_that_no_database_takes_does_not_stop_the_poll(reopen: Callable[[], Store]) -> None:
    hostile = "a\x00b\ud800c'\";--\N{SNOWMAN}"
    subject = a_subject(hostile, key=hostile, labels={"queue": hostile, "folder": hostile})
    store = reopen()
    for i in range(5):
        poll = a_poll(a_sample(subject, new_items=i), a_queue_of(1, "Fine"), at=i * 60)
        record(store if i < 3 else reopen(), poll)
    names = sorted(column(store, "SELECT name FROM v_queues"))
    assert names == ["Fine", "a\ufffdb\ufffdc'\";--\N{SNOWMAN}"]
    assert count(store, "subjects") == 2
    sql = "SELECT new_items FROM v_queue_history WHERE name <> 'Fine' ORDER BY valid_from"
    assert column(store, sql) == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_failed_poll_leaves_its_reason(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)), a_failed_poll(at=60), a_failed_poll(at=120))
    polls = ask(store, "SELECT * FROM v_polls ORDER BY started_at")
    assert [(p["outcome"], p["error"], p["samples"]) for p in polls] == [
        ("ok", None, 1),
        ("unreachable", "no answer", 0),
        ("unreachable", "no answer", 0),
    ]
    assert [p["observed_at"] for p in polls] == [at(0), None, None]
    assert (polls[0]["took_s"], polls[0]["requests"], polls[0]["skipped"]) == (0.25, 1, 0)


def test_the_state_of_a_collector_follows_its_polls(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)), a_failed_poll(at=60), a_failed_poll(at=120))
    (state,) = store.collector_states()
    assert (state.tenant, state.collector) == ("production", "queues")
    assert (state.outcome, state.outcome_since) == ("unreachable", after(60))
    assert (state.failures, state.last_error) == (2, "no answer")
    assert (state.last_poll_at, state.last_success_at, state.samples) == (after(120), NOW, 1)
    record(store, a_failed_poll(at=180, kind="throttled", message="429"), a_poll(at=240))
    (state,) = store.collector_states()
    assert (state.outcome, state.outcome_since, state.failures) == ("ok", after(240), 0)
    assert (state.last_error, state.last_success_at, state.samples) == (None, after(240), 0)


def test_many_subjects_in_one_poll_are_all_there(store: Store) -> None:
    sessions = [a_session(f"Robot {i}") for i in range(1500)]

    def poll(second: float, busy: range) -> None:
        samples = [
            a_sample(s, is_busy=float(i in busy), is_available=1) for i, s in enumerate(sessions)
        ]
        record(store, a_poll(*samples, at=second, kinds=("session",)))

    poll(0, range(0))
    poll(60, range(700))
    poll(120, range(350, 700))
    assert column(store, "SELECT sum(is_busy) FROM v_sessions") == [350]
    assert count(store, "v_session_history") == 1500 + 700 + 350


def test_every_metric_of_every_kind_goes_through_unchanged(store: Store) -> None:
    for kind in KINDS.values():
        if kind.history is None:
            continue
        values = tuple(
            1.0 if metric.name.startswith(("is_", "in_m")) else index + 0.1
            for index, metric in enumerate(kind.metrics)
        )
        sample = Sample(a_subject("X", kind=kind.name), kind.values_of(values, posix_us(NOW)))
        record(store, a_poll(sample, kinds=(kind.name,)))
        (row,) = ask(store, f"SELECT * FROM v_{kind.plural}")  # noqa: S608  # our own names
        assert tuple(row[metric.name] for metric in kind.metrics) == values


def test_labels_beyond_those_of_the_kind_are_kept_and_follow_the_newest_poll(
    reopen: Callable[[], Store],
) -> None:
    def seen(region: str) -> Sample:
        labels = {**a_session().labels, "region": region}
        return a_sample(a_subject("Robot 1", kind="session", labels=labels))

    first = reopen()
    record(first, a_poll(seen("emea"), kinds=("session",)))
    (robot,) = queries.current(first, "session")
    assert robot.subject.labels == {**a_session().labels, "region": "emea"}

    restarted = reopen()
    record(restarted, a_poll(seen("apac"), at=60, kinds=("session",)))
    (robot,) = queries.current(restarted, "session")
    assert (robot.subject.labels["region"], robot.since) == ("apac", NOW)
