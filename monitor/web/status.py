"""What is open, how fresh the sight is, what waits: one look for the page and for `status`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.config.compose import Configuration
from monitor.core.alert import Alert, Phase
from monitor.core.mute import Acknowledgement
from monitor.core.severity import Severity
from monitor.core.sight import Sight
from monitor.store.outbox import OutboxSummary
from monitor.store.queries import newest_acknowledgements
from monitor.store.store import Store
from monitor.web.documents import alert_json, in_force, quieted
from monitor.web.sight import TenantSight, tenant_sight
from monitor.web.wording import iso

WORST_FIRST = tuple(sorted(Severity, key=lambda severity: -severity.rank))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything there is to tell at one instant.

    `alerts` may have some that are over while somebody is still to hear of their end.
    `acknowledged` has the acknowledgements that count, by the alert's id.
    """

    now: datetime
    tenants: tuple[TenantSight, ...]
    alerts: tuple[Alert, ...]
    outbox: OutboxSummary
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)

    @property
    def firing(self) -> tuple[Alert, ...]:
        """Return the alerts that are open, the worst and oldest first."""
        return in_order(alert for alert in self.alerts if alert.phase is Phase.FIRING)

    @property
    def pending(self) -> tuple[Alert, ...]:
        """Return the alerts that may open soon."""
        return in_order(alert for alert in self.alerts if alert.phase is Phase.PENDING)

    def count(self, severity: Severity) -> int:
        """Return how many alerts of a severity are open."""
        return sum(alert.severity is severity for alert in self.firing)

    @property
    def quiet(self) -> tuple[Alert, ...]:
        """Return the open alerts that something keeps from being told."""
        return tuple(a for a in self.firing if quieted(a, self.acknowledged.get(a.id)))

    @property
    def is_healthy(self) -> bool:
        """Tell whether every tenant is seen and nothing critical is open."""
        return self.is_seen and not self.count(Severity.CRITICAL)

    @property
    def is_seen(self) -> bool:
        """Tell whether every collector of every tenant sees."""
        return all(tenant.sight is Sight.OK for tenant in self.tenants)


def in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Sort alerts: what is muted last, such as the robots of a dead host; the worst first."""
    return tuple(sorted(alerts, key=lambda a: (bool(a.mutes), -a.severity.rank, a.started_at)))


def look(configuration: Configuration, store: Store, now: datetime) -> Status:
    """Read everything as of `now`. Raises StoreError."""
    states = store.collector_states()
    alerts = store.load_alerts()
    given = newest_acknowledgements(store)
    counting = {alert.id: in_force(alert, given.get(alert.id), now) for alert in alerts}
    return Status(
        now=now,
        tenants=tuple(
            tenant_sight(name, configuration.collectors, states, now)
            for name in configuration.tenants
        ),
        alerts=alerts,
        outbox=store.outbox_summary(now),
        acknowledged={alert_id: one for alert_id, one in counting.items() if one is not None},
    )


def status_document(found: Status) -> dict[str, object]:
    """Return the status as scripts read it: `status --json` and `/api/status`."""
    return {
        "healthy": found.is_healthy,
        "as_of": iso(found.now),
        "tenants": [
            {
                "name": tenant.name,
                "sight": tenant.sight.value,
                "since": iso(tenant.since),
                "collectors": [
                    {
                        "name": collector.name,
                        "sight": collector.sight.value,
                        "since": iso(collector.since),
                        "last_poll_at": iso(collector.last_poll_at),
                        "last_success_at": iso(collector.last_success_at),
                        "last_error": collector.last_error,
                        "note": collector.note,
                        "samples": collector.samples,
                        "every_s": collector.every.total_seconds(),
                    }
                    for collector in tenant.collectors
                ],
            }
            for tenant in found.tenants
        ],
        "alerts": {severity.value: found.count(severity) for severity in WORST_FIRST},
        "pending": len(found.pending),
        "muted": len(found.quiet),
        "open": [alert_json(alert, found.acknowledged.get(alert.id)) for alert in found.firing],
        "outbox": {
            "due": found.outbox.due,
            "dead": found.outbox.dead,
            "oldest_s": found.outbox.oldest_s,
        },
    }
