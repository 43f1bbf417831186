"""The labels of a tenant, from the configuration to who is told."""

from monitor.core.sample import Sample
from monitor.store import Store
from monitor.store.queries import alerts
from tests.builders import a_sample, a_subject
from tests.integration.pipeline.life import Life, happened, told

LABELED = """
[tenants.production.labels]
region = "emea"
[rules.near]
type = "queue-backlog"
where = { region = "emea" }
above = 1000
for = "0s"
[rules.far]
type = "queue-backlog"
where = { region = "apac" }
above = 1000
for = "0s"
[rules.blind]
type = "collector-failing"
where = { region = "emea" }
polls = 1
[[routes]]
where = { region = "emea" }
channels = ["mail"]
group_wait = "0s"
[[routes]]
channels = ["ops"]
group_wait = "0s"
"""


def a_queue_with(region: str, *, tenant: str = "production") -> Sample:
    labels = {"region": region, "queue": "Invoices", "folder": "", "process": ""}
    return a_sample(a_subject(tenant=tenant, labels=labels), new_items=5000)


def test_rules_and_routes_look_at_them_and_the_alert_carries_them(store: Store) -> None:
    life = Life(store, rules=LABELED)

    opened = life.sees(a_queue_with("emea"), at=0)
    elsewhere = life.sees(a_queue_with("apac", tenant="staging"), at=0, tenant="staging")

    assert happened(opened.events) == ["near opened Invoices"]
    assert told(opened) == ["mail: opened Invoices"]
    assert happened(elsewhere.events) == ["far opened Invoices"]
    assert told(elsewhere) == ["ops: opened Invoices"]
    assert {alert.rule: alert.subject.labels["region"] for alert in alerts(store)} == {
        "near": "emea",
        "far": "apac",
    }


def test_a_collector_that_fails_has_the_labels_of_its_tenant(store: Store) -> None:
    life = Life(store, rules=LABELED)

    blind = life.fails(at=60)
    without = life.fails(at=60, tenant="staging")

    assert "blind opened production" in happened(blind.events)
    assert not [line for line in happened(without.events) if line.startswith("blind")]
    assert "mail: opened production" in told(blind)
    (found,) = alerts(store)
    assert dict(found.subject.labels) == {
        "region": "emea",
        "collector": "queues",
        "reason": "no answer",
        "sight": "unreachable",
    }


def test_after_a_restart_they_are_those_of_the_configuration(store: Store) -> None:
    Life(store, rules=LABELED).fails(at=60)

    again = Life(store, rules=LABELED.replace('region = "emea"\n', 'region = "latam"\n', 1))
    again.fails(at=120, tenant="staging")
    ended = again.fails(at=120)

    assert "blind resolved production" in happened(ended.events)
