from collections.abc import Callable

from monitor.store import Store
from tests.builders import NOW, after
from tests.integration.store.polls import a_poll, a_queue_of, record

IDENTITY = ("production", "queue", "invoices")


def load(store: Store, since: float) -> list[tuple[float, float | None]]:
    points = store.load_series("queue", "new_items", after(since))
    assert {identity for identity, _at, _value in points} <= {IDENTITY}
    return [((at - NOW).total_seconds(), value) for _identity, at, value in points]


def test_a_series_begins_with_the_value_that_held_at_its_begin(store: Store) -> None:
    record(store, *[a_poll(a_queue_of(v), at=i * 60) for i, v in enumerate([5, 5, 6, 6, 7, 7])])
    assert load(store, 0) == [(0, 5), (120, 6), (240, 7), (300, 7)]
    assert load(store, 200) == [(120, 6), (240, 7), (300, 7)]
    assert load(store, 9999) == [(240, 7), (300, 7)]


def test_a_time_in_which_the_subject_was_gone_is_unknown(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)), *[a_poll(at=i * 60) for i in (1, 2, 3)])
    assert load(store, 0) == []
    record(store, a_poll(a_queue_of(6), at=600))
    assert load(store, 0) == [(0, 5), (60, None), (600, 6)]


def test_points_come_in_the_order_of_time(reopen: Callable[[], Store]) -> None:
    store = reopen()
    for i in range(6):
        record(store, a_poll(*[a_queue_of(i // (n + 1), f"Q{n}") for n in range(4)], at=i * 60))
    points = reopen().load_series("queue", "new_items", NOW)
    assert [at for _identity, at, _value in points] == sorted(at for _i, at, _v in points)
    assert len({identity for identity, _at, _value in points}) == 4


def test_a_flag_is_a_number_like_any_other(store: Store) -> None:
    assert store.load_series("session", "is_busy", NOW) == []
