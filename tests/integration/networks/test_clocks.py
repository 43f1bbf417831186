"""Clocks that differ, and clocks that somebody sets: heartbeats age by the server's time alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.kinds import SESSION
from monitor.core.sample import Collected, Sample
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.skew import Offset
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from tests.builders import shown
from tests.integration.networks.callers import calling, collected

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
HEARTBEAT_S = 30
DAY_S = 86_400.0
AGE = SESSION.index("heartbeat_age_s")
DISCONNECTED = SESSION.index("is_disconnected")
UNRESPONSIVE = SESSION.index("is_unresponsive")


class Clocks:
    """Our wall clock, our monotonic one, and the server's: time passes for all three together."""

    def __init__(self, ahead_s: float) -> None:
        self.elapsed = 0.0
        self.set_by_s = 0.0
        self.set_at_next_request_by_s = 0.0
        self._ahead_s = ahead_s

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed + self.set_by_s)

    def monotonic(self) -> float:
        return 5000 + self.elapsed

    def server(self) -> datetime:
        self.set_by_s += self.set_at_next_request_by_s
        self.set_at_next_request_by_s = 0
        return START + timedelta(seconds=self.elapsed + self._ahead_s)


@dataclass
class Site:
    clocks: Clocks
    simulator: Simulator
    client: OrchestratorClient

    def sessions(self) -> list[Sample]:
        found: Collected = collected(self.client)
        return [one for one in found.samples if one.subject.kind == "session"]

    def ages(self) -> list[float]:
        """How long ago each robot reported that has not said goodbye."""
        found: Collected = collected(self.client)
        sessions = [one for one in found.samples if one.subject.kind == "session"]
        present = [shown(one, found.observed_at) for one in sessions]
        return [age for one in present if not one[DISCONNECTED] and (age := one[AGE]) is not None]

    def unresponsive(self) -> list[str]:
        return [one.subject.name for one in self.sessions() if one.values[UNRESPONSIVE]]

    def skew(self) -> Offset | None:
        return self.client._transport.skew()

    def is_well(self) -> bool:
        """Whether every robot's age is what it is to the server, give or take a second."""
        ages = self.ages()
        return len(ages) > 10 and all(-1 < age < HEARTBEAT_S + 1 for age in ages)


@contextmanager
def site(ahead_s: float = 0.0) -> Iterator[Site]:
    clocks = Clocks(ahead_s)
    simulator = Simulator(clock=clocks.server)
    with (
        serve(simulator) as server,
        calling(server, server.base_url, clock=clocks) as client,
    ):
        yield Site(clocks, simulator, client)


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0, -400 * DAY_S, 400 * DAY_S])
def test_a_server_whose_clock_is_wrong_ages_no_robot(ahead_s: float) -> None:
    with site(ahead_s) as there:
        assert there.is_well()
        assert there.unresponsive() == []
        skew = there.skew()

        assert skew is not None
        assert skew.seconds == pytest.approx(ahead_s, abs=1)
        assert skew.within_s <= 0.5


@pytest.mark.parametrize("step_s", [-7200.0, -0.5, 0.5, 7200.0])
def test_our_clock_set_between_two_polls_ages_no_robot(step_s: float) -> None:
    with site() as there:
        assert there.is_well()
        there.clocks.elapsed += 60
        there.clocks.set_by_s = step_s

        assert there.is_well()
        assert there.unresponsive() == []
        skew = there.skew()
        assert skew is not None
        assert skew.seconds == pytest.approx(-step_s, abs=1)


@pytest.mark.parametrize("step_s", [-7200.0, -0.5, 0.5, 7200.0])
@pytest.mark.parametrize("polls_before", [0, 1])
def test_our_clock_set_during_a_poll_ages_no_robot(step_s: float, polls_before: int) -> None:
    with site() as there:
        for _ in range(polls_before):
            assert there.is_well()
            there.clocks.elapsed += 60
        there.clocks.set_at_next_request_by_s = step_s

        assert there.is_well()
        assert there.unresponsive() == []


@pytest.mark.parametrize("step_s", [-7200.0, 7200.0])
def test_our_clock_set_while_no_answer_has_a_date_ages_no_robot(step_s: float) -> None:
    with site(ahead_s=90) as there:
        assert there.is_well()
        there.simulator.faults.start("no-date")
        there.clocks.elapsed += 60
        there.clocks.set_by_s = step_s

        assert there.is_well()


def test_without_any_date_our_own_clock_counts() -> None:
    with site() as there:
        there.simulator.faults.start("no-date")

        assert there.is_well()
        assert there.skew() is None


def test_dates_that_cease_leave_what_is_known_as_long_as_nobody_sets_our_clock() -> None:
    with site(ahead_s=3600) as there:
        assert there.is_well()
        there.simulator.faults.start("no-date")
        there.clocks.elapsed += DAY_S

        assert there.is_well()


def test_long_after_our_clock_was_set_nothing_is_known_without_a_date() -> None:
    """It may have been this machine that slept; then what we knew of the server is wrong."""
    with site() as there:
        assert there.is_well()
        there.simulator.faults.start("no-date")
        there.clocks.set_by_s = 7200
        there.clocks.elapsed += 601

        assert there.skew() is None
        with there.client.poll(5) as poll:
            assert poll.server_time == there.clocks.now()


def test_a_machine_that_slept_knows_the_time_with_the_first_answer() -> None:
    with site() as there:
        assert there.is_well()
        # The monotonic clock stands still meanwhile.
        there.clocks.elapsed += 3600
        there.clocks.monotonic = lambda: 5000 + there.clocks.elapsed - 3600  # type: ignore[method-assign]  # it slept

        assert there.is_well()


def test_a_robot_that_does_fall_silent_is_seen_whatever_the_clocks_say() -> None:
    with site(ahead_s=-3600) as there:
        there.simulator.silence("svc-invoice-011")
        there.clocks.elapsed += 200
        there.clocks.set_by_s = 7200

        assert there.unresponsive() == ["VM-RPA-01 (ACME\\svc-invoice-011)"]
