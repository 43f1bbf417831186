"""What `report queues` adds up: whole days as they are kept, the rest change by change."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from monitor.cli.progress import watched
from monitor.cli.report_scope import Scope, Sight, instant
from monitor.core.occurrences import Span
from monitor.core.rollup import DAY_MS
from monitor.core.sample import Subject
from monitor.core.sightings import INTERVALS
from monitor.core.spans import SeenTime
from monitor.core.throughput import QueueLedger, QueueTally
from monitor.core.whole_days import Part, Time, answered, parts
from monitor.store.instants import MILLISECOND, to_ms
from monitor.store.queue_days import KIND, KeptDays, kept_days, queue_days
from monitor.store.report_rows import queue_rows
from monitor.store.report_sight import first_polls, queue_sights

_LONGEST_MOVE = timedelta(days=2)

Tallies = Mapping[int, Sequence[QueueTally]]
"""By the ids of queues what each achieved: in the time before, and in the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept: `days` by tenant; each change since an instant, where days reach further.

    A report may begin `slack` earlier than that: the polls by which it is told are that far apart.
    """

    days: Mapping[str, KeptDays]
    changes_since: int | None
    slack: int


def look(scope: Scope) -> Kept:
    """Return what is kept of the tenants that are asked about."""
    store = scope.history.store
    first, last = to_ms(scope.before[0] - _LONGEST_MOVE) // DAY_MS, to_ms(scope.period[1]) // DAY_MS
    days = {
        tenant: found
        for tenant, found in kept_days(store, first, last).items()
        if scope.tenant in {None, tenant}
    }
    name, every = scope.watch(KIND)
    polls = first_polls(store, name)
    is_outlived = any(
        (found.first + 1) * DAY_MS <= polls[tenant]
        for tenant, found in days.items()
        if tenant in polls
    )
    # Polls go with the changes, of all tenants alike.
    since = min(polls.values()) if is_outlived else None
    return Kept(days=days, changes_since=since, slack=INTERVALS * every // MILLISECOND)


def answerable(asked: Scope, kept: Kept) -> Scope:
    """Return the scope of what can be told: see `whole_days.answered`."""
    if kept.changes_since is None:
        return asked
    period, before = answered(_time(asked.period), kept.changes_since - kept.slack)
    if (period, before) == (_time(asked.period), _time(asked.before)):
        return asked
    return replace(asked, period=_span(period), compared=_span(before))


def told(asked: Scope, scope: Scope, kept: Kept, seen: Sight) -> Iterator[str]:
    """Yield what to know where that is not what was asked."""
    if scope is asked or kept.changes_since is None:
        return
    since, (begin, end) = instant(kept.changes_since), scope.before
    first = f"Of the time before {since:%Y-%m-%d %H:%M} UTC only whole days (UTC) are kept"
    if _time(scope.period) != _time(asked.period):
        yield f"{first}: what was asked beyond the period above counts nowhere."
    elif any(seen.reaches(tenant, begin) for tenant in kept.days):
        yield f"{first}: compared is {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}."


def sight(scope: Scope, kept: Kept) -> Sight:
    """Return when the collector of queues saw its tenants, in both periods."""
    name, every = scope.watch(KIND)
    since, until = scope.before[0], scope.period[1]
    found = queue_sights(
        scope.history.store, name, every=every, since=since, until=until, kept=kept.days
    )
    return Sight(every=every, tenants=found)


def tallies(scope: Scope, seen: Sight, known: Mapping[int, Subject], kept: Kept) -> Tallies:
    """Return what queues achieved, those of which anything is kept."""
    store = scope.history.store
    periods = [_time(scope.before), _time(scope.period)]
    blind = {tenant: SeenTime(seen.blind_ms(tenant)) for tenant in seen.tenants}
    found: dict[int, list[QueueTally]] = defaultdict(
        lambda: [QueueTally(since, since) for since, _ in periods]
    )
    for ids, days in _alike(seen, known, kept):
        for step in _steps(periods, days):
            (place, first), (_, last) = step[0], step[-1]
            if first.is_days:
                whole = queue_days(store, ids, first.begin // DAY_MS, first.end // DAY_MS)
                for one, tally in whole:
                    found[one][place].go_on(tally)
                continue
            ledgers: dict[int, QueueLedger] = {}
            for one, *values in watched(queue_rows(store, ids, first.begin, last.end), "stretches"):
                ledger = ledgers.get(one)
                if ledger is None:
                    empty = [QueueTally(part.begin, part.end) for _, part in step]
                    ledger = ledgers[one] = QueueLedger(empty, blind[known[one].tenant])
                ledger.add(*values)
            for one, ledger in ledgers.items():
                for (place, _), tally in zip(step, ledger.tallies, strict=True):
                    found[one][place].go_on(tally)
    return found


def _alike(
    seen: Sight, known: Mapping[int, Subject], kept: Kept
) -> Iterator[tuple[Collection[int], Collection[int]]]:
    """Yield the ids of queues of whose tenants the same days are kept, and these days."""
    groups: dict[frozenset[int], list[int]] = defaultdict(list)
    for one, subject in known.items():
        if subject.tenant in seen.tenants:
            its = kept.days.get(subject.tenant)
            groups[frozenset() if its is None else its.days].append(one)
    for days, ids in groups.items():
        yield ids, days


def _steps(periods: Sequence[Time], days: Collection[int]) -> Sequence[Sequence[tuple[int, Part]]]:
    """Return what is read at once: the parts of both periods in order, by which of these it is.

    Parts that adjoin and are read change by change, the end of one period and the beginning of the
    other, are one step.
    """
    steps: list[list[tuple[int, Part]]] = []
    for place, (begin, end) in enumerate(periods):
        for part in parts(begin, end, days):
            before = steps[-1][-1][1] if steps else None
            if before is None or before.is_days or part.is_days or before.end != part.begin:
                steps.append([])
            steps[-1].append((place, part))
    return steps


def _time(span: Span) -> Time:
    return to_ms(span[0]), to_ms(span[1])


def _span(time: Time) -> Span:
    return instant(time[0]), instant(time[1])
