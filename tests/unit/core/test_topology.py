from dataclasses import replace

import pytest

from monitor.core.alert import Alert
from monitor.core.health import WHOLE
from monitor.core.inhibition import inhibitors
from monitor.core.routing import alert_labels
from monitor.core.rule import Rule
from monitor.core.topology import topology
from tests.builders import a_backlog_rule, a_subject
from tests.unit.core.some_alerts import an_alert

KINDS = {"queues": ("queue",), "sessions": ("session", "machine"), "odd": ()}


def an_alert_on(
    kind: str, name: str, *, tenant: str = "production", rule: str = "robot-silent", **labels: str
) -> Alert:
    return an_alert(rule=rule, subject=a_subject(name, kind=kind, tenant=tenant, labels=labels))


def a_rule(alert: Alert) -> Rule:
    return replace(a_backlog_rule(alert.rule), type=alert.rule)


def explained(*alerts: Alert) -> set[str]:
    """Return the names of those that need not be told; the type of a rule is its name."""
    labelled = [(alert, alert_labels(alert, a_rule(alert))) for alert in alerts]
    found = inhibitors(topology(KINDS), labelled)
    return {alert.subject.name for alert in alerts if alert.key in found}


def test_who_does_not_see_a_tenant_knows_nothing_of_its_robots_and_hosts() -> None:
    blind = an_alert_on("collector", "sessions", rule="collector-failing")
    assert explained(
        blind,
        an_alert_on("session", "BOT-07"),
        an_alert_on("machine", "SRV-01"),
        an_alert_on("queue", "Invoices"),
        an_alert_on("session", "BOT-08", tenant="staging"),
    ) == {"BOT-07", "SRV-01"}


def test_a_tenant_that_is_not_seen_explains_all_its_alerts() -> None:
    subject = a_subject("production", kind="collector", key=WHOLE)
    unseen = an_alert(rule="collector-failing", subject=subject)
    assert explained(
        unseen,
        an_alert_on("session", "BOT-07"),
        an_alert_on("queue", "Invoices"),
        an_alert_on("queue", "Mail", tenant="staging"),
    ) == {"BOT-07", "Invoices"}


def test_nothing_watched_needs_no_explanation() -> None:
    assert not [one for one in topology({"odd": ()}) if "see" in one.name]


@pytest.mark.parametrize(
    ("rule", "spoken_for"),
    [
        ("credential-expiry", ""),
        ("credential-expiry-14d", "30"),
        ("credential-expiry-7d", "30 14"),
        ("credential-expiry-1d", "30 14 7"),
    ],
)
def test_the_nearest_warning_of_an_end_speaks_for_the_earlier_ones(
    rule: str, spoken_for: str
) -> None:
    names = {"30": "credential-expiry", "14": "credential-expiry-14d", "7": "credential-expiry-7d"}
    nearer = [one for one in topology({}) if one.source.matches({"rule": rule})]
    others = {
        name for one in nearer for name in names.values() if one.target.matches({"rule": name})
    }

    assert others == {names[days] for days in spoken_for.split()}


def test_a_collector_that_answers_for_nothing_explains_nothing() -> None:
    odd = an_alert_on("collector", "odd", rule="collector-failing")
    assert explained(odd, an_alert_on("session", "BOT-07"), an_alert_on("queue", "Q")) == set()


def test_a_host_that_is_down_takes_its_sessions_along() -> None:
    host = an_alert_on("machine", "SRV-01", rule="host-offline", host="SRV-01")
    assert explained(
        host,
        an_alert_on("session", "BOT-07", host="SRV-01"),
        an_alert_on("session", "BOT-08", host="SRV-02"),
        an_alert_on("session", "BOT-09", host="SRV-01", tenant="staging"),
        an_alert_on("queue", "Invoices", host="SRV-01"),
    ) == {"BOT-07"}


def test_sessions_of_no_host_are_not_explained_by_a_host_without_a_name() -> None:
    host = an_alert_on("machine", "?", rule="host-offline")
    assert explained(host, an_alert_on("session", "BOT-07")) == set()


def test_another_alert_about_a_host_explains_nothing() -> None:
    busy = an_alert_on("machine", "SRV-01", rule="expression", host="SRV-01")
    assert explained(busy, an_alert_on("session", "BOT-07", host="SRV-01")) == set()


def test_an_exhausted_pool_leaves_its_runtimes_without_work_but_no_host_is_down_by_it() -> None:
    pool = an_alert_on("license", "Unattended", rule="license-usage", license_type="Unattended")
    assert explained(
        pool,
        an_alert_on("machine", "SRV-01", rule="expression", license_type="Unattended"),
        an_alert_on("machine", "SRV-02", rule="expression", license_type="NonProduction"),
        an_alert_on("machine", "SRV-03", rule="expression"),
        an_alert_on("machine", "SRV-04", rule="host-offline", license_type="Unattended"),
    ) == {"SRV-01"}


def test_pools_of_no_type_explain_nothing() -> None:
    pool = an_alert_on("license", "?", rule="license-usage")
    assert explained(pool, an_alert_on("machine", "SRV-01", rule="expression")) == set()
