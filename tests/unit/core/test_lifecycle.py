"""Each step of an alert's life, by the whole of what it leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core import lifecycle
from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason
from monitor.core.lifecycle import Facts
from monitor.core.rule import Evidence, NoData, Policy, Rule
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from tests.builders import NOW, a_backlog_rule, a_subject, after

SUBJECT = a_subject("Invoices")
RENAMED = a_subject("Invoices 2", key="invoices")
HELD = Policy(hold=timedelta(seconds=60), hold_count=2, keep_open=timedelta(seconds=60))


def a_rule(policy: Policy = HELD, severity: Severity = Severity.WARNING) -> Rule:
    rule = a_backlog_rule(policy=policy, severity=severity, labels={"team": "finance"})
    return replace(rule, source="new_items > 100")


def facts(value: float | None = 500.0, *, renamed: bool = False, summary: str = "bad") -> Facts:
    return Facts(subject=RENAMED if renamed else SUBJECT, value=value, summary=summary)


def pending() -> Alert:
    return lifecycle.begin(a_rule(), facts(), NOW)[0]


def firing() -> Alert:
    return lifecycle.breached(pending(), a_rule(), facts(600.0), after(60))[0]


def test_it_begins_pending_with_all_that_is_known() -> None:
    alert, (event,) = lifecycle.begin(a_rule(), facts(), NOW)
    assert alert == Alert(
        id=alert.id,
        rule="backlog",
        subject=SUBJECT,
        severity=Severity.WARNING,
        phase=Phase.PENDING,
        started_at=NOW,
        updated_at=NOW,
        summary="bad",
        value=500.0,
        limit=100,
        held_at=NOW,
        held_count=1,
        labels={"team": "finance"},
        rule_text="new_items > 100",
    )
    assert (event.alert, event.kind, event.reason, event.at) == (
        alert,
        EventKind.PENDING,
        Reason.BREACHED,
        NOW,
    )


def test_while_it_is_held_it_follows_its_subject() -> None:
    missing = replace(pending(), absent_count=2, has_no_data=True)
    alert, events = lifecycle.breached(missing, a_rule(), facts(700.0, renamed=True), after(30))
    assert events == ()
    assert alert == replace(
        missing,
        subject=RENAMED,
        value=700.0,
        updated_at=after(30),
        absent_count=0,
        has_no_data=False,
        held=timedelta(seconds=30),
        held_at=after(30),
        held_count=2,
    )


def test_it_opens_when_time_and_count_are_both_reached() -> None:
    worse = facts(600.0, summary="worse")
    alert, (event,) = lifecycle.breached(pending(), a_rule(), worse, after(60))
    assert (alert.phase, alert.opened_at) == (Phase.FIRING, after(60))
    assert (alert.value, alert.summary) == (600.0, "worse")
    assert (event.kind, event.reason, event.at) == (
        EventKind.OPENED,
        Reason.HOLD_OVER,
        after(60),
    )
    early, _ = lifecycle.breached(pending(), a_rule(), facts(), after(59))
    assert early.phase is Phase.PENDING
    counted = a_rule(replace(HELD, hold_count=3))
    assert lifecycle.breached(pending(), counted, facts(), after(60))[0].phase is Phase.PENDING


def test_a_worse_severity_on_opening_is_noted_with_the_opening() -> None:
    rule = a_rule(severity=Severity.CRITICAL)
    open_again = replace(firing(), fine=timedelta(seconds=5), fine_at=after(61), fine_count=1)
    alert, (event,) = lifecycle.breached(open_again, rule, facts(900.0), after(90))
    assert (event.kind, event.reason) == (EventKind.WORSENED, Reason.SEVERITY_CHANGED)
    assert (event.at, event.alert.severity) == (after(90), Severity.CRITICAL)
    assert alert == replace(
        open_again,
        severity=Severity.CRITICAL,
        value=900.0,
        updated_at=after(90),
        fine=timedelta(),
        fine_at=None,
        fine_count=0,
    )


def test_a_severity_that_eases_is_noted_too() -> None:
    alert, (event,) = lifecycle.breached(
        firing(), a_rule(severity=Severity.INFO), facts(), after(90)
    )
    assert alert.severity is Severity.INFO
    assert (event.kind, event.reason) == (EventKind.EASED, Reason.SEVERITY_CHANGED)


def test_the_severity_of_what_has_not_opened_yet_changes_without_a_word() -> None:
    rule = a_rule(severity=Severity.CRITICAL)
    alert, events = lifecycle.breached(pending(), rule, facts(), after(30))
    assert (alert.phase, alert.severity, events) == (Phase.PENDING, Severity.CRITICAL, ())


def test_while_it_clears_it_follows_its_subject() -> None:
    missing = replace(firing(), absent_count=2, has_no_data=True)
    alert, events = lifecycle.fine(missing, a_rule(), facts(5.0, renamed=True), after(90))
    assert events == ()
    assert alert == replace(
        missing,
        subject=RENAMED,
        value=5.0,
        updated_at=after(90),
        absent_count=0,
        has_no_data=False,
        fine_at=after(90),
        fine_count=1,
    )
    ended, (event,) = lifecycle.fine(alert, a_rule(), facts(4.0), after(150))
    assert (ended.phase, ended.resolved_at, ended.end_reason) == (
        Phase.RESOLVED,
        after(150),
        Reason.RECOVERED,
    )
    assert event.kind is EventKind.RESOLVED


def test_what_clears_needs_both_the_time_and_the_count() -> None:
    rule = a_rule(replace(HELD, keep_open=timedelta(), keep_open_count=2))
    once, _ = lifecycle.fine(firing(), rule, facts(1.0), after(90))
    assert once.phase is Phase.FIRING
    assert lifecycle.fine(once, rule, facts(1.0), after(91))[0].phase is Phase.RESOLVED


def test_a_look_at_the_same_instant_changes_nothing() -> None:
    held, fine = pending(), lifecycle.fine(firing(), a_rule(), facts(1.0), after(90))[0]
    assert lifecycle.breached(held, a_rule(), facts(), NOW) == (held, ())
    assert lifecycle.fine(fine, a_rule(), facts(1.0), after(90)) == (fine, ())


def test_absence_pauses_and_is_counted() -> None:
    held = pending()
    alert, events = lifecycle.absent(held, a_rule(), facts(), after(30))
    assert events == ()
    assert alert == replace(held, held_at=None, absent_count=1, updated_at=after(30))


def test_who_is_missing_from_a_late_answer_is_not_counted_as_missed() -> None:
    held = pending()
    alert, events = lifecycle.absent(held, a_rule(), facts(), after(-10))
    assert (alert, events) == (replace(held, held_at=None), ())


def test_a_pause_stops_both_timers() -> None:
    assert lifecycle.paused(pending()).held_at is None
    fine = lifecycle.fine(firing(), a_rule(), facts(1.0), after(90))[0]
    assert (fine.fine_at, lifecycle.paused(fine).fine_at) == (after(90), None)
    idle = lifecycle.paused(fine)
    assert lifecycle.paused(idle) is idle


def test_a_recovery_is_paused_by_each_gap() -> None:
    watched_again = lifecycle.paused(firing())
    clearing, _ = lifecycle.fine(watched_again, a_rule(), facts(1.0), after(90))
    later, _ = lifecycle.fine(lifecycle.paused(clearing), a_rule(), facts(1.0), after(3600))
    assert (later.phase, later.fine) == (Phase.FIRING, timedelta())


def test_time_that_was_not_watched_counts_for_no_timer() -> None:
    alert, _ = lifecycle.breached(lifecycle.paused(pending()), a_rule(), facts(), after(3600))
    assert (alert.phase, alert.held) == (Phase.PENDING, timedelta())


def test_who_still_believes_in_a_problem_sees_the_same_incident_go_on() -> None:
    told = {
        "ops": Told(
            saying=Saying.OPEN, severity=Severity.WARNING, at=NOW, first_at=NOW, delivery="d"
        )
    }
    ended = replace(
        lifecycle.end(firing(), Reason.RECOVERED, after(90))[0],
        told=told,
        mutes=("silence: S1",),
        unmuted_at=after(80),
        flapping_since=after(70),
    )
    again, (event,) = lifecycle.begin(a_rule(), facts(700.0), after(120), ended)
    assert event.kind is EventKind.PENDING
    assert (again.id, again.started_at, again.opened_at) == (ended.id, after(120), after(60))
    assert (again.told, again.mutes) == (told, ("silence: S1",))
    assert (again.unmuted_at, again.flapping_since) == (after(80), after(70))
    assert (again.resolved_at, again.end_reason) == (None, None)
    assert (again.held, again.held_at, again.held_count) == (timedelta(), after(120), 1)


def test_what_is_unreported_before_it_opened_opens_because_of_that() -> None:
    rule = a_rule(replace(HELD, no_data=NoData.ALERT, gone_after=1))
    alert, (event,) = lifecycle.absent(pending(), rule, facts(summary="unseen"), after(30))
    assert (event.kind, event.reason, event.at) == (EventKind.OPENED, Reason.NO_DATA, after(30))
    assert (alert.opened_at, alert.updated_at) == (after(30), after(30))
    assert (alert.has_no_data, alert.value, alert.summary) == (True, None, "unseen")


def test_what_is_unreported_after_it_opened_says_so_and_shows_no_value() -> None:
    rule = a_rule(replace(HELD, no_data=NoData.ALERT, gone_after=1))
    alert, events = lifecycle.absent(firing(), rule, facts(summary="unseen"), after(90))
    assert events == ()
    assert (alert.has_no_data, alert.value, alert.summary) == (True, None, "unseen")


def test_a_subject_missed_anew_waits_with_its_timers_at_rest() -> None:
    rule = a_rule(Policy(no_data=NoData.ALERT))
    alert, (event,) = lifecycle.begin(rule, facts(None), NOW, reason=Reason.NO_DATA)
    assert (event.kind, event.reason) == (EventKind.PENDING, Reason.NO_DATA)
    assert (alert.has_no_data, alert.held_at, alert.held_count, alert.absent_count) == (
        True,
        None,
        0,
        1,
    )


def test_a_subject_missed_anew_opens_at_once_where_one_poll_makes_it_gone() -> None:
    rule = a_rule(Policy(no_data=NoData.ALERT, gone_after=1))
    alert, (event,) = lifecycle.begin(
        rule, facts(None, summary="unseen"), NOW, reason=Reason.NO_DATA
    )
    assert (alert.phase, alert.opened_at, alert.has_no_data) == (Phase.FIRING, NOW, True)
    assert event == AlertEvent(alert=alert, kind=EventKind.OPENED, reason=Reason.NO_DATA, at=NOW)


# The end


def resolved(alert: Alert, reason: Reason, at: float) -> Alert:
    return replace(
        alert,
        phase=Phase.RESOLVED,
        resolved_at=after(at),
        updated_at=after(at),
        end_reason=reason,
    )


@pytest.mark.parametrize(
    ("alert", "kind"),
    [(pending(), EventKind.DROPPED), (firing(), EventKind.RESOLVED)],
    ids=["pending", "firing"],
)
def test_what_is_ended_says_when_and_why(alert: Alert, kind: EventKind) -> None:
    reason = Reason.RULE_REMOVED
    over, (event,) = lifecycle.end(alert, reason, after(90))
    assert over == resolved(alert, reason, 90)
    assert event == AlertEvent(alert=over, kind=kind, reason=reason, at=after(90))


def test_what_is_over_before_it_opened_is_dropped() -> None:
    held, reason = pending(), Reason.RECOVERED
    over, (event,) = lifecycle.fine(held, a_rule(), facts(5.0), after(30))
    assert over == resolved(held, reason, 30)
    assert event == AlertEvent(alert=over, kind=EventKind.DROPPED, reason=reason, at=after(30))


def test_who_is_gone_is_gone_since_it_counts_as_gone() -> None:
    rule = a_rule(replace(HELD, gone_after=1))
    over, (event,) = lifecycle.absent(firing(), rule, facts(), after(90))
    assert (over.resolved_at, over.end_reason) == (after(90), Reason.GONE)
    assert (event.kind, event.at) == (EventKind.RESOLVED, after(90))


def test_who_no_longer_matches_the_rule_ends_when_that_is_seen() -> None:
    open_, reason = firing(), Reason.OUT_OF_SCOPE
    over, (event,) = lifecycle.step_for(Evidence.OUT_OF_SCOPE, open_, a_rule(), facts(), after(90))
    assert over == resolved(open_, reason, 90)
    assert event == AlertEvent(alert=over, kind=EventKind.RESOLVED, reason=reason, at=after(90))


@pytest.mark.parametrize(
    ("evidence", "phase"),
    [
        (Evidence.BREACHED, Phase.FIRING),
        (Evidence.FINE, Phase.FIRING),
        (Evidence.UNCLEAR, Phase.FIRING),
        (Evidence.ABSENT, Phase.FIRING),
        (Evidence.OUT_OF_SCOPE, Phase.RESOLVED),
    ],
)
def test_evidence_leads_to_its_step(evidence: Evidence, phase: Phase) -> None:
    alert, _ = lifecycle.step_for(evidence, firing(), a_rule(), facts(), after(90))
    assert alert.phase is phase
