"""Messages that a channel has not taken yet, while something else happens."""

from dataclasses import replace
from datetime import timedelta

from monitor.core.matching import parse_where
from monitor.core.mute import People, Silence
from monitor.core.severity import Severity
from tests.builders import a_backlog_rule, after
from tests.message_builders import a_delivery
from tests.unit.core.telling_rig import World, a_plan

BAD, GOOD = 900.0, 1.0
ELSEWHERE = Silence(
    id="S1",
    where=parse_where(["name=nobody"]),
    starts_at=after(0),
    ends_at=after(9000),
    author="anna",
    comment="x",
)


def test_what_is_left_of_a_message_goes_on_with_its_attempts_and_its_age() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD, "B": BAD})
    (both,) = world.desk.undelivered.values()
    world.desk.in_flight.clear()
    world.at_s = 3
    world.poll(3, {"A": BAD, "B": GOOD})

    assert world.withdrawn == [both.id]
    (left,) = world.desk.undelivered.values()
    assert [item.name for item in left.message.items] == ["A"]
    assert (left.attempts, left.last_error) == (1, "down")
    assert (left.created_at, left.next_at) == (after(0), after(5))


def test_what_is_new_is_tried_at_once_and_has_its_own_day() -> None:
    # Critical: a new one waits for no company.
    rule = a_backlog_rule(severity=Severity.CRITICAL)
    world = World(plan=a_plan(rule), outages={"ops"})
    world.poll(0, {"A": BAD, "B": GOOD})
    world.outages.clear()
    world.poll(3, {"A": BAD, "B": BAD})

    assert world.told() == [(3, "opened A, opened B")]
    assert [(d.created_at, d.attempts) for _, _, d in world.received] == [(after(3), 1)]


def test_what_is_still_true_stays_on_its_way() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD})
    before = dict(world.desk.undelivered)
    world.hear(People(silences=(ELSEWHERE,)))
    world.tick(2)

    assert world.withdrawn == []
    assert world.desk.undelivered == before


def test_what_somebody_sent_again_by_hand_is_left_alone_when_the_channel_knows_more() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    ((_, _, sent),) = world.received
    by_hand = replace(sent, id="of old", next_at=after(7200))
    world.desk.undelivered = {by_hand.id: by_hand}
    world.hear(People(silences=(replace(ELSEWHERE, where=parse_where(["name=A"])),)))
    world.tick(60)

    assert world.withdrawn == []
    assert list(world.desk.undelivered) == ["of old"]


def test_a_message_of_which_nobody_knows_what_it_speaks_of_stays_on_its_way() -> None:
    world = World()
    odd = replace(a_delivery(), about=(), next_at=after(0) + timedelta(hours=9))
    world.desk.undelivered = {odd.id: odd}
    world.poll(0, {"A": BAD})

    assert world.withdrawn == []
    assert world.told() == [(0, "opened A")]
    assert list(world.desk.undelivered) == [odd.id]
