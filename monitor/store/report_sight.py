"""When each tenant was seen and when not, for reports: what the record of polls says.

Polls are kept as long as each change is. Of days that are rolled up it is kept for longer when
nobody looked.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from monitor.core.rollup import DAY_MS
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.queue_days import KIND, KeptDays
from monitor.store.rollup_tables import GAPS, ROLLED
from monitor.store.sightings import OBSERVED, sightings
from monitor.store.store import Store
from monitor.store.stretches import as_number
from monitor.store.tables import POLLS

Blind = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSight:
    """How a collector saw a tenant in a period; instants are milliseconds since 1970.

    `blind` are the times without sight, in order and apart from each other. `first_seen` is when
    what is kept begins: the oldest good poll, or a day that is kept for longer.
    """

    first_seen: int
    blind: Blind


def first_polls(store: Store, collector: str) -> Mapping[str, int]:
    """Return by tenant the oldest good poll that is kept: when it saw, in milliseconds."""
    good = (POLLS.c.collector == collector) & OBSERVED.is_not(None)
    first = select(POLLS.c.tenant, func.min(OBSERVED)).where(good).group_by(POLLS.c.tenant)
    with store.reading() as connection:
        return {tenant: int(at) for tenant, at in connection.execute(first)}


def tenant_sights(
    store: Store, collector: str, *, every: timedelta, since: datetime, until: datetime
) -> Mapping[str, TenantSight]:
    """Return by tenant how a collector, polling `every` so often, saw it in a period.

    A tenant without any good poll is not among them.
    """
    begin, end = to_ms(since), to_ms(until)
    oldest = first_polls(store, collector)
    with store.reading() as connection:
        found = sightings(connection, collector, every=every, since=since, until=until)
    return {
        tenant: TenantSight(first_seen=first_seen, blind=tuple(found[tenant].blind(begin, end)))
        for tenant, first_seen in oldest.items()
    }


def queue_sights(
    store: Store,
    collector: str,
    *,
    every: timedelta,
    since: datetime,
    until: datetime,
    kept: Mapping[str, KeptDays],
) -> Mapping[str, TenantSight]:
    """Return the same for queues, of which `kept` tells the days that outlive the polls."""
    begin, end = to_ms(since), to_ms(until)
    oldest = first_polls(store, collector)
    tenants = oldest.keys() | kept.keys()
    with store.reading() as connection:
        over = _rolled_until(connection)
        gaps = _gaps(connection, collector)
        # Up to there the gaps of all of them are kept.
        known = min((over.get(tenant, 0) for tenant in tenants), default=0)
        start = EPOCH + min(max(begin, known), end) * MILLISECOND
        found = sightings(connection, collector, every=every, since=start, until=until)
    seen = {}
    for tenant in tenants:
        dark = gaps.get(tenant, {})
        done = min(max(begin, over.get(tenant, 0)), end)
        # A tenant of which no poll is kept was not seen since.
        recent = found[tenant].blind(done, end) if tenant in found else [(done, end)]
        seen[tenant] = TenantSight(
            first_seen=_first(oldest.get(tenant), kept.get(tenant), dark),
            blind=_together([*_within(dark, begin, done), *recent]),
        )
    return seen


def _first(poll: int | None, kept: KeptDays | None, gaps: Mapping[int, int]) -> int:
    """Return since when something is kept: within its first day, a tenant's record may begin."""
    days = [] if kept is None else [max(kept.first * DAY_MS, gaps.get(0, 0))]
    return min(days if poll is None else [poll, *days])


def _rolled_until(connection: Connection) -> Mapping[str, int]:
    rolled = select(ROLLED.c.tenant, ROLLED.c.until_day).where(ROLLED.c.kind == KIND)
    return {tenant: day * DAY_MS for tenant, day in connection.execute(rolled)}


def _gaps(connection: Connection, collector: str) -> Mapping[str, Mapping[int, int]]:
    """Return by tenant when nobody looked on days that are rolled up, by the beginnings."""
    began, ended = as_number(GAPS.c.began_at), as_number(GAPS.c.ended_at)
    of_collector = select(GAPS.c.tenant, began, ended).where(GAPS.c.collector == collector)
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for tenant, begin, end in connection.execute(of_collector):
        found[tenant][begin] = end
    return found


def _within(gaps: Mapping[int, int], begin: int, end: int) -> list[tuple[int, int]]:
    clipped = [(max(since, begin), min(until, end)) for since, until in sorted(gaps.items())]
    return [(since, until) for since, until in clipped if since < until]


def _together(spans: list[tuple[int, int]]) -> Blind:
    """Return spans in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for begin, end in spans:
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return tuple(found)
