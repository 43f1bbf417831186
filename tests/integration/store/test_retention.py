from collections.abc import Callable

import pytest

from monitor.store import Store
from monitor.store.check import check
from monitor.store.retention import preview
from tests.builders import after
from tests.integration.store.aged import (
    DAY,
    KEPT,
    Interrupted,
    a_day,
    a_round,
    an_estate,
    everything,
    let_go,
    one_is_gone,
    the_rest,
)
from tests.integration.store.polls import (
    a_failed_poll,
    a_poll,
    a_queue_of,
    ask,
    at,
    column,
    count,
    record,
)


def test_closed_stretches_and_polls_go_when_they_are_older_than_wanted(store: Store) -> None:
    a_day(store, 0, 1, 2, 40)

    assert let_go(store, 40) == {"stretches": 2, "polls": 3}

    # The one that reaches into the kept span stays whole.
    kept = ask(store, "SELECT valid_from, valid_to FROM v_queue_history ORDER BY valid_from")
    assert [tuple(row.values()) for row in kept] == [
        (at(2 * DAY), at(40 * DAY)),
        (at(40 * DAY), None),
    ]
    assert column(store, "SELECT started_at FROM v_polls") == [at(40 * DAY)]


def test_the_very_instant_is_too_old_and_a_moment_later_is_not(store: Store) -> None:
    for items, second in enumerate((0, 60, 60.001, 31 * DAY)):
        record(store, a_poll(a_queue_of(items), at=second))

    assert let_go(store, 30 + 60 / DAY)["stretches"] == 1


def test_an_open_stretch_stays_however_old(store: Store) -> None:
    record(store, a_poll(a_queue_of(5)), a_poll(a_queue_of(5), at=900 * DAY))

    assert let_go(store, 900) == {"polls": 1}
    assert column(store, "SELECT valid_from FROM v_queue_history") == [at(0)]


def test_a_slice_takes_no_more_rows_than_it_may(store: Store) -> None:
    a_day(store, *range(20), 60, names=("A", "B", "C"))
    work = a_round(store, 60)
    sizes: list[int] = []
    while work.step(7):
        sizes.append(work.gone.total() - sum(sizes))

    assert sizes == [7] * 8 + [1] + [7, 7, 6]
    assert +work.gone == {"stretches": 57, "polls": 20}


def test_a_preview_says_what_a_round_does_and_changes_nothing(store: Store) -> None:
    an_estate(store)
    before = everything(store)

    _, foretold = preview(store, KEPT, after(500 * DAY))

    assert everything(store) == before
    assert +foretold == let_go(store, 500, rows=3)
    assert {"stretches", "polls", "subjects", "alerts", "deliveries", "silences"} <= {
        name for name, amount in foretold.items() if amount
    }


def test_a_second_round_finds_nothing(store: Store) -> None:
    an_estate(store)
    let_go(store, 500)

    assert let_go(store, 500) == {}


def test_a_round_that_is_broken_off_anywhere_leaves_a_sound_history(store: Store) -> None:
    an_estate(store)
    work = a_round(store, 500)
    steps = 0
    while work.step(4):
        steps += 1
        assert check(store).findings == ()
    assert steps > 8


def test_what_is_kept_reads_as_before(store: Store) -> None:
    an_estate(store)
    since = at(470 * DAY)
    kept = f"SELECT * FROM v_queue_history WHERE coalesce(valid_to, 'now') > '{since}'"  # noqa: S608  # our own
    views = (kept, "SELECT * FROM v_queues", "SELECT * FROM v_alerts WHERE phase <> 'resolved'")
    before = [ask(store, view) for view in views]

    let_go(store, 500)

    assert [ask(store, view) for view in views] == before


def test_failed_polls_go_too(store: Store) -> None:
    record(store, a_failed_poll(), a_failed_poll(at=40 * DAY))

    assert let_go(store, 40) == {"polls": 1}


def test_polls_after_newer_ones_go_too(store: Store) -> None:
    """A clock that was set back leaves them in this order."""
    record(store, *[a_failed_poll(at=day * DAY) for day in (1, 50, 2, 60)])

    assert let_go(store, 60) == {"polls": 2}


def test_the_newest_poll_stays_so_that_ids_go_on_rising(store: Store) -> None:
    record(store, a_failed_poll(), a_failed_poll(at=1))
    before = column(store, "SELECT max(id) FROM polls")

    assert let_go(store, 90) == {"polls": 1}
    record(store, a_failed_poll(at=90 * DAY))

    assert column(store, "SELECT min(id) FROM polls") == before
    assert column(store, "SELECT max(id) FROM polls") > before


def test_a_clock_that_is_set_ahead_deletes_nothing(store: Store) -> None:
    """Age is counted from the newest good poll: else all would be gone at once."""
    a_day(store, 0, 1, 20)

    assert let_go(store, 9000) == {}


def test_an_empty_history_is_nothing_to_do(store: Store) -> None:
    assert let_go(store, 5000) == {}


class TestSubjects:
    def test_one_goes_when_nothing_of_it_is_kept(self, store: Store) -> None:
        one_is_gone(store)

        assert let_go(store, 60)["subjects"] == 1
        assert sorted(column(store, "SELECT name FROM subjects")) == ["Newest", "There"]

    def test_one_that_is_gone_stays_while_its_history_does(self, store: Store) -> None:
        one_is_gone(store)

        assert let_go(store, 29) == {}
        assert "Old" in column(store, "SELECT name FROM subjects")

    def test_one_that_comes_back_begins_anew(self, store: Store) -> None:
        one_is_gone(store)
        let_go(store, 60)

        record(store, a_poll(*the_rest(), a_queue_of(5, "Old"), at=61 * DAY))
        record(store, a_poll(*the_rest(), a_queue_of(6, "Old"), a_queue_of(1, "X"), at=62 * DAY))

        assert sorted(column(store, "SELECT name FROM v_queues")) == ["Newest", "Old", "There", "X"]
        assert check(store).findings == ()

    def test_one_that_was_deleted_beside_the_daemon_is_no_other_for_it(
        self, reopen: Callable[[], Store]
    ) -> None:
        """The daemon remembers its id, so nobody else may be given it meanwhile."""
        daemon, other = reopen(), reopen()
        one_is_gone(daemon)
        assert let_go(other, 60)["subjects"] == 1
        record(daemon, a_poll(*the_rest(), a_queue_of(1, "X"), at=61 * DAY))

        record(daemon, a_poll(*the_rest(), a_queue_of(1, "X"), a_queue_of(5, "Old"), at=62 * DAY))

        assert sorted(column(daemon, "SELECT name FROM v_queues")) == [
            "Newest",
            "Old",
            "There",
            "X",
        ]
        assert check(daemon).findings == ()

    def test_the_newest_of_all_stays_since_ids_are_counted_from_it(self, store: Store) -> None:
        record(store, a_poll(a_queue_of(1, "First"), a_queue_of(1, "Last")))
        record(store, *[a_poll(at=DAY + second) for second in range(3)])
        record(store, a_poll(at=90 * DAY))

        assert let_go(store, 90)["subjects"] == 1
        assert column(store, "SELECT name FROM subjects") == ["Last"]

    def test_one_that_comes_back_before_it_is_deleted_stays(self, store: Store) -> None:
        one_is_gone(store)
        work = a_round(store, 60)
        while not work.gone["stretches"]:
            work.step()
        back = a_poll(*the_rest(), a_queue_of(5, "Old"), at=61 * DAY)
        work._store = Interrupted.of(store, lambda: record(store, back))

        while work.step():
            pass

        assert "Old" in column(store, "SELECT name FROM v_queues")
        assert check(store).findings == ()

    def test_a_transaction_that_is_lost_forgets_none(self, store: Store) -> None:
        one_is_gone(store)

        def in_vain() -> None:
            with store.writing() as write:
                write.recorder.forget("queue", [("production", "old")])
                raise RuntimeError

        with pytest.raises(RuntimeError):
            in_vain()
        record(store, a_poll(*the_rest(), a_queue_of(5, "Old"), at=61 * DAY))

        assert count(store, "subjects") == 3
