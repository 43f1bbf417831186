"""A changed configuration comes into force while a real daemon runs, or is refused with reasons."""

import dataclasses
import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from monitor.store import open_store
from tests.acceptance.rig import Hooks, Installation, hooks, installed, simulated, wait_for

RULES = """
[rules.backlog]
type = "queue-backlog"
above = 5000
for = "0s"
[rules.slow]
type = "queue-backlog"
above = 100
for = "8s"
where = { queue = "Payments" }
[[routes]]
channels = ["hook"]
group_wait = "0s"
group_interval = "0s"
"""
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


@dataclasses.dataclass
class World:
    simulator: Simulator
    hooks: Hooks
    daemon: Installation
    database: str

    def rows(self, sql: str) -> list[dict[str, object]]:
        store = open_store(self.database)
        try:
            with store.reading() as connection:
                return [dict(row) for row in connection.execute(text(sql)).mappings()]
        finally:
            store.close()

    def lines(self, event: str) -> list[dict[str, object]]:
        found = [json.loads(line) for line in self.daemon.log.splitlines()]
        return [line for line in found if line["event"] == event]

    def replace(self, old: str, new: str) -> None:
        """Edit the configuration; the daemon is not told."""
        before = self.daemon.config.read_text("utf-8")
        assert old in before
        self.daemon.config.write_text(before.replace(old, new), "utf-8")

    def hang_up(self) -> None:
        assert self.daemon.process is not None
        self.daemon.process.send_signal(signal.SIGHUP)

    def reload(self, event: str = "config.reloaded") -> dict[str, object]:
        """Send the signal; return the line about it, which comes within seconds."""
        before = len(self.lines(event))
        self.hang_up()
        took = wait_for(lambda: len(self.lines(event)) > before, event)
        assert took < 5, f"{event} after {took:.1f} s"
        return self.lines(event)[-1]

    def polls(self) -> int:
        (row,) = self.rows("select count(*) as n from v_polls where collector = 'queues'")
        return int(str(row["n"]))

    def open(self, queue: str, new: int = 9000) -> None:
        before = len(self.hooks.bodies)
        self.simulator.freeze_queue(queue, new=new)
        wait_for(lambda: len(self.hooks.bodies) > before, f"{queue} is told")


@pytest.fixture
def world(tmp_path: Path, database_url: str) -> Iterator[World]:
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
        world = World(simulator, received, daemon, database_url)
        daemon.start()
        wait_for(lambda: "daemon.started" in daemon.log and world.polls() > 0, "it watches")
        yield world


def test_a_new_limit_counts_within_seconds_and_nothing_is_told_again(world: World) -> None:
    world.open("Invoices")
    world.simulator.freeze_queue("Shipments", new=3000)

    world.replace("above = 5000", "above = 2000")
    line = world.reload()
    wait_for(lambda: len(world.hooks.bodies) == 2, "the other queue is told")
    for _ in range(3):
        world.reload()
    time.sleep(2)  # noqa: TID251 - nothing more must come

    assert line["rules_changed"] == ["backlog"]
    told = [body["title"] for body in world.hooks.bodies]
    assert ["Invoices" in one for one in told] == [True, False]
    assert ["Shipments" in one for one in told] == [False, True]
    assert len(world.rows("select 1 from v_alerts where phase = 'firing'")) == 2
    assert not world.lines("poll.skipped")


def test_a_hold_goes_on(world: World) -> None:
    began = time.monotonic()
    world.simulator.freeze_queue("Payments", new=200)
    wait_for(lambda: world.rows("select 1 from v_alerts where phase = 'pending'"), "it is held")
    while time.monotonic() < began + 6:
        world.reload()

    wait_for(lambda: world.hooks.bodies, "it is told")
    assert time.monotonic() - began < 13  # a hold that began anew would end later


def test_mistakes_keep_the_old_configuration_and_are_told_all_at_once(world: World) -> None:
    world.replace("above = 5000", "above = 2000\nabov = 1")
    world.replace('type = "queue-backlog"\nabove = 100', 'type = "queue-backlok"\nabove = 100')
    world.simulator.freeze_queue("Shipments", new=3000)

    line = world.reload("config.reload_failed")
    polls = world.polls()
    wait_for(lambda: world.polls() > polls + 1, "it goes on polling")

    problems = line["problems"]
    assert isinstance(problems, list)
    assert len(problems) == 2
    assert "rules.backlog.abov" in problems[0]
    assert "rules.slow.type" in problems[1]
    assert not world.hooks.bodies
    world.open("Invoices")  # by the old limit


def test_the_alert_of_a_removed_rule_is_closed_and_that_is_told(world: World) -> None:
    world.open("Invoices")
    world.replace("[rules.backlog]", "[rules.other]")
    world.replace("above = 5000", "above = 50000")

    line = world.reload()
    wait_for(lambda: len(world.hooks.bodies) == 2, "the end is told")

    assert (line["rules_added"], line["rules_removed"]) == (["other"], ["backlog"])
    assert "Invoices" in world.hooks.bodies[1]["title"] + world.hooks.bodies[1]["message"]
    (alert,) = world.rows("select phase, end_reason from v_alerts where rule = 'backlog'")
    assert (alert["phase"], alert["end_reason"]) == ("resolved", "rule removed")


def test_a_new_channel_hears_and_a_removed_one_leaves_nothing_waiting(world: World) -> None:
    world.open("Invoices")
    world.hooks.status = 503
    world.simulator.freeze_queue("Invoices", new=1)
    due = "select 1 from v_deliveries where state = 'due' and attempts > 0"
    wait_for(lambda: world.rows(due), "the end waits for the channel")
    with hooks() as other:
        config = world.daemon.config.read_text("utf-8")
        table = f'[channels.hook]\nurl = "json://127.0.0.1:{world.hooks.port}/ops"'
        assert table in config
        config = config.replace(
            table, f'[channels.other]\nurl = "json://127.0.0.1:{other.port}/new"'
        ).replace('channels = ["hook"]', 'channels = ["other"]')
        world.daemon.config.write_text(config, "utf-8")

        world.reload()
        world.simulator.freeze_queue("Shipments", new=9000)
        wait_for(lambda: other.bodies, "the new channel hears")

        waiting = "select 1 from v_deliveries where state = 'due'"
        wait_for(lambda: not world.rows(waiting), "nothing waits any more")
        rows = world.rows("select distinct channel, state, last_error from v_deliveries")
        assert {tuple(row.values()) for row in rows} == {
            ("hook", "sent", None),
            ("hook", "dead", "the channel was removed from the configuration"),
            ("other", "sent", None),
        }
        (body,) = other.bodies
        assert "Shipments" in body["title"] + body["message"]


def test_no_poll_is_lost_and_ten_signals_in_a_row_do_no_harm(world: World) -> None:
    polls, began = world.polls(), time.monotonic()
    for _ in range(10):
        world.hang_up()
    world.reload()
    wait_for(lambda: time.monotonic() - began > 5, "five intervals")

    assert world.polls() - polls >= 4
    assert 1 <= len(world.lines("config.reloaded")) <= 11
    assert not world.rows("select 1 from v_polls where outcome <> 'ok' and collector = 'queues'")
    assert not world.lines("poll.skipped")


def test_the_page_shows_what_is_watched_now_and_a_restart_is_asked_for_where_needed(
    world: World,
) -> None:
    (started,) = world.lines("daemon.started")
    tenant = world.daemon.config.read_text("utf-8").partition("[tenants.production]")[2]
    tenant = "[tenants.second]" + tenant.partition("[collectors")[0]
    world.replace("[collectors.sessions]", tenant + "[collectors.sessions]")
    world.replace('listen = "127.0.0.1:0"', 'listen = "127.0.0.1:1"')

    line = world.reload()
    seen = "select 1 from v_polls where tenant = 'second' and outcome = 'ok'"
    wait_for(lambda: world.rows(seen), "the new tenant is polled")

    with urllib.request.urlopen(  # noqa: S310 - our own page
        f"{started['page']}api/status", timeout=10
    ) as answer:
        page = json.load(answer)
    assert [one["name"] for one in page["tenants"]] == ["production", "second"]
    assert (line["tenants_added"], line["changed"]) == (["second"], ["web"])
    assert [one["key"] for one in world.lines("config.needs_restart")] == ["web.listen"]


def test_a_reload_in_the_middle_of_the_end_does_not_hold_it_up(world: World) -> None:
    assert world.daemon.process is not None
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGHUP):
        world.daemon.process.send_signal(number)

    assert world.daemon.process.wait(10) == 0
    assert not [
        line for line in world.daemon.log.splitlines() if "reload" in line and "Trace" in line
    ]
