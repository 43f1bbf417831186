"""Who is told what and when: limits, outages, flapping."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.alert import Alert, Phase
from monitor.core.compose import MOST_ITEMS
from monitor.core.delivery import DeliveryState, Permanent, after_attempt
from monitor.core.flapping import Flapping
from monitor.core.matching import parse_where
from monitor.core.message import What
from monitor.core.mute import People, Silence
from monitor.core.pace import Pace
from monitor.core.routing import Listener
from monitor.core.rule import Policy
from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from monitor.core.truth import News, difference, is_owed, truth_of
from tests.builders import NOW, a_backlog_rule, after
from tests.unit.core.telling_rig import ROUTE, World, a_plan, with_route

BAD, WORSE, GOOD = 900.0, 5000.0, 1.0


def the_alert(world: World) -> Alert:
    (alert,) = world.desk.alerts.values()
    return alert


def _polls(world: World, items: dict[str, float | None], until: int, every: int = 300) -> None:
    for at in range(int(world.at_s) + every, until + 1, every):
        world.poll(at, items)


# Limits


def test_a_channel_that_is_given_more_room_does_not_wait_as_if_it_had_less() -> None:
    rule = a_backlog_rule(severity=Severity.CRITICAL)
    world = World(plan=a_plan(rule, pace=Pace(messages=1, per=timedelta(hours=4))))
    world.poll(0, {"A": BAD})
    world.plan = world.desk.plan = a_plan(rule, pace=Pace(messages=20))
    world.poll(60, {"A": BAD, "B": BAD})
    assert world.desk.next_at == after(75)
    world.tick(75)
    assert [at for at, _ in world.told()] == [0, 75]


def test_a_storm_is_one_message_in_which_nothing_is_dropped() -> None:
    world = World()
    storm = {f"Q{number:03}": BAD for number in range(MOST_ITEMS + 10)}
    world.poll(0, storm)
    ((_, _, delivery),) = world.received
    assert len(delivery.message.items) == MOST_ITEMS
    assert delivery.message.rest == {What.OPENED: 10}
    world.poll(60, dict.fromkeys(storm, GOOD))
    assert world.received[1][2].message.rest == {What.RESOLVED: 10}
    assert world.desk.alerts == {}


def test_the_company_of_a_message_is_bounded_and_the_rest_keeps_its_reminder() -> None:
    route = with_route(repeat_every=timedelta(minutes=10), group_interval=timedelta())
    world = World(plan=a_plan(routes=[route]))
    storm = {f"Q{number:03}": BAD for number in range(MOST_ITEMS + 10)}
    world.poll(0, storm)
    world.poll(60, {**storm, "New": BAD})
    second = world.received[1][2]
    assert len(second.message.items) == len(second.about) == MOST_ITEMS
    assert second.message.rest == {What.OPEN: 11}
    world.poll(660, {**storm, "New": BAD})
    third = world.received[2][2]
    assert len(third.about) == len(storm) + 1


def test_more_than_a_channel_takes_becomes_one_digest() -> None:
    pace = Pace(messages=2, per=timedelta(minutes=2))
    world = World(plan=a_plan(routes=[with_route(group_by=("name",))], pace=pace))
    world.poll(0, {"A": BAD})
    world.poll(1, {"A": BAD, "B": BAD, "C": BAD})
    world.poll(2, {"A": BAD, "B": BAD, "C": BAD, "D": BAD})
    assert world.desk.next_at == after(60)
    for at in (30, 59, 60):
        world.tick(at)
    assert world.told() == [(0, "opened A"), (1, "opened B, opened C"), (60, "opened D")]


def test_a_message_that_was_given_up_is_tried_again_with_the_next_reminder() -> None:
    world = World(plan=a_plan(routes=[with_route(repeat_every=timedelta(hours=1))]))
    world.outages.add("ops")
    world.poll(0, {"A": BAD})
    _give_up(world)
    world.outages.clear()
    _polls(world, {"A": BAD}, 3600)
    assert world.told() == [(3600, "opened A")]


@pytest.mark.parametrize("repeat", [timedelta(), timedelta(hours=1)])
def test_who_never_heard_of_a_problem_hears_no_end(repeat: timedelta) -> None:
    world = World(plan=a_plan(routes=[with_route(repeat_every=repeat)]))
    world.outages.add("ops")
    world.poll(0, {"A": BAD})
    _give_up(world)
    world.outages.clear()
    world.poll(60, {"A": GOOD})
    assert world.told() == []
    assert world.desk.alerts == {}


def test_a_reminder_that_was_given_up_leaves_what_was_heard() -> None:
    world = World(plan=a_plan(routes=[with_route(repeat_every=timedelta(hours=1))]))
    world.poll(0, {"A": BAD})
    world.outages.add("ops")
    world.poll(3600, {"A": BAD})
    _give_up(world)
    world.outages.clear()
    world.poll(3700, {"A": GOOD})
    assert world.told() == [(0, "opened A"), (3700, "resolved A")]


def test_an_end_that_was_given_up_is_over() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.outages.add("ops")
    world.poll(60, {"A": GOOD})
    _give_up(world)
    assert world.desk.alerts == {}


def test_the_other_channels_hear_of_one_that_fails() -> None:
    channel = Subject(tenant="", kind="channel", key="ops", name="ops")
    for routes, heard in (
        ([ROUTE], ["boss", "mail"]),
        ([with_route(channels=("ops", "mail"))], ["mail"]),
    ):
        world = World(plan=a_plan(routes=routes, channels=("ops", "boss", "mail")))
        alert = replace(_firing(), subject=channel)
        world.desk.alerts[alert.key] = alert
        world.desk.is_look_due = True
        world.tick(60)
        assert sorted(name for _, name, _ in world.received) == heard


# The clock, and what is on its way


def test_a_clock_that_is_set_back_prolongs_no_wait() -> None:
    world = World(plan=a_plan(routes=[with_route(group_wait=timedelta(seconds=30))]))
    world.poll(7200, {"A": BAD})
    world.desk.is_look_due = True
    world.tick(3600)
    assert world.told() == [(3600, "opened A")]


def test_a_silence_that_begins_before_a_message_got_through_holds_it_back() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD})
    silence = Silence(
        id="S1",
        where=parse_where(["name=A"]),
        starts_at=after(10),
        ends_at=after(7200),
        author="anna",
        comment="x",
    )
    world.hear(People(silences=(silence,)))
    world.tick(10)
    world.outages.clear()
    world.tick(3600)
    assert world.told() == []
    world.tick(7200)
    assert world.told() == [(7200, "opened A")]


def test_a_message_that_was_made_due_again_by_somebody_else_is_sent_and_forgotten() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD})
    (delivery,) = world.desk.undelivered.values()
    _give_up(world)
    world.desk.begin_attempt(delivery)
    sent = replace(delivery, state=DeliveryState.SENT)
    world.apply(world.desk.attempted(sent, world.now))
    world.desk.end_attempt(delivery.id, is_known=True)
    assert not world.desk.undelivered
    assert not world.desk.in_flight


def test_who_gets_a_message_that_had_been_given_up_knows_and_is_told_the_end() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD, "B": BAD})
    (delivery,) = world.desk.undelivered.values()
    _give_up(world)
    world.outages.clear()
    world.desk.begin_attempt(delivery)
    world.apply(world.desk.attempted(replace(delivery, state=DeliveryState.SENT), world.now))
    world.desk.end_attempt(delivery.id, is_known=True)
    world.poll(60, {"A": GOOD, "B": GOOD})
    assert world.told() == [(60, "resolved A, resolved B")]


def test_an_attempt_without_an_outcome_may_have_arrived() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD})
    (delivery,) = world.desk.undelivered.values()
    world.desk.begin_attempt(delivery)
    world.desk.end_attempt(delivery.id, is_known=False)
    assert world.desk.undelivered[delivery.id].may_have_arrived


def test_what_is_being_sent_is_not_taken_back() -> None:
    world = World(outages={"ops"})
    world.poll(0, {"A": BAD})
    (delivery,) = world.desk.undelivered.values()
    world.desk.begin_attempt(delivery)
    world.outages.clear()
    world.poll(60, {"A": GOOD})
    assert world.withdrawn == []
    assert [one.message.items[0].what for one in world.desk.undelivered.values()] == [
        What.OPENED,
        What.RESOLVED,
    ]


def test_a_desk_with_nothing_new_has_nothing_to_record() -> None:
    world = World()
    world.poll(0, {"A": GOOD})
    assert not world.desk.decide([], world.now)
    assert not world.desk.is_due(world.now)


# Flapping


def test_a_rule_may_have_every_change_told() -> None:
    rule = a_backlog_rule(policy=Policy(flapping=None))
    world = World(plan=a_plan(rule))
    for step in range(20):
        world.poll(60 * step, {"A": GOOD if step % 2 else BAD})
    assert len(world.told()) == 20


def test_flapping_that_is_no_longer_looked_for_has_ended() -> None:
    flapping = Flapping(start=2, stop=0)
    world = World(plan=a_plan(a_backlog_rule(policy=Policy(flapping=flapping))))
    for at, items in ((0, BAD), (60, GOOD), (120, BAD)):
        world.poll(at, {"A": items})
    assert the_alert(world).flapping_since is not None
    world.plan = world.desk.plan = a_plan(a_backlog_rule(policy=Policy(flapping=None)))
    world.desk.is_look_due = True
    world.tick(130)
    assert [what for _, what in world.told()] == ["opened A", "flapping A", "still open A"]
    assert ("A", "settled") in world.events


def test_transitions_out_of_the_window_are_forgotten() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.poll(60, {"A": GOOD})
    world.poll(7200, {"B": BAD})
    assert [key.subject[2] for key in world.desk.transitions] == ["b"]


# The truth of one alert


def _firing(**fields: object) -> Alert:
    alert = Alert(
        id="X",
        rule="backlog",
        subject=Subject(tenant="production", kind="queue", key="a", name="A"),
        severity=Severity.WARNING,
        phase=Phase.FIRING,
        started_at=NOW,
        opened_at=NOW,
        updated_at=after(60),
        summary="A",
        value=1.0,
        limit=1.0,
    )
    return replace(alert, **fields)  # type: ignore[arg-type] # as Alert has them


def _heard(saying: Saying, severity: Severity = Severity.WARNING) -> dict[str, Told]:
    told = Told(saying=saying, severity=severity, at=NOW, first_at=NOW, delivery="d")
    return {"ops": told}


@pytest.mark.parametrize(
    ("alert", "news"),
    [
        (_firing(), News.OPENED),
        (_firing(flapping_since=NOW), News.FLAPS),
        (_firing(told=_heard(Saying.OPEN)), None),
        (_firing(told=_heard(Saying.OPEN), flapping_since=NOW), News.FLAPS),
        (_firing(told=_heard(Saying.FLAPPING)), News.CALMED),
        (_firing(told=_heard(Saying.OPEN, Severity.INFO)), News.WORSE),
        (_firing(told=_heard(Saying.OPEN, Severity.CRITICAL)), None),
        (_firing(told=_heard(Saying.UNHEARD)), News.AGAIN),
        (_firing(told=_heard(Saying.UNHEARD, Severity.INFO)), News.WORSE),
        (_firing(told=_heard(Saying.ENDED)), News.OPENED),
        (_firing(phase=Phase.RESOLVED), None),
        (_firing(phase=Phase.RESOLVED, told=_heard(Saying.OPEN)), News.ENDED),
        (_firing(phase=Phase.RESOLVED, told=_heard(Saying.UNHEARD)), None),
        (_firing(phase=Phase.RESOLVED, told=_heard(Saying.ENDED)), None),
        (_firing(phase=Phase.PENDING, told=_heard(Saying.OPEN)), News.ENDED),
    ],
)
def test_news_is_the_difference_of_what_was_told_and_what_is_so(
    alert: Alert, news: News | None
) -> None:

    found = difference(alert, Listener(channel="ops", route=ROUTE))
    assert (found and found.news) == news


def test_a_flapping_alert_is_owed_its_end_though_nobody_heard() -> None:
    assert is_owed(_firing(flapping_since=NOW))
    assert not is_owed(_firing())
    assert truth_of(_firing(phase=Phase.RESOLVED, flapping_since=NOW)) is Saying.FLAPPING


def _give_up(world: World) -> None:
    (delivery,) = world.desk.undelivered.values()
    dead = after_attempt(delivery, Permanent("refused"), world.now, 0.0)
    world.apply(world.desk.attempted(dead, world.now))
