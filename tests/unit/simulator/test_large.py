"""A large tenant costs what is asked of it, not what it holds."""

import time
from collections.abc import Callable

import pytest

from monitor.simulator.estate import Estate, Session
from monitor.simulator.estates import large_estate
from monitor.simulator.fates import Facts
from monitor.simulator.flow import Counters, Flow
from monitor.simulator.world import World
from tests.unit.simulator.callers import GLOBAL_SESSIONS, QUEUE_STATUS, RUNTIMES, Caller


@pytest.fixture(scope="module")
def estate() -> Estate:
    return large_estate(sessions=3000, queues=1500, folders=100)


def caller_of(estate: Estate) -> Caller:
    made = Caller(estate=estate)
    made.root = "/acme/Large/orchestrator_"
    return made


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (RUNTIMES, "$top=50&$orderby=SessionId"),
        (RUNTIMES, "$top=50&$skip=2900&$orderby=SessionId&$count=true"),
        (RUNTIMES, "$top=50&runtimeType=Unattended"),
        (GLOBAL_SESSIONS, "$top=50&$orderby=Id&$expand=Robot"),
    ],
)
def test_a_page_of_sessions_looks_at_its_own_rows(
    estate: Estate, monkeypatch: pytest.MonkeyPatch, path: str, query: str
) -> None:
    seen: list[str] = []
    real: Callable[[World, Session], Facts] = World.facts

    def counting(world: World, session: Session) -> Facts:
        seen.append(session.name)
        return real(world, session)

    monkeypatch.setattr(World, "facts", counting)

    assert len(caller_of(estate).get(path, query).rows) == len(seen) == 50


def test_a_page_of_queues_looks_at_its_own_rows(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real: Callable[[Flow], Counters] = Flow.counters

    def counting(flow: Flow) -> Counters:
        seen.append(flow.queue.handle)
        return real(flow)

    monkeypatch.setattr(Flow, "counters", counting)
    rows = caller_of(estate).get(QUEUE_STATUS, "$top=50&$skip=1000&$orderby=Id").rows

    assert len(rows) == len(seen) == 50


def test_the_largest_tenant_is_ready_soon() -> None:
    started = time.process_time()
    caller = caller_of(large_estate())
    assert len(caller.get(RUNTIMES, "$top=1000").rows) == 1000

    assert time.process_time() - started < 2


def test_the_pages_of_a_list_hold_every_session_once(estate: Estate) -> None:
    caller = caller_of(estate)
    ids = [
        row["SessionId"]
        for skip in range(0, 3000, 1000)
        for row in caller.get(
            RUNTIMES, f"$top=1000&$skip={skip}&runtimeType=Unattended&$orderby=SessionId"
        ).rows
    ]

    assert len(ids) == len(set(ids)) == 2700
