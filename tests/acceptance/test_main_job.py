"""The main job with real parts: a daemon process, sockets, SMTP, SQLite and Postgres."""

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from monitor.store import open_store
from tests.acceptance.rig import (
    RULES,
    SECRET,
    Hooks,
    Installation,
    Mailbox,
    hooks,
    installed,
    mailbox,
    simulated,
    wait_for,
)

ROBOT = "svc-invoice-011"
ROUTES = """
[[routes]]
channels = ["hook", "mail"]
group_wait = "1s"
"""


@dataclasses.dataclass
class World:
    simulator: Simulator
    hooks: Hooks
    mailbox: Mailbox
    daemon: Installation
    database: str

    def rows(self, sql: str) -> list[dict[str, object]]:
        """Ask the database as a user would."""
        store = open_store(self.database)
        try:
            with store.reading() as connection:
                return [dict(row) for row in connection.execute(text(sql)).mappings()]
        finally:
            store.close()

    def is_watching(self) -> bool:
        return "daemon.started" in self.daemon.log and bool(
            self.rows(
                "select 1 as one from v_polls where outcome = 'ok' and collector = 'sessions'"
            )
        )


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
    simulator = simulated()
    with (
        serve(simulator) as server,
        hooks() as received,
        mailbox() as box,
        installed(
            tmp_path,
            orchestrator=server.url,
            database=database_url,
            rules=RULES + ROUTES,
            client_id=simulator.accounts.client_id,
            channels={
                "hook": f"json://127.0.0.1:{received.port}/ops",
                "mail": f"mailto://127.0.0.1:{box.port}/?from=monitor@example.org&to=ops@example.org",
            },
        ) as daemon,
    ):
        world = World(simulator, received, box, daemon, database_url)
        daemon.start()
        wait_for(world.is_watching, "the daemon watches")
        yield world
        assert simulator.writes == ()


def test_one_silent_robot_is_one_alert_told_on_every_channel_and_resolved_once(
    world: World,
) -> None:
    world.simulator.silence(ROBOT)
    silent_at = time.monotonic()
    wait_for(lambda: world.hooks.bodies and world.mailbox.mails, "both channels are told")
    took = time.monotonic() - silent_at
    assert took < 7.5, f"{took:.1f} s from the last heartbeat to the messages"

    (told,) = world.hooks.bodies
    (mail,) = world.mailbox.mails
    assert told["type"] == "failure"
    text = mail.get_content()
    for part in (told["message"], text):
        assert ROBOT in part
        assert "robot-unresponsive" in part or "robot-unresponsive" in told["title"]

    world.simulator.revive(ROBOT)
    wait_for(
        lambda: len(world.hooks.bodies) == 2 and len(world.mailbox.mails) == 2, "both hear the end"
    )
    assert world.hooks.bodies[1]["type"] == "success"
    time.sleep(2.5)  # noqa: TID251 - nothing more must come
    assert (len(world.hooks.bodies), len(world.mailbox.mails)) == (2, 2)

    (alert,) = world.rows("select * from v_alerts")
    assert (alert["tenant"], alert["rule"], alert["phase"]) == (
        "production",
        "robot-unresponsive",
        "resolved",
    )
    events = world.rows("select event from v_alert_events order by at")
    assert [event["event"] for event in events] == ["opened", "resolved"]
    states = world.rows("select distinct state from v_deliveries")
    assert [row["state"] for row in states] == ["sent"]
    history = [
        row
        for row in world.rows("select * from v_session_history order by valid_from")
        if ROBOT in str(row["name"])
    ]
    verdicts = [row["is_unresponsive"] for row in history]
    assert verdicts[0] == 0
    assert 1 in verdicts
    assert verdicts[-1] == 0
    assert history[-1]["valid_to"] is None


def test_a_backlog_and_a_license_rule_open_and_resolve(world: World) -> None:
    world.simulator.freeze_queue("Invoices", new=9000)
    world.simulator.set_license("Unattended", used=99, allowed=50)
    wait_for(lambda: len(world.hooks.of_type("warning")) >= 1, "the backlog or the licenses")
    wait_for(lambda: len(world.rows("select 1 from v_alerts where phase = 'firing'")) == 2, "both")
    world.simulator.freeze_queue("Invoices", new=10)
    world.simulator.set_license("Unattended", used=1, allowed=50)
    wait_for(
        lambda: len(world.rows("select 1 from v_alerts where phase = 'resolved'")) == 2, "both end"
    )
    wait_for(lambda: world.hooks.of_type("success"), "the end is told")

    told = " ".join(f"{body['title']} {body['message']}" for body in world.hooks.bodies)
    assert "Invoices" in told
    assert "Unattended" in told
    queues = world.rows(
        "select new_items from v_queue_history where queue = 'Invoices' order by valid_from"
    )
    assert [row["new_items"] for row in queues][-2:] == [9000, 10]
    licenses = world.rows("select used from v_license_history where license_type = 'Unattended'")
    assert {99, 1} <= {row["used"] for row in licenses}


def test_an_outage_of_orchestrator_is_one_alert_and_none_about_robots(
    world: World,
) -> None:
    world.simulator.faults.start("server-error")
    wait_for(lambda: world.hooks.of_type("failure"), "blindness is told")
    time.sleep(4)  # noqa: TID251 - robots would have been silent for long by now
    (blind,) = world.rows("select rule, name from v_alerts")
    assert blind == {"rule": "collector-failing", "name": "production"}
    world.simulator.faults.clear()
    wait_for(
        lambda: not world.rows("select 1 from v_alerts where phase <> 'resolved'"), "sight returns"
    )
    assert len(world.rows("select 1 from v_alerts")) == 1


def test_sigterm_ends_the_daemon_within_ten_seconds_and_status_tells(world: World) -> None:
    world.simulator.silence(ROBOT)
    wait_for(lambda: world.hooks.bodies, "the alert is told")
    answer = world.daemon.command("status", "--json")
    assert answer.returncode == 1, answer.stderr
    found = json.loads(answer.stdout)
    assert found["alerts"]["critical"] == 1
    assert found["tenants"][0]["sight"] == "ok"

    status, took = world.daemon.stop()

    assert status == 0, world.daemon.log
    assert took < 10
    assert SECRET not in world.daemon.log
    assert SECRET not in answer.stdout + answer.stderr
