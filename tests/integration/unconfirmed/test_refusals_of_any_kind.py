"""Rows 4 and 18: what 429, 403 and 503 say beside their status; and errors in PascalCase.

Row 5 (which other lists are limited) needs no answer: a 429 of any list is met in the same way.
"""

from dataclasses import dataclass

import pytest

from monitor.core.sample import Collected, Failed
from monitor.errors import AccessDenied
from tests.integration.unconfirmed.story import Story
from tests.integration.unconfirmed.watch import (
    LICENSE,
    PEOPLE,
    RUNTIMES,
    STATUS,
    Reply,
    a_watch,
    assert_true_queues,
    assert_true_sessions,
    told,
)

HTML = b"<!DOCTYPE html><html><body><h1>Not now</h1></body></html>"
BODIES = {
    "empty": b"",
    "page": HTML,
    "text": b"Too many requests",
    "flat": b'{"message":"No.","errorCode":0,"traceId":"00-1-2-00"}',
    "pascal": b'{"Message":"No.","ErrorCode":0,"TraceId":"00-1-2-00"}',
    "wrapped": b'{"result":null,"success":false,"error":{"code":0,"message":"No."},"__abp":true}',
    "list": b'["No."]',
}
BACKLOG = """
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
"""
AN_HOUR = 3600.0
UNRESPONSIVE = """
[rules.robot-unresponsive]
type = "session-unresponsive"
"""


@dataclass
class Saying:
    """Lets every refusal with a status say one of `BODIES`."""

    status: int
    name: str = "empty"

    def __call__(self, _: str, reply: Reply) -> None:
        if reply.status == self.status:
            reply.body = BODIES[self.name]
            kind = "text/html" if self.name == "page" else "application/json"
            reply.headers["content-type"] = kind


# Row 4


@pytest.mark.parametrize("retry_after", [-1, 30], ids=["no Retry-After", "Retry-After"])
def test_a_429_of_any_body_is_waited_out_and_nothing_is_gone_meanwhile(retry_after: int) -> None:
    saying = Saying(429)
    with a_watch(bend=saying) as watch:
        story = Story(watch, BACKLOG)
        watch.simulator.set_queue("Payroll", new=500)
        story.polls("queues")
        for saying.name in BODIES:
            watch.simulator.faults.start("throttled", on="Retrieve*", retry_after=retry_after)
            asked = watch.asked(lambda: story.polls("queues"))
            throttled = story.polls("queues", after_s=5)
            held = watch.asked(lambda: story.polls("queues", after_s=5))
            watch.simulator.faults.clear()
            collected = story.polls("queues", after_s=900)

            assert isinstance(collected, Collected)
            assert_true_queues(watch, collected)
            assert isinstance(throttled, Failed)
            assert (throttled.kind, asked[STATUS] <= 3, held) == ("throttled", True, {})
            assert story.open == {("backlog", "504")}

    assert set(story.heard()) == {"opened Payroll", "still open Payroll"}
    assert story.heard().count("opened Payroll") == 1


@pytest.mark.parametrize("retry_after", [-1, 30], ids=["no Retry-After", "Retry-After"])
def test_a_429_for_items_leaves_the_cheap_counts_alone(retry_after: int) -> None:
    wanted = ("overdue_items",)
    with a_watch(metered_per_minute=1, metered_retry_after_s=retry_after, wanted=wanted) as watch:
        watch.simulator.faults.start("throttled", on="QueueItems", retry_after=retry_after)
        polls = [watch.poll("queues", after_s=60) for _ in range(3)]
        for collected in polls:
            assert_true_new_items(collected)
        asked = watch.simulator.journal.counts()["QueueItems"]
        watch.simulator.faults.clear()
        recovered = watch.poll("queues", after_s=600)

    assert {one.partial for one in polls} == {False}
    assert all("(429)" in one.note for one in polls)
    assert asked <= 3 * len(polls)
    assert recovered.note == ""
    assert all("overdue_items" in one.values for one in told(recovered, "queue").values())


def assert_true_new_items(collected: Collected) -> None:
    found = {one.name: one.values["new_items"] for one in told(collected, "queue").values()}
    assert found["Payroll"] == 14
    assert len(told(collected, "queue")) == 7


# Row 18


def test_a_403_is_a_missing_permission_whatever_it_says() -> None:
    saying = Saying(403)
    with a_watch(bend=saying, denied=frozenset({"Machines.View"})) as watch:
        for saying.name in BODIES:
            sessions = watch.poll("sessions", after_s=AN_HOUR)
            assert_true_sessions(watch, sessions)
            assert "hosts are read folder by folder; grant Machines.View" in sessions.note
            asked = watch.asked(lambda: watch.poll("sessions"))
            assert asked[RUNTIMES] == 0
        assert watch.simulator.journal.counts()[RUNTIMES] == len(BODIES)


def test_a_403_for_a_folder_hides_that_folder_alone_whatever_it_says() -> None:
    saying = Saying(403)
    with a_watch(
        bend=saying, bare_queue_status="refused", denied_folders=frozenset({"Office"})
    ) as watch:
        for saying.name in BODIES:
            collected = watch.poll("queues", after_s=AN_HOUR)
            assert len(told(collected, "queue")) == 6
            assert "grant Queues.View in Office" in collected.note


@pytest.mark.parametrize("status", [502, 503, 504])
def test_maintenance_is_a_failed_poll_whatever_it_says(status: int) -> None:
    saying = Saying(status)
    with a_watch(bend=saying) as watch:
        story = Story(watch, UNRESPONSIVE)
        watch.simulator.silence("svc-3")
        story.polls("sessions", times=4)
        for saying.name in BODIES:
            watch.simulator.faults.start("server-error", status=status)
            down = story.polls("sessions", times=2)
            watch.simulator.faults.clear()
            up = story.polls("sessions")

            assert isinstance(down, Failed)
            assert down.kind == "unreachable"
            assert isinstance(up, Collected)
            assert up.partial is False
            assert_true_sessions(watch, up)

    assert [line for line in story.heard() if "VM-2" in line] == ["opened VM-2"]


# Error bodies in PascalCase (§2.5)


@pytest.mark.parametrize("pascal", [False, True], ids=["camel", "pascal"])
def test_errors_in_pascal_case_are_understood_as_the_others(*, pascal: bool) -> None:
    with a_watch(
        bare_refused=frozenset({STATUS, "QueueDefinitions"}),
        denied=frozenset({"Users.View"}),
    ) as watch:
        if pascal:
            watch.simulator.faults.start("pascal-errors")
        watch.simulator.faults.start("forbidden", on=LICENSE)
        queues, sessions = watch.poll("queues"), watch.poll("sessions")
        with pytest.raises(AccessDenied) as refused:
            watch.poll("licenses")
        assert_true_queues(watch, queues)

    assert queues.note == ""
    assert "people's robots are not readable" in sessions.note
    assert "grant the application the scope OR.Monitoring.Read" in str(refused.value)
    assert {one.labels["host"] for one in told(sessions, "session").values()} == {
        "VM-1",
        "VM-2",
        "VM-3",
        "VM-4",
        "cloud-1",
    }
    assert watch.simulator.journal.counts()[PEOPLE] == 1
