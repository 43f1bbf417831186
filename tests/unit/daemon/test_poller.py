import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from monitor.clock import SystemClock
from monitor.core.sample import Failed, Snapshot
from monitor.daemon.poller import Poller
from monitor.errors import StoreUnavailable, Unreachable
from monitor.orchestrator.client import OrchestratorClient
from monitor.pipeline.evaluate import Evaluator, Settled
from tests.builders import a_sample, collected
from tests.unit.daemon.stand_ins import Script, StandInClient, StandInEvaluator

GOOD = collected(a_sample(new_items=5))
NO_ANSWER = Unreachable("/odata/Queues: no answer")


class Bench:
    def __init__(self, *outcomes: Any, every: timedelta = timedelta(minutes=1)) -> None:  # noqa: ANN401 - of Script
        self.evaluator = StandInEvaluator()
        self.client = StandInClient()
        self.heard: list[Snapshot] = []
        self.stopping = threading.Event()
        self.poller = Poller(
            tenant="production",
            collector="queues",
            every=every,
            ask=Script(*outcomes),
            client=cast(OrchestratorClient, self.client),
            evaluator=cast(Evaluator, self.evaluator),
            clock=SystemClock(),
            settled=self._hear,
            stopping=self.stopping.is_set,
        )

    def _hear(self, snapshot: Snapshot, _settled: Settled) -> None:
        self.heard.append(snapshot)

    def logged(self, times: int) -> list[tuple[str, str]]:
        with capture_logs() as logs:
            for _ in range(times):
                self.poller.poll()
        return [(line["event"], line["log_level"]) for line in logs]


def test_what_was_polled_is_settled_and_then_told() -> None:
    bench = Bench(GOOD)
    bench.poller.poll()

    (snapshot,) = bench.heard
    assert bench.evaluator.snapshots == [snapshot]
    assert (snapshot.tenant, snapshot.collector) == ("production", "queues")
    assert (snapshot.outcome, snapshot.requests) == (GOOD, 2)
    assert bench.poller.name == "collect:production/queues"


def test_a_poll_that_is_not_believed_is_told_and_settled_as_a_failure() -> None:
    bench = Bench(GOOD)
    outcome = Failed(kind="doubtful", message="the answer is empty")
    bench.poller.poll()
    bench.evaluator.doubted = replace(bench.heard[0], outcome=outcome)

    assert bench.logged(2) == [("collect.failed", "warning"), ("collect.failed", "debug")]
    assert [snapshot.outcome for snapshot in bench.heard] == [GOOD, outcome, outcome]


def test_a_row_of_failures_is_said_once_and_so_is_its_end() -> None:
    bench = Bench(GOOD, NO_ANSWER, NO_ANSWER, NO_ANSWER, GOOD, GOOD)

    assert bench.logged(6) == [
        ("collect.finished", "debug"),
        ("collect.failed", "warning"),
        ("collect.failed", "debug"),
        ("collect.failed", "debug"),
        ("collect.recovered", "info"),
        ("collect.finished", "debug"),
    ]
    assert [isinstance(one.outcome, Failed) for one in bench.heard] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_failure_is_said_with_what_helps() -> None:
    bench = Bench(NO_ANSWER)
    with capture_logs() as logs:
        bench.poller.poll()

    assert {
        "event": "collect.failed",
        "tenant": "production",
        "collector": "queues",
        "kind": "unreachable",
        "error": "/odata/Queues: no answer",
        "requests": 2,
    }.items() <= logs[0].items()


def test_a_row_of_store_failures_is_said_once_and_nothing_counts_as_done_meanwhile() -> None:
    bench = Bench(GOOD)
    bench.evaluator.error = StoreUnavailable("the disk is full")
    assert bench.logged(3) == [
        ("collect.finished", "debug"),
        ("store.failed", "error"),
        ("collect.finished", "debug"),
        ("store.failed", "debug"),
        ("collect.finished", "debug"),
        ("store.failed", "debug"),
    ]
    assert bench.heard == []

    bench.evaluator.error = None
    assert bench.logged(2) == [
        ("collect.finished", "debug"),
        ("store.recovered", "info"),
        ("collect.finished", "debug"),
    ]
    assert len(bench.heard) == 2


def test_what_could_not_be_recorded_is_passed_on_and_counted() -> None:
    bench = Bench(GOOD)
    lost: list[str] = []
    bench.poller.unsettled = lambda snapshot, error: lost.append(f"{snapshot.collector}: {error}")
    bench.evaluator.error = StoreUnavailable("the disk is full")
    for _ in range(3):
        bench.poller.poll()
    bench.evaluator.error = None
    with capture_logs() as logs:
        bench.poller.poll()

    assert lost == ["queues: the disk is full"] * 3
    (line,) = [line for line in logs if line["event"] == "store.recovered"]
    assert line["polls_unrecorded"] == 3


@pytest.mark.parametrize(
    ("every", "deadline_s"),
    [
        (timedelta(seconds=1), 10.0),
        (timedelta(seconds=30), 30.0),
        (timedelta(minutes=5), 60.0),
    ],
)
def test_a_poll_may_take_its_interval_within_reason(every: timedelta, deadline_s: float) -> None:
    bench = Bench(GOOD, every=every)
    bench.poller.poll()

    assert bench.client.deadlines == [deadline_s]


def test_once_stopping_nothing_is_asked_any_more() -> None:
    bench = Bench(GOOD)
    bench.stopping.set()
    bench.poller.poll()

    assert bench.client.deadlines == []
    assert bench.evaluator.snapshots == []


def test_a_poll_that_is_cut_off_by_stopping_is_nobodys_failure() -> None:
    bench = Bench(NO_ANSWER)
    ask = bench.poller.ask

    def cut_off(poll: Any) -> Any:  # noqa: ANN401 - passed on
        bench.stopping.set()
        return ask(poll)

    bench.poller.ask = cut_off

    assert bench.logged(1) == []
    assert bench.evaluator.snapshots == []


def test_a_poll_that_ended_well_while_stopping_is_still_recorded() -> None:
    bench = Bench(GOOD)
    ask = bench.poller.ask

    def just_in_time(poll: Any) -> Any:  # noqa: ANN401 - passed on
        bench.stopping.set()
        return ask(poll)

    bench.poller.ask = just_in_time
    bench.poller.poll()

    assert len(bench.evaluator.snapshots) == 1
