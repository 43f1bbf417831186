from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.core.chronicle import chronicle
from monitor.core.compile import compile_rule
from monitor.core.delivery import DeliveryState
from monitor.core.kinds import KINDS, Values
from monitor.core.matching import Where, parse_where
from monitor.core.rule import Condition, Policy
from monitor.core.severity import Severity
from monitor.core.timeline import (
    Ack,
    Mark,
    Outage,
    Pause,
    Performance,
    Series,
    Stage,
    Timeline,
    play,
)
from tests.builders import NOW, a_backlog_rule, a_subject, after
from tests.unit.core.telling_rig import a_plan, with_route

MINUTE = timedelta(minutes=1)
COLLECTORS = {"sessions": ("session", "machine"), "queues": ("queue",)}
STAGE = Stage(plan=a_plan(), collector_kinds=COLLECTORS)


def items(*steps: float | Mark) -> tuple[Values | Mark, ...]:
    """The values of a queue, of which only the waiting items are known."""
    rest = (None,) * (len(KINDS["queue"].metrics) - 1)
    return tuple(step if isinstance(step, Mark) else (step, *rest) for step in steps)


def a_series(name: str, *steps: float | Mark, tenant: str = "production") -> Series:
    return Series(subject=a_subject(name, tenant=tenant), steps=items(*steps))


def a_timeline(*series: Series, steps: int, **fields: object) -> Timeline:
    return Timeline(
        start=NOW,
        every=MINUTE,
        steps=steps,
        **{"ends_at": NOW + steps * MINUTE, **fields},  # type: ignore[arg-type] # as it has them
        series=series,
    )


def opened(played: Performance) -> dict[int, list[str]]:
    """The names of what is open, by step."""
    return {
        round((at - NOW) / MINUTE): [alert.subject.name for alert in alerts]
        for at, alerts in played.open_at.items()
    }


def told(played: Performance) -> list[tuple[float, str]]:
    return [
        ((one.at - NOW).total_seconds(), ", ".join(i.what for i in one.delivery.message.items))
        for one in played.run.attempts
        if one.delivery.state is DeliveryState.SENT
    ]


def test_each_series_goes_its_steps_and_the_last_goes_on() -> None:
    long, short = a_series("Invoices", 0, 900, 0), a_series("Orders", 0, 900)

    played = play(a_timeline(long, short, steps=5), STAGE)

    assert opened(played) == {
        0: [],
        1: ["Invoices", "Orders"],
        2: ["Orders"],
        3: ["Orders"],
        4: ["Orders"],
    }


def test_an_age_that_goes_on_is_the_same_at_each_poll() -> None:
    idle, busy = (
        Series(subject=a_subject(name), steps=(_worked(age_s), Mark.ABSENT, _worked(age_s)))
        for name, age_s in (("Idle", 300.0), ("Busy", 100.0))
    )
    rule = compile_rule(
        "idle",
        "expression",
        Condition(kind="queue", when="seconds_since_processed > 200", summary="", value=""),
        severity=Severity.WARNING,
        policy=Policy(gone_after=9),
        render=lambda facts: f"idle for {facts['seconds_since_processed']}",
    )
    stage = Stage(plan=a_plan(rule), collector_kinds=COLLECTORS)

    played = play(a_timeline(idle, busy, steps=6), stage)

    assert opened(played) == {step: ["Idle"] for step in range(6)}
    (alert,) = played.open_at[after(300)]
    assert (alert.value, alert.summary) == (300, "idle for 300.0")


def _worked(age_s: float) -> Values:
    metrics = KINDS["queue"].metrics
    return tuple(age_s if one.name == "seconds_since_processed" else None for one in metrics)


def test_who_is_not_in_the_answer_is_gone_after_a_while() -> None:
    played = play(a_timeline(a_series("Invoices", 900, Mark.ABSENT), steps=5), STAGE)

    assert opened(played) == {0: ["Invoices"], 1: ["Invoices"], 2: ["Invoices"], 3: [], 4: []}


def test_one_failure_fails_the_poll_of_the_whole_collector_and_tenant() -> None:
    failing = a_series("Invoices", 0, Mark.FAILED, 0)
    same = a_series("Orders", 0, 900, 900)
    other = a_series("Payroll", 0, 900, 900, tenant="south")

    played = play(a_timeline(failing, same, other, steps=3), STAGE)

    assert opened(played) == {0: [], 1: ["Payroll"], 2: ["Payroll", "Orders"]}


def test_time_goes_on_after_the_last_step_to_just_before_the_end() -> None:
    stage = Stage(plan=a_plan(routes=[with_route(group_wait=MINUTE)]), collector_kinds=COLLECTORS)
    series = a_series("Invoices", 900)

    at_its_end = play(a_timeline(series, steps=1, ends_at=after(60)), stage)
    after_it = play(a_timeline(series, steps=1, ends_at=after(61)), stage)

    assert (told(at_its_end), told(after_it)) == ([], [(60, "opened")])


def test_a_channel_takes_nothing_during_its_outage() -> None:
    outages = (
        Outage(channel="mail", starts_at=NOW, ends_at=after(3600)),
        Outage(channel="ops", starts_at=after(60), ends_at=after(65)),
    )
    series = a_series("Invoices", 0, 900)

    played = play(a_timeline(series, steps=4, outages=outages), STAGE)

    assert [one.at for one in played.run.attempts] == [after(60), after(65)]
    assert told(played) == [(65, "opened")]


def test_during_a_pause_nothing_is_seen_decided_or_told() -> None:
    rule = a_backlog_rule(policy=Policy(hold=2 * MINUTE))
    stage = Stage(plan=a_plan(rule), collector_kinds=COLLECTORS)
    pauses = (Pause(starts_at=after(90), ends_at=after(600)),)

    played = play(a_timeline(a_series("Invoices", 900), steps=15, pauses=pauses), stage)

    assert len(opened(played)) == 15
    assert told(played) == [(660, "opened")]


def test_what_comes_after_the_end_does_not_happen() -> None:
    stage = Stage(plan=a_plan(routes=[with_route(group_wait=MINUTE)]), collector_kinds=COLLECTORS)
    series = a_series("Invoices", 900)
    pauses = (Pause(starts_at=after(30), ends_at=after(600)),)
    acks = (Ack(at=after(300), where=parse_where({"name": "Orders"})),)

    played = play(a_timeline(series, steps=2, ends_at=after(300), pauses=pauses, acks=acks), stage)

    assert (told(played), played.in_vain) == ([], [])


def test_an_acknowledgement_that_finds_nothing_is_kept_for_the_verdict() -> None:
    everything, nothing = Where(), parse_where({"name": "Orders"})
    acks = (Ack(at=after(60), where=everything), Ack(at=after(90), where=nothing))

    played = play(a_timeline(a_series("Invoices", 900), steps=3, acks=acks), STAGE)

    assert [ack.where for ack in played.in_vain] == [nothing]


def test_many_subjects_go_many_steps() -> None:
    steps = 2000
    series = [a_series(f"Queue {n}", 0, *(0,) * n, 900, 0) for n in range(200)]

    played = play(a_timeline(*series, steps=steps), STAGE)

    assert len(played.run.events) == 400
    assert len(played.open_at) == steps


def instants(of: Sequence[object]) -> list[datetime]:
    return [moment.at for moment in of]  # type: ignore[attr-defined] # moments have an instant


def test_the_chronicle_has_every_instant_at_which_something_happened() -> None:
    outages = (Outage(channel="ops", starts_at=NOW, ends_at=after(3)),)
    played = play(
        a_timeline(a_series("Invoices", 900, 900, 0, 0, 0), steps=5, outages=outages), STAGE
    )

    moments = chronicle(played)

    assert instants(moments) == [NOW, after(5), after(120)]
    assert [len(moment.attempts) for moment in moments] == [1, 1, 1]
    assert [len(moment.events) for moment in moments] == [1, 0, 1]
    assert [moment.open is None for moment in moments] == [False, True, False]


def test_the_chronicle_tells_what_was_taken_back() -> None:
    outages = (Outage(channel="ops", starts_at=NOW, ends_at=after(3600)),)
    played = play(a_timeline(a_series("Invoices", 900, 0), steps=3, outages=outages), STAGE)

    withdrawn = [moment for moment in chronicle(played) if moment.withdrawals]

    assert instants(withdrawn) == [after(60)]
