"""`status`: what is open, how fresh the sight is, what waits in the outbox."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer

from monitor.cli.context import opened
from monitor.cli.options import ConfigOption, JsonOption
from monitor.cli.output import Column, print_json, say, table
from monitor.core.alert import Alert
from monitor.core.severity import Severity
from monitor.core.sight import Sight
from monitor.web.sight import TenantSight
from monitor.web.wording import ago, clock_time, count, span

if TYPE_CHECKING:
    from monitor.web.status import Status

WORST_FIRST = tuple(sorted(Severity, key=lambda severity: -severity.rank))


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("status", short_help="Show what is open and how fresh the sight is.")(status)


def status(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Show what is open, how fresh the sight is, and what waits to be delivered.

    Exits with 1 while a critical alert is open.
    """
    from monitor.web.status import look, status_document  # noqa: PLC0415 - slow to import

    with opened(config) as history:
        found = look(history.configuration, history.store, history.now)
    if as_json:
        print_json(status_document(found))
    else:
        _show(found)
    if found.count(Severity.CRITICAL):
        raise typer.Exit(1)


def _show(found: "Status") -> None:
    for tenant in found.tenants:
        _show_tenant(tenant, found.now)
        say()
    counted = ", ".join(
        f"{found.count(severity) or 'no'} {severity.value}" for severity in WORST_FIRST
    )
    beside = [f"{len(found.pending)} pending"] if found.pending else []
    if found.quiet:
        beside.append(f"{len(found.quiet)} of these muted or acknowledged")
    say("; ".join((f"Alerts   {counted}", *beside)))
    table(
        [Column(title="")] * 5,
        [
            (
                alert.severity.value,
                alert.id,
                span(found.now - (alert.opened_at or alert.started_at)),
                alert.rule,
                alert.summary + _quiet(alert, found),
            )
            for alert in found.firing
        ],
        indent=2,
    )
    say(f"Outbox   {_outbox(found)}")


def _quiet(alert: Alert, found: "Status") -> str:
    from monitor.web.documents import quieted  # noqa: PLC0415 - slow to import

    words = quieted(alert, found.acknowledged.get(alert.id))
    return f" [{', '.join(words)}]" if words else ""


def _show_tenant(tenant: TenantSight, now: datetime) -> None:
    last = tenant.last_poll_at
    if last is None:
        seen = "never polled: is the daemon running?"
    elif tenant.sight is not Sight.OK and tenant.last_known_at is not None:
        known = tenant.last_known_at
        seen = f"last known at {clock_time(known, now)} UTC, {ago(known, now)}"
    else:
        seen = f"as of {clock_time(last, now)} UTC, {ago(last, now)}"
    since = "" if tenant.since is None else f", since {clock_time(tenant.since, now)} UTC"
    how = f"{tenant.sight.value}{since if tenant.sight is not Sight.OK else ''}"
    table([Column(title="")] * 3, [(tenant.name, how, seen)])
    table(
        [
            Column(title="collector"),
            Column(title="sight"),
            Column(title="last success"),
            Column(title="every"),
            Column(title="samples", right=True),
            Column(title="remark"),
        ],
        [
            (
                collector.name,
                collector.sight.value,
                ago(collector.last_success_at, now),
                span(collector.every),
                str(collector.samples)
                if collector.is_current
                else f"{collector.samples} last known",
                collector.remark,
            )
            for collector in tenant.collectors
        ],
        indent=2,
    )


def _outbox(found: "Status") -> str:
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
