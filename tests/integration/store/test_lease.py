import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from monitor.errors import StoreInUse
from monitor.store import Store
from monitor.store.lease import hold

HOLDER = """
import sys
from monitor.store import open_store
from monitor.store.lease import hold
lease = hold(open_store(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_daemon_is_refused_and_told_who_holds_it(reopen: Callable[[], Store]) -> None:
    with hold(reopen()) as lease:
        lease.check()
        with pytest.raises(StoreInUse, match=f"process {os.getpid()} on "):
            hold(reopen())
    # Released: the next one gets it.
    hold(reopen()).release()


def test_releasing_twice_is_harmless(store: Store) -> None:
    lease = hold(store)
    lease.release()
    lease.release()


def test_a_killed_daemon_leaves_the_database_free(
    reopen: Callable[[], Store], database_url: str
) -> None:
    command = [sys.executable, "-c", HOLDER, database_url]
    with subprocess.Popen(  # our own interpreter
        command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreInUse, match=f"process {other.pid} on "):
            hold(reopen())
        other.send_signal(signal.SIGKILL)
        other.wait()
    for _ in range(100):
        try:
            hold(reopen()).release()
            break
        except StoreInUse:  # Postgres needs a moment to notice
            continue
    else:
        pytest.fail("the lease outlived its holder")


def test_the_lease_does_not_keep_anyone_from_reading_or_writing(
    reopen: Callable[[], Store],
) -> None:
    with hold(reopen()):
        with reopen().writing() as write:
            write.alerts(())
        assert reopen().load_alerts() == ()
