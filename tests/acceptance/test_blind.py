"""While the API fails, robots are neither dead nor well: one alert says that nothing is seen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from monitor.core.sight import Sight
from monitor.store import Store
from tests.acceptance.blind_rig import Life, a_life

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

ROBOT = "svc-000100"
HURRY = 3000.0
"""So fast runs the clock where the server takes its time: a poll's deadline is a blink."""


@dataclass(frozen=True)
class Fault:
    """How the API fails, what status says of the tenant then, and what the alert says."""

    kind: str
    sight: Sight
    says: str
    options: Mapping[str, Any] = field(default_factory=dict)
    pace: float = 1.0


FAULTS = {
    "401": Fault("unauthorized", Sight.UNAUTHORIZED, "You are not authenticated!"),
    "403": Fault("forbidden", Sight.UNAUTHORIZED, "not permitted (403)"),
    "429": Fault("throttled", Sight.THROTTLED, "(429)", {"retry_after": -1}),
    "429 with Retry-After": Fault("throttled", Sight.THROTTLED, "(429)", {"retry_after": 45}),
    "503": Fault("server-error", Sight.UNREACHABLE, "failing or in maintenance (503)"),
    "no answer": Fault(
        "slow", Sight.UNREACHABLE, "no complete answer within the time", {"delay_s": 0.03}, HURRY
    ),
    "drip": Fault(
        "drip",
        Sight.UNREACHABLE,
        "no complete answer within the time",
        {"chunk": 8, "delay_s": 0.01},
        HURRY,
    ),
    "reset": Fault("reset", Sight.UNREACHABLE, "connection"),
    "HTML": Fault("html", Sight.UNREACHABLE, "is a web page"),
    "truncated": Fault("truncated", Sight.UNREACHABLE, "the answer broke off"),
    "garbage": Fault("garbage", Sight.UNREACHABLE, "not the expected JSON"),
    "an empty body": Fault("empty-body", Sight.UNREACHABLE, "is empty"),
    "an empty list": Fault("empty", Sight.UNREACHABLE, "the answer is empty, though there were"),
    "another tenant's rows": Fault("other-shape", Sight.UNREACHABLE, "none can be understood"),
}


@pytest.fixture
def life(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Life]:
    # What ends by the deadline takes as long as the interval: all polls are to be given a minute.
    is_hurried = "no answer" in request.node.name
    with a_life(store, tmp_path, every="1m" if is_hurried else "30s") as started:
        yield started


@pytest.mark.parametrize("name", FAULTS)
def test_half_an_hour_without_sight_is_one_alert_and_one_recovery(life: Life, name: str) -> None:
    fault = FAULTS[name]
    life.simulator.silence(ROBOT)
    life.live(8)
    before, told = life.open(), len(life.box.letters)
    assert {rule for rule, _ in before} == {"robot-unresponsive"}
    known = [collector.samples for collector in life.status().tenants[0].collectors]

    life.simulator.faults.start(fault.kind, **fault.options)
    life.clock.run_at(fault.pace)
    life.live(10)
    during = life.status().tenants[0]
    life.live(20)

    assert life.open() == before | {("collector-failing", "production")}
    opening = life.texts()[told]
    assert len(life.box.letters) == told + 1, life.titles()[told:]
    assert fault.says in opening
    for seen in (during, life.status().tenants[0]):
        assert seen.sight is fault.sight
        assert [collector.samples for collector in seen.collectors] == known
        assert all(collector.last_error for collector in seen.collectors)

    life.clock.run_at(1.0)
    life.simulator.faults.clear()
    life.live(8)

    assert life.open() == before
    assert len(life.box.letters) == told + 2, life.titles()[told:]
    assert life.titles()[-1].startswith("[RESOLVED] collector-failing")
    assert life.status().is_seen
    assert len(life.story()) == len(before) + 1


def test_robots_that_fall_silent_while_nobody_sees_are_told_afterwards(life: Life) -> None:
    life.live(4)
    life.simulator.faults.start("server-error")
    life.live(10)
    life.simulator.silence(ROBOT)
    life.live(10)
    life.simulator.faults.clear()
    life.live(4)

    assert {rule for rule, _ in life.open()} == {"robot-unresponsive"}
    assert [title.partition(":")[0] for title in life.titles()] == [
        "[CRITICAL] collector-failing",
        "[RESOLVED] collector-failing",
        "[CRITICAL] robot-unresponsive",
    ]
