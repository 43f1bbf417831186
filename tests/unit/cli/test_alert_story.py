import pytest

from monitor.cli.alert_story import show
from monitor.core.alert import EventKind, Phase, Reason
from monitor.core.delivery import DeliveryState
from monitor.core.routing import Route
from monitor.core.told import Saying
from monitor.web.story import Considered, Explanation
from tests.builders import after
from tests.unit.cli.stories import (
    a_delivery,
    a_silence,
    a_story,
    an_acknowledgement,
    an_alert,
    an_attempt,
    an_event,
    an_explanation,
    the_rule,
    told_at,
)


def told(capsys: pytest.CaptureFixture[str], found: Explanation) -> str:
    show(found)
    return capsys.readouterr().out


def line_with(out: str, text: str) -> str:
    (line,) = [line for line in out.splitlines() if text in line]
    return line


def test_the_story_begins_with_what_is_wrong_and_since_when(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = told(capsys, an_explanation(rule=the_rule())).splitlines()

    assert out[:2] == ["A7K2M9QX4T  warning  firing", "Invoices: 900 items wait"]
    assert out[3] == "lasts    1 min, since 09:02:00 UTC; first breached 2 min earlier"
    assert out[4] == "value    900 (limit 100)"
    assert "labels   queue=Invoices, folder=Finance" in out
    assert "rule     backlog: queue-backlog, warning: new_items > 100" in out
    assert "         opens after 2m" in out
    assert not any("rule now" in line for line in out)


def test_what_keeps_it_quiet_stands_at_the_top(capsys: pytest.CaptureFixture[str]) -> None:
    alert = an_alert(
        mutes=("acknowledged: by bob: on it", "silence: S1 by ann: patching"),
        flapping_since=after(150),
    )
    story = a_story(alert, acknowledgements=(an_acknowledgement(),))

    out = told(capsys, an_explanation(story))

    assert out.startswith("A7K2M9QX4T  warning  flapping, muted (acknowledged, silence)\n")
    assert line_with(out, "muted  ").endswith("silence: S1 by ann: patching")
    assert "acknowledged  by bob at 09:02:10 until 10:00:00 UTC: on it" in out


def test_what_was_quiet_to_its_end_is_said_to_have_been(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alert = an_alert(Phase.RESOLVED, after(180), mutes=("silence: S1 by ann: patching",))

    out = told(capsys, an_explanation(a_story(alert)))

    assert out.startswith("A7K2M9QX4T  warning  resolved\n")
    assert "muted at its end  silence: S1 by ann: patching" in out


def test_everybody_who_knows_is_named_with_the_way_they_heard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alert = an_alert(
        told={
            "ops": told_at(3600, first=121, reminders=2),
            "mail": told_at(200, saying=Saying.ENDED, first=121),
            "pager": told_at(300, first=121, route=""),
            "hook": told_at(121, saying=Saying.UNHEARD),
        }
    )

    out = told(capsys, an_explanation(a_story(alert), seconds=7200))

    assert line_with(out, "2 reminders") == (
        "  ops    knows that it is open, since 09:02:01; 2 reminders, the last at 10:00:00, as "
        "warning, by way of routes[0]"
    )
    assert "mail   was told that it ended, at 09:03:20, as warning" in out
    assert (
        "pager  knows that it is open, since 09:02:01; last told at 09:05:00, as warning\n" in out
    )
    assert "hook   has not heard of it: the message was given up, since 09:02:01" in out


@pytest.mark.parametrize(
    ("phase", "mutes", "why"),
    [
        (Phase.PENDING, (), "it is pending"),
        (Phase.FIRING, ("maintenance: night",), "muted (maintenance)"),
        (Phase.FIRING, (), "not yet"),
        (Phase.RESOLVED, (), "it was over before"),
    ],
)
def test_who_was_told_nothing_is_named_with_the_reason(
    phase: Phase, mutes: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = after(150) if phase is Phase.RESOLVED else None
    alert = an_alert(phase, ended, mutes=mutes)

    out = told(capsys, an_explanation(a_story(alert)))

    assert f"  ops  was told nothing: {why}; default leads there" in out


def test_without_a_route_nobody_knows(capsys: pytest.CaptureFixture[str]) -> None:
    out = told(capsys, an_explanation(routes=[Route(channels=(), name="none")]))

    assert "  Nobody: no route leads to a channel." in out
    assert "  Nothing that was recorded." in out


def test_what_happened_is_told_in_order_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    story = a_story(
        events=(
            an_event(0, EventKind.PENDING, Reason.BREACHED, 150),
            an_event(120, EventKind.OPENED, Reason.HOLD_OVER, 900),
        ),
        deliveries=((a_delivery(settled_at=after(121)), (an_attempt("sent"),)),),
    )

    out = told(capsys, an_explanation(story))

    assert out.split("What happened (UTC)\n")[1].splitlines() == [
        "  09:00:00  pending  breached; value 150, limit 100; Invoices: 150 items wait",
        "  09:02:00  opened   hold over; value 900, limit 100",
        "  09:02:00  sent     ops: opened",
    ]


def test_a_rule_that_is_gone_is_said_to_be_gone(capsys: pytest.CaptureFixture[str]) -> None:
    resolved = an_alert(Phase.RESOLVED, after(180), end_reason=Reason.RULE_REMOVED)

    out = told(capsys, an_explanation(a_story(resolved), seconds=240))

    assert "backlog: queue-backlog, warning: new_items > 100\n" in out
    assert "rule now  no longer in the configuration" in out
    assert "lasted    1 min, since 09:02:00 UTC until 09:03:00 UTC (rule removed)" in out


def test_a_rule_that_was_changed_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    other = the_rule("queue-backlog, warning: new_items > 9\nopens after 5m")

    out = told(capsys, an_explanation(rule=other))

    assert line_with(out, "rule now").endswith(
        "changed since: queue-backlog, warning: new_items > 9; opens after 5m"
    )


def test_the_silences_of_that_time_are_told_with_the_verdict_on_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    silences = (
        Considered(silence=a_silence("S1"), why_not=""),
        Considered(silence=a_silence("S2"), why_not='name=Mail: it is "Invoices"'),
    )

    out = told(capsys, an_explanation(silences=silences))

    assert "S1  09:00:00 to 10:00:00  covers it; name=Invoices; by ann: patching" in out
    assert 'S2  09:00:00 to 10:00:00  does not cover it: name=Mail: it is "Invoices";' in out


def test_hostile_text_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b]0;owned\x07\x9b2J\u202e"
    story = a_story(
        an_alert(mutes=(f"silence: {evil}",)),
        events=(an_event(120, EventKind.MUTED, Reason.MUTE_BEGAN, detail=evil),),
        deliveries=((a_delivery(DeliveryState.DEAD), (an_attempt("dead", evil),)),),
        acknowledgements=(an_acknowledgement(note=evil),),
    )

    out = told(capsys, an_explanation(story))

    # The silence and the acknowledgement, the muting, the attempt and the acknowledging.
    assert out.count("owned") == 5
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}
