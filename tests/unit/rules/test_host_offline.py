from collections.abc import Callable

import pytest
from pydantic import ValidationError

from monitor.core.rule import Rule
from monitor.core.sample import Sample
from monitor.core.window import Windows
from monitor.orchestrator.sessions import UNATTENDED_TYPES
from monitor.rules import UNATTENDED
from monitor.rules.host_offline import RULE, Options
from tests.builders import a_sample, a_subject

Verdict = Callable[..., str]
MakeRule = Callable[..., Rule]


def a_host(
    sessions: float,
    unresponsive: float,
    disconnected: float = 0,
    *,
    late: float | None = None,
    robots: str = "Unattended",
) -> Sample:
    labels = {"robot_type": robots, "host": "RPA-07", "machine": "Pool"}
    return a_sample(
        a_subject("RPA-07", kind="machine", labels=labels),
        sessions=sessions,
        unresponsive_sessions=unresponsive,
        disconnected_sessions=disconnected,
        late_sessions=unresponsive if late is None else late,
    )


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (a_host(12, 12), "breached"),
        (a_host(2, 2), "breached"),
        (a_host(4, 1, 3), "breached"),
        (a_host(4, 1, late=4), "breached"),
        (a_host(4, 1, 1, late=3), "breached"),
        (a_host(4, 1, late=3), "fine"),
        (a_host(4, 3), "fine"),
        (a_host(4, 2, 1), "fine"),
        (a_host(4, 0, 4), "fine"),
        (a_host(1, 1), "fine"),
        (a_host(0, 0), "fine"),
        (a_host(5, 5, robots="Attended"), "fine"),
        (a_sample(a_subject("RPA-07", kind="machine"), sessions=4), "fine"),
    ],
)
def test_a_host_is_down_when_all_of_several_sessions_are_and_one_fell_silent(
    make_rule: MakeRule, verdict: Verdict, host: Sample, expected: str
) -> None:
    assert verdict(make_rule(RULE), host) == expected


def test_what_is_not_known_of_a_host_is_no_breach(make_rule: MakeRule, verdict: Verdict) -> None:
    subject = a_host(4, 4).subject
    assert verdict(make_rule(RULE), a_sample(subject, sessions=4)) == "unclear"
    assert verdict(make_rule(RULE), a_sample(subject, sessions=1)) == "fine"


def test_the_fewest_sessions_are_an_option(make_rule: MakeRule, verdict: Verdict) -> None:
    assert verdict(make_rule(RULE, sessions=5), a_host(4, 4)) == "fine"
    assert verdict(make_rule(RULE, sessions=1), a_host(1, 1)) == "breached"


@pytest.mark.parametrize("sessions", [0, -1, 1.5, "2", True])
def test_a_number_that_is_none_is_refused(sessions: object) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate({"sessions": sessions})


def test_attended_hosts_count_only_when_the_user_asks(
    make_rule: MakeRule, verdict: Verdict
) -> None:
    desks = a_host(5, 5, robots="Attended")
    assert verdict(make_rule(RULE, where={"robot_type": "*"}), desks) == "breached"


@pytest.mark.parametrize(
    ("host", "clear"),
    [
        (a_host(4, 4), False),
        (a_host(4, 3), True),
        (a_host(4, 1, late=4), False),
        (a_host(4, 1, late=3), True),
        (a_host(4, 0, 3), True),
        (a_host(4, 0, 4), False),
        (a_host(1, 1), False),
        (a_host(1, 0), True),
        (a_host(0, 0), True),
    ],
)
def test_a_host_is_back_when_one_session_is(
    make_rule: MakeRule, *, host: Sample, clear: bool
) -> None:
    assert make_rule(RULE).clears(host, Windows()) is clear


def test_the_sentence_tells_how_many_sessions(
    make_rule: MakeRule, sentence: Callable[..., str]
) -> None:
    rule = make_rule(RULE)
    assert sentence(rule, a_host(12, 12)) == "Host RPA-07 is down: all 12 sessions are silent"
    assert sentence(rule, a_host(4, 1, 3)) == (
        "Host RPA-07 is down: all 4 sessions are silent or disconnected"
    )


def test_the_collector_calls_unattended_what_the_rules_do() -> None:
    for kind in UNATTENDED_TYPES:
        assert UNATTENDED.matches({"robot_type": kind})
    for kind in ("Attended", "Serverless", ""):
        assert not UNATTENDED.matches({"robot_type": kind})
