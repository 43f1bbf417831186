"""What was seen in a month comes back exactly, at every poll, whatever became of its rows."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

import pytest

from monitor.core.kinds import KINDS, MINUTE_S, Metric, by_whole_numbers, exactly
from monitor.core.sample import Sample
from monitor.store import Store
from monitor.store.history import Stretch, history
from monitor.store.instants import to_ms
from monitor.store.rolling import Watch
from monitor.store.sightings import unseen_times
from tests.builders import NOW, shown
from tests.integration.store.aged import LONG, keep_up
from tests.integration.store.month import COLLECTORS, STEP, STEPS, Identity, Month
from tests.integration.store.polls import count

AT_ONCE = 200
A_MOMENT = timedelta(seconds=2)
A_DAY = timedelta(days=1)
END = NOW + STEPS * STEP
KINDS_SEEN = [kind for kinds, _ in COLLECTORS.values() for kind in kinds]

Later = Callable[[Store], None]


KEPT_DAYS = 10


def upkeep(store: Store, days: float) -> None:
    watches = {
        kind: Watch(name, interval * STEP)
        for name, (kinds, interval) in COLLECTORS.items()
        for kind in kinds
    }
    keep_up(store, STEPS * STEP / A_DAY, watches, replace(LONG, full=days * A_DAY))
    assert count(store, "queue_sealed") > 0


def sealed_and_rolled_up(store: Store) -> None:
    """Keep all of it."""
    upkeep(store, 60)


def pruned(store: Store) -> None:
    """Let go of what is older than some days."""
    upkeep(store, KEPT_DAYS)


def as_it_was_written(store: Store) -> None:
    """Do nothing to it."""


LATER: Sequence[Later] = (as_it_was_written, sealed_and_rolled_up, pruned)
"""What becomes of the rows when they are old; none of it changes an answer."""


def recorded_month(reopen: Callable[[], Store]) -> tuple[Month, Store, list[datetime]]:
    """A month in the database, and when the daemon was started again: every few days."""
    month = Month(seed=11)
    polls = month.polls()
    store = reopen()
    restarts = []
    while batch := list(islice(polls, AT_ONCE)):
        with store.writing() as write:
            for snapshot in batch:
                write.snapshot(snapshot)
        if batch[-1].started_at.day % 3 == 0:
            store = reopen()
            restarts.append(batch[-1].started_at + A_MOMENT)
    return month, store, restarts


def stretches(store: Store) -> dict[Identity, list[Stretch]]:
    """Return what is told of each subject, by time."""
    found: dict[Identity, list[Stretch]] = defaultdict(list)
    for kind in KINDS_SEEN:
        for stretch in history(store, kind):
            found[stretch.subject.identity].append(stretch)
    for told in found.values():
        told.sort(key=lambda one: one.valid_from)
    return found


def told_at(told: Sequence[Stretch], at: datetime) -> Stretch | None:
    """Return the stretch in which an instant lies."""
    place = bisect_right(told, at, key=lambda one: one.valid_from) - 1
    if place < 0:
        return None
    valid_to = told[place].valid_to
    return told[place] if valid_to is None or at < valid_to else None


def is_told(metric: Metric, stretch: Stretch, at: datetime, value: float | None) -> bool:
    """Tell whether a stretch says what a metric was: an age by what it was, and the time since."""
    recorded = stretch.metrics[metric.name]
    if value is None or recorded is None or metric.step is exactly:
        return recorded == value
    if metric.step is by_whole_numbers:
        return math.floor(recorded) == math.floor(value)
    if value < MINUTE_S:
        return recorded < MINUTE_S
    return recorded + (at - stretch.valid_from).total_seconds() == value


def wrong(told: Sequence[Stretch], at: datetime, sample: Sample) -> str:
    """Return what is told wrongly of a subject at a poll; "" where all is right."""
    stretch = told_at(told, at)
    if stretch is None:
        return f"{sample.subject.identity} at {at}: nothing is told"
    if stretch.subject.labels != sample.subject.labels:
        return f"{sample.subject.identity} at {at}: {stretch.subject.labels}"
    for metric, value in zip(KINDS[sample.subject.kind].metrics, shown(sample, at), strict=True):
        if not is_told(metric, stretch, at, value):
            return f"{sample.subject.identity} at {at}: {metric.name} {value}, told {stretch}"
    return ""


@pytest.mark.parametrize("later", LATER)
def test_every_value_of_a_month_comes_back_at_every_poll(
    reopen: Callable[[], Store], later: Later
) -> None:
    month, store, restarts = recorded_month(reopen)
    later(store)
    told = stretches(store)

    since = END - KEPT_DAYS * A_DAY if later is pruned else NOW
    assert told.keys() <= month.seen.keys()
    assert later is pruned or told.keys() == month.seen.keys()
    checked = 0
    for identity, seen in month.seen.items():
        for at, sample in seen.items():
            if at < since:
                continue
            assert not (mistake := wrong(told[identity], at, sample)), mistake
            checked += 1
    assert checked > (3_000 if later is pruned else 12_000)
    for one in told.values():
        assert all(first.valid_to is not None for first, _ in pairwise(one))
        assert all(a.valid_to <= b.valid_from for a, b in pairwise(one) if a.valid_to)
    if later is not pruned:
        assert count_of_vanished(month, told, restarts) > 100

    for collector, (_, interval) in COLLECTORS.items():
        every = interval * STEP
        unseen = unseen_times(store, collector, every=every, since=NOW, until=END)
        for tenant in unseen:
            assert list(unseen[tenant]) == gaps(month.polled[tenant, collector], every)


def count_of_vanished(
    month: Month, told: Mapping[Identity, Sequence[Stretch]], restarts: Sequence[datetime]
) -> int:
    """Check that who is missing three times in a row is not told of from the first time on.

    A daemon that is started again counts anew.
    """
    vanished = 0
    for (tenant, kind, name), missed in month.missed.items():
        collector = next(one for one, (kinds, _) in COLLECTORS.items() if kind in kinds)
        polls = month.polled[tenant, collector]
        for first in missed:
            run = polls[polls.index(first) :][:3]
            is_cut = any(run[0] <= at <= run[-1] + A_MOMENT for at in restarts)
            if len(run) == 3 and set(run) <= set(missed) and not is_cut:
                vanished += 1
                assert told_at(told[tenant, kind, name], first) is None, (kind, name, first)
    return vanished


def gaps(polled: Sequence[datetime], every: timedelta) -> list[tuple[int, int]]:
    """Return when nobody looked, told from good polls alone."""
    far = [(one, other) for one, other in pairwise(polled) if other - one > 3 * every]
    if END - (polled[-1] - timedelta(seconds=1)) > 3 * every:
        far.append((polled[-1], END))
    return [(to_ms(start), to_ms(stop)) for start, stop in far]
