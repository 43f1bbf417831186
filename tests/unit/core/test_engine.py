"""The life of alerts through the engine: one evaluation a step, times in seconds from NOW."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core import engine
from monitor.core.alert import Alert, AlertEvent, AlertKey, EventKind, Phase, Reason, incident_id
from monitor.core.matching import parse_where
from monitor.core.rule import Policy, Rule
from monitor.core.sample import Collected
from monitor.core.window import Windows
from tests.builders import a_backlog_rule, a_sample, a_subject, after, collected

INVOICES = a_subject("Invoices")


class Run:
    """Evaluations one after the other, keeping the open alerts as the pipeline does."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.alerts: dict[AlertKey, Alert] = {}
        self.events: list[AlertEvent] = []
        self.windows = Windows()

    def see(self, at: float, items: float | None) -> Alert | None:
        """Judge one good poll in which Invoices has `items` (None: the number is missing)."""
        sample = a_sample(INVOICES) if items is None else a_sample(INVOICES, new_items=items)
        return self.judge(at, collected(sample))

    def miss(self, at: float) -> Alert | None:
        """Judge one good poll that does not list Invoices."""
        return self.judge(at, collected())

    def fail(self) -> Alert | None:
        return self.apply(engine.pause(self.alerts.values()))

    def judge(self, at: float, poll: Collected) -> Alert | None:
        return self.apply(
            engine.evaluate(self.alerts, "production", poll, [self.rule], self.windows, after(at))
        )

    def apply(self, evaluation: engine.Evaluation) -> Alert | None:
        for alert in evaluation.alerts:
            if alert.phase is Phase.RESOLVED:
                self.alerts.pop(alert.key, None)
            else:
                self.alerts[alert.key] = alert
        self.events.extend(evaluation.events)
        return self.alerts.get(AlertKey(self.rule.name, INVOICES.identity))

    @property
    def told(self) -> list[str]:
        return [f"{event.kind}: {event.reason}" for event in self.events]


def policy(**settings: float) -> Policy:
    spans = {"hold", "keep_open"}
    values: Mapping[str, object] = {
        key: timedelta(seconds=value) if key in spans else int(value)
        for key, value in settings.items()
    }
    return replace(Policy(), **values)  # type: ignore[arg-type]


def test_a_breach_without_hold_opens_at_once_and_resolves_at_the_first_good_sample() -> None:
    run = Run(a_backlog_rule(above=100))
    opened = run.see(0, 500)
    assert opened is not None
    assert (opened.phase, opened.value, opened.limit) == (Phase.FIRING, 500, 100)
    assert run.see(60, 50) is None
    assert run.told == ["opened: breached", "resolved: recovered"]


def test_an_alert_keeps_the_text_of_its_rule_from_when_it_opened() -> None:
    run = Run(a_backlog_rule(above=100, policy=policy(hold=60)))
    assert run.see(0, 500).rule_text == run.rule.source  # type: ignore[union-attr]
    run.rule = a_backlog_rule(above=200, policy=policy(hold=60))
    opened_by = run.rule.source
    assert run.see(60, 500).rule_text == opened_by  # type: ignore[union-attr]
    run.rule = a_backlog_rule(above=300)
    assert run.see(120, 500).rule_text == opened_by  # type: ignore[union-attr]
    run.see(180, 0)
    assert run.events[-1].alert.rule_text == opened_by


def test_a_hold_opens_when_the_time_is_reached_exactly() -> None:
    run = Run(a_backlog_rule(policy=policy(hold=120)))
    assert run.see(0, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(60, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(119, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(120, 500).phase is Phase.FIRING  # type: ignore[union-attr]
    assert run.told == ["pending: breached", "opened: hold over"]


def test_a_hold_by_count_needs_as_many_evaluations() -> None:
    run = Run(a_backlog_rule(policy=policy(hold_count=3)))
    phases = [run.see(at, 500) for at in (0, 1, 2)]
    assert [alert.phase.value for alert in phases if alert] == ["pending", "pending", "firing"]


def test_a_good_sample_resets_a_hold() -> None:
    run = Run(a_backlog_rule(policy=policy(hold=120)))
    run.see(0, 500)
    run.see(60, 500)
    assert run.see(90, 10) is None
    assert run.see(120, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(180, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(240, 500).phase is Phase.FIRING  # type: ignore[union-attr]
    assert run.told[:2] == ["pending: breached", "dropped: recovered"]


@pytest.mark.parametrize("gap", ["failed poll", "missing row", "missing number"])
def test_a_gap_pauses_a_hold_and_counts_for_nothing(gap: str) -> None:
    run = Run(a_backlog_rule(policy=policy(hold=120)))
    run.see(0, 500)
    run.see(60, 500)
    if gap == "failed poll":
        run.fail()
    elif gap == "missing row":
        run.miss(120)
    else:
        run.see(120, None)
    assert run.see(600, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(659, 500).phase is Phase.PENDING  # type: ignore[union-attr]
    assert run.see(660, 500).phase is Phase.FIRING  # type: ignore[union-attr]


def test_a_clear_delay_keeps_the_alert_open_and_a_new_breach_goes_on_with_the_same_incident() -> (
    None
):
    run = Run(a_backlog_rule(policy=policy(keep_open=120)))
    opened = run.see(0, 500)
    assert opened is not None
    assert run.see(60, 10) is not None
    assert run.see(120, 10) is not None
    again = run.see(130, 500)
    assert again is not None
    assert again.id == opened.id
    assert run.see(140, 10) is not None
    assert run.see(259, 10) is not None
    assert run.see(260, 10) is None
    assert run.told == ["opened: breached", "resolved: recovered"]


def test_a_clear_delay_by_count_needs_as_many_good_samples() -> None:
    run = Run(a_backlog_rule(policy=policy(keep_open_count=2)))
    run.see(0, 500)
    assert run.see(60, 10) is not None
    assert run.see(120, 10) is None


def test_a_gap_pauses_a_clear_delay() -> None:
    run = Run(a_backlog_rule(policy=policy(keep_open=120)))
    run.see(0, 500)
    run.see(60, 10)
    run.fail()
    assert run.see(600, 10) is not None
    assert run.see(660, 10) is not None
    assert run.see(720, 10) is None


def test_between_the_limits_an_open_alert_stays_and_none_opens() -> None:
    run = Run(a_backlog_rule(above=100, clear_below=50))
    assert run.see(0, 80) is None
    assert run.see(60, 101) is not None
    assert run.see(120, 80) is not None
    assert run.see(180, 50) is not None
    assert run.see(240, 49) is None


def test_what_is_not_known_to_be_over_stays_open() -> None:
    rule = a_backlog_rule(above=100)
    run = Run(rule)
    run.see(0, 101)
    run.rule = replace(rule, clears=lambda _sample, _windows: None)
    assert run.see(60, 10) is not None
    run.rule = rule
    assert run.see(120, 10) is None


def test_a_failed_poll_resolves_nothing_and_opens_nothing() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    run.events.clear()
    assert run.fail() is not None
    assert run.fail() is not None
    assert run.told == []


def test_a_subject_that_vanished_is_gone_after_three_good_polls_and_never_recovered() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    assert run.miss(60) is not None
    assert run.miss(120) is not None
    assert run.miss(180) is None
    assert run.told == ["opened: breached", "resolved: gone"]


def test_a_subject_that_comes_back_is_counted_from_the_start() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    run.miss(60)
    run.miss(120)
    run.see(180, 500)
    run.miss(240)
    assert run.miss(300) is not None
    assert run.told == ["opened: breached"]


def test_what_a_partial_answer_does_not_list_is_unknown() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    for at in (60, 120, 180, 240):
        assert run.judge(at, replace(collected(), partial=True)) is not None
    assert run.told == ["opened: breached"]


def test_a_second_evaluation_at_the_same_instant_adds_nothing() -> None:
    run = Run(a_backlog_rule(policy=policy(hold_count=2, keep_open_count=2)))
    first = run.see(0, 500)
    assert run.see(0, 500) == first
    run.see(60, 500)
    held = run.see(60, 500)
    assert held is not None
    run.see(120, 10)
    assert run.see(120, 10) is not None
    assert run.told == ["pending: breached", "opened: hold over"]


def test_a_late_sample_never_rewinds_a_hold() -> None:
    run = Run(a_backlog_rule(policy=policy(hold=60)))
    run.see(100, 500)
    held = run.see(130, 500)
    assert run.see(90, 500) == held


def test_an_alert_whose_subject_no_longer_matches_the_rule_ends() -> None:
    rule = a_backlog_rule(where=parse_where({"name": "Invoices"}))
    run = Run(rule)
    run.see(0, 500)
    run.rule = replace(
        rule,
        where=parse_where({"name": "Orders"}),
        breaches=lambda _samples, _windows: ([], []),
    )
    assert run.see(60, 500) is None
    assert run.told == ["opened: breached", "resolved: no longer matches the rule"]


def test_another_tenants_poll_touches_nothing() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    evaluation = engine.evaluate(
        run.alerts, "test", collected(), [run.rule], run.windows, after(60)
    )
    assert evaluation == engine.Evaluation()


def test_a_poll_of_another_kind_touches_nothing() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    poll = collected(kinds=["license", "subscription"])
    assert (
        engine.evaluate(run.alerts, "production", poll, [run.rule], run.windows, after(60))
        == engine.Evaluation()
    )


def test_a_renamed_subject_keeps_its_alert() -> None:
    run = Run(a_backlog_rule())
    opened = run.see(0, 500)
    renamed = a_sample(a_subject("Invoices (old)", key="invoices"), new_items=500)
    kept = run.judge(60, collected(renamed))
    assert opened is not None
    assert kept is not None
    assert (kept.id, kept.subject.name) == (opened.id, "Invoices (old)")
    assert run.told == ["opened: breached"]


def test_alerts_of_a_removed_rule_end_and_say_why() -> None:
    run = Run(a_backlog_rule())
    run.see(0, 500)
    run.apply(engine.retire(run.alerts.values(), [], after(60)))
    assert run.alerts == {}
    assert run.told == ["opened: breached", "resolved: rule removed"]


def test_a_pending_alert_of_a_removed_rule_is_dropped() -> None:
    run = Run(a_backlog_rule(policy=policy(hold=60)))
    run.see(0, 500)
    run.apply(engine.retire(run.alerts.values(), [], after(60)))
    assert run.events[-1].kind is EventKind.DROPPED
    assert run.events[-1].reason is Reason.RULE_REMOVED


@given(st.text(), st.text(min_size=1))
def test_an_incident_is_named_in_the_letters_of_base_32(rule: str, name: str) -> None:
    text = "\x00".join((rule, "production", "queue", name, after(0).isoformat()))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    expected = base64.b32encode(digest).decode()[:10]
    assert incident_id(rule, a_subject("x", key=name), after(0)) == expected


def test_the_same_start_gives_the_same_incident_and_another_start_another() -> None:
    first, second, third = Run(a_backlog_rule()), Run(a_backlog_rule()), Run(a_backlog_rule())
    ids = [run.see(at, 500).id for run, at in ((first, 0), (second, 0), (third, 1))]  # type: ignore[union-attr]
    assert ids[0] == ids[1] != ids[2]
