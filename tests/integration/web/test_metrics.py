"""`/metrics`, read as Prometheus reads it."""

from datetime import timedelta

from monitor.core.kinds import KINDS
from tests.builders import a_sample, a_subject
from tests.integration.web.site import KINDS_OF, Site, a_queue, all_well


def test_metrics_have_the_names_and_labels_of_their_kinds(site: Site) -> None:
    collectors = {
        "session": "sessions",
        "machine": "sessions",
        "queue": "queues",
        "license": "licenses",
    }
    for kind, collector in collectors.items():
        declared = KINDS[kind]
        subject = a_subject(
            "One", kind=kind, key="1", labels={label: f"a {label}" for label in declared.labels}
        )
        at = site.clock.at + timedelta(seconds=1)
        site.sees(collector, a_sample(subject, at, **{m.name: 1.0 for m in declared.metrics}))

    found = site.metrics()

    for kind in collectors:
        for metric in KINDS[kind].metrics:
            ((labels, value),) = found[f"orchestrator_{kind}_{metric.name}"]
            assert value == 1
            assert set(labels) == {"tenant", "name", "key", *KINDS[kind].labels}
            assert (labels["tenant"], labels["name"]) == ("production", "One")
    everything = dict.fromkeys(KINDS_OF, 1.0)
    up = found["orchestrator_monitor_collector_up"]
    assert {labels["collector"]: value for labels, value in up} == everything


def test_metrics_tell_how_the_monitor_fares(site: Site) -> None:
    all_well(site)
    site.sees("queues", a_queue(900))
    site.sees("sessions", error="no answer")
    site.clock.at += timedelta(seconds=20)

    found = site.metrics()

    assert found["orchestrator_monitor_alerts"] == [
        ({"severity": "info"}, 0),
        ({"severity": "warning"}, 0),
        ({"severity": "critical"}, 1),
    ]
    up = found["orchestrator_monitor_collector_up"]
    assert {labels["collector"]: value for labels, value in up}["sessions"] == 0
    ages = found["orchestrator_monitor_collector_last_success_age_s"]
    assert {labels["collector"]: value for labels, value in ages}["queues"] == 21
    assert found["orchestrator_monitor_outbox"] == [({"state": "due"}, 1), ({"state": "dead"}, 0)]


def test_a_metric_that_is_not_known_and_a_subject_that_is_gone_are_left_out(site: Site) -> None:
    site.sees("queues", a_queue(5, successful_items=7), a_queue(6, "Mail"))
    finished = site.metrics()["orchestrator_queue_successful_items"]
    assert [labels["name"] for labels, _ in finished] == ["Invoices"]

    for _ in range(4):
        site.sees("queues", a_queue(6, "Mail"))

    waiting = site.metrics()["orchestrator_queue_new_items"]
    assert [labels["name"] for labels, _ in waiting] == ["Mail"]
