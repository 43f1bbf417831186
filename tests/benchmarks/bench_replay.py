"""`rules replay` of a month: 200 robots polled twice a minute, 100 queues once, the built-in rules.

The reference is a plain walk through the same changes in SQL, in the order of time.
"""

import argparse
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from monitor.config.load import load_text
from monitor.core.replay import Replay
from monitor.store import Store, open_store
from monitor.store.replay import recording
from monitor.store.schema import upgrade
from tests.benchmarks.replay_estate import COLLECTOR_KINDS, START, polls, record

CONFIGURATION = """
[tenants.production]
url = "https://orchestrator.example.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "benchmark" }

[channels.ops]
url = "json://127.0.0.1:9/ops"

[rules.backlog]
type = "queue-backlog"
above = 40
for = "10m"
"""


def main() -> None:
    """Record the month, replay it, and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--robots", type=int, default=200)
    parser.add_argument("--queues", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(f"sqlite:///{directory}/history.db")
        upgrade(store)
        record(store, polls(given.days, given.robots, given.queues))
        walked_s, changes = _walk(store)
        took_s, replay, count = _replay(store, given.days)
        store.close()
    print(  # noqa: T201 - what it is for
        f"{count:,} polls, {changes:,} changes, {len(replay.incidents):,} incidents, "
        f"{len(replay.messages):,} messages: {took_s:.1f} s; "
        f"a walk through the changes {walked_s:.1f} s: {took_s / walked_s:.1f}"
    )


def _walk(store: Store) -> tuple[float, int]:
    began = time.perf_counter()
    changes = 0
    with store.reading() as connection:
        for kind in ("session", "machine", "queue"):
            rows = connection.execute(
                text(f"SELECT * FROM {kind}_stretches ORDER BY valid_from"),  # noqa: S608 - our own
                execution_options={"yield_per": 2000},
            )
            for _ in rows:
                changes += 1
    return time.perf_counter() - began, changes


def _replay(store: Store, days: float) -> tuple[float, Replay, int]:
    configuration = load_text(CONFIGURATION, Path("config.toml"))
    until = START + timedelta(days=days)
    spoken_of = frozenset().union(*(rule.metrics for rule in configuration.rules))
    began = time.perf_counter()
    with recording(store, COLLECTOR_KINDS, START, until, spoken_of) as past:
        replay = Replay(
            plan=configuration.plan,
            collector_kinds=COLLECTOR_KINDS,
            started_at=START,
            silences=past.silences,
        )
        for happening in past.happenings:
            replay.go_on(happening)
        replay.end(until)
    return time.perf_counter() - began, replay, past.polls


if __name__ == "__main__":
    main()
