from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.matching import Where, parse_where
from monitor.core.routing import (
    LONGEST_REPEAT,
    Escalation,
    Known,
    Listener,
    Route,
    alert_labels,
    listeners,
    matching_routes,
    taken_routes,
)
from monitor.core.severity import Severity
from tests.builders import NOW, a_backlog_rule, after
from tests.unit.core.some_alerts import an_alert

INVOICES = alert_labels(an_alert())
UNTOLD = Known(since=NOW)
HALF_AN_HOUR = timedelta(minutes=30)


def a_route(
    where: Mapping[str, object],
    *channels: str,
    continue_: bool = False,
    escalate: tuple[Escalation, ...] = (),
) -> Route:
    return Route(
        where=parse_where(where), channels=channels, continue_=continue_, escalate=escalate
    )


def told(seconds_ago: float) -> Known:
    return Known(since=after(-9000), told_at=after(-seconds_ago))


def heard_by(*routes: Route) -> list[str]:
    found, _ = listeners(routes, UNTOLD, NOW)
    return [listener.channel for listener in found]


# Which routes


def test_the_first_route_that_matches_wins() -> None:
    routes = (
        a_route({"severity": "critical"}, "pager"),
        a_route({"name": "Inv*"}, "ops"),
        a_route({}, "rest"),
    )
    assert matching_routes(INVOICES, routes) == routes[1:2]


def test_a_route_that_continues_asks_the_next_ones_too() -> None:
    routes = (
        a_route({"name": "Inv*"}, "ops", "log", continue_=True),
        a_route({"name": "nobody"}, "never"),
        a_route({}, "log", "rest"),
        a_route({}, "later"),
    )
    taken = matching_routes(INVOICES, routes)
    assert taken == (routes[0], routes[2])
    assert heard_by(*taken) == ["ops", "log", "rest"]


def test_the_last_route_is_the_default() -> None:
    routes = tuple(a_route({"name": name}, name) for name in ("v", "w", "x", "y"))
    assert matching_routes({"name": "z"}, routes) == routes[-1:]


def test_the_last_route_is_no_default_for_what_another_one_took() -> None:
    routes = (a_route({"name": "x"}, "ops", continue_=True), a_route({"name": "y"}, "rest"))
    assert matching_routes({"name": "x"}, routes) == routes[:1]


def test_without_routes_nobody_hears() -> None:
    assert matching_routes(INVOICES, ()) == ()
    assert listeners((), told(0), NOW) == ((), None)


def test_a_route_matches_everything_by_default() -> None:
    assert Route(channels=("ops",)).where.matches({})


def test_the_manner_of_a_route_that_says_nothing_about_it() -> None:
    assert Route(channels=("ops",)) == Route(
        channels=("ops",),
        where=Where(),
        continue_=False,
        send_resolved=True,
        name="",
        group_by=("tenant", "rule"),
        group_wait=timedelta(seconds=30),
        group_interval=timedelta(minutes=5),
        repeat_every=None,
        repeat_growth=1.0,
        mute_in=(),
        active_in=(),
        escalate=(),
        digest=None,
    )


def test_the_channels_of_a_rule_stand_in_for_all_routes() -> None:
    routes = (a_route({}, "ops"),)
    (own,) = taken_routes(INVOICES, a_backlog_rule(channels=("queue-team",)), routes)
    assert (own.channels, own.name) == (("queue-team",), "rules.backlog")
    assert own.send_resolved


@pytest.mark.parametrize("rule", [a_backlog_rule(), None], ids=["no channels", "no rule any more"])
def test_without_channels_of_its_own_a_rule_leaves_it_to_the_routes(rule: object) -> None:
    routes = (a_route({"name": "Orders"}, "never"), a_route({"name": "Inv*"}, "ops"), a_route({}))
    taken = taken_routes(INVOICES, rule, routes)  # type: ignore[arg-type] # a rule or None
    assert taken == routes[1:2]


# What routes look at


def test_routes_see_subject_rule_and_severity() -> None:
    alert = an_alert(labels={"folder": "Finance"}, rule_labels={"team": "blue"})
    assert alert_labels(alert) == {
        "folder": "Finance",
        "team": "blue",
        "tenant": "production",
        "kind": "queue",
        "name": "Invoices",
        "key": "invoices",
        "rule": "backlog",
        "severity": "warning",
    }


def test_the_type_of_the_rule_is_seen_as_long_as_there_is_one() -> None:
    assert alert_labels(an_alert(), a_backlog_rule())["rule_type"] == "queue-backlog"
    assert "rule_type" not in alert_labels(an_alert())


def test_a_rules_labels_win_over_the_subjects_but_rename_nothing() -> None:
    alert = an_alert(
        labels={"team": "theirs", "rule": "forged", "tenant": "forged", "rule_type": "forged"}
    )
    forged = {"severity": "critical", "name": "forged", "rule_type": "forged"}
    labels = alert_labels(alert, a_backlog_rule(labels={"team": "ours", **forged}))
    assert labels["team"] == "ours"
    assert (labels["rule"], labels["severity"]) == ("backlog", "warning")
    assert labels["rule_type"] == "queue-backlog"
    assert (labels["name"], labels["tenant"]) == ("Invoices", "production")


def test_the_labels_of_the_rule_as_it_is_now_count() -> None:
    alert = an_alert(rule_labels={"team": "former"})
    assert alert_labels(alert, a_backlog_rule(labels={"team": "new"}))["team"] == "new"
    assert "team" not in alert_labels(alert, a_backlog_rule())


# Groups


@pytest.mark.parametrize(
    ("group_by", "group"),
    [
        (("tenant", "rule"), ("production", "backlog")),
        (("name",), ("Invoices",)),
        (("team", "folder"), ("", "Finance")),
        ((), ()),
    ],
)
def test_a_group_has_the_labels_in_common_and_a_missing_one_is_empty(
    group_by: tuple[str, ...], group: tuple[str, ...]
) -> None:
    route = Route(channels=("ops",), group_by=group_by)
    assert route.group(alert_labels(an_alert(labels={"folder": "Finance"}))) == group


# Repeats


@pytest.mark.parametrize(
    ("severity", "wait"),
    [
        (Severity.CRITICAL, timedelta(hours=4)),
        (Severity.WARNING, timedelta(hours=24)),
        (Severity.INFO, None),
    ],
)
def test_reminders_come_by_severity_where_the_route_does_not_say(
    severity: Severity, wait: timedelta | None
) -> None:
    assert Route(channels=("ops",)).repeat_after(severity, 0) == wait


@pytest.mark.parametrize("severity", Severity)
def test_a_route_says_for_all_severities(severity: Severity) -> None:
    hourly = Route(channels=("ops",), repeat_every=timedelta(hours=1))
    never = Route(channels=("ops",), repeat_every=timedelta())
    assert hourly.repeat_after(severity, 7) == timedelta(hours=1)
    assert never.repeat_after(severity, 0) is None


def test_reminders_grow_up_to_a_day() -> None:
    route = Route(channels=("ops",), repeat_every=timedelta(hours=1), repeat_growth=2)
    waits = [route.repeat_after(Severity.INFO, n) for n in range(7)]
    assert waits == [timedelta(hours=n) for n in (1, 2, 4, 8, 16, 24, 24)]


def test_what_is_repeated_less_than_daily_does_not_become_daily() -> None:
    weekly = Route(channels=("ops",), repeat_every=timedelta(days=7), repeat_growth=2)
    assert weekly.repeat_after(Severity.INFO, 5) == timedelta(days=7)


@given(
    st.timedeltas(min_value=timedelta(microseconds=1), max_value=timedelta(days=400)),
    st.floats(1, 10),
    st.integers(0, 10**9),
)
def test_a_reminder_never_comes_earlier_than_the_first_nor_beyond_what_can_be_counted(
    every: timedelta, growth: float, reminders: int
) -> None:
    route = Route(channels=("ops",), repeat_every=every, repeat_growth=growth)
    wait = route.repeat_after(Severity.WARNING, reminders)
    assert wait is not None
    assert every <= wait <= max(every, LONGEST_REPEAT)


# Listeners and escalation


def test_a_channel_that_several_routes_lead_to_hears_by_way_of_the_first() -> None:
    first, second = a_route({}, "ops", continue_=True), a_route({}, "ops", "mail")
    found, upcoming = listeners((first, second), UNTOLD, NOW)
    assert found == (
        Listener(channel="ops", route=first),
        Listener(channel="mail", route=second),
    )
    assert upcoming is None


STEPS = (
    Escalation(after=HALF_AN_HOUR, channels=("boss", "ops")),
    Escalation(after=timedelta(hours=2), channels=("director",)),
)


@pytest.mark.parametrize(
    ("told_s_ago", "channels", "next_in_s"),
    [
        pytest.param(0, ["ops"], 1800, id="just told"),
        pytest.param(1799, ["ops"], 1, id="almost"),
        pytest.param(1800, ["ops", "boss"], 5400, id="the first step"),
        pytest.param(7200, ["ops", "boss", "director"], None, id="the last step"),
    ],
)
def test_more_and_more_channels_hear_of_what_lasts(
    told_s_ago: float, channels: list[str], next_in_s: float | None
) -> None:
    route = a_route({}, "ops", escalate=STEPS)
    found, upcoming = listeners((route,), told(told_s_ago), NOW)
    assert [listener.channel for listener in found] == channels
    assert upcoming == (None if next_in_s is None else after(next_in_s))


def test_an_escalation_says_since_when_it_leads_to_a_channel() -> None:
    route = a_route({}, "ops", escalate=STEPS)
    found, _ = listeners((route,), told(3000), NOW)
    # The route led to ops at once: the step changes nothing for it.
    assert found == (
        Listener(channel="ops", route=route),
        Listener(channel="boss", route=route, since=after(-1200)),
    )


def test_all_channels_of_a_step_hear() -> None:
    step = Escalation(after=HALF_AN_HOUR, channels=("boss", "director"))
    found, _ = listeners((a_route({}, "ops", escalate=(step,)),), told(1800), NOW)
    assert [listener.channel for listener in found] == ["ops", "boss", "director"]


def test_the_next_escalation_of_several_routes_is_the_earliest() -> None:
    late = a_route({}, "ops", continue_=True, escalate=STEPS[1:])
    early = a_route({}, "mail", escalate=STEPS[:1])
    assert listeners((late, early), told(0), NOW)[1] == after(1800)
    assert listeners((early, late), told(0), NOW)[1] == after(1800)


@pytest.mark.parametrize(
    ("waits_s", "channels", "next_in_s"),
    [(0, ["ops"], 1830), (1829, ["ops"], 1), (1830, ["ops", "boss"], 5400)],
)
def test_where_no_message_got_through_escalation_counts_from_when_it_was_due(
    waits_s: float, channels: list[str], next_in_s: float
) -> None:
    route = a_route({}, "ops", escalate=STEPS)
    found, upcoming = listeners((route,), Known(since=after(-waits_s)), NOW)
    assert [listener.channel for listener in found] == channels
    assert upcoming == after(next_in_s)


class Daily:
    def next_after(self, at: datetime) -> datetime:
        return at + timedelta(days=1)


def test_the_escalation_of_a_digest_waits_for_it_and_holds_up_no_other() -> None:
    digest = Route(channels=("mail",), digest=Daily(), escalate=STEPS[1:])
    prompt = a_route({}, "ops", escalate=STEPS[:1])
    untold, upcoming = listeners((digest, prompt), Known(since=after(-9000)), NOW)
    assert [listener.channel for listener in untold] == ["mail", "ops", "boss"]
    assert upcoming is None
    heard, _ = listeners((digest, prompt), told(7200), NOW)
    assert [listener.channel for listener in heard] == ["mail", "ops", "director", "boss"]


def test_a_slow_growth_too_comes_up_to_a_day() -> None:
    route = Route(channels=("ops",), repeat_every=timedelta(minutes=10), repeat_growth=1.05)
    waits = [route.repeat_after(Severity.INFO, reminders) for reminders in range(200)]
    assert waits == sorted(waits)  # type: ignore[type-var] # none of them is None
    assert waits[-1] == timedelta(hours=24)
