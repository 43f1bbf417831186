from datetime import timedelta

from monitor.core.matching import parse_where
from monitor.core.mute import People, Silence
from monitor.core.severity import Severity
from tests.builders import a_backlog_rule, after
from tests.unit.core.telling_rig import World, a_plan, with_route

BAD, GOOD = 900.0, 1.0


def test_a_problem_and_its_end_are_each_told_once() -> None:
    world = World()
    for step, items in enumerate((GOOD, BAD, BAD, GOOD, GOOD)):
        world.poll(60 * step, {"Invoices": items})
    assert world.told() == [(60, "opened Invoices"), (180, "resolved Invoices")]
    assert world.desk.alerts == {}


def test_the_first_message_of_a_group_waits_for_others() -> None:
    world = World(plan=a_plan(routes=[with_route(group_wait=timedelta(seconds=30))]))
    world.poll(0, {"A": BAD, "B": GOOD})
    world.poll(10, {"A": BAD, "B": BAD})
    world.tick(29)
    assert world.told() == []
    assert world.desk.next_at == after(30)
    world.tick(30)
    assert world.told() == [(30, "opened A, opened B")]


def test_a_new_critical_waits_for_nobody() -> None:
    rules = (
        a_backlog_rule("mild", above=100),
        a_backlog_rule("bad", above=500, severity=Severity.CRITICAL),
    )
    route = with_route(group_wait=timedelta(seconds=30), group_by=("tenant",))
    world = World(plan=a_plan(*rules, routes=[route]))
    world.poll(0, {"A": 200})
    world.poll(10, {"A": 900})
    assert world.told() == [(10, "opened A, opened A")]


def test_the_next_message_of_a_group_waits_for_the_interval() -> None:
    world = World()
    world.poll(0, {"A": BAD, "B": GOOD})
    world.poll(60, {"A": BAD, "B": BAD})
    world.tick(299)
    world.tick(300)
    assert world.told() == [(0, "opened A"), (300, "opened B, still open A")]


def test_the_end_of_a_whole_group_waits_for_nothing() -> None:
    world = World()
    world.poll(0, {"A": BAD, "B": BAD})
    world.poll(60, {"A": GOOD, "B": BAD})
    world.poll(120, {"A": GOOD, "B": GOOD})
    assert world.told() == [(0, "opened A, opened B"), (120, "resolved A, resolved B")]


def test_what_came_and_went_in_a_channel_outage_is_never_told() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD})
    world.poll(60, {"A": GOOD})
    world.outages.clear()
    world.tick(600)
    assert world.told() == []
    assert len(world.withdrawn) == 1
    assert world.desk.alerts == {}


def test_after_a_channel_outage_the_truth_is_told_once() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD, "B": GOOD, "C": GOOD})
    world.poll(400, {"A": BAD, "B": BAD, "C": GOOD})
    world.poll(800, {"A": GOOD, "B": BAD, "C": BAD})
    world.outages.clear()
    for at in range(1200, 4000, 10):
        world.tick(at)
    assert [what for _, what in world.told()] == ["opened B, opened C"]


def test_a_message_that_may_have_arrived_is_sent_again_before_the_end() -> None:
    world = World(outages={"ops"}, doubtful={"ops"})
    world.poll(0, {"A": BAD})
    world.poll(60, {"A": GOOD})
    world.outages.clear()
    for at in range(60, 200, 5):
        world.tick(at)
    assert [what for _, what in world.told()] == ["opened A", "resolved A"]


def test_a_silenced_problem_that_lasts_is_told_when_the_silence_ends() -> None:
    world = World()
    world.hear(People(silences=(_silence(0, 600),)))
    world.poll(60, {"A": BAD})
    world.tick(599)
    assert world.told() == []
    world.tick(600)
    assert world.told() == [(600, "opened A")]


def test_a_recovery_inside_a_silence_is_told_when_it_ends() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.hear(People(silences=(_silence(10, 600),)))
    world.tick(10)
    world.poll(60, {"A": GOOD})
    world.tick(600)
    assert world.told() == [(0, "opened A"), (600, "resolved A")]
    assert world.desk.alerts == {}


def test_a_problem_that_came_back_inside_a_silence_is_no_news_after_it() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.hear(People(silences=(_silence(10, 600),)))
    world.tick(10)
    world.poll(60, {"A": GOOD})
    world.poll(120, {"A": BAD})
    world.tick(600)
    assert world.told() == [(0, "opened A")]
    assert [kind for _, kind in world.events] == [
        "opened",
        "muted",
        "resolved",
        "opened",
        "unmuted",
    ]


def test_reminders_come_while_it_lasts() -> None:
    world = World(plan=a_plan(routes=[with_route(repeat_every=timedelta(hours=1))]))
    for at in range(0, 2 * 3600 + 1, 600):
        world.poll(at, {"A": BAD})
    assert world.told() == [(0, "opened A"), (3600, "still open A"), (7200, "still open A")]


def test_flapping_is_told_once_and_then_how_it_ended() -> None:
    world = World()
    at = 0
    for _ in range(8):
        world.poll(at, {"A": BAD})
        world.poll(at + 60, {"A": GOOD})
        at += 120
    while world.desk.alerts:
        at += 60
        world.poll(at, {"A": GOOD})
        assert at < 10_000
    told = [what for _, what in world.told()]
    assert told == [
        "opened A",
        "resolved A",
        "opened A",
        "resolved A",
        "opened A",
        "flapping A",
        "resolved A",
    ]


def test_a_restart_tells_nothing_twice() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.restart()
    world.tick(10)
    world.poll(60, {"A": BAD})
    world.restart()
    world.poll(120, {"A": GOOD})
    assert world.told() == [(0, "opened A"), (120, "resolved A")]


def _silence(start: float, end: float) -> Silence:
    return Silence(
        id="S1",
        where=parse_where(["name=A"]),
        starts_at=after(start),
        ends_at=after(end),
        author="anna",
        comment="patch night",
    )
