"""What the record of polls says of when a collector saw its tenants, and when nobody looked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, func, select

from monitor.core.rollup import DAY_MS
from monitor.core.sightings import INTERVALS, Sightings
from monitor.core.unseen import UnseenTimes
from monitor.store.instants import EPOCH, MILLISECOND, to_ms
from monitor.store.rollup_tables import GAPS, ROLLED
from monitor.store.store import Store
from monitor.store.stretches import as_number
from monitor.store.tables import COLLECTOR_STATES, POLLS

# The server's clock, by which a poll saw, may differ from ours, by which it began.
_APART = timedelta(days=1)
_MANY = 10_000
_PROBES = 64

STARTED = as_number(POLLS.c.started_at)
OBSERVED = as_number(POLLS.c.observed_at)
_POLLS = select(POLLS.c.tenant, STARTED, OBSERVED)


def unseen_times(
    store: Store, collector: str, *, every: timedelta, since: datetime, until: datetime
) -> Mapping[str, UnseenTimes]:
    """Return by tenant when nobody looked in a period, for a collector that polls `every` so often.

    A time that reaches beyond the period is given whole. `until` is now, or before. What was
    before the first poll that is kept is not among them. Of days that are rolled up the gaps are
    kept, so that only the polls since then are looked through.
    """
    with store.reading() as connection:
        known = _kept_gaps(connection, collector, since)
        rolled = _rolled_until(connection, collector)
        begin = since if rolled is None else min(max(since, rolled), until)
        found = sightings(connection, collector, every=every, since=begin, until=until)
    unseen = {tenant: one.unseen(to_ms(until)) for tenant, one in found.items()}
    return {
        tenant: _together(known.get(tenant, {}), unseen.get(tenant, ()), to_ms(until))
        for tenant in known.keys() | unseen.keys()
    }


def sightings(
    connection: Connection,
    collector: str,
    *,
    every: timedelta,
    since: datetime,
    until: datetime,
) -> Mapping[str, Sightings]:
    """Return the sightings of each tenant in a period, and the good polls just outside of it."""
    low, high = to_ms(since - _APART), to_ms(until + _APART)
    of_collector = POLLS.c.collector == collector
    found: dict[str, Sightings] = {}

    def take(rows: Iterable[Row[str, int, int]]) -> None:
        for tenant, at, seen in rows:
            one = found.get(tenant)
            if one is None:
                one = found[tenant] = Sightings(every // MILLISECOND)
            one.polled(at, seen)

    first = _first_id(connection, low)
    take(_last_before(connection, collector, first))
    newest = connection.scalar(select(STARTED).order_by(POLLS.c.id.desc()).limit(1))
    is_past = newest is not None and newest >= high
    within = of_collector & (POLLS.c.id >= first) & (high > STARTED)
    # What is past may need to know how often was polled usually: that only all polls tell.
    steady = {} if is_past else _steady(connection, within, INTERVALS * every // MILLISECOND)
    for tenant, (begin, end) in steady.items():
        take([begin])
        found[tenant].watched(end[1], end[2])
    others = _POLLS.where(within, POLLS.c.tenant.not_in(steady)).order_by(POLLS.c.id)
    take(connection.execute(others.execution_options(yield_per=_MANY)))
    if is_past:
        after = (
            select(POLLS.c.tenant, func.min(STARTED), func.min(OBSERVED))
            .where(of_collector, OBSERVED.is_not(None), high <= STARTED)
            .group_by(POLLS.c.tenant)
        )
        take(connection.execute(after))
    return found


def _last_before(
    connection: Connection, collector: str, first_id: int
) -> Iterator[Row[str, int, int]]:
    """Yield the last good poll of each tenant before an id."""
    tenants = select(COLLECTOR_STATES.c.tenant).where(COLLECTOR_STATES.c.collector == collector)
    for tenant in connection.scalars(tenants).all():
        good = _POLLS.where(
            POLLS.c.collector == collector,
            OBSERVED.is_not(None),
            POLLS.c.tenant == tenant,
            POLLS.c.id < first_id,
        )
        row = connection.execute(good.order_by(POLLS.c.id.desc()).limit(1)).first()
        if row is not None:
            yield row


Ends = tuple[Row[str, int, int], Row[str, int, int]]


def _steady(
    connection: Connection, within: ColumnElement[bool], longest: int
) -> Mapping[str, Ends]:
    """Return the first and the last good poll of each tenant between whose polls is nothing amiss.

    The database looks through them ten times as fast as we do.
    """
    column = POLLS.c
    before = func.lag(OBSERVED).over(partition_by=column.tenant, order_by=column.id)
    good = (
        select(column.tenant, column.id, (OBSERVED - before).label("step"))
        .where(within, OBSERVED.is_not(None))
        .subquery()
    ).c
    steady = (
        select(func.min(good.id), func.max(good.id))
        .group_by(good.tenant)
        .having(
            func.coalesce(func.max(good.step), 0) <= longest,
            func.coalesce(func.min(good.step), 0) >= 0,
        )
    )
    found = {}
    for first, last in connection.execute(steady).all():
        begin = connection.execute(_POLLS.where(column.id == first)).one()
        found[begin.tenant] = begin, connection.execute(_POLLS.where(column.id == last)).one()
    return found


def _first_id(connection: Connection, low: int) -> int:
    """Return the id from which on polls began at an instant or later.

    There is no index of instants, and ids were given in their order, but for a clock set back.
    """
    # One end at a time: for both at once SQLite reads the whole table.
    ends = [connection.scalar(select(end(POLLS.c.id))) for end in (func.min, func.max)]
    if None in ends:
        return 0
    begin, end = ends[0], ends[1] + 1
    is_nearer = True
    while end - begin > _PROBES and is_nearer:
        probes = range(begin, end, -(-(end - begin) // _PROBES))
        rows = connection.execute(select(POLLS.c.id, STARTED).where(POLLS.c.id.in_(probes))).all()
        early = max((poll + 1 for poll, at in rows if at < low), default=begin)
        late = min((poll for poll, at in rows if at >= low and poll >= early), default=end)
        is_nearer = (early, late) != (begin, end)
        begin, end = early, late
    following = select(func.min(POLLS.c.id)).where(POLLS.c.id >= begin, low <= STARTED)
    found = connection.scalar(following.where(POLLS.c.id < end))
    return end if found is None else int(found)


def _kept_gaps(
    connection: Connection, collector: str, since: datetime
) -> Mapping[str, dict[int, int]]:
    """Return by tenant the gaps that are kept: when each began, and when it ended."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    began, ended = as_number(GAPS.c.began_at), as_number(GAPS.c.ended_at)
    kept = select(GAPS.c.tenant, began, ended).where(
        GAPS.c.collector == collector, began > 0, ended > to_ms(since)
    )
    for tenant, begin, end in connection.execute(kept):
        found[tenant][begin] = end
    return found


def _rolled_until(connection: Connection, collector: str) -> datetime | None:
    """Return up to when the gaps of all tenants are kept; None where those of one are not."""
    newest = (
        select(ROLLED.c.tenant, func.max(ROLLED.c.until_day).label("until_day"))
        .where(ROLLED.c.collector == collector)
        .group_by(ROLLED.c.tenant)
    )
    rolled = {row.tenant: row.until_day for row in connection.execute(newest)}
    seen = select(COLLECTOR_STATES.c.tenant).where(COLLECTOR_STATES.c.collector == collector)
    days = [rolled.get(tenant) for tenant in connection.scalars(seen)]
    if not days or None in days:
        return None
    over = min(int(day) for day in days if day is not None)
    return EPOCH + over * DAY_MS * MILLISECOND


def _together(kept: Mapping[int, int], recent: UnseenTimes, until: int) -> UnseenTimes:
    """Return gaps in order, each once: of one that goes on the end is told anew."""
    found = dict(kept)
    for begin, end in recent:
        found[begin] = max(end, found.get(begin, end))
    return [(begin, end) for begin, end in sorted(found.items()) if begin < until]
