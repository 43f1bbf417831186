"""What all reports share: the two periods, which tenants were seen when, what is told of it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import typer

from monitor.cli.context import Opened
from monitor.config.plugins import collectors
from monitor.core.occurrences import Span
from monitor.core.sample import Subject
from monitor.core.sightings import INTERVALS
from monitor.core.spans import length, within
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.report_rows import subjects
from monitor.store.report_sight import TenantSight, tenant_sights
from monitor.web.wording import span


def instant(milliseconds: int) -> datetime:
    """Return the instant so many milliseconds since 1970."""
    return EPOCH + milliseconds * MILLISECOND


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What was asked, and what was seen of it.

    `compared` is with which time the period is compared, where that is not just before.
    """

    history: Opened
    period: Span
    compared: Span | None = None
    name: str | None = None
    tenant: str | None = None
    top: int | None = None

    def __post_init__(self) -> None:
        """Refuse a tenant that nobody knows."""
        known = self.history.configuration.tenants
        if self.tenant is not None and self.tenant not in known:
            msg = f"no tenant {self.tenant!r}; there is {', '.join(known)}"
            raise typer.BadParameter(msg, param_hint="--tenant")

    @cached_property
    def before(self) -> Span:
        """Return the period to compare with: of the same length, just before."""
        if self.compared is not None:
            return self.compared
        since, until = self.period
        return since - (until - since), since

    def subjects(self, kind: str) -> Mapping[int, Subject]:
        """Return the subjects that are asked about, by their ids in the rows."""
        return subjects(self.history.store, kind, name_glob=self.name, tenant=self.tenant)

    def sight(self, kind: str) -> "Sight":
        """Return when the collector of a kind saw its tenants, in both periods."""
        name, every = self.watch(kind)
        found = tenant_sights(
            self.history.store, name, every=every, since=self.before[0], until=self.period[1]
        )
        return Sight(every=every, tenants=found)

    def watch(self, kind: str) -> tuple[str, timedelta]:
        """Return which collector looks at a kind, and how often."""
        name = next(one for one, plugin in collectors().items() if kind in plugin.kinds)
        running = self.history.configuration.collectors
        return name, running.get(name, collectors()[name].every)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What one collector, polling `every` so often, saw of each tenant."""

    every: timedelta
    tenants: Mapping[str, TenantSight]

    def blind_ms(self, tenant: str) -> Sequence[tuple[int, int]]:
        """Return when nothing was seen of a tenant, in milliseconds since 1970."""
        return self.tenants[tenant].blind if tenant in self.tenants else ()

    def blind(self, tenant: str) -> Sequence[Span]:
        """Return when nothing was seen of a tenant."""
        return [(instant(start), instant(end)) for start, end in self.blind_ms(tenant)]

    def reaches(self, tenant: str, since: datetime) -> bool:
        """Tell whether a tenant is recorded from an instant on."""
        if tenant not in self.tenants:
            return False
        slack = INTERVALS * self.every // MILLISECOND
        return self.tenants[tenant].first_seen <= to_ms(since) + slack

    def unseen(self, tenant: str, period: Span) -> timedelta:
        """Return for how long nothing was seen of a tenant."""
        return length(within(self.blind(tenant), (period,)))

    def unseen_notes(self, tenants: Collection[str], period: Span) -> Iterator[str]:
        """Yield for how long nothing was seen of each tenant."""
        for tenant in sorted(tenants):
            unseen = self.unseen(tenant, period)
            if unseen > INTERVALS * self.every:
                yield f"Left out: {span(unseen)} in which nothing was seen of {tenant}."

    def notes(self, tenants: Collection[str], period: Span, before: Span) -> Iterator[str]:
        """Yield what to know of tenants whose record does not reach back."""
        for tenant in sorted(tenants):
            if tenant not in self.tenants or self.reaches(tenant, before[0]):
                continue
            since = instant(self.tenants[tenant].first_seen)
            first = f"{tenant} is recorded since {since:%Y-%m-%d %H:%M} UTC"
            if self.reaches(tenant, period[0]):
                yield f"{first}: what was before cannot be compared."
            else:
                yield f"{first} only: what was before counts nowhere, and cannot be compared."
