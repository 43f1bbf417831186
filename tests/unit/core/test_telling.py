"""Who is told what and when: people, routes, root causes."""

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alert import Alert, AlertKey
from monitor.core.calendar import Maintenance
from monitor.core.delivery import Permanent, after_attempt
from monitor.core.inhibition import Inhibition
from monitor.core.matching import Where, parse_where
from monitor.core.mute import Acknowledgement, People
from monitor.core.occurrences import Occurrence
from monitor.core.pace import Pace
from monitor.core.routing import Escalation
from monitor.core.rule import Policy
from monitor.core.severity import Severity
from tests.builders import NOW, a_backlog_rule, after
from tests.unit.core.telling_rig import World, a_plan, with_route

BAD, WORSE, GOOD = 900.0, 5000.0, 1.0


class Every:
    """A schedule with a time each so many seconds."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def next_after(self, at: datetime) -> datetime:
        past = int((at - NOW).total_seconds())
        return after((past // self.seconds + 1) * self.seconds)


class Between:
    """A window of one stretch of time."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = after(start), after(end)

    def contains(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def next_change(self, after: datetime) -> datetime | None:
        return next((at for at in (self.start, self.end) if at > after), None)

    def occurrences(self, after: datetime, count: int) -> tuple[Occurrence, ...]:
        only = Occurrence(start=self.start, end=self.end)
        return (only,)[:count] if after < self.end else ()


def a_window(name: str, start: float, end: float, where: Where | None = None) -> Maintenance:
    return Maintenance(
        name=name, window=Between(start, end), where=where or Where(), timezone="UTC"
    )


def an_acknowledgement(alert: Alert, at: float, **fields: object) -> People:
    given = Acknowledgement(
        alert_id=alert.id,
        severity=alert.severity,
        at=after(at),
        expires_at=after(at) + timedelta(hours=24),
        author="anna",
        note="on it",
    )
    return People(acknowledgements={alert.id: replace(given, **fields)})  # type: ignore[arg-type]


def the_alert(world: World) -> Alert:
    (alert,) = world.desk.alerts.values()
    return alert


def _polls(world: World, items: dict[str, float | None], until: int, every: int = 300) -> None:
    for at in range(int(world.at_s) + every, until + 1, every):
        world.poll(at, items)


# Escalation and acknowledgement

ESCALATING = with_route(
    escalate=(Escalation(after=timedelta(minutes=30), channels=("boss",)),),
    repeat_every=timedelta(hours=1),
)


def test_nobody_acknowledges_so_the_boss_hears_and_is_told_the_end() -> None:
    world = World(plan=a_plan(routes=[ESCALATING], channels=("ops", "boss")))
    world.poll(0, {"A": BAD})
    assert world.desk.next_at == after(1800)
    world.tick(1799)
    assert world.told("boss") == []
    world.tick(1800)
    world.poll(2000, {"A": GOOD})
    assert world.told("boss") == [(1800, "opened A"), (2000, "resolved A")]


def test_the_boss_hears_when_the_first_channel_takes_nothing_at_all() -> None:
    world = World(plan=a_plan(routes=[ESCALATING], channels=("ops", "boss")), outages={"ops"})
    world.poll(0, {"A": BAD})
    (delivery,) = world.desk.undelivered.values()
    refused = after_attempt(delivery, Permanent("HTTP 404"), world.now, 0.0)
    world.apply(world.desk.attempted(refused, world.now))
    world.tick(60)
    assert world.desk.next_at == after(1800)
    world.tick(1800)
    assert world.told("boss") == [(1800, "opened A")]


def test_the_boss_hears_when_the_pace_of_the_first_channel_leaves_no_message() -> None:
    slow = Pace(messages=1, per=timedelta(hours=4))
    rule = a_backlog_rule(severity=Severity.CRITICAL)
    world = World(plan=a_plan(rule, routes=[ESCALATING], channels=("ops", "boss"), pace=slow))
    world.poll(0, {"A": BAD})
    world.poll(60, {"A": BAD, "B": BAD})
    world.tick(1800)
    assert world.told("boss") == [(1800, "opened A")]
    assert world.told("ops") == [(0, "opened A")]


def test_escalation_counts_anew_for_a_problem_that_came_back() -> None:
    rule = a_backlog_rule(severity=Severity.CRITICAL)
    plan = a_plan(rule, routes=[replace(ESCALATING, channels=("ops", "mail"))])
    plan = replace(plan, channels=dict.fromkeys(("ops", "mail", "boss"), Pace(messages=1000)))
    world = World(plan=plan, doubtful={"mail"})
    world.poll(0, {"A": BAD})
    world.poll(1000, {"A": GOOD})
    world.poll(2000, {"A": BAD})
    assert world.told("boss") == []
    world.tick(3799)
    assert world.told("boss") == []
    world.tick(3800)
    assert world.told("boss") == [(3800, "opened A")]


def test_who_hears_by_escalation_waits_for_no_digest() -> None:
    route = replace(ESCALATING, digest=Every(3600))
    world = World(plan=a_plan(routes=[route], channels=("ops", "boss")))
    world.poll(60, {"A": BAD})
    world.tick(3600)
    assert world.told("ops") == [(3600, "opened A")]
    world.tick(5400)
    assert world.told("boss") == [(5400, "opened A")]
    world.poll(6000, {"A": GOOD})
    assert world.told("boss") == [(5400, "opened A"), (6000, "resolved A")]
    assert [at for at, _ in world.told("ops")] == [3600]


def test_who_acknowledges_in_time_spares_the_boss_and_the_reminders() -> None:
    world = World(plan=a_plan(routes=[ESCALATING], channels=("ops", "boss")))
    world.poll(0, {"A": BAD})
    world.hear(an_acknowledgement(the_alert(world), 60))
    _polls(world, {"A": BAD}, 7200)
    assert the_alert(world).mutes == ("acknowledged: by anna: on it",)
    world.poll(7300, {"A": GOOD})
    assert world.told("boss") == []
    assert world.told("ops") == [(0, "opened A"), (7300, "resolved A")]


def test_an_acknowledgement_that_ends_lets_reminders_and_escalation_go_on() -> None:
    world = World(plan=a_plan(routes=[ESCALATING], channels=("ops", "boss")))
    world.poll(0, {"A": BAD})
    world.hear(an_acknowledgement(the_alert(world), 60, expires_at=after(5000), note=""))
    _polls(world, {"A": BAD}, 4800)
    world.tick(5000)
    assert world.told("boss") == [(5000, "opened A")]
    assert world.told("ops") == [(0, "opened A"), (5000, "still open A")]


def test_a_worse_severity_breaks_an_acknowledgement() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.hear(an_acknowledgement(the_alert(world), 60))
    world.plan = world.desk.plan = a_plan(a_backlog_rule(severity=Severity.CRITICAL))
    world.poll(120, {"A": BAD})
    assert world.told() == [(0, "opened A"), (120, "worse A")]
    assert ("A", "worsened") in world.events


def test_a_severity_that_eases_is_noted_and_not_told() -> None:
    world = World(plan=a_plan(a_backlog_rule(severity=Severity.CRITICAL)))
    world.poll(0, {"A": BAD})
    world.plan = world.desk.plan = a_plan(a_backlog_rule(severity=Severity.INFO))
    world.poll(120, {"A": BAD})
    assert world.told() == [(0, "opened A")]
    assert ("A", "eased") in world.events


def test_the_severity_of_what_is_only_pending_changes_without_a_word() -> None:
    policy = Policy(hold=timedelta(hours=1))
    world = World(plan=a_plan(a_backlog_rule(policy=policy)))
    world.poll(0, {"A": BAD})
    world.plan = world.desk.plan = a_plan(a_backlog_rule(severity=Severity.CRITICAL, policy=policy))
    world.poll(60, {"A": BAD})
    assert the_alert(world).severity is Severity.CRITICAL
    assert world.events == [("A", "pending")]


# Routes


def test_a_route_that_tells_no_ends_forgets_quietly() -> None:
    world = World(plan=a_plan(routes=[with_route(send_resolved=False)]))
    world.poll(0, {"A": BAD})
    world.poll(60, {"A": GOOD})
    assert world.told() == [(0, "opened A")]
    assert world.desk.alerts == {}


def test_a_channel_that_two_routes_lead_to_hears_once() -> None:
    routes = [with_route(continue_=True), with_route(name="routes[1]", channels=("ops", "mail"))]
    world = World(plan=a_plan(routes=routes, channels=("ops", "mail")))
    world.poll(0, {"A": BAD})
    assert world.told("ops") == world.told("mail") == [(0, "opened A")]


def test_a_rules_own_channels_stand_in_for_the_routes() -> None:
    rule = a_backlog_rule(channels=("mail",), severity=Severity.CRITICAL)
    world = World(plan=a_plan(rule, channels=("ops", "mail")))
    world.poll(0, {"A": BAD})
    assert (world.told("ops"), world.told("mail")) == ([], [(0, "opened A")])


def test_who_was_told_of_a_problem_hears_its_end_when_no_route_leads_there_any_more() -> None:
    world = World(plan=a_plan(channels=("ops", "mail")))
    world.poll(0, {"A": BAD})
    elsewhere = with_route(channels=("mail",), name="routes[9]")
    world.plan = world.desk.plan = a_plan(routes=[elsewhere], channels=("ops", "mail"))
    world.poll(60, {"A": GOOD})
    assert world.told("ops") == [(0, "opened A"), (60, "resolved A")]
    assert world.told("mail") == []


def test_a_channel_that_is_gone_is_owed_nothing() -> None:
    world = World()
    world.poll(0, {"A": BAD})
    world.plan = world.desk.plan = a_plan(
        routes=[with_route(channels=("mail",))], channels=("mail",)
    )
    world.poll(60, {"A": GOOD})
    assert world.desk.alerts == {}


def test_a_digest_gathers_all_groups_and_reminds_in_its_own_time() -> None:
    route = with_route(group_by=("name",), digest=Every(3600), repeat_every=timedelta(minutes=90))
    world = World(plan=a_plan(a_backlog_rule(severity=Severity.CRITICAL), routes=[route]))
    world.poll(10, {"A": BAD, "B": BAD})
    assert world.desk.next_at == after(3600)
    _polls(world, {"A": BAD, "B": BAD}, 12_000, every=10)
    assert world.told() == [
        (3600, "opened A, opened B"),
        (10_800, "still open A, still open B"),
    ]
    assert world.received[0][2].message.is_digest


def test_a_route_is_mute_in_its_windows_and_catches_up_after_them() -> None:
    night = a_window("night", 0, 600)
    routes = [
        with_route(mute_in=("night",), continue_=True),
        with_route(name="routes[1]", channels=("mail",), active_in=("night",)),
    ]
    plan = a_plan(routes=routes, channels=("ops", "mail"), windows={"night": night})
    world = World(plan=plan)
    world.poll(60, {"A": BAD})
    assert (world.told("ops"), world.told("mail")) == ([], [(60, "opened A")])
    assert the_alert(world).mutes == ()
    assert world.desk.next_at == after(600)
    world.tick(600)
    assert world.told("ops") == [(600, "opened A")]
    world.poll(660, {"A": GOOD})
    assert [at for at, _ in world.told("mail")] == [60]


def test_an_alert_is_muted_when_all_its_routes_are() -> None:
    night = a_window("night", 0, 600)
    world = World(plan=a_plan(routes=[with_route(mute_in=("night",))], windows={"night": night}))
    world.poll(60, {"A": BAD})
    assert the_alert(world).mutes == ("route: routes[0] is muted in night",)
    world.tick(600)
    assert world.told() == [(600, "opened A")]


def test_a_maintenance_window_mutes_what_it_is_for() -> None:
    night = a_window("night", 0, 600, parse_where(["name=A"]))
    world = World(plan=a_plan(windows={"night": night}, muting=(night,)))
    world.poll(60, {"A": BAD, "B": BAD})
    world.tick(600)
    assert world.told() == [(60, "opened B"), (600, "opened A, still open B")]


# Root cause

EXPLAINS = Inhibition(
    name="inhibitions[0]",
    source=parse_where({"rule": "cause"}),
    target=parse_where({"rule": "effect"}),
    equal=("tenant",),
)
CAUSE = a_backlog_rule("cause", above=1000)
EFFECT = a_backlog_rule("effect", above=100)


def test_one_cause_is_told_with_the_names_of_what_it_explains() -> None:
    world = World(plan=a_plan(CAUSE, EFFECT, inhibitions=(EXPLAINS,)))
    world.poll(0, {"Host": WORSE, "R1": BAD, "R2": BAD})
    ((_, _, delivery),) = world.received
    (item,) = delivery.message.items
    assert (item.name, item.affected_count) == ("Host", 3)
    assert set(item.affected) == {"Host", "R1", "R2"}
    effect = world.desk.alerts[AlertKey("effect", ("production", "queue", "r1"))]
    assert effect.mutes[0].startswith("inhibited: cause on Host (incident ")


def test_what_is_still_bad_when_its_cause_is_over_is_told_at_once() -> None:
    world = World(plan=a_plan(CAUSE, EFFECT, inhibitions=(EXPLAINS,)))
    world.poll(0, {"Host": WORSE, "R1": BAD, "R2": BAD})
    world.poll(60, {"Host": GOOD, "R1": BAD, "R2": GOOD})
    assert world.told() == [(0, "opened Host"), (60, "resolved Host"), (60, "opened R1")]


def test_a_cause_names_no_problem_that_was_over_before() -> None:
    world = World(plan=a_plan(CAUSE, EFFECT, inhibitions=(EXPLAINS,)))
    world.poll(0, {"R1": BAD, "Host": GOOD})
    world.outages.add("ops")
    world.poll(60, {"R1": GOOD, "Host": GOOD})
    world.outages.clear()
    world.poll(400, {"R1": GOOD, "R2": BAD, "Host": WORSE})
    (host,) = (
        item for _, _, sent in world.received for item in sent.message.items if item.name == "Host"
    )
    assert set(host.affected) == {"Host", "R2"}


def test_problems_that_explain_each_other_are_both_told() -> None:
    back = replace(EXPLAINS, source=EXPLAINS.target, target=EXPLAINS.source)
    world = World(plan=a_plan(CAUSE, EFFECT, inhibitions=(EXPLAINS, back)))
    world.poll(0, {"Host": WORSE})
    assert sorted(what for _, what in world.told()) == ["opened Host", "opened Host"]
