"""`/metrics`: the newest values in Prometheus' text format, and how the monitor itself fares."""

from collections.abc import Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from monitor.core.kinds import KINDS
from monitor.core.severity import Severity
from monitor.store.queries import current
from monitor.store.store import Store
from monitor.web.status import Status

PREFIX = "orchestrator_monitor"


class _Gauges(Collector):
    def __init__(self, gauges: Iterable[GaugeMetricFamily]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._gauges


def exposition(found: Status, store: Store) -> tuple[bytes, str]:
    """Return the text and its content type.

    A metric of a subject is `orchestrator_<kind>_<metric>` with the subject's labels; one that is
    not known is left out.
    """
    registry = CollectorRegistry()
    registry.register(_Gauges([*_own(found), *_subjects(store)]))
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _own(found: Status) -> Iterator[GaugeMetricFamily]:
    alerts = GaugeMetricFamily(f"{PREFIX}_alerts", "open alerts", labels=["severity"])
    for severity in Severity:
        alerts.add_metric([severity.value], found.count(severity))
    yield alerts
    names = ["tenant", "collector"]
    seen = GaugeMetricFamily(
        f"{PREFIX}_collector_up", "1 while the last poll was good", labels=names
    )
    age = GaugeMetricFamily(
        f"{PREFIX}_collector_last_success_age_s", "seconds since the last good poll", labels=names
    )
    samples = GaugeMetricFamily(
        f"{PREFIX}_collector_samples", "samples of the last good poll", labels=names
    )
    for tenant in found.tenants:
        for collector in tenant.collectors:
            labels = [tenant.name, collector.name]
            seen.add_metric(labels, float(collector.sight.value == "ok"))
            samples.add_metric(labels, collector.samples)
            if collector.last_success_at is not None:
                age.add_metric(labels, (found.now - collector.last_success_at).total_seconds())
    yield from (seen, age, samples)
    outbox = GaugeMetricFamily(f"{PREFIX}_outbox", "messages not delivered", labels=["state"])
    outbox.add_metric(["due"], found.outbox.due)
    outbox.add_metric(["dead"], found.outbox.dead)
    yield outbox


def _subjects(store: Store) -> Iterator[GaugeMetricFamily]:
    for kind in KINDS.values():
        if kind.history is None:
            continue
        names = ["tenant", "name", "key", *kind.labels]
        gauges = [
            GaugeMetricFamily(f"orchestrator_{kind.name}_{metric.name}", metric.help, labels=names)
            for metric in kind.metrics
        ]
        for each in current(store, kind.name):
            subject = each.subject
            labels = [
                subject.tenant,
                subject.name,
                subject.key,
                *(subject.labels.get(label, "") for label in kind.labels),
            ]
            for gauge, metric in zip(gauges, kind.metrics, strict=True):
                value = each.metrics.get(metric.name)
                if value is not None:
                    gauge.add_metric(labels, value)
        yield from gauges
