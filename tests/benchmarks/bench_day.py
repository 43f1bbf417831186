"""A day of 10,000 sessions, polled every 30 seconds, 5 % of which change at each poll.

All of the daemon but the network: rules, alerts, history with a durable commit, upkeep once an
hour. The last hour is compared with the second: the time of a poll, the memory of the process; and
the file with the changes that it holds.
"""

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from pathlib import Path

from sqlalchemy import text

from monitor.core.sample import Collected, Sample, Snapshot, Subject
from monitor.daemon import garbage
from monitor.daemon.logs import configure
from monitor.store import Store, open_store
from monitor.store.schema import upgrade
from monitor.store.space import checkpoint
from tests.builders import after
from tests.storm_builders import Daemon, Estate

SESSIONS = 10_000
CHANGED = SESSIONS // 20
EVERY_S = 30
POLLS_OF_AN_HOUR = 3600 // EVERY_S


class Life:
    """The estate as it goes on: each poll other sessions begin to work, or stop."""

    def __init__(self) -> None:
        first = Estate(SESSIONS, 10).poll(0.0)
        assert isinstance(first.outcome, Collected)
        self._first = first
        self._sessions = list(first.outcome.samples[:SESSIONS])
        self._hosts = first.outcome.samples[SESSIONS:]
        self._counts = first.outcome.counts
        self._next = 0

    def poll(self, at_s: float) -> Snapshot:
        """Return the next poll; who does not change keeps his sample."""
        for place in range(self._next, self._next + CHANGED):
            before = self._sessions[place % SESSIONS]
            is_busy = not before.values[4]
            labels = {**before.subject.labels, "state": "Busy" if is_busy else "Available"}
            subject = _with_labels(before.subject, labels)
            age, silent, gone, _, _, resting = before.values
            values = (age, silent, gone, float(not is_busy), float(is_busy), resting)
            self._sessions[place % SESSIONS] = Sample(subject, values)
        self._next = (self._next + CHANGED) % SESSIONS
        now = after(at_s)
        fresh = now.timestamp() * 1e6 - 1e6
        for sample in self._sessions:
            # A heartbeat has come since: it moves in the sample that is there.
            sample.values = (fresh, *sample.values[1:])
        outcome = Collected(
            kinds=("session", "machine"),
            samples=tuple(chain(self._sessions, self._hosts)),
            observed_at=now,
            counts=self._counts,
        )
        return replace(self._first, started_at=now, outcome=outcome)


def _with_labels(subject: Subject, labels: dict[str, str]) -> Subject:
    return Subject(
        tenant=subject.tenant,
        kind=subject.kind,
        key=subject.key,
        name=subject.name,
        labels=labels,
    )


def main() -> None:
    """Live through the day, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    given = parser.parse_args()
    configure("warning", "json", (), sys.stderr)
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "history.db"
        store = open_store(f"sqlite:///{file}")
        upgrade(store)
        _live(store, file, given.hours)
        store.close()


def _live(store: Store, file: Path, hours: int) -> None:
    daemon = Daemon(store, "")
    pruner = daemon.service.pruner
    assert pruner is not None
    life = Life()
    garbage.calm()
    times, memory = [], []
    for hour in range(hours):
        took = []
        for number in range(POLLS_OF_AN_HOUR):
            at_s = float(hour * 3600 + number * EVERY_S)
            snapshot = life.poll(at_s)
            daemon.clock.elapsed_s = at_s
            began = time.perf_counter()
            daemon.settle(snapshot)
            took.append((time.perf_counter() - began) * 1000)
        pruner.work()
        gc.collect()
        times.append(statistics.median(took))
        memory.append(_resident_mib())
        worst = sorted(took)[len(took) * 99 // 100]
        print(  # noqa: T201 - what it is for
            f"hour {hour + 1}: a poll {times[-1]:.1f} ms (99 %: {worst:.1f}), {memory[-1]:.0f} MiB",
            flush=True,
        )
    daemon.close()
    checkpoint(store)
    with store.reading() as connection:
        rows = sum(
            connection.scalar(text(f"SELECT count(*) FROM session_{name}")) or 0  # noqa: S608 - our own
            for name in ("stretches", "sealed")
        )
    size = file.stat().st_size
    print(  # noqa: T201 - as above
        f"{rows:,} changes, {size / 1e6:.1f} MB, {size / rows:.0f} bytes each; the last hour beside "
        f"the second: time {times[-1] / times[1]:.2f}, memory {memory[-1] / memory[1]:.2f}; "
        f"{timedelta(hours=hours)}"
    )


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
