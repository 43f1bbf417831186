"""When each tenant was seen and when not, for reports: what the record of polls says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, func, select, type_coerce

from monitor.core.sightings import Sightings
from monitor.store.instants import MILLISECOND, to_ms
from monitor.store.store import Store
from monitor.store.tables import POLLS

# The server's clock, by which a poll saw, may differ from ours, by which it began.
_APART = timedelta(days=1)
_MANY = 10_000


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
    low, high = to_ms(since - _APART), to_ms(until + _APART)
    started = type_coerce(POLLS.c.started_at, BigInteger)
    observed = type_coerce(POLLS.c.observed_at, BigInteger)
    of_collector = POLLS.c.collector == collector
    good = of_collector & observed.is_not(None)
    found: dict[str, Sightings] = {}
    with store.reading() as connection:
        first = select(POLLS.c.tenant, func.min(observed)).where(good).group_by(POLLS.c.tenant)
        oldest = {tenant: int(at) for tenant, at in connection.execute(first)}
        before = (
            select(POLLS.c.tenant, func.max(started), func.max(observed))
            .where(good, started < low)
            .group_by(POLLS.c.tenant)
        )
        for tenant, at, seen in connection.execute(before):
            found.setdefault(tenant, Sightings(every // MILLISECOND)).polled(at, seen)
        polls = (
            select(POLLS.c.tenant, started, observed)
            .where(of_collector, started >= low, started < high)
            .order_by(POLLS.c.id)
            .execution_options(yield_per=_MANY)
        )
        for tenant, at, seen in connection.execute(polls):
            one = found.get(tenant)
            if one is None:
                one = found[tenant] = Sightings(every // MILLISECOND)
            one.polled(at, seen)
        after = (
            select(POLLS.c.tenant, func.min(started), func.min(observed))
            .where(good, started >= high)
            .group_by(POLLS.c.tenant)
        )
        for tenant, at, seen in connection.execute(after):
            found.setdefault(tenant, Sightings(every // MILLISECOND)).polled(at, seen)
    return {
        tenant: TenantSight(first_seen=first_seen, blind=tuple(found[tenant].blind(begin, end)))
        for tenant, first_seen in oldest.items()
    }
