"""What was tallied of adjoining times is, put together, what one ledger says of all of it."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from monitor.core.spans import SeenTime
from monitor.core.throughput import QueueLedger, QueueTally

DAY = 40
Row = tuple[
    int,
    int,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
    float | None,
]
Spans = list[tuple[int, int]]


def tallied(rows: Sequence[Row], unseen: Spans, since: int, until: int) -> QueueTally:
    """One ledger, of what reaches into a time or ended as it began."""
    tally = QueueTally(since, until)
    ledger = QueueLedger([tally], SeenTime(unseen))
    for row in rows:
        if row[1] >= since and row[0] < until:
            ledger.add(*row)
    return tally


def put_together(rows: Sequence[Row], unseen: Spans, cuts: Sequence[int]) -> QueueTally:
    found = QueueTally(cuts[0], cuts[0])
    for since, until in pairwise(cuts):
        found.go_on(tallied(rows, unseen, since, until))
    return found


def a_life(chance: random.Random, end: int) -> list[Row]:
    """Stretches of a queue that rests, fills, is unknown, gone, there for a moment only."""
    rows: list[Row] = []
    at = chance.randrange(20)
    good, bad, waiting, postponed = 5.0, 1.0, 3.0, 0.0
    while at < end:
        until = at + chance.choice((0, 1, 2, 3, 10, 30, 100))
        if chance.random() < 0.3:
            # As midnight comes.
            until = max(at, -(-until // DAY) * DAY)
        if rows and rows[-1][:2] == (at, until):
            until += 1
        is_known = chance.random() > 0.1
        told = (good, bad, bad, 0.0) if is_known else (None, None, None, None)
        handling = chance.choice((None, 2.0, 8.0))
        backlog = chance.choice((waiting, waiting, waiting, None)) if is_known else waiting
        rows.append((at, until, backlog, postponed or None, *told, handling))
        at = until + (chance.randrange(60) if chance.random() < 0.1 else 0)
        if chance.random() < 0.4:
            good += chance.choice((0, 1, 4, -3))
            bad += chance.choice((0, 0, 1))
        if chance.random() < 0.5:
            waiting = float(chance.choice((0, 1, 2, 9, 30)))
            postponed = float(chance.choice((0, 0, 1, 9)))
    return rows


def blind(chance: random.Random, end: int) -> Spans:
    found = []
    at = 0
    while at < end:
        at += chance.choice((5, 30, 90, DAY))
        until = at + chance.choice((1, 4, 25, DAY, 3 * DAY))
        found.append((at, until))
        at = until + 1
    return found


@pytest.mark.parametrize("seed", range(300))
def test_days_put_together_are_one_ledger_of_all_of_them(seed: int) -> None:
    chance = random.Random(seed)
    end = 8 * DAY
    rows, unseen = a_life(chance, end), blind(chance, end) if seed % 3 else []
    begin, until = sorted(chance.sample(range(end), 2))
    midnights = [at for at in range(0, end, DAY) if begin < at < until]

    assert put_together(rows, unseen, [begin, *midnights, until]) == tallied(
        rows, unseen, begin, until
    )


@pytest.mark.parametrize("seed", range(100))
def test_it_does_not_matter_which_are_put_together_first(seed: int) -> None:
    chance = random.Random(f"other-{seed}")
    rows, unseen = a_life(chance, 4 * DAY), blind(chance, 4 * DAY)
    days = [tallied(rows, unseen, day * DAY, (day + 1) * DAY) for day in range(4)]
    first = put_together(rows, unseen, [0, DAY, 2 * DAY])
    second = put_together(rows, unseen, [2 * DAY, 3 * DAY, 4 * DAY])

    one_by_one = QueueTally(0, 0)
    for day in days:
        one_by_one.go_on(day)
    first.go_on(second)

    assert first == one_by_one


def row(begin: int, end: int, waiting: float | None = 5, good: float = 0) -> Row:
    return begin, end, waiting, None, good, 0.0, 0.0, 0.0, None


@pytest.mark.parametrize(
    ("rows", "unseen", "longest"),
    [
        ([row(10, 100)], [], 90),
        ([row(10, 40), row(40, 100, good=1)], [], 60),
        ([row(10, 40), row(40, 100, 6)], [], 90),
        ([row(10, 30), row(50, 100)], [], 50),
        ([row(10, 100)], [(30, 60)], 60),
        ([row(10, 20), row(20, 50, None), row(50, 100)], [], 50),
        ([row(10, 39), row(39, 41, 0), row(41, 100)], [], 59),
        ([row(10, 100)], [(35, 85)], 40),
    ],
)
def test_an_idle_time_goes_on_over_midnight(rows: list[Row], unseen: Spans, longest: int) -> None:
    assert put_together(rows, unseen, [0, 40, 80, 120]).longest_idle == longest


def test_the_peak_is_where_it_was_first() -> None:
    rows = [row(10, 50, 7), row(50, 100, 7), row(100, 110, 8), row(110, 115, 8)]

    assert put_together(rows[:2], [], [0, 40, 80, 120]).peak_at == 10
    assert put_together(rows, [], [0, 40, 80, 120]).peak_at == 100


def test_a_peak_that_reaches_in_unseen_is_where_it_was_seen_first() -> None:
    rows = [row(10, 200, 7)]

    assert put_together(rows, [(30, 90)], [50, 80, 120]).peak_at == 90
    assert tallied(rows, [(30, 90)], 50, 120).peak_at == 90
    assert tallied(rows, [(90, 95)], 50, 120).peak_at == 50


def test_nothing_put_to_something_changes_nothing() -> None:
    one = tallied([row(10, 30), row(30, 35, good=2)], [], 0, 40)
    same = tallied([row(10, 30), row(30, 35, good=2)], [], 0, 40)

    one.go_on(QueueTally(40, 40))

    assert one == same
    assert one.is_known
    assert not QueueTally(40, 40).is_known
