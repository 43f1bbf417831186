"""`status`: what is open, how fresh the sight is, what waits in the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from monitor.cli.alert_json import alert_json
from monitor.cli.context import Opened, opened
from monitor.cli.options import ConfigOption, JsonOption
from monitor.cli.output import Column, print_json, say, table
from monitor.cli.sight import Sight, TenantSight, tenant_sight
from monitor.cli.wording import ago, clock_time, count, iso, span
from monitor.core.alert import Alert, Phase, Severity

if TYPE_CHECKING:
    from monitor.store.outbox import OutboxSummary

WORST_FIRST = tuple(sorted(Severity, key=lambda severity: -severity.rank))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that the command tells."""

    tenants: tuple[TenantSight, ...]
    alerts: tuple[Alert, ...]
    outbox: "OutboxSummary"

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
    def is_healthy(self) -> bool:
        """Tell whether every tenant is seen and nothing critical is open."""
        seen = all(tenant.sight is Sight.OK for tenant in self.tenants)
        return seen and not self.count(Severity.CRITICAL)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status", short_help="Show what is open and how fresh the sight is.")(status)


def status(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Show what is open, how fresh the sight is, and what waits to be delivered.

    Exits with 1 while a critical alert is open.
    """
    with opened(config) as history:
        found = _look(history)
    if as_json:
        print_json(_json(found, history))
    else:
        _show(found, history)
    if found.count(Severity.CRITICAL):
        raise typer.Exit(1)


def in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Sort alerts: the worst first, then the oldest."""
    return tuple(sorted(alerts, key=lambda alert: (-alert.severity.rank, alert.started_at)))


def _look(history: Opened) -> Status:
    states = history.store.collector_states()
    collectors = history.configuration.collectors
    return Status(
        tenants=tuple(
            tenant_sight(name, collectors, states, history.now)
            for name in history.configuration.tenants
        ),
        alerts=history.store.load_alerts(),
        outbox=history.store.outbox_summary(history.now),
    )


def _json(found: Status, history: Opened) -> dict[str, object]:
    return {
        "healthy": found.is_healthy,
        "as_of": iso(history.now),
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
        "open": [alert_json(alert) for alert in found.firing],
        "outbox": {
            "due": found.outbox.due,
            "dead": found.outbox.dead,
            "oldest_s": found.outbox.oldest_s,
        },
    }


def _show(found: Status, history: Opened) -> None:
    for tenant in found.tenants:
        _show_tenant(tenant, history)
        say()
    counted = ", ".join(
        f"{found.count(severity) or 'no'} {severity.value}" for severity in WORST_FIRST
    )
    say(f"Alerts   {counted}" + (f"; {len(found.pending)} pending" if found.pending else ""))
    table(
        [Column(title="")] * 5,
        [
            (
                alert.severity.value,
                alert.id,
                span(history.now - (alert.opened_at or alert.started_at)),
                alert.rule,
                alert.summary,
            )
            for alert in found.firing
        ],
        indent=2,
    )
    say(f"Outbox   {_outbox(found)}")


def _show_tenant(tenant: TenantSight, history: Opened) -> None:
    last = tenant.last_poll_at
    if last is None:
        seen = "never polled: is the daemon running?"
    else:
        seen = f"as of {clock_time(last, history.now)} UTC, {ago(last, history.now)}"
    since = "" if tenant.since is None else f", since {clock_time(tenant.since, history.now)} UTC"
    how = f"{tenant.sight.value}{since if tenant.sight is not Sight.OK else ''}"
    table([Column(title="")] * 3, [(tenant.name, how, seen)])
    table(
        [
            Column(title="collector"),
            Column(title="sight"),
            Column(title="last success"),
            Column(title="every"),
            Column(title="samples", right=True),
            Column(title="last error"),
        ],
        [
            (
                collector.name,
                collector.sight.value,
                ago(collector.last_success_at, history.now),
                span(collector.every),
                str(collector.samples),
                collector.last_error or "",
            )
            for collector in tenant.collectors
        ],
        indent=2,
    )


def _outbox(found: Status) -> str:
    outbox = found.outbox
    parts = []
    if outbox.due:
        parts.append(
            f"{count(outbox.due, 'message')} to deliver, the oldest for "
            f"{span(timedelta(seconds=outbox.oldest_s or 0))}"
        )
    if outbox.dead:
        parts.append(f"{count(outbox.dead, 'message')} given up")
    return "; ".join(parts) or "nothing waits"
