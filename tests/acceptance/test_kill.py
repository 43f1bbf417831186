"""`kill -9` at random moments of a busy time: nothing lost, nothing opened twice."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from monitor.store import open_store
from tests.acceptance.rig import Hooks, Installation, hooks, installed, simulated, wait_for

KILLS = 5
INCIDENT = re.compile(r"\b[A-Z2-7]{10}\b")
RULES = """
[rules.robot-unresponsive]
type = "session-unresponsive"
after = "3s"
"""


@pytest.fixture
def parts(tmp_path: Path, database_url: str) -> Iterator[tuple[Simulator, Hooks, Installation]]:
    simulator = simulated()
    with (
        serve(simulator) as server,
        hooks() as received,
        installed(
            tmp_path,
            orchestrator=server.url,
            database=database_url,
            client_id=simulator.accounts.client_id,
            channels={"hook": f"json://127.0.0.1:{received.port}/ops"},
            rules=RULES,
        ) as daemon,
    ):
        yield simulator, received, daemon


def told(received: Hooks, type_: str) -> Counter[str]:
    """Count by incident how often it was told."""
    return Counter(
        incident
        for body in received.of_type(type_)
        for incident in set(INCIDENT.findall(body["message"]))
    )


def test_nothing_is_lost_and_nothing_opens_twice(
    parts: tuple[Simulator, Hooks, Installation], database_url: str
) -> None:
    simulator, received, daemon = parts
    moments = random.Random(20260105)
    robots = [
        session.name for session in simulator.estate.sessions if session.name.startswith("svc-")
    ][: KILLS * 2]
    for first, second in zip(robots[::2], robots[1::2], strict=True):
        daemon.start()
        simulator.silence(first)
        time.sleep(moments.uniform(0.9, 3.0))  # noqa: TID251 - the moment is the point
        simulator.silence(second)
        time.sleep(moments.uniform(0.0, 1.0))  # noqa: TID251 - as above
        daemon.kill()
    daemon.start()
    wait_for(lambda: len(told(received, "failure")) == len(robots), "every problem is told")
    for robot in robots:
        simulator.revive(robot)
    wait_for(lambda: len(told(received, "success")) == len(robots), "every recovery is told")
    status, _ = daemon.stop()
    assert status == 0

    store = open_store(database_url)
    with store.reading() as connection:
        opened = connection.execute(
            text(
                "select alert_id, count(*) from v_alert_events where event = 'opened'"
                " group by alert_id"
            )
        ).all()
        names = connection.execute(text("select distinct name, rule from v_alerts")).all()
        states = connection.execute(text("select distinct state from v_deliveries")).scalars().all()
    store.close()
    assert len(opened) == len(names) == len(robots)
    assert {count for _, count in opened} == {1}
    assert states == ["sent"]
    # Only the one message in flight at a kill may come twice.
    bodies = Counter((body["title"], body["message"]) for body in received.bodies)
    assert sum(count - 1 for count in bodies.values()) <= KILLS
