from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.expectation import (
    Expected,
    ExpectedMessage,
    ExpectedOpen,
    Facts,
    Failure,
    facts_of,
    in_short,
    judge,
    listed,
    offset,
    told_in_short,
)
from monitor.core.flapping import Flapping
from monitor.core.kinds import KINDS
from monitor.core.matching import parse_where
from monitor.core.plan import Plan
from monitor.core.rule import NoData, Policy
from monitor.core.timeline import (
    Ack,
    Mark,
    Outage,
    Performance,
    Series,
    Stage,
    Timeline,
    play,
)
from tests.builders import NOW, a_backlog_rule, a_subject, after
from tests.unit.core.telling_rig import a_plan, with_route

MINUTE = timedelta(minutes=1)
Steps = Sequence[float | Mark]


def played(
    backlog: Mapping[str, Steps] | None = None,
    *,
    plan: Plan | None = None,
    outages: tuple[Outage, ...] = (),
    acks: tuple[Ack, ...] = (),
    **named: Steps,
) -> Performance:
    """Play queues by name, a value a minute."""
    rest = (None,) * (len(KINDS["queue"].metrics) - 1)
    series = tuple(
        Series(
            subject=a_subject(name, labels={"folder": "Finance"}),
            steps=tuple(v if isinstance(v, Mark) else (float(v), *rest) for v in values),
        )
        for name, values in {**(backlog or {}), **named}.items()
    )
    steps = max(len(one.steps) for one in series)
    timeline = Timeline(
        start=NOW,
        every=MINUTE,
        steps=steps,
        ends_at=NOW + steps * MINUTE,
        series=series,
        outages=outages,
        acks=acks,
    )
    return play(timeline, Stage(plan=plan or a_plan(), collector_kinds={"queues": ("queue",)}))


def the_open(run: Performance, at: int, *facts: Facts) -> list[Failure]:
    one = ExpectedOpen(at=NOW + at * MINUTE, open=facts)
    return judge(Expected(open=(one,)), run, NOW)


def messages(run: Performance, *expected: ExpectedMessage) -> list[Failure]:
    return judge(Expected(messages=expected), run, NOW)


def a_message(**fields: object) -> ExpectedMessage:
    names = {k: frozenset(v) for k, v in fields.items() if isinstance(v, list)}
    return ExpectedMessage(**{"channel": "ops", **fields, **names})  # type: ignore[arg-type] # as it has them


BOTH = played(Invoices=[900, 900, 0], Orders=[0, 900, 900])


def test_exactly_what_is_expected_must_be_open() -> None:
    invoices, orders = {"name": "Invoices"}, {"name": "Orders", "phase": "firing"}

    assert the_open(BOTH, 0, invoices) == []
    assert the_open(BOTH, 1, orders, invoices) == []
    assert the_open(BOTH, 2, orders) == []
    assert the_open(BOTH, 1, invoices)
    assert the_open(BOTH, 1)
    assert the_open(BOTH, 2, orders, orders)


def test_what_is_said_of_little_is_taken_for_whom_it_fits() -> None:
    # The first could be either, so it must leave Invoices to the other.
    assert the_open(BOTH, 1, {"phase": "firing"}, {"name": "Invoices"}) == []
    assert the_open(BOTH, 1, {"name": "Invoices"}, {"name": "Invoices"})


def test_an_open_alert_can_be_told_by_all_its_facts() -> None:
    (alert,) = BOTH.open_at[NOW]

    assert facts_of(alert) == {
        "rule": "backlog",
        "name": "Invoices",
        "phase": "firing",
        "severity": "warning",
        "tenant": "production",
        "kind": "queue",
        "key": "invoices",
        "folder": "Finance",
        "value": 900.0,
        "suppressed": False,
        "flapping": False,
    }


def test_a_failure_says_what_was_expected_and_what_was_there() -> None:
    (failure,) = the_open(BOTH, 1, {"name": "Invoices", "value": 5.0, "suppressed": True})

    assert failure.about == "open alerts"
    assert failure.at == after(60)
    assert failure.expected == ("name Invoices, value 5, suppressed yes",)
    assert failure.found == (
        "rule backlog, name Invoices, phase firing, value 900, suppressed no",
        "rule backlog, name Orders, phase firing, value 900, suppressed no",
    )


def test_nothing_is_called_none() -> None:
    (nothing_expected,) = the_open(BOTH, 0)
    (nothing_there,) = the_open(played(Invoices=[0]), 0, {"name": "Invoices"})

    assert nothing_expected.expected == ("none",)
    assert nothing_there.found == ("none",)


def test_a_value_that_is_not_known_is_told_so() -> None:
    plan = a_plan(a_backlog_rule(policy=Policy(no_data=NoData.ALERT, gone_after=1)))
    run = played(plan=plan, Invoices=[0, Mark.ABSENT])

    (failure,) = the_open(run, 1, {"value": 1.0})

    assert failure.found == ("rule backlog, name Invoices, phase firing, value unknown",)


def test_without_messages_they_are_not_judged() -> None:
    assert judge(Expected(), BOTH, NOW) == []


ONE = played(Invoices=[0, 900, 900, 0])


def test_messages_are_told_apart_by_time_channel_and_names() -> None:
    opening = a_message(after=after(60), before=after(61), firing=["Invoices"])
    end = a_message(after=after(180), before=after(240), resolved=["Invoices"])

    assert messages(ONE, opening, end) == []
    assert messages(ONE, end, opening)
    assert messages(ONE, opening)
    assert messages(ONE, opening, end, end)
    assert messages(ONE, opening, replace(end, resolved=frozenset({"Orders"})))
    assert messages(ONE, opening, replace(end, channel="mail"))
    assert messages(ONE, replace(opening, after=after(61), before=None), end)
    assert messages(ONE, replace(opening, after=None, before=after(60)), end)
    assert messages(ONE, replace(opening, after=None, before=None), end) == []


def test_an_instant_of_arrival_is_met_to_the_second() -> None:
    opening, end = a_message(firing=["Invoices"]), a_message(resolved=["Invoices"])

    assert messages(ONE, replace(opening, arrives=after(60)), end) == []
    assert messages(ONE, replace(opening, arrives=after(61)), end)


def test_messages_of_one_instant_may_come_in_any_order() -> None:
    plan = a_plan(routes=[with_route(group_by=("name",))])
    run = played(plan=plan, Invoices=[900], Orders=[900])

    assert messages(run, a_message(firing=["Orders"]), a_message(firing=["Invoices"])) == []
    assert messages(run, a_message(firing=["Orders"]), a_message(firing=["Orders"]))


def test_a_message_that_waits_counts_from_when_it_was_made_until_it_arrives() -> None:
    outages = (Outage(channel="ops", starts_at=NOW, ends_at=after(20)),)
    run = played(outages=outages, Invoices=[900, 900])

    for when in (
        {"after": NOW, "before": after(5)},
        {"after": after(10), "before": after(20)},
        {"after": after(35), "before": after(40)},
        {"arrives": after(35)},
    ):
        assert messages(run, a_message(firing=["Invoices"], **when)) == []
    assert messages(run, a_message(firing=["Invoices"], after=after(36)))


def test_what_did_not_arrive_is_no_message_and_is_told_apart() -> None:
    outages = (Outage(channel="ops", starts_at=after(60), ends_at=after(600)),)
    run = played(outages=outages, Invoices=[900, 900, 0])

    assert messages(run, a_message(firing=["Invoices"])) == []
    (failure,) = messages(
        run, a_message(firing=["Invoices"]), a_message(after=after(120), resolved=["Invoices"])
    )
    assert failure.about == "messages to ops"
    assert failure.expected == ("at any time: firing Invoices", "from 2m: resolved Invoices")
    assert failure.found == (
        "0s: opened Invoices",
        "not yet arrived, made at 2m: resolved Invoices",
    )


def test_what_is_on_its_way_to_another_channel_is_no_matter() -> None:
    routes = [with_route(channels=("ops", "mail"))]
    outages = (Outage(channel="mail", starts_at=NOW, ends_at=after(600)),)
    run = played(plan=a_plan(routes=routes, channels=("ops", "mail")), outages=outages, A=[900])

    (failure,) = messages(run)

    assert failure.found == ("0s: opened A",)
    assert failure.expected == ("none",)


def test_a_late_arrival_is_told() -> None:
    outages = (Outage(channel="ops", starts_at=NOW, ends_at=after(5)),)

    (failure,) = messages(played(outages=outages, Invoices=[900]))

    assert failure.found == ("0s, arrived at 5s: opened Invoices",)


def test_whoever_is_gone_counts_as_resolved_unless_it_is_asked_for() -> None:
    run = played(Invoices=[900, Mark.ABSENT, Mark.ABSENT, Mark.ABSENT])
    opening = a_message(firing=["Invoices"])

    assert messages(run, opening, a_message(resolved=["Invoices"])) == []
    assert messages(run, opening, a_message(gone=["Invoices"])) == []
    assert messages(run, opening, a_message(resolved=["Invoices"], gone=[]))


def test_who_flaps_is_judged_only_when_asked_for() -> None:
    flapping = Flapping(window=timedelta(hours=1), start=2, stop=1)
    plan = a_plan(a_backlog_rule(policy=Policy(flapping=flapping)))
    run = played(plan=plan, Invoices=[900, 0, 900])
    opening = a_message(firing=["Invoices"], flapping=[])

    assert messages(run, opening, a_message(firing=["Invoices"])) == []
    assert messages(run, opening, a_message(firing=["Invoices"], flapping=["Invoices"])) == []
    assert messages(run, opening, a_message(firing=["Invoices"], flapping=[]))


def test_of_who_is_only_counted_the_number_must_do() -> None:
    names = [f"Queue {n:02d}" for n in range(60)]
    run = played({name: [900] for name in names})

    assert messages(run, a_message(firing=names)) == []
    assert messages(run, a_message(firing=names[:59]))
    assert messages(run, a_message(firing=[*names[1:], "Another", "One more"]))
    (failure,) = messages(run)
    assert failure.found[0].endswith("and 30 more; only counted: 10 opened")


def test_an_acknowledgement_in_vain_is_a_failure() -> None:
    acks = (Ack(at=after(30), where=parse_where({"name": "Orders"})),)

    (failure,) = judge(Expected(), played(acks=acks, Invoices=[900]), NOW)

    assert failure.at == after(30)
    assert failure.expected == ("a firing alert with name=Orders",)


def test_failures_come_in_the_order_of_time_and_messages_last() -> None:
    expected = Expected(
        open=[ExpectedOpen(at=after(60), open=()), ExpectedOpen(at=NOW, open=())], messages=()
    )

    assert [failure.at for failure in judge(expected, BOTH, NOW)] == [NOW, after(60), None]


def test_an_expected_message_in_short() -> None:
    expected = a_message(
        after=after(60),
        before=after(120),
        arrives=after(90),
        firing=["B", "A"],
        gone=["C"],
        flapping=["A"],
    )

    assert in_short(expected, NOW) == (
        "from 1m before 2m arrives at 1m30s: firing A, B; gone C; flapping A"
    )
    assert in_short(a_message(), NOW) == "at any time: nothing"


def test_a_message_in_short() -> None:
    (attempt,) = played(B=[900], A=[900]).run.attempts

    assert told_in_short(attempt.delivery) == "opened A, B"


@pytest.mark.parametrize(
    ("count", "text"), [(1, "00"), (3, "00, 01, 02"), (22, "18, 19 and 2 more")]
)
def test_of_many_names_the_first_are_listed(count: int, text: str) -> None:
    assert listed(f"{n:02d}" for n in range(count)).endswith(text)


def test_an_instant_is_told_from_the_start() -> None:
    assert [offset(NOW, after(s)) for s in (0, 90, -30)] == ["0s", "1m30s", "-30s"]
