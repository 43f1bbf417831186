"""When each tenant was seen and when not, for reports: what the record of polls says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from monitor.store.instants import to_ms
from monitor.store.sightings import OBSERVED, sightings
from monitor.store.store import Store
from monitor.store.tables import POLLS


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSight:
    """How a collector saw a tenant in a period; instants are milliseconds since 1970.

    `blind` are the times without sight, in order and apart from each other. `first_seen` is the
    oldest good poll that is kept at all.
    """

    first_seen: int
    blind: tuple[tuple[int, int], ...]


def tenant_sights(
    store: Store, collector: str, *, every: timedelta, since: datetime, until: datetime
) -> Mapping[str, TenantSight]:
    """Return by tenant how a collector, polling `every` so often, saw it in a period.

    A tenant without any good poll is not among them.
    """
    begin, end = to_ms(since), to_ms(until)
    good = (POLLS.c.collector == collector) & OBSERVED.is_not(None)
    with store.reading() as connection:
        first = select(POLLS.c.tenant, func.min(OBSERVED)).where(good).group_by(POLLS.c.tenant)
        oldest = {tenant: int(at) for tenant, at in connection.execute(first)}
        found = sightings(connection, collector, every=every, since=since, until=until)
    return {
        tenant: TenantSight(first_seen=first_seen, blind=tuple(found[tenant].blind(begin, end)))
        for tenant, first_seen in oldest.items()
    }
