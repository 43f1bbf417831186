"""From a sample to the web hook: ours, durable, beside Debian's Alertmanager, which keeps it in mind.

Both send to one receiver in a process of its own, which notes when a message has come. Ours begins
with the snapshot of a poll: rules, one transaction for history, alerts and outbox, the courier's
two transactions for each attempt, apprise. Alertmanager begins with the request that posts alerts.
Nothing waits for company on either side. It is checked that every alert came once, and alone.
Without Alertmanager on the machine only ours is measured.
"""

import argparse
import contextlib
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from monitor.clock import SystemClock
from monitor.config.history import open_history
from monitor.config.load import load_text
from monitor.core.sample import Collected, Sample, Snapshot, Subject
from monitor.daemon.garbage import calm
from monitor.daemon.logs import configure
from monitor.daemon.wiring import build_service
from monitor.instants import posix_us
from monitor.pipeline.evaluate import Instant
from monitor.store.schema import upgrade
from tests.benchmarks.alertmanager import Alertmanager, alertmanager, is_installed
from tests.benchmarks.processes import wait_until
from tests.benchmarks.receiver import Received, receiver

STORM = 1_000
BLOCK = 20
LONGEST_S = 120.0

CONFIGURATION = """
[database]
url = "sqlite:///{file}"

[tenants.bench]
url = "https://orchestrator.example.com/acme/Production/orchestrator_"
auth = {{ type = "access-token", token = "benchmark" }}

[channels.hook]
url = "json://127.0.0.1:{port}/"
rate = {{ messages = 100000, per = "1s" }}

[[routes]]
channels = ["hook"]
group_by = ["key"]
group_wait = "0s"
send_resolved = false

[rules]
queue-failures = {{ enabled = false }}
queue-stalled = {{ enabled = false }}

[rules.backlog]
type = "expression"
subject = "queue"
severity = "critical"
when = "new_items > 500"
"""


class Ours:
    """The daemon's parts, wired as ever, but for the polls: those are given."""

    def __init__(self, directory: Path, port: int, received: Received) -> None:
        text = CONFIGURATION.format(file=directory / "history.db", port=port)
        configuration = load_text(text, directory / "config.toml")
        self._received = received
        self._clock = SystemClock()
        self._store = open_history(configuration)
        upgrade(self._store)
        self._service = build_service(configuration, self._store, clock=self._clock)
        self._service.evaluator.restore(self._now())
        self._service.ticker.start()
        for courier in self._service.couriers:
            courier.start()

    def raise_(self, subjects: Sequence[str]) -> None:
        """Record a poll in which these are bad."""
        self._settle(subjects, 900)

    def recover(self, subjects: Sequence[str]) -> None:
        """Record a poll in which these are well again, once everything is sent and noted."""
        wait_until(lambda: not self._outbox()[0], "an empty outbox", within_s=LONGEST_S)
        assert self._outbox() == (0, 0)
        self._settle(subjects, 10)

    def _settle(self, subjects: Sequence[str], items: float) -> None:
        at = self._now()
        worked_us = posix_us(at.now) - 20e6
        samples = [
            Sample(
                Subject(tenant="bench", kind="queue", key=name, name=name, labels={"queue": name}),
                # In the order of `QUEUE.metrics`.
                (items, 3, 5000, 12, 7, 5, 4.5, worked_us, None, None, None, None),
            )
            for name in subjects
        ]
        outcome = Collected(kinds=("queue",), samples=tuple(samples), observed_at=at.now)
        snapshot = Snapshot(
            tenant="bench",
            collector="queues",
            started_at=at.now,
            took_s=0.1,
            requests=1,
            outcome=outcome,
        )
        self._service.decided(self._service.evaluator.settle(snapshot, at))

    def _now(self) -> Instant:
        return Instant(now=self._clock.now(), elapsed_s=self._clock.monotonic())

    def _outbox(self) -> tuple[int, int]:
        summary = self._store.outbox_summary(self._clock.now())
        return summary.due, summary.dead

    def close(self) -> None:
        self._service.ticker.stop()
        for courier in self._service.couriers:
            courier.stop()
            courier.join(LONGEST_S)
        for poller in self._service.pollers:
            poller.client.close()
        self._store.close()


class Bench:
    """Both sides and their receiver; `theirs` is None where there is no Alertmanager."""

    def __init__(self, received: Received, ours: Ours, theirs: Alertmanager | None) -> None:
        self._received = received
        self._ours = ours
        self._theirs = theirs
        self._made = 0
        self.ours_ms: list[float] = []
        self.theirs_ms: list[float] = []

    def measure(self, alerts: int, times: int) -> None:
        """Measure on each side, so many times, until the last of so many alerts has come."""
        for _ in range(times):
            subjects = self._subjects(alerts)
            started_at = time.monotonic_ns()
            self._ours.raise_(subjects)
            self.ours_ms.append(self._until_last(subjects, started_at))
            self._ours.recover(subjects)
        if self._theirs is None:
            return
        for _ in range(times):
            subjects = self._subjects(alerts)
            started_at = time.monotonic_ns()
            self._theirs.post(subjects)
            self.theirs_ms.append(self._until_last(subjects, started_at))

    def forget(self) -> None:
        """Forget what was measured: it was to warm up, or another question."""
        self.ours_ms, self.theirs_ms = [], []
        gc.collect()

    def _subjects(self, count: int) -> list[str]:
        first, self._made = self._made, self._made + count
        return [f"Subject-{number:06}" for number in range(first, first + count)]

    def _until_last(self, subjects: Sequence[str], started_at: int) -> float:
        """Return after how many ms the last had come; stop unless each came once, and alone."""
        receipts = self._received.wait_for(len(subjects), within_s=LONGEST_S)
        named = sorted(name for _, names in receipts for name in names)
        assert named == list(subjects), f"{len(named)} of {len(subjects)} alerts came"
        assert len(receipts) == len(subjects)
        if len(subjects) > 1:
            assert not self._received.wait_for(1, within_s=0.5), "one too many"
        return (max(at for at, _ in receipts) - started_at) / 1e6


@contextlib.contextmanager
def bench() -> Iterator[Bench]:
    with (
        tempfile.TemporaryDirectory(prefix="monitor-bench-") as name,
        receiver() as received,
        contextlib.ExitStack() as stack,
    ):
        directory = Path(name)
        theirs = None
        if is_installed():
            theirs = stack.enter_context(alertmanager(directory / "theirs", received.port))
        ours = stack.enter_context(contextlib.closing(Ours(directory, received.port, received)))
        yield Bench(received, ours, theirs)


def show(title: str, ours: Sequence[float], theirs: Sequence[float], goal: float) -> None:
    line = f"{title:34}{spread(ours):>26}"
    if theirs:
        ratio = statistics.median(ours) / statistics.median(theirs)
        line += f"{spread(theirs):>26}{ratio:7.2f}{goal:6.1f}"
    print(line, flush=True)  # noqa: T201


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=10)
    rounds = options.parse_args().rounds
    calm()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - no file
        configure("info", "json", (), nowhere)
        sys.excepthook = sys.__excepthook__  # a failed check is to be seen
        if not is_installed():
            print("there is no prometheus-alertmanager on this machine: ours alone")  # noqa: T201
        print(f"{'median of wall ms (least-most)':34}{'ours':>26}{'alertmanager':>26}  ratio  goal")  # noqa: T201
        with bench() as both:
            both.measure(1, BLOCK)
            both.forget()
            for _ in range(rounds):
                both.measure(1, BLOCK)
            show("one alert to its web hook", both.ours_ms, both.theirs_ms, 2.0)
            ours, theirs = both.ours_ms, both.theirs_ms
            tail = p99(ours) / statistics.median(ours)
            compared = f"; theirs {p99(theirs):.2f}" if theirs else ""
            print(  # noqa: T201
                f"  its 99th percentile: ours {p99(ours):.2f}, {tail:.1f} medians (goal 5){compared}"
            )
            both.forget()
            for _ in range(max(3, rounds // 2)):
                both.measure(STORM, 1)
            show(f"{STORM:,} alerts, a web hook each", both.ours_ms, both.theirs_ms, 2.5)


if __name__ == "__main__":
    main()
