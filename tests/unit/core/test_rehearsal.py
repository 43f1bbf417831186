from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.delivery import Delivered, DeliveryState, Outcome, Permanent, Retryable
from monitor.core.inhibition import Inhibition
from monitor.core.kinds import KINDS
from monitor.core.matching import parse_where
from monitor.core.mute import Silence
from monitor.core.plan import Plan
from monitor.core.rehearsal import Rehearsal
from monitor.core.rule import Policy, Rule
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.core.severity import Severity
from tests.builders import NOW, a_backlog_rule, a_sample, a_subject, after, collected
from tests.unit.core.telling_rig import a_plan, with_route

KINDS_OF = {"queues": ("queue",)}


def a_snapshot(outcome: Collected | Failed, tenant: str = "production") -> Snapshot:
    return Snapshot(
        tenant=tenant,
        collector="queues",
        started_at=NOW,
        took_s=0.0,
        requests=1,
        outcome=outcome,
    )


def a_rule_over(kind: str, name: str, index: int, above: float) -> Rule:
    def bad(sample: Sample) -> bool:
        value = sample.values[index]
        return value is not None and value > above

    return replace(
        a_backlog_rule(name, severity=Severity.CRITICAL),
        kind=kind,
        breaches=lambda samples, _: ([s for s in samples if bad(s)], []),
        clears=lambda sample, _: not bad(sample),
        value=lambda sample, _: sample.values[index],
    )


CHANNEL_FAILING = a_rule_over("channel", "channel-failing", 0, 0)
COLLECTOR_FAILING = a_rule_over("collector", "collector-failing", 0, 2)


class Stage:
    """A rehearsal with polls of queues at seconds after NOW."""

    def __init__(self, plan: Plan, **answers: Outcome) -> None:
        self.answers: dict[str, Outcome] = dict(answers)
        self.run = Rehearsal(
            plan=plan, collector_kinds=KINDS_OF, started_at=NOW, accepts=self._accepts
        )

    def poll(self, seconds: float, backlog: Mapping[str, float]) -> None:
        samples = [a_sample(a_subject(name), new_items=n) for name, n in backlog.items()]
        now = after(seconds)
        self.run.poll([a_snapshot(collected(*samples, at=now))], now)

    def fail(self, seconds: float) -> None:
        outcome = Failed(kind="unreachable", message="no answer")
        self.run.poll([a_snapshot(outcome)], after(seconds))

    def arrived(self) -> list[tuple[float, str, str]]:
        return [
            (
                (attempt.at - NOW).total_seconds(),
                attempt.delivery.channel,
                ", ".join(f"{i.what} {i.name}" for i in attempt.delivery.message.items),
            )
            for attempt in self.run.attempts
            if attempt.delivery.state is DeliveryState.SENT
        ]

    def _accepts(self, channel: str, _now: datetime) -> Outcome:
        return self.answers.get(channel, Delivered())


def test_a_wait_ends_to_the_second_though_polls_are_rare() -> None:
    stage = Stage(a_plan(routes=[with_route(group_wait=timedelta(seconds=10))]))

    stage.poll(0, {"Invoices": 900})
    stage.poll(3600, {"Invoices": 900})

    assert stage.arrived() == [(10, "ops", "opened Invoices")]


def test_time_is_played_up_to_an_instant_and_not_at_it() -> None:
    stage = Stage(a_plan(routes=[with_route(group_wait=timedelta(seconds=10))]))
    stage.poll(0, {"Invoices": 900})

    stage.run.advance(after(10))
    assert stage.arrived() == []

    stage.run.advance(after(10.5))
    assert stage.arrived() == [(10, "ops", "opened Invoices")]


def test_what_is_due_at_a_poll_is_decided_with_what_it_shows() -> None:
    stage = Stage(a_plan(routes=[with_route(group_wait=timedelta(seconds=60))]))

    stage.poll(0, {"Invoices": 900})
    stage.poll(60, {"Invoices": 0})

    assert stage.arrived() == []
    assert [event.kind for event in stage.run.events] == ["opened", "resolved"]


def test_a_channel_accepts_at_once_unless_somebody_says_otherwise() -> None:
    run = Rehearsal(plan=a_plan(), collector_kinds=KINDS_OF, started_at=NOW)

    run.poll([a_snapshot(collected(a_sample(new_items=900)))], NOW)

    assert [attempt.delivery.state for attempt in run.attempts] == ["sent"]
    assert run.undelivered == ()


def test_a_message_waits_for_an_earlier_one_about_the_same_alert() -> None:
    stage = Stage(a_plan(), ops=Retryable("no answer", may_have_arrived=True))

    stage.poll(0, {"Invoices": 900})
    stage.poll(60, {"Invoices": 0})
    assert len(stage.run.undelivered) == 2
    stage.answers.clear()
    stage.run.advance(after(3600))

    # Tried at 0, 5, 15 and 35 s; the end was due at 60 s and waits for the beginning.
    assert stage.arrived() == [
        (75, "ops", "opened Invoices"),
        (75, "ops", "resolved Invoices"),
    ]


def test_a_message_that_was_not_delivered_is_said_anew_when_there_is_more_to_say() -> None:
    routes = [with_route(group_by=("name",))]
    stage = Stage(a_plan(routes=routes), ops=Retryable("down"))

    stage.poll(0, {"Invoices": 900})
    stage.poll(60, {"Invoices": 900, "Orders": 900})
    stage.answers.clear()
    stage.run.advance(after(3600))

    assert len(stage.run.withdrawals) == 1
    assert stage.run.withdrawals[0].delivery.state is DeliveryState.WITHDRAWN
    assert [told for _, _, told in stage.arrived()] == ["opened Invoices, opened Orders"]


def test_two_messages_that_are_due_together_are_both_attempted() -> None:
    stage = Stage(a_plan(routes=[with_route(group_by=("name",))]))

    stage.poll(0, {"Invoices": 900, "Orders": 900})

    assert [told for _, _, told in stage.arrived()] == ["opened Invoices", "opened Orders"]


def test_a_message_that_an_attempt_before_it_made_untrue_is_not_attempted() -> None:
    plan = a_plan(
        a_backlog_rule(),
        CHANNEL_FAILING,
        routes=[with_route(group_by=("name",))],
        channels=("ops", "mail"),
        inhibitions=(
            Inhibition(
                name="a dead channel explains all",
                source=parse_where({"kind": "channel"}),
                target=parse_where({"kind": "queue"}),
            ),
        ),
    )
    stage = Stage(plan, ops=Retryable("down"))

    stage.poll(0, {"Invoices": 900, "Orders": 900})

    assert len([a for a in stage.run.attempts if a.delivery.channel == "ops"]) == 1
    assert len(stage.run.withdrawals) == 2
    assert stage.arrived() == [(0, "mail", "opened ops")]


def test_a_channel_that_fails_is_told_on_another_and_so_is_its_recovery() -> None:
    plan = a_plan(
        a_backlog_rule(), CHANNEL_FAILING, routes=[with_route()], channels=("ops", "mail")
    )
    stage = Stage(plan, ops=Retryable("down"))

    stage.poll(0, {"Invoices": 900})
    stage.answers.clear()
    stage.run.advance(after(60))

    assert stage.arrived() == [
        (0, "mail", "opened ops"),
        (5, "ops", "opened Invoices"),
        (5, "mail", "resolved ops"),
    ]


def test_a_message_that_is_refused_is_given_up() -> None:
    stage = Stage(a_plan(), ops=Permanent("wrong address"))

    stage.poll(0, {"Invoices": 900})

    assert [attempt.delivery.state for attempt in stage.run.attempts] == ["dead"]
    assert stage.run.undelivered == ()


def test_polls_that_fail_are_evidence_about_the_collector_alone() -> None:
    stage = Stage(a_plan(a_backlog_rule(), COLLECTOR_FAILING))

    stage.poll(0, {"Invoices": 900})
    for seconds in (60, 120, 180):
        stage.fail(seconds)
    assert {(a.rule, a.subject.name) for a in stage.run.open} == {
        ("backlog", "Invoices"),
        ("collector-failing", "production"),
    }

    stage.poll(240, {"Invoices": 900})
    assert {alert.rule for alert in stage.run.open} == {"backlog"}


def test_a_collector_carries_the_labels_of_its_tenant() -> None:
    run = Rehearsal(
        plan=a_plan(COLLECTOR_FAILING),
        collector_kinds=KINDS_OF,
        started_at=NOW,
        tenants={"production": {"region": "emea"}},
    )

    for seconds in (0, 60, 120):
        failed = Failed(kind="unreachable", message="no answer")
        run.poll([a_snapshot(failed), a_snapshot(failed, "other")], after(seconds))

    assert {a.subject.tenant: a.subject.labels.get("region") for a in run.open} == {
        "production": "emea",
        "other": None,
    }


def test_a_silence_begins_and_ends_at_its_instants() -> None:
    stage = Stage(a_plan())
    stage.run.silence(
        [
            Silence(
                id="S1",
                where=parse_where({"name": "Invoices"}),
                starts_at=after(30),
                ends_at=after(100),
                author="somebody",
                comment="",
            )
        ]
    )

    stage.poll(60, {"Invoices": 900})
    assert stage.run.open[0].mutes
    stage.run.advance(after(200))

    assert stage.arrived() == [(100, "ops", "opened Invoices")]


def test_an_acknowledgement_is_for_what_fires_and_matches() -> None:
    routes = [with_route(repeat_every=timedelta(hours=1))]
    held = a_backlog_rule("held", policy=Policy(hold=timedelta(days=1)))
    stage = Stage(a_plan(a_backlog_rule(), held, routes=routes))
    stage.poll(0, {"Invoices": 900, "Orders": 900})

    given = stage.run.acknowledge(parse_where({"name": "Invoices"}), after(10), author="somebody")
    none = stage.run.acknowledge(parse_where({"name": "Payroll"}), after(20), author="somebody")
    stage.run.advance(after(2 * 3600))

    assert (given, none) == (1, 0)
    assert stage.arrived()[1:] == [(3600, "ops", "still open Orders")]


def test_after_a_restart_timers_rest_until_the_next_poll() -> None:
    stage = Stage(a_plan(a_backlog_rule(policy=Policy(hold=timedelta(minutes=2)))))
    stage.poll(0, {"Invoices": 900})
    stage.poll(60, {"Invoices": 900})

    stage.run.restart(after(3600))
    stage.poll(3600, {"Invoices": 900})
    assert [alert.phase for alert in stage.run.open] == ["pending"]

    stage.poll(3660, {"Invoices": 900})
    assert [alert.phase for alert in stage.run.open] == ["firing"]


def test_a_restart_forgets_neither_messages_nor_silences() -> None:
    stage = Stage(a_plan(), ops=Retryable("down"))
    stage.poll(0, {"Invoices": 900})
    before = stage.run.undelivered
    stage.answers.clear()

    stage.run.restart(after(3600))

    assert len(before) == 1
    assert stage.arrived() == [(3600, "ops", "opened Invoices")]


def test_the_past_of_metrics_reaches_rules_that_look_back() -> None:
    index = KINDS["queue"].index("new_items")
    rule = replace(
        a_backlog_rule(),
        windows={"new_items": timedelta(hours=1)},
        breaches=lambda samples, windows: (
            [s for s in samples if windows.known_since(s.subject.identity, index) is not None],
            [],
        ),
    )
    stage = Stage(a_plan(rule))

    stage.poll(0, {"Invoices": 0})

    assert [alert.subject.name for alert in stage.run.open] == ["Invoices"]
