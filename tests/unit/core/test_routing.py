from collections.abc import Mapping
from dataclasses import replace

import pytest

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason, Severity, incident_id
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.matching import parse_where
from monitor.core.message import What
from monitor.core.routing import Route, alert_labels, matching_routes, route
from monitor.core.rule import Rule
from tests.builders import NOW, a_backlog_rule, a_subject, after

RULES: Mapping[str, Rule] = {"backlog": a_backlog_rule()}
TO_OPS = (Route(channels=("ops",)),)


def an_alert(
    name: str = "Invoices",
    *,
    rule: str = "backlog",
    severity: Severity = Severity.WARNING,
    told: tuple[str, ...] = (),
    labels: Mapping[str, str] | None = None,
    rule_labels: Mapping[str, str] | None = None,
) -> Alert:
    subject = a_subject(name, labels=labels)
    return Alert(
        id=incident_id(rule, subject, NOW),
        rule=rule,
        subject=subject,
        severity=severity,
        phase=Phase.FIRING,
        started_at=NOW,
        opened_at=NOW,
        updated_at=NOW,
        summary=f"{name} has 900 new items",
        value=900,
        limit=100,
        told=told,
        labels=rule_labels or {},
    )


def opened(alert: Alert) -> AlertEvent:
    return AlertEvent(alert=alert, kind=EventKind.OPENED, reason=Reason.HOLD_OVER, at=NOW)


def ended(alert: Alert, reason: Reason = Reason.RECOVERED) -> AlertEvent:
    over = replace(alert, phase=Phase.RESOLVED, resolved_at=after(60))
    return AlertEvent(alert=over, kind=EventKind.RESOLVED, reason=reason, at=after(60))


def names(delivery: Delivery) -> list[tuple[str, str]]:
    return [(item.what.value, item.name) for item in delivery.message.items]


def a_route(
    where: Mapping[str, object],
    *channels: str,
    continue_: bool = False,
    send_resolved: bool = True,
) -> Route:
    return Route(
        where=parse_where(where),
        channels=channels,
        continue_=continue_,
        send_resolved=send_resolved,
    )


# One message per channel


def test_an_opened_alert_is_one_delivery_due_now() -> None:
    alert = an_alert()
    told, (delivery,) = route([opened(alert)], TO_OPS, RULES, NOW)
    assert delivery.channel == "ops"
    assert delivery.state is DeliveryState.DUE
    assert (delivery.created_at, delivery.next_at, delivery.attempts) == (NOW, NOW, 0)
    assert names(delivery) == [("opened", "Invoices")]
    assert told == (replace(alert, told=("ops",)),)


def test_everything_of_one_evaluation_is_one_message() -> None:
    events = [*(opened(an_alert(f"Q{n}")) for n in range(200)), ended(an_alert(told=("ops",)))]
    _, deliveries = route(events, TO_OPS, RULES, NOW)
    assert len(deliveries) == 1
    assert len(deliveries[0].message.items) == 201


def test_each_channel_gets_what_is_for_it() -> None:
    routes = (a_route({"name": "A"}, "ops", "boss"), a_route({}, "ops"))
    told, deliveries = route([opened(an_alert("A")), opened(an_alert("B"))], routes, RULES, NOW)
    assert {d.channel: names(d) for d in deliveries} == {
        "ops": [("opened", "A"), ("opened", "B")],
        "boss": [("opened", "A")],
    }
    assert [alert.told for alert in told] == [("ops", "boss"), ("ops",)]


def test_a_runbook_of_the_rule_is_in_the_message() -> None:
    rules = {"backlog": replace(RULES["backlog"], runbook_url="https://wiki/backlog")}
    _, (delivery,) = route([opened(an_alert())], TO_OPS, rules, NOW)
    assert delivery.message.items[0].runbook_url == "https://wiki/backlog"


@pytest.mark.parametrize("kind", [EventKind.PENDING, EventKind.DROPPED])
def test_alerts_that_never_opened_are_never_told(kind: EventKind) -> None:
    event = AlertEvent(alert=an_alert(told=("ops",)), kind=kind, reason=Reason.BREACHED, at=NOW)
    assert route([event], TO_OPS, RULES, NOW) == ((), ())


def test_no_events_and_no_routes_mean_no_deliveries() -> None:
    assert route([], TO_OPS, RULES, NOW) == ((), ())
    assert route([opened(an_alert())], (), RULES, NOW) == ((), ())


# Who hears


def test_the_first_route_that_matches_wins() -> None:
    routes = (
        a_route({"severity": "critical"}, "pager"),
        a_route({"name": "Inv*"}, "ops"),
        a_route({}, "rest"),
    )
    _, (delivery,) = route([opened(an_alert())], routes, RULES, NOW)
    assert delivery.channel == "ops"


def test_a_route_that_continues_asks_the_next_ones_too() -> None:
    routes = (
        a_route({"name": "Inv*"}, "ops", "log", continue_=True),
        a_route({"name": "nobody"}, "never"),
        a_route({}, "log", "rest"),
        a_route({}, "later"),
    )
    told, deliveries = route([opened(an_alert())], routes, RULES, NOW)
    assert [delivery.channel for delivery in deliveries] == ["ops", "log", "rest"]
    assert told[0].told == ("ops", "log", "rest")


def test_the_last_route_is_the_default() -> None:
    routes = (a_route({"name": "x"}, "ops"), a_route({"name": "y"}, "rest"))
    assert matching_routes({"name": "z"}, routes) == routes[1:]


def test_the_last_route_is_no_default_for_what_another_one_took() -> None:
    routes = (a_route({"name": "x"}, "ops", continue_=True), a_route({"name": "y"}, "rest"))
    assert matching_routes({"name": "x"}, routes) == routes[:1]


def test_the_channels_of_a_rule_override_the_routes() -> None:
    rules = {"backlog": a_backlog_rule(channels=("queue-team",))}
    told, (delivery,) = route([opened(an_alert())], TO_OPS, rules, NOW)
    assert delivery.channel == "queue-team"
    assert told[0].told == ("queue-team",)


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


def test_a_rules_labels_win_over_the_subjects_but_rename_nothing() -> None:
    alert = an_alert(labels={"team": "theirs", "rule": "forged", "tenant": "forged"})
    rule = a_backlog_rule(labels={"team": "ours", "severity": "critical", "name": "forged"})
    labels = alert_labels(alert, rule)
    assert labels["team"] == "ours"
    assert (labels["rule"], labels["severity"]) == ("backlog", "warning")
    assert (labels["name"], labels["tenant"]) == ("Invoices", "production")


# Ends


def test_an_end_goes_to_whom_the_beginning_went_to() -> None:
    told, deliveries = route(
        [ended(an_alert(told=("ops", "boss")))], (a_route({}, "elsewhere"),), RULES, NOW
    )
    assert {d.channel: names(d) for d in deliveries} == {
        "ops": [("resolved", "Invoices")],
        "boss": [("resolved", "Invoices")],
    }
    assert told == ()


def test_an_end_of_what_nobody_was_told_is_told_nobody() -> None:
    assert route([ended(an_alert())], TO_OPS, RULES, NOW) == ((), ())


def test_a_route_may_keep_ends_to_itself() -> None:
    routes = (a_route({}, "pager", continue_=True, send_resolved=False), a_route({}, "ops"))
    _, deliveries = route([ended(an_alert(told=("pager", "ops")))], routes, RULES, NOW)
    assert [delivery.channel for delivery in deliveries] == ["ops"]


def test_one_of_several_routes_to_a_channel_is_enough_to_hear_of_ends() -> None:
    routes = (a_route({}, "ops", continue_=True, send_resolved=False), a_route({}, "ops"))
    _, deliveries = route([ended(an_alert(told=("ops",)))], routes, RULES, NOW)
    assert [delivery.channel for delivery in deliveries] == ["ops"]


def test_ends_go_to_the_channels_of_a_rule_whatever_the_routes_say() -> None:
    rules = {"backlog": a_backlog_rule(channels=("ops",))}
    routes = (a_route({}, "ops", send_resolved=False),)
    _, deliveries = route([ended(an_alert(told=("ops",)))], routes, rules, NOW)
    assert len(deliveries) == 1


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        (Reason.RECOVERED, What.RESOLVED),
        (Reason.GONE, What.GONE),
        (Reason.RULE_REMOVED, What.CLOSED),
    ],
)
def test_an_end_is_told_as_what_it_is_also_when_the_rule_is_gone(
    reason: Reason, what: What
) -> None:
    _, (delivery,) = route([ended(an_alert(told=("ops",)), reason)], TO_OPS, {}, NOW)
    assert delivery.message.items[0].what is what


def test_what_opened_and_ended_at_once_is_told_in_full_and_stays_ended() -> None:
    told, (delivery,) = route([opened(an_alert()), ended(an_alert())], TO_OPS, RULES, after(60))
    assert names(delivery) == [("opened", "Invoices"), ("resolved", "Invoices")]
    assert [(alert.phase, alert.told) for alert in told] == [(Phase.RESOLVED, ("ops",))]


# Ids


def test_a_repeated_evaluation_makes_the_same_delivery() -> None:
    events = [opened(an_alert("A")), opened(an_alert("B"))]
    (first,), (second,) = (route(events, TO_OPS, RULES, NOW)[1] for _ in range(2))
    assert first == second
    (reordered,) = route(events[::-1], TO_OPS, RULES, NOW)[1]
    assert reordered.id == first.id


def test_ids_differ_by_channel_event_and_instant() -> None:
    alert = an_alert(told=("ops", "boss"))
    later = replace(ended(alert), at=after(61))
    routes = (Route(channels=("ops", "boss")),)
    deliveries = [
        delivery
        for event in (opened(alert), ended(alert), later)
        for delivery in route([event], routes, RULES, NOW)[1]
    ]
    assert len({delivery.id for delivery in deliveries}) == len(deliveries) == 6


def test_a_route_matches_everything_by_default() -> None:
    assert Route(channels=("ops",)).where.matches({})
