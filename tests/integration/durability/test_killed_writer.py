"""`kill -9` in the middle of a transaction, at each step of it: all of it is there, or nothing."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from monitor.store import Store
from monitor.store.check import check
from tests.integration.durability.vigil import a_queue, many_queues, polled_at, rows, vigil

# Its own process: opens the store, writes as far as it is told, and waits to be killed.
WRITER = """
import sys
from monitor.core.sample import Snapshot
from monitor.store import open_store
from tests.builders import after, collected
from tests.integration.durability.vigil import a_letter, many_queues

url, last = sys.argv[1:]
store = open_store(url)
store.load_alerts()
poll = Snapshot(tenant="production", collector="queues", started_at=after(60), took_s=0.5,
    requests=1, outcome=collected(*many_queues(2), at=after(60)))

def wait_if(step):
    if step == last:
        print(step, flush=True)
        sys.stdin.read()

with store.writing() as write:
    if store.place.file is not None:
        # So little memory that SQLite has to write into its log before the commit.
        write.connection.exec_driver_sql("PRAGMA cache_size=5")
    wait_if("begun")
    write.snapshot(poll)
    wait_if("the poll is written")
    write.deliveries([a_letter("killed")])
    wait_if("the message is written")
wait_if("committed")
"""


def kill_at(step: str, url: str) -> None:
    command = [sys.executable, "-c", WRITER, url, step]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == f"{step}\n"
        writer.kill()


@pytest.fixture
def before(reopen: Callable[[], Store], database_url: str) -> Store:
    """A history of one poll."""
    with vigil(database_url) as watching:
        watching.polls(*many_queues(1), at=0)
    return reopen()


@pytest.mark.parametrize("step", ["begun", "the poll is written", "the message is written"])
def test_nothing_of_it_is_there(before: Store, database_url: str, step: str) -> None:
    kill_at(step, database_url)

    assert polled_at(before) == [0]
    assert rows(before, "SELECT id FROM deliveries") == []
    assert rows(before, "SELECT count(*) FROM queue_stretches") == [(0,)]
    assert check(before).findings == ()


def test_all_of_it_is_there_once_it_was_committed(before: Store, database_url: str) -> None:
    kill_at("committed", database_url)

    assert polled_at(before) == [0, 60]
    assert rows(before, "SELECT id FROM deliveries") == [("killed",)]
    assert rows(before, "SELECT count(*) FROM queue_stretches") == [(400,)]
    assert check(before).findings == ()


def test_the_next_daemon_writes_at_once_and_judges_what_is_true_then(
    before: Store, database_url: str
) -> None:
    kill_at("the message is written", database_url)

    with vigil(database_url, at=120) as watching:
        watching.polls(*many_queues(3), a_queue(900), at=120)
        assert watching.loud() == ["alert.opened"]
        assert watching.sent == ["opened Invoices"]
    assert polled_at(before) == [0, 120]
