"""A server that is stopped at once and comes back: in mid-transaction, between polls, for long."""

import pytest

from monitor.errors import StoreError, StoreInUse, StoreUnavailable
from monitor.store import open_store
from monitor.store.check import check
from monitor.store.lease import hold
from tests.integration.durability.own_server import OwnServer
from tests.integration.durability.vigil import (
    a_letter,
    a_queue,
    many_queues,
    polled_at,
    rows,
    vigil,
)


def test_a_transaction_that_was_open_is_there_not_even_in_part(
    running: OwnServer, database: str
) -> None:
    with vigil(database) as watching:
        watching.polls(*many_queues(1), at=0)

        def cut_off() -> None:
            with watching.store.writing() as write:
                write.deliveries([a_letter("lost")])
                running.restart()

        with pytest.raises(StoreUnavailable, match="the connection"):
            cut_off()

        assert rows(watching.store, "SELECT id FROM deliveries") == []
        watching.polls(*many_queues(2), a_queue(900), at=60)
        assert watching.sent == ["opened Invoices"]
        assert polled_at(watching.store) == [0, 60]
        assert check(watching.store).findings == ()


def test_what_was_committed_a_moment_before_is_there(running: OwnServer, database: str) -> None:
    with vigil(database) as watching:
        watching.sees(a_queue(900), at=0)
        running.restart()
        assert polled_at(watching.store) == [0]
        watching.delivers(at=1)
        assert watching.sent == ["opened Invoices"]
        assert watching.loud() == ["alert.opened"]


def test_polls_go_on_while_it_is_down_and_the_truth_is_told_when_it_is_back(
    running: OwnServer, database: str
) -> None:
    with vigil(database) as watching:
        watching.polls(a_queue(1), at=0)
        running.stop()
        watching.polls(a_queue(900), at=60)
        watching.polls(a_queue(900), at=120)
        (trouble,) = watching.watchdog.troubles()
        assert "the connection failed: check the server and the network" in trouble
        assert watching.watchdog.overdue() == ()
        running.start()
        watching.polls(a_queue(900), at=180)

        assert watching.loud().count("store.failed") == 1
        (recovered,) = watching.said("store.recovered")
        assert recovered["polls_unrecorded"] == 2
        assert watching.sent == ["opened Invoices"]
        assert polled_at(watching.store) == [0, 180]


def test_a_restart_while_a_message_is_sent_sends_it_once_more_under_its_id(
    running: OwnServer, database: str
) -> None:
    with vigil(database) as watching:
        watching.sees(a_queue(900), at=0)
        watching.during_send = running.stop
        watching.delivers(at=1)
        watching.during_send = None
        running.start()
        watching.delivers(at=2)

        assert watching.sent == ["opened Invoices", "opened Invoices"]
        sql = "SELECT state, attempts FROM deliveries"
        assert rows(watching.store, sql) == [("sent", 1)]
        outcomes = rows(watching.store, "SELECT outcome FROM delivery_attempts ORDER BY id")
        assert outcomes == [(None,), ("sent",)]


class TestOfTheLease:
    def test_it_is_taken_again(self, running: OwnServer, database: str) -> None:
        with hold(open_store(database)) as lease:
            running.restart()
            lease.keep()
            with pytest.raises(StoreInUse):
                hold(open_store(database))

    def test_it_is_not_held_for_as_long_as_it_could_not_be_taken_again(
        self, running: OwnServer, database: str
    ) -> None:
        with hold(open_store(database)) as lease:
            running.stop()
            for _ in range(3):
                with pytest.raises(StoreUnavailable):
                    lease.keep()
                with pytest.raises(StoreUnavailable):
                    lease.check()
            running.start()
            lease.keep()
            with pytest.raises(StoreInUse):
                hold(open_store(database))

    def test_who_was_faster_has_it(self, running: OwnServer, database: str) -> None:
        with hold(open_store(database)) as lease:
            running.stop()
            with pytest.raises(StoreError):
                lease.keep()
            running.start()
            with hold(open_store(database)), pytest.raises(StoreInUse):
                lease.keep()
