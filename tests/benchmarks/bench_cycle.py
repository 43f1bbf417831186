"""CPU of one steady poll cycle of 10,000 sessions, 5 % changed: ours against the plainest code.

Both sides see the same pages of one loopback server, turn and turn about, and first it is checked
that they saw the same sessions, the same changes and the same breached rules. What is printed are
medians of CPU time (all threads of this process) and their ratio; the ratio is what counts.

Ours is a poll as the daemon makes it: sign-in held, retries armed, both lists of sessions, rules,
alert state (eleven alerts stand, one opens and one resolves in each cycle, and a message about it
goes to the outbox), history in SQLite with a durable commit, logs at `info`.
"""

import argparse
import contextlib
import gc
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import urllib3

from monitor.config.history import open_history
from monitor.config.load import load_text
from monitor.core.sample import Collected, Snapshot
from monitor.daemon.garbage import calm
from monitor.daemon.logs import configure
from monitor.daemon.poller import Poller
from monitor.daemon.wiring import build_service
from monitor.pipeline.evaluate import Instant, Settled
from monitor.store.schema import upgrade
from tests.benchmarks import pages
from tests.benchmarks.floor import RULES, Floor, Row, Test

SESSIONS = 10_000
MACHINES = SESSIONS // 100
WARM_UP = 5

CONFIGURATION = """
[database]
url = "sqlite:///{file}"

[tenants.bench]
url = "{url}"
auth = {{ type = "client-credentials", client_id = "bench", client_secret_file = "{secret}" }}

[channels.ops]
url = "json://127.0.0.1:9/"
"""
RULE = """
[rules.pool-{number}]
type = "expression"
subject = "session"
where = {{ machine = "Pool-{number}" }}
when = "{when}"
"""
# Half of them depend on the heartbeat's age and so on time, half on what the session says.
CONDITIONS = (
    "heartbeat_age_s > 300 and not in_maintenance",
    "(is_unresponsive or is_disconnected) and not in_maintenance",
)


class SteppedClock:
    """The server's time: each sweep a step ahead of the last one."""

    def __init__(self, step: timedelta) -> None:
        self._step = step
        self.show(0)

    def show(self, sweep: int) -> None:
        self._shown = time.perf_counter()
        self._elapsed_s = sweep * self._step.total_seconds()

    def now(self) -> datetime:
        return pages.START + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return self._elapsed_s + time.perf_counter() - self._shown


class Ours:
    """A service of the daemon whose poll of the sessions is called by hand."""

    def __init__(self, url: str, directory: Path, clock: SteppedClock, rules: str) -> None:
        self.file = directory / "history.db"
        secret = directory / "secret"
        secret.touch(mode=0o600)
        secret.write_text("benchmark")
        text = CONFIGURATION.format(file=self.file, url=url, secret=secret) + rules
        configuration = load_text(text, directory / "config.toml")
        self._store = open_history(configuration)
        upgrade(self._store)
        self._service = build_service(configuration, self._store, clock=clock, heard=self._heard)
        self._service.evaluator.restore(Instant(now=clock.now(), elapsed_s=clock.monotonic()))
        self.poller: Poller = next(
            poller for poller in self._service.pollers if poller.collector == "sessions"
        )
        self.snapshot: Snapshot | None = None

    def cycle(self) -> None:
        self.snapshot = None  # the daemon keeps none either
        self.poller.poll()

    def _heard(self, snapshot: Snapshot, _settled: Settled) -> None:
        self.snapshot = snapshot

    def close(self) -> None:
        for poller in self._service.pollers:
            poller.client.close()
        self._store.close()


class Pair:
    """Both sides with the same rules."""

    def __init__(
        self, url: str, directory: Path, clock: SteppedClock, *, many: bool, beating: bool
    ) -> None:
        self.name = f"{MACHINES} rules" if many else "the built-in rules"
        special: Test = lambda row: row.is_unresponsive and row.maintenance_mode != "Enabled"  # noqa: E731
        self.floor = Floor(
            url,
            directory / "floor.db",
            sessions=SESSIONS,
            rules=() if many else RULES,
            rules_of={f"Pool-{n}": (special,) for n in range(MACHINES)} if many else None,
            ignore_beats=beating,
        )
        rules = "".join(
            RULE.format(number=number, when=CONDITIONS[number % 2]) for number in range(MACHINES)
        )
        self.ours = Ours(url, directory, clock, rules if many else "")
        self.floor_ms: list[float] = []
        self.ours_ms: list[float] = []

    def warm_up(self) -> None:
        self.floor.cycle()
        self.ours.cycle()
        self.check()

    def measure(self, *, ours_first: bool) -> None:
        if ours_first:
            self.ours_ms.append(cpu_ms(self.ours.cycle))
        self.floor_ms.append(cpu_ms(self.floor.cycle))
        if not ours_first:
            self.ours_ms.append(cpu_ms(self.ours.cycle))

    def check(self) -> None:
        """Stop unless both saw the same sessions, changes and breaches."""
        assert self.ours.snapshot is not None
        outcome = self.ours.snapshot.outcome
        assert isinstance(outcome, Collected), outcome
        sessions = [s.subject for s in outcome.samples if s.subject.kind == "session"]
        seen = {session.name: session.labels["state"] for session in sessions}
        assert seen == {row.host_machine_name: state(row) for row in self.floor.rows.values()}
        names = {row.session_id: row.host_machine_name for row in self.floor.rows.values()}
        with contextlib.closing(sqlite3.connect(self.ours.file)) as database:
            changed = database.execute(
                "SELECT name FROM session_latest JOIN subjects ON subject_id = id "
                "WHERE valid_from = (SELECT max(observed_at) FROM sights WHERE kind = 'session')"
            ).fetchall()
            firing = database.execute("SELECT name FROM alerts WHERE phase = 'firing'").fetchall()
        assert sorted(name for (name,) in changed) == sorted(
            row.host_machine_name for row in self.floor.changed
        )
        assert sorted(name for (name,) in firing) == sorted(
            names[key] for _, key in self.floor.breached
        )

    def close(self) -> None:
        self.floor.close()
        self.ours.close()


def state(row: Row) -> str:
    return "Unresponsive" if row.is_unresponsive else row.status


def cpu_ms(work: Callable[[], None]) -> float:
    gc.collect()
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


@contextlib.contextmanager
def server(*options: str) -> Iterator[int]:
    """Run a server of pages; yield its port."""
    command = [sys.executable, pages.__file__, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def run(rounds: int, *options: str, many: bool) -> Pair:
    """Measure one kind of estate with one set of rules."""
    beating = "--beating" in options
    clock = SteppedClock(pages.BEATING_EVERY if beating else pages.STILL_EVERY)
    sweeps = WARM_UP + rounds
    with (
        tempfile.TemporaryDirectory(prefix="monitor-bench-") as name,
        server("--sweeps", str(sweeps), "--sessions", str(SESSIONS), *options) as port,
        urllib3.PoolManager() as control,
        contextlib.ExitStack() as stack,
    ):
        url = f"http://127.0.0.1:{port}"
        pair = Pair(url, Path(name), clock, many=many, beating=beating)
        stack.callback(pair.close)
        for sweep in range(sweeps):
            control.request("POST", f"{url}/sweep/{sweep}")
            clock.show(sweep)
            if sweep < WARM_UP:
                pair.warm_up()
            else:
                pair.measure(ours_first=sweep % 2 == 0)
        pair.check()
    return pair


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    rounds = options.parse_args().rounds
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no file
        configure("info", "json", (), nowhere)
        calm()  # as the daemon runs
        sys.excepthook = sys.__excepthook__  # a failed check is to be seen
        print(f"CPU of a cycle, {SESSIONS:,} sessions, 5 % changed; median of {rounds}")  # noqa: T201
        print(f"{'':48}{'floor ms':>9}{'ours ms':>9}{'ratio':>7}")  # noqa: T201
        for title, given in (
            ("heartbeats stand still", ()),
            ("every heartbeat moves", ("--beating",)),
        ):
            for many in (False, True):
                pair = run(rounds, *given, many=many)
                name = f"{title}, {pair.name}"
                floor, ours = statistics.median(pair.floor_ms), statistics.median(pair.ours_ms)
                print(f"{name:48}{floor:9.1f}{ours:9.1f}{ours / floor:7.2f}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
