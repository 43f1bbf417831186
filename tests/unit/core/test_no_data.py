"""What becomes of an alert whose subject is not in a good answer, as the rule says."""

from collections.abc import Sequence

import pytest

from monitor.core import engine
from monitor.core.alert import Alert, AlertKey, EventKind, Phase, Reason
from monitor.core.matching import parse_where
from monitor.core.roster import Roster
from monitor.core.rule import NoData, Policy, Rule
from monitor.core.sample import Collected
from monitor.core.window import Windows
from tests.builders import a_backlog_rule, a_sample, a_subject, after, collected

BAD, GOOD = 900.0, 1.0


class Watch:
    """Polls of one tenant's queues, judged by one rule."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.roster = Roster([rule])
        self.alerts: dict[AlertKey, Alert] = {}
        self.events: list[tuple[str, EventKind, Reason]] = []

    def poll(self, at: float, *, partial: bool = False, **items: float) -> None:
        samples = [a_sample(a_subject(name), new_items=value) for name, value in items.items()]
        answer = Collected(
            kinds=("queue",),
            samples=tuple(samples),
            observed_at=after(at),
            partial=partial,
        )
        missing = self.roster.missing("production", answer)
        found = engine.evaluate(
            self.alerts,
            "production",
            answer,
            [self.rule],
            Windows(),
            after(at),
            missing=missing,
        )
        self.alerts.update((alert.key, alert) for alert in found.alerts)
        self.events += [(e.alert.subject.name, e.kind, e.reason) for e in found.events]
        self.roster.seen("production", answer)

    def phases(self) -> dict[str, Phase]:
        return {alert.subject.name: alert.phase for alert in self.alerts.values()}


def a_rule(no_data: NoData, **policy: int) -> Rule:
    return a_backlog_rule(policy=Policy(no_data=no_data, **policy))  # type: ignore[arg-type]


def test_kept_until_the_subject_counts_as_gone() -> None:
    watch = Watch(a_rule(NoData.KEEP))
    watch.poll(0, A=BAD)
    for at in (60, 120):
        watch.poll(at)
        assert watch.phases() == {"A": Phase.FIRING}
    watch.poll(180)
    assert watch.events[-1] == ("A", EventKind.RESOLVED, Reason.GONE)


def test_taken_for_recovery_where_the_rule_says_so() -> None:
    watch = Watch(a_rule(NoData.RESOLVE, keep_open_count=2))
    watch.poll(0, A=BAD)
    watch.poll(60)
    assert watch.phases() == {"A": Phase.FIRING}
    watch.poll(120)
    assert watch.events[-1] == ("A", EventKind.RESOLVED, Reason.NO_DATA)


def test_a_subject_that_vanishes_is_alarming_where_the_rule_says_so() -> None:
    watch = Watch(a_rule(NoData.ALERT))
    watch.poll(0, A=GOOD, B=GOOD)
    watch.poll(60, B=GOOD)
    assert watch.phases() == {"A": Phase.PENDING}
    watch.poll(120, B=GOOD)
    watch.poll(180, B=GOOD)
    assert watch.events[-1] == ("A", EventKind.OPENED, Reason.NO_DATA)
    (alert,) = watch.alerts.values()
    assert alert.has_no_data
    assert alert.value is None
    assert alert.summary == "A is no longer reported"
    watch.poll(240, B=GOOD)
    assert watch.phases() == {"A": Phase.FIRING}
    watch.poll(300, A=GOOD, B=GOOD)
    assert watch.events[-1] == ("A", EventKind.RESOLVED, Reason.RECOVERED)


def test_once_is_enough_where_one_poll_makes_it_gone() -> None:
    watch = Watch(a_rule(NoData.ALERT, gone_after=1))
    watch.poll(0, A=GOOD)
    watch.poll(60)
    assert watch.events == [("A", EventKind.OPENED, Reason.NO_DATA)]


@pytest.mark.parametrize("polls", [1, 2, 3, 4])
def test_as_many_polls_without_it_as_the_rule_says_make_a_subject_gone(polls: int) -> None:
    watch = Watch(a_rule(NoData.ALERT, gone_after=polls))
    watch.poll(0, A=GOOD)
    for missed in range(1, polls + 1):
        assert Phase.FIRING not in watch.phases().values()
        watch.poll(60 * missed)
    assert watch.phases() == {"A": Phase.FIRING}


def test_a_problem_whose_subject_vanishes_stays_and_says_so_until_it_is_back() -> None:
    watch = Watch(a_rule(NoData.ALERT))
    watch.poll(0, A=BAD)
    for at in (60, 120, 180, 240):
        watch.poll(at)
    (alert,) = watch.alerts.values()
    assert (alert.phase, alert.has_no_data, alert.value) == (Phase.FIRING, True, None)
    assert alert.summary == "A is no longer reported"
    watch.poll(300, A=BAD)
    (alert,) = watch.alerts.values()
    assert (alert.has_no_data, alert.value) == (False, BAD)
    assert alert.summary != "A is no longer reported"
    assert [kind for _, kind, _ in watch.events] == [EventKind.OPENED]


def test_a_subject_that_came_back_before_it_counted_as_gone_is_no_news() -> None:
    watch = Watch(a_rule(NoData.ALERT))
    watch.poll(0, A=GOOD)
    watch.poll(60)
    watch.poll(120, A=GOOD)
    assert [kind for _, kind, _ in watch.events] == [EventKind.PENDING, EventKind.DROPPED]


def test_a_partial_answer_proves_nobodys_absence() -> None:
    watch = Watch(a_rule(NoData.ALERT))
    watch.poll(0, A=GOOD)
    watch.poll(60, partial=True, B=GOOD)
    watch.poll(120, A=GOOD, B=GOOD)
    assert watch.events == []


def test_only_whom_the_rule_is_for_is_missed() -> None:
    rule = a_backlog_rule(policy=Policy(no_data=NoData.ALERT), where=parse_where(["name=A"]))
    watch = Watch(rule)
    watch.poll(0, A=GOOD, B=GOOD)
    watch.poll(60)
    assert watch.phases() == {"A": Phase.PENDING}


def test_who_was_missed_before_and_is_still_remembered_goes_on_with_the_same_incident() -> None:
    watch = Watch(a_rule(NoData.ALERT, gone_after=1))
    watch.poll(0, A=BAD)
    watch.poll(60, A=GOOD)
    (ended,) = watch.alerts.values()
    watch.poll(120)
    (again,) = watch.alerts.values()
    assert (again.id, again.phase) == (ended.id, Phase.FIRING)


@pytest.mark.parametrize("kinds", [("queue", "license"), ("license", "queue")])
def test_an_answer_of_several_kinds_misses_each_on_its_own(kinds: Sequence[str]) -> None:
    rule = a_rule(NoData.ALERT)
    answer = collected(
        a_sample(a_subject("A"), new_items=GOOD),
        a_sample(a_subject("Unattended", kind="license"), used=1.0),
        kinds=kinds,
    )
    found = engine.evaluate(
        {}, "production", answer, [rule], Windows(), after(0), missing=[a_subject("B")]
    )
    assert [(a.subject.name, a.phase) for a in found.alerts] == [("B", Phase.PENDING)]


@pytest.mark.parametrize("no_data", NoData)
def test_a_second_look_at_the_same_instant_counts_no_absence_twice(no_data: NoData) -> None:
    watch = Watch(a_rule(no_data, keep_open_count=9))
    watch.poll(0, A=BAD)
    watch.poll(60)
    (once,) = watch.alerts.values()
    watch.poll(60)
    (twice,) = watch.alerts.values()
    assert (once.absent_count, once.fine_count) == (twice.absent_count, twice.fine_count)
