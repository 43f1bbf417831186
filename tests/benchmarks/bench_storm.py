"""How long an evaluation takes when 10,000 sessions fall silent at once, and while they are.

Ours is what the daemon does with the poll once it is there: rules, alerts, who is told of what,
history, alerts, events and messages in SQLite with a durable commit, logs at `info`. Two channels
hear of everything. Beside it stands the plainest code for the same outcome: a loop that compares
ages, and alerts, events and a message per channel into SQLite by `executemany`.

What is printed are medians of wall and CPU time; the ratio is that of CPU time.
"""

import argparse
import contextlib
import gc
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from monitor.core.delivery import Delivered, Delivery, Outcome
from monitor.core.matching import parse_where
from monitor.core.mute import Silence
from monitor.core.sample import Collected, Snapshot
from monitor.daemon import garbage
from monitor.daemon.logs import configure
from monitor.pipeline.deliver import deliver_due
from monitor.store import open_store
from monitor.store.schema import upgrade
from tests.builders import after
from tests.storm_builders import Daemon, Estate

SESSIONS = 10_000
EVERY_S = 30.0
LIMIT_S = 120.0
SILENT_SINCE_S = 40.0
SILENCE = Silence(
    id="of-another",
    where=parse_where({"name": "nobody"}),
    starts_at=after(215.0),
    ends_at=after(3600.0),
    author="a colleague",
    comment="somebody else's",
)
CHANNELS = """
[channels.ops]
url = "json://127.0.0.1:9/"
[channels.mail]
url = "json://127.0.0.1:9/"
"""
_TABLES = """
CREATE TABLE alerts (key TEXT PRIMARY KEY, name TEXT, phase TEXT, since REAL, value REAL,
  summary TEXT, told TEXT);
CREATE TABLE events (id INTEGER PRIMARY KEY, key TEXT, at REAL, kind TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY, channel TEXT, body TEXT);
"""
_ALERT = (
    "INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
    "phase = excluded.phase, value = excluded.value, summary = excluded.summary"
)


class Floor:
    """The plainest code: a set of what is open, and everything that is to be said in one text."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_TABLES)
        self._open: set[str] = set()

    def settle(self, snapshot: Snapshot) -> None:
        assert isinstance(snapshot.outcome, Collected)
        at_s = snapshot.started_at.timestamp()
        alerts, events = [], []
        for sample in snapshot.outcome.samples:
            subject, since_us = sample.subject, sample.values[0]
            if subject.kind != "session" or since_us is None:
                continue
            age_s = at_s - since_us / 1e6
            is_bad = age_s > LIMIT_S
            if not is_bad and subject.key not in self._open:
                continue
            phase = "firing" if is_bad else "resolved"
            if is_bad is not (subject.key in self._open):
                events.append((subject.key, at_s, phase))
                (self._open.add if is_bad else self._open.discard)(subject.key)
            text = f"{subject.name} has sent no heartbeat for {age_s:.0f} s"
            alerts.append((subject.key, subject.name, phase, at_s, age_s, text, "ops, mail"))
        database = self._database
        database.execute("BEGIN")
        database.executemany(_ALERT, alerts)
        database.executemany("INSERT INTO events (key, at, kind) VALUES (?, ?, ?)", events)
        if events:
            body = "\n".join(row[5] for row in alerts[:20])
            texts = [(channel, body) for channel in ("ops", "mail")]
            database.executemany("INSERT INTO messages (channel, body) VALUES (?, ?)", texts)
        database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()


class Accepting:
    """A channel that takes everything at once."""

    def send(self, _delivery: Delivery) -> Outcome:
        return Delivered()


@dataclass
class Times:
    """What one kind of work took, in milliseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def measure(self, work: Callable[[], object]) -> None:
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.wall.append((time.perf_counter() - wall) * 1000)
        self.cpu.append((time.process_time() - cpu) * 1000)

    @property
    def median_cpu(self) -> float:
        return statistics.median(self.cpu)

    @property
    def median_wall(self) -> float:
        return statistics.median(self.wall)


class Storm:
    """An estate whose storms both sides live through, each time with empty databases."""

    def __init__(self, *, per_host: int) -> None:
        self.floor: defaultdict[str, Times] = defaultdict(Times)
        self.ours: defaultdict[str, Times] = defaultdict(Times)
        self._estate = Estate(sessions=SESSIONS, per_host=per_host)

    def blow(self) -> None:
        with (
            tempfile.TemporaryDirectory(prefix="monitor-bench-") as name,
            contextlib.ExitStack() as stack,
        ):
            floor = Floor(Path(name) / "floor.db")
            stack.callback(floor.close)
            store = open_store(f"sqlite:///{Path(name) / 'history.db'}")
            stack.callback(store.close)
            upgrade(store)
            daemon = Daemon(store, CHANNELS)
            stack.callback(daemon.close)
            self._blow(floor, daemon)

    def _blow(self, floor: Floor, daemon: Daemon) -> None:
        well = self._estate.poll(0.0)
        floor.settle(well)
        daemon.settle(well)
        self._poll("all is well", floor, daemon, EVERY_S)
        self._poll("the storm", floor, daemon, 180.0, SILENT_SINCE_S)
        self._poll("it lasts", floor, daemon, 180.0 + EVERY_S, SILENT_SINCE_S)
        daemon.store.add_silence(SILENCE, after(215.0))
        self.ours["a silence is added"].measure(lambda: daemon.tick(220.0))
        self._poll("its end", floor, daemon, 180.0 + 2 * EVERY_S)

    def _poll(
        self,
        stage: str,
        floor: Floor,
        daemon: Daemon,
        at_s: float,
        silent_since_s: float | None = None,
    ) -> None:
        snapshot = self._estate.poll(at_s, silent_since_s=silent_since_s)
        self.floor[stage].measure(lambda: floor.settle(snapshot))
        self.ours[stage].measure(lambda: daemon.settle(snapshot))
        for courier in daemon.service.couriers:
            deliver_due(
                daemon.store,
                daemon.service.evaluator,
                courier.name,
                Accepting(),
                clock=daemon.clock,
                jitter=lambda: 0.0,
            )

    def rows(self) -> Iterator[str]:
        for stage, ours in self.ours.items():
            mine = f"{ours.median_wall:9.0f}{ours.median_cpu:9.0f}"
            floor = self.floor.get(stage)
            if floor is None:
                yield f"  {stage:24}{'':18}{mine}"
                continue
            theirs = f"{floor.median_wall:9.0f}{floor.median_cpu:9.0f}"
            yield f"  {stage:24}{theirs}{mine}{ours.median_cpu / floor.median_cpu:7.1f}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no file
        configure("info", "json", (), nowhere)
        sys.excepthook = sys.__excepthook__  # a failed check is to be seen
        garbage.calm()
        print(f"One evaluation of {SESSIONS:,} sessions, ms; median of {rounds}")  # noqa: T201
        print(f"{'':26}{'floor':>9}{'CPU':>9}{'ours':>9}{'CPU':>9}{'ratio':>7}")  # noqa: T201
        for title, per_host in (("a session a host", 1), ("four sessions a host", 4)):
            storm = Storm(per_host=per_host)
            for _ in range(rounds):
                storm.blow()
            print(title, *storm.rows(), sep="\n", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
