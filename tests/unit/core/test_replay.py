"""The past, one happening after the other, and what a plan makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.core.alert import EventKind
from monitor.core.compile import compile_rule
from monitor.core.delivery import DeliveryState
from monitor.core.flapping import Flapping
from monitor.core.happening import Acknowledged, Attempted, Polled, Turned
from monitor.core.matching import parse_where
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.plan import Plan
from monitor.core.recall import State
from monitor.core.replay import Incident, Replay
from monitor.core.replay_difference import difference
from monitor.core.rule import Condition, Policy
from monitor.core.sample import Collected, Failed, Snapshot, Subject
from monitor.core.severity import Severity
from monitor.core.turn import Turn
from monitor.core.window import Identity
from tests.builders import NOW, a_backlog_rule, a_sample, a_subject, after, collected
from tests.unit.core.telling_rig import a_plan, with_route

KINDS_OF = {"queues": ("queue",)}
AT_ONCE = with_route(group_wait=timedelta(), group_interval=timedelta())
CHANNEL_FAILING = compile_rule(
    "channel-failing",
    "channel-failing",
    Condition(kind="channel", when="failed_attempts >= 2", summary="", value="failed_attempts"),
    severity=Severity.CRITICAL,
    policy=Policy(),
    where=parse_where({}),
    render=lambda _facts: "",
)


@dataclass
class Nothing:
    """A database in which nothing is."""

    states: Sequence[State] = ()
    points: Sequence[tuple[Identity, datetime, float | None]] = field(default_factory=list)

    def known_subjects(self, kinds: Iterable[str]) -> Iterable[Subject]:
        return ()

    def load_series(
        self,
        kind: str,
        metric: str,
        since: datetime,
    ) -> Iterable[tuple[Identity, datetime, float | None]]:
        return self.points

    def channel_failures(self) -> Mapping[str, tuple[int, datetime, str]]:
        return {}

    def collector_states(self) -> Iterable[State]:
        return self.states


def a_replay(
    plan: Plan, *silences: Silence, tenants: Mapping[str, Mapping[str, str]] | None = None
) -> Replay:
    return Replay(
        plan=plan,
        collector_kinds=KINDS_OF,
        started_at=NOW,
        silences=silences,
        tenants=tenants,
    )


def a_poll(
    seconds: float, outcome: Collected | Failed | float, tenant: str = "production"
) -> Polled:
    if isinstance(outcome, float | int):
        subject = a_subject("Invoices", tenant=tenant)
        outcome = collected(a_sample(subject, new_items=outcome), at=after(seconds))
    snapshot = Snapshot(
        tenant=tenant,
        collector="queues",
        started_at=after(seconds),
        took_s=0.0,
        requests=1,
        outcome=outcome,
    )
    return Polled(after(seconds), snapshot)


def told(replay: Replay) -> list[tuple[float, float | None, int]]:
    """When incidents opened and ended, in seconds, and how many messages spoke of them."""
    return [
        (
            (one.opened_at - NOW).total_seconds(),
            None if one.resolved_at is None else (one.resolved_at - NOW).total_seconds(),
            one.messages,
        )
        for one in replay.incidents
    ]


def test_an_incident_is_what_opened_and_ended_and_was_told() -> None:
    replay = a_replay(a_plan(a_backlog_rule(), routes=[AT_ONCE]))
    for step, items in enumerate([5, 500, 500, 5, 500]):
        replay.go_on(a_poll(60 * step, items))
    replay.end(after(600))

    assert told(replay) == [(60, 180, 2), (240, None, 1)]
    assert [rules for _, rules in replay.messages] == [{"backlog"}] * 3
    assert replay.incidents[0].lasted(after(600)) == timedelta(minutes=2)
    assert replay.incidents[1].lasted(after(600)) == timedelta(minutes=6)


def test_a_wait_that_only_time_ends_is_over_at_the_end() -> None:
    replay = a_replay(
        a_plan(a_backlog_rule(), routes=[with_route(group_wait=timedelta(seconds=30))])
    )
    replay.go_on(a_poll(0, 500))
    assert told(replay) == [(0, None, 0)]

    replay.end(after(31))
    assert told(replay) == [(0, None, 1)]
    assert [at for at, _ in replay.messages] == [after(30)]


def test_what_is_pending_has_not_fired() -> None:
    replay = a_replay(a_plan(a_backlog_rule(policy=Policy(hold=timedelta(minutes=5)))))
    for step, items in enumerate([500, 500, 5]):
        replay.go_on(a_poll(60 * step, items))

    assert replay.incidents == []


def test_polls_of_tenants_that_are_not_watched_are_left_out() -> None:
    replay = a_replay(a_plan(a_backlog_rule()), tenants={"production": {}})

    assert replay.go_on(a_poll(0, 500, tenant="elsewhere")) == ()
    assert replay.go_on(a_poll(1, 500)) != ()
    assert len(replay.incidents) == 1


def test_a_silence_keeps_it_from_being_told_while_it_lasts() -> None:
    silence = Silence(
        id="S1",
        where=parse_where(["name=Invoices"]),
        starts_at=after(0),
        ends_at=after(300),
        author="me",
        comment="",
    )
    replay = a_replay(a_plan(a_backlog_rule(), routes=[AT_ONCE]), silence)
    for step in range(3):
        replay.go_on(a_poll(60 * step, 500))
    assert told(replay) == [(0, None, 0)]

    replay.end(after(400))
    assert [at for at, _ in replay.messages] == [after(300)]


def test_an_acknowledgement_counts_for_as_long_as_the_alert_fires() -> None:
    route = with_route(group_wait=timedelta(), repeat_every=timedelta(minutes=10))
    plain = a_replay(a_plan(a_backlog_rule(), routes=[route]))
    heard = a_replay(a_plan(a_backlog_rule(), routes=[route]))
    for replay in (plain, heard):
        (event, *_) = replay.go_on(a_poll(0, 500))
        given = Acknowledgement(
            alert_id=event.alert.id,
            severity=Severity.CRITICAL,
            at=after(60),
            expires_at=after(86_400),
            author="me",
        )
        if replay is heard:
            replay.go_on(Acknowledged(after(60), given))
        replay.go_on(a_poll(120, 500))
        replay.end(after(3600))

    assert len(plain.messages) > 2
    assert len(heard.messages) == 1
    heard.go_on(a_poll(3700, 5))
    heard.go_on(a_poll(3760, 500))
    assert [one.messages for one in heard.incidents] == [2, 1]


def test_how_channels_fared_is_judged_and_holds_up_no_message() -> None:
    plan = a_plan(CHANNEL_FAILING, a_backlog_rule(), routes=[AT_ONCE])
    replay = a_replay(plan)
    replay.go_on(a_poll(0, 500))
    for seconds in (10, 20):
        replay.go_on(Attempted(after(seconds), "ops", DeliveryState.DUE, "no answer"))
    replay.go_on(Attempted(after(25), "unknown", DeliveryState.DEAD, "no answer"))
    replay.go_on(Attempted(after(30), "ops", DeliveryState.SENT, None))

    assert [(one.rule, one.opened_at, one.resolved_at) for one in replay.incidents] == [
        ("backlog", after(0), None),
        ("channel-failing", after(20), after(30)),
    ]
    assert replay.incidents[0].messages == 1


def test_how_often_an_alert_began_to_flap_is_counted() -> None:
    flapping = Flapping(window=timedelta(minutes=30))
    replay = a_replay(a_plan(a_backlog_rule(policy=Policy(flapping=flapping)), routes=[AT_ONCE]))
    for step in range(12):
        replay.go_on(a_poll(60 * step, 500 if step % 2 else 5))

    assert sum(one.flaps for one in replay.incidents) == 1


def test_a_start_counts_for_no_timer_and_knows_what_the_database_knew() -> None:
    policy = Policy(hold=timedelta(minutes=2))
    replay = a_replay(a_plan(a_backlog_rule(policy=policy)))
    replay.go_on(a_poll(0, 500))
    replay.go_on(Turned(after(600), Turn.START, Nothing()))
    replay.go_on(a_poll(610, 500))
    assert replay.incidents == []

    replay.go_on(a_poll(670, 500))
    replay.go_on(a_poll(730, 500))
    assert told(replay) == [(730, None, 1)]


def test_a_reload_stops_no_timer_and_a_rest_pauses_them() -> None:
    policy = Policy(hold=timedelta(minutes=2))
    reloaded, rested = (a_replay(a_plan(a_backlog_rule(policy=policy))) for _ in range(2))
    for replay, turn in ((reloaded, Turn.RELOAD), (rested, Turn.REST)):
        replay.go_on(a_poll(0, 500))
        replay.go_on(Turned(after(60), turn, Nothing()))
        for seconds in (70, 130, 190):
            replay.go_on(a_poll(seconds, 500))

    assert told(reloaded) == [(130, None, 1)]
    assert told(rested) == [(190, None, 1)]


def test_a_rest_at_the_instant_of_a_poll_comes_right_before_it() -> None:
    replay = a_replay(a_plan(a_backlog_rule(policy=Policy(hold=timedelta(minutes=2)))))
    replay.go_on(a_poll(0, 500))
    replay.go_on(Turned(after(120), Turn.REST, Nothing()))
    replay.go_on(a_poll(120, 500))
    assert replay.incidents == []

    replay.go_on(a_poll(240, 500))
    assert told(replay) == [(240, None, 1)]


def test_a_reload_may_bring_another_plan() -> None:
    replay = a_replay(a_plan(a_backlog_rule()))
    replay.go_on(a_poll(0, 500))

    replay.run.reload(after(60), Nothing(), a_plan(a_backlog_rule("other", above=1000)))
    replay.end(after(120))

    assert [one.end_reason for one in replay.incidents] == ["rule removed"]


def an_incident(
    name: str, opened: float, resolved: float | None, rule: str = "backlog"
) -> Incident:
    return Incident(
        rule=rule,
        subject=a_subject(name),
        severity=Severity.WARNING,
        opened_at=after(opened),
        resolved_at=None if resolved is None else after(resolved),
    )


def names(incidents: Iterable[Incident]) -> list[tuple[str, float]]:
    return [(one.subject.name, (one.opened_at - NOW).total_seconds()) for one in incidents]


def test_two_incidents_are_one_problem_when_they_share_rule_subject_and_time() -> None:
    before = [an_incident("A", 0, 60), an_incident("A", 300, 360), an_incident("B", 0, None)]
    tried = [
        an_incident("A", 30, 40),
        an_incident("A", 100, 200),
        an_incident("B", 500, 600),
        an_incident("B", 0, 10, rule="other"),
        an_incident("C", 0, None),
    ]

    found = difference(before, tried)

    assert names(found.both) == [("A", 30), ("B", 500)]
    assert names(found.added) == [("C", 0), ("B", 0), ("A", 100)]
    assert names(found.missed) == [("A", 300)]


def test_an_end_without_a_beginning_is_no_incident() -> None:
    replay = a_replay(a_plan(a_backlog_rule()))
    (opened, *_) = replay.go_on(a_poll(0, 500))
    other = a_replay(a_plan(a_backlog_rule()))
    other.run.events.append(replace(opened, kind=EventKind.RESOLVED))
    other.end(after(1))

    assert other.incidents == []


def test_windows_begin_anew_with_what_the_database_knew() -> None:
    rule = compile_rule(
        "much",
        "expression",
        Condition(kind="queue", when="max(new_items, '1h') > 100", summary="", value="new_items"),
        severity=Severity.WARNING,
        policy=Policy(),
        where=parse_where({}),
        render=lambda _facts: "",
    )
    identity = a_subject("Invoices").identity
    remembered = Nothing(points=[(identity, after(0), 500.0), (identity, after(60), 5.0)])
    known, unknown = (a_replay(a_plan(rule)) for _ in range(2))
    for replay, past in ((known, remembered), (unknown, Nothing())):
        replay.go_on(Turned(after(100), Turn.START, past))
        replay.go_on(a_poll(120, 5))

    assert len(known.incidents) == 1
    assert unknown.incidents == []
