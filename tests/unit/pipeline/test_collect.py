from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest
from structlog.testing import capture_logs

from monitor.core.sample import Collected, Failed, Snapshot
from monitor.errors import (
    AccessDenied,
    AuthenticationFailed,
    OrchestratorError,
    Throttled,
    Unreachable,
)
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.pressure import Need
from monitor.pipeline.collect import collect
from tests.builders import NOW, a_sample, collected


@dataclass
class FakeClock:
    """A clock whose two hands can be moved apart."""

    wall: datetime = NOW
    elapsed_s: float = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.elapsed_s


@dataclass
class FakePoll:
    requests: int = 0


@dataclass
class FakeClient:
    deadlines: list[float] = field(default_factory=list)
    polls: list[FakePoll] = field(default_factory=list)

    @contextmanager
    def poll(self, deadline_s: float, _need: Need) -> Iterator[FakePoll]:
        self.deadlines.append(deadline_s)
        self.polls.append(FakePoll())
        yield self.polls[-1]


@dataclass
class Bench:
    clock: FakeClock = field(default_factory=FakeClock)
    client: FakeClient = field(default_factory=FakeClient)

    def collect(self, ask: Callable[[Poll], Collected]) -> Snapshot:
        return collect(
            tenant="production",
            collector="queues",
            ask=ask,
            client=cast(OrchestratorClient, self.client),
            clock=self.clock,
            deadline_s=12.5,
        )


def raising(error: Exception) -> Callable[[Poll], Collected]:
    def ask(_poll: Poll) -> Collected:
        raise error

    return ask


def test_a_good_poll_is_a_snapshot_with_what_it_took() -> None:
    bench, answer = Bench(), collected(a_sample(new_items=5))

    def ask(poll: Poll) -> Collected:
        poll.requests += 3
        bench.clock.elapsed_s += 1.5
        return answer

    snapshot = bench.collect(ask)

    assert snapshot == Snapshot(
        tenant="production",
        collector="queues",
        started_at=NOW,
        took_s=1.5,
        requests=3,
        outcome=answer,
    )
    assert bench.client.deadlines == [12.5]


def test_a_wall_clock_that_is_set_during_a_poll_does_not_change_what_it_took() -> None:
    bench = Bench()

    def ask(_poll: Poll) -> Collected:
        bench.clock.wall -= timedelta(hours=1)
        bench.clock.elapsed_s += 2
        return collected()

    snapshot = bench.collect(ask)

    assert (snapshot.started_at, snapshot.took_s) == (NOW, 2)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Unreachable("/odata/Queues: no answer"), "unreachable"),
        (AuthenticationFailed("sign-in: refused"), "unauthorized"),
        (AccessDenied("/odata/Queues: forbidden"), "forbidden"),
        (Throttled("/odata/Queues: slow down", retry_after_s=30), "throttled"),
        (OrchestratorError("something"), "error"),
    ],
)
def test_a_failed_poll_is_data(error: OrchestratorError, kind: str) -> None:
    snapshot = Bench().collect(raising(error))

    assert snapshot.outcome == Failed(kind=kind, message=str(error))


def test_requests_of_a_failed_poll_count_as_well() -> None:
    def ask(poll: Poll) -> Collected:
        poll.requests = 4
        raise Unreachable("no answer")

    assert Bench().collect(ask).requests == 4


def test_a_collector_that_crashes_is_a_failed_poll_that_shows_no_data_of_the_answer() -> None:
    with capture_logs() as logs:
        snapshot = Bench().collect(raising(KeyError("customer 4711")))

    assert snapshot.outcome == Failed(kind="error", message="KeyError in the collector")
    assert [(line["event"], line["tenant"], line["collector"]) for line in logs] == [
        ("collect.crashed", "production", "queues")
    ]


def test_a_stop_by_the_operator_is_no_failed_poll() -> None:
    def ask(_poll: Poll) -> Collected:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Bench().collect(ask)
