"""The rules stage: 100 rules over 10,000 queues, with alert state, beside a Prometheus that does it.

Wall time of one evaluation in which every value has moved; some ninety alerts stand for each rule.
First it is checked that both sides found the same. Prometheus tells how long its own evaluation
took; ours is judged in the pauses between. Then how much less ours costs when little has changed.
Without Prometheus on the machine only ours is measured.
"""

import argparse
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.config.load import load_text
from monitor.core.alert import Phase
from monitor.core.desk import Desk
from monitor.core.remit import Remit
from monitor.core.sample import Collected, Sample, Snapshot, Subject
from monitor.daemon.garbage import calm
from monitor.instants import posix_us
from tests.benchmarks.prometheus import Hit, is_installed, prometheus

QUEUES = 10_000
RULES = 100
CHANGED = QUEUES // 20
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HIGHEST = 10_000

CONFIGURATION = """
[tenants.bench]
url = "https://orchestrator.example.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "benchmark" }

[rules]
queue-failures = { enabled = false }
queue-stalled = { enabled = false }
"""
RULE = """
[rules.{name}]
type = "expression"
subject = "queue"
{where}
when = "new_items > {limit}"
summary = "{{{{ name }}}}: {{{{ value | number }}}} items wait"
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule: more items wait than this, in one folder or (None) in any."""

    name: str
    folder: str | None
    above: int

    @property
    def ours(self) -> str:
        where = "" if self.folder is None else f'where = {{ folder = "{self.folder}" }}'
        return RULE.format(name=self.name, where=where, limit=self.above)

    @property
    def theirs(self) -> dict[str, object]:
        chosen = "" if self.folder is None else f'{{folder="{self.folder}"}}'
        return {
            "alert": self.name,
            "expr": f"new_items{chosen} > {self.above}",
            "labels": {"severity": "warning"},
            "annotations": {"summary": "{{ $labels.name }}: {{ $value }} items wait"},
        }


def limits(*, by_folder: bool) -> list[Limit]:
    """Return rules of which some nine per mille of what they see is a breach."""
    return [
        Limit(f"rule-{n:02}", f"Folder-{n:02}" if by_folder else None, HIGHEST - 138 + n)
        for n in range(RULES)
    ]


@dataclass
class Estate:
    """Queues in a hundred folders, and how they are at each poll."""

    subjects: list[Subject] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    polls: int = 0

    def __post_init__(self) -> None:
        chance = random.Random(7)
        for number in range(QUEUES):
            name, folder = f"Queue-{number:05}", f"Folder-{number % RULES:02}"
            labels = {"queue": name, "folder": folder, "process": ""}
            self.subjects.append(
                Subject(tenant="bench", kind="queue", key=str(number), name=name, labels=labels)
            )
            self.waiting.append(float(chance.randrange(1, HIGHEST)))

    def poll(self, moved: int) -> Snapshot:
        """Return the next poll. So many queues have moved; what is a breach stays one."""
        first = self.polls * moved
        for number in range(first, first + moved):
            # A quarter less than a whole number is above the same limits.
            before = self.waiting[number % QUEUES]
            self.waiting[number % QUEUES] = before - 0.25 if before.is_integer() else before + 0.25
        self.polls += 1
        at = START + self.polls * timedelta(minutes=1)
        worked_us = posix_us(at) - 20e6
        # In the order of `QUEUE.metrics`.
        samples = [
            Sample(subject, (items, 3, 5000, 12, 7, 5, 4.5, worked_us, None, None, None, None))
            for subject, items in zip(self.subjects, self.waiting, strict=True)
        ]
        outcome = Collected(kinds=("queue",), samples=tuple(samples), observed_at=at)
        return Snapshot(
            tenant="bench",
            collector="queues",
            started_at=at,
            took_s=1.0,
            requests=1,
            outcome=outcome,
        )

    def hits(self, rules: Sequence[Limit]) -> set[Hit]:
        """Return what breaches, found in the plainest way."""
        return {
            (rule.name, subject.name)
            for rule in rules
            for subject, items in zip(self.subjects, self.waiting, strict=True)
            if items > rule.above and rule.folder in (None, subject.labels["folder"])
        }

    def series(self) -> str:
        """Return the queues as Prometheus reads them."""
        lines = [
            f'new_items{{folder="{subject.labels["folder"]}",name="{subject.name}"}} {items}\n'
            for subject, items in zip(self.subjects, self.waiting, strict=True)
        ]
        return "".join(lines)


class Ours:
    """The rules stage of the daemon: judging, and the alerts that stand from poll to poll."""

    def __init__(self, rules: Sequence[Limit]) -> None:
        text = CONFIGURATION + "".join(rule.ours for rule in rules)
        plan = load_text(text, Path("config.toml")).plan
        self._remit = Remit(plan=plan, collector_kinds={"queues": ("queue",)})
        self._desk = Desk(plan=plan, started_at=START)

    def judge(self, snapshot: Snapshot) -> None:
        now = snapshot.started_at
        judged = self._remit.judge(snapshot, self._desk.alerts, now)
        self._desk.apply(self._desk.decide([judged], now))

    def hits(self) -> set[Hit]:
        return {
            (key.rule, alert.subject.name)
            for key, alert in self._desk.alerts.items()
            if alert.phase is Phase.FIRING
        }


def wall_ms(work: Callable[[], None]) -> float:
    gc.collect()
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1000


@dataclass(slots=True)
class Times:
    """What the rounds took, in ms."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)


def beside_prometheus(rounds: int, *, by_folder: bool) -> Times:
    """P12: measure both, an evaluation of each in turn."""
    rules, estate, times = limits(by_folder=by_folder), Estate(), Times()
    ours = Ours(rules)
    for _ in range(3):
        ours.judge(estate.poll(QUEUES))
    hits = estate.hits(rules)
    assert ours.hits() == hits

    def measure() -> None:
        snapshot = estate.poll(QUEUES)
        times.ours.append(wall_ms(lambda: ours.judge(snapshot)))

    if not is_installed():
        for _ in range(rounds):
            measure()
        return times
    with (
        tempfile.TemporaryDirectory(prefix="monitor-bench-") as name,
        prometheus(Path(name), estate.series(), [rule.theirs for rule in rules]) as theirs,
    ):
        theirs.wait_for(hits)
        for _ in range(rounds):
            times.theirs.append(theirs.evaluation() * 1000)
            with theirs.held():
                measure()
        theirs.wait_for(hits)
    assert ours.hits() == hits == estate.hits(rules)
    return times


def little_and_all(rounds: int, *, by_folder: bool) -> Times:
    """P13: measure ours where 5 % have moved, and (as `theirs`) where all have, in turn."""
    rules, estate, times = limits(by_folder=by_folder), Estate(), Times()
    ours = Ours(rules)
    for _ in range(3):
        ours.judge(estate.poll(QUEUES))
    for _ in range(rounds):
        for moved, kept in ((QUEUES, times.theirs), (CHANGED, times.ours)):
            snapshot = estate.poll(moved)
            kept.append(wall_ms(lambda snapshot=snapshot: ours.judge(snapshot)))  # type: ignore[misc]  # a default binds it
    assert ours.hits() == estate.hits(rules)
    return times


def show(title: str, times: Times, goal: float) -> None:
    ours = statistics.median(times.ours)
    line = f"{title:42}{spread(times.ours):>22}"
    if times.theirs:
        theirs = statistics.median(times.theirs)
        line += f"{spread(times.theirs):>24}{ours / theirs:8.3f}{goal:8.3f}"
    print(line, flush=True)  # noqa: T201


def spread(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def heading(left: str, right: str) -> None:
    print(f"{'median of wall ms (least-most)':42}{left:>22}{right:>24}{'ratio':>8}{'goal':>8}")  # noqa: T201


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    calm()
    if not is_installed():
        print("there is no prometheus on this machine: ours alone")  # noqa: T201
    heading("ours", "prometheus")
    for title, by_folder, goal in (
        (f"{RULES} rules, each over one folder", True, 1 / 25),
        (f"{RULES} rules, each over all {QUEUES:,}", False, 1 / 60),
    ):
        show(title, beside_prometheus(rounds, by_folder=by_folder), goal)
    heading("5 % changed", "all changed")
    for title, by_folder in (("each over one folder", True), ("each over all", False)):
        show(title, little_and_all(rounds, by_folder=by_folder), 0.1)


if __name__ == "__main__":
    main()
