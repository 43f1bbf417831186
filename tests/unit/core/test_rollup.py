"""Hours and days of a metric, against a count of each single second."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.rollup import DAY_MS, HOUR_MS, Rollup, Row, roll_day

SECOND = 1000
DAY = 20_000 * DAY_MS
STEP = 600 * SECOND
"""Everything happens at multiples of it, from a day before to a day after."""

INSTANTS = st.integers(-144, 288).map(lambda step: DAY + step * STEP)
VALUES = st.sampled_from([None, 0.0, 1.0, 2.5, -4.0])


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    at = sorted(draw(st.sets(INSTANTS, min_size=2, max_size=30)))
    rows: list[Row] = []
    for begin, end in pairwise(at):
        if draw(st.integers(0, 5)):
            rows.append((begin, end, (7.0, draw(VALUES))))
    return rows


@st.composite
def blindness(draw: st.DrawFn) -> list[tuple[int, int]]:
    at = sorted(draw(st.sets(INSTANTS, max_size=8)))
    return list(zip(at[::2], at[1::2], strict=False))


def by_steps(rows: list[Row], unseen: list[tuple[int, int]], begin: int, span: int) -> list[float]:
    """The value of each step that was seen and known."""
    found = []
    for at in range(begin, begin + span, STEP):
        if any(start <= at < stop for start, stop in unseen):
            continue
        found += [row[2][1] for row in rows if row[0] <= at < row[1] and row[2][1] is not None]
    return [value for value in found if value is not None]


def compare(one: Rollup | None, values: list[float]) -> None:
    if not values:
        # It may have been seen for a moment, just before nobody looked.
        assert one is None or one.known_ms == 0
        return
    assert one is not None
    assert one.known_ms == len(values) * STEP
    assert one.area == pytest.approx(sum(values) * STEP)
    assert one.mean == pytest.approx(sum(values) / len(values))
    at_most = [value for value in values if value <= one.p95]
    less = [value for value in values if value < one.p95]
    assert len(at_most) * 100 >= len(values) * 95
    assert len(less) * 100 < len(values) * 95
    # A moment without length counts here.
    assert one.least <= min(values)
    assert one.greatest >= max(values)


@given(histories(), blindness())
def test_a_day_and_its_hours_are_what_each_moment_adds_up_to(
    rows: list[Row], unseen: list[tuple[int, int]]
) -> None:
    rolled = roll_day(rows, 1, unseen, DAY)
    whole = by_steps(rows, unseen, DAY, DAY_MS)
    if rolled is None:
        assert not whole
        return
    compare(rolled.day, whole)
    for hour, one in enumerate(rolled.hours):
        compare(one, by_steps(rows, unseen, DAY + hour * HOUR_MS, HOUR_MS))
    assert rolled.day.changes == sum(one.changes for one in rolled.hours if one is not None)
    assert rolled.day.risen == sum(one.risen for one in rolled.hours if one is not None)


def test_changes_are_of_this_metric_and_of_this_time() -> None:
    rows: list[Row] = [
        (DAY - STEP, DAY + STEP, (0.0, 1.0)),
        (DAY + STEP, DAY + 2 * STEP, (1.0, 1.0)),
        (DAY + 2 * STEP, DAY + 3 * STEP, (1.0, 2.0)),
        (DAY + 3 * STEP, DAY + 2 * DAY_MS, (1.0, 1.0)),
    ]
    rolled = roll_day(rows, 1, [], DAY)
    assert rolled is not None
    assert rolled.day.changes == 2
    assert Counter(one.changes for one in rolled.hours if one) == {2: 1, 0: 23}
    assert rolled.hours[1] == rolled.hours[23]
    assert rolled.day.last == 1.0
    assert [one.is_constant(HOUR_MS) for one in rolled.hours if one] == [False] + [True] * 23


def test_what_ended_as_the_day_began_is_of_the_day_before() -> None:
    rows: list[Row] = [(DAY - STEP, DAY, (0.0, 9.0)), (DAY, DAY + STEP, (0.0, 1.0))]
    rolled = roll_day(rows, 1, [], DAY)
    assert rolled is not None
    assert (rolled.day.least, rolled.day.greatest, rolled.day.changes) == (1.0, 1.0, 1)


def test_rises_are_added_up_from_the_value_before_the_day_on() -> None:
    rows: list[Row] = [
        (DAY - STEP, DAY, (0.0, 9.0)),
        (DAY, DAY + STEP, (0.0, 10.0)),
        (DAY + STEP, DAY + 2 * STEP, (0.0, None)),
        (DAY + 2 * STEP, DAY + 3 * STEP, (0.0, 12.5)),
        (DAY + 3 * STEP, DAY + 4 * STEP, (0.0, 2.0)),
        (DAY + 4 * STEP, DAY + 5 * STEP, (0.0, 3.0)),
        # It was gone for a while.
        (DAY + 6 * STEP, DAY + 7 * STEP, (0.0, 90.0)),
        (DAY + 7 * STEP, DAY + 8 * STEP, (0.0, 91.0)),
    ]
    rolled = roll_day(rows, 1, [], DAY)
    assert rolled is not None
    assert rolled.day.risen == 1.0 + 2.5 + 1.0 + 1.0


def test_a_value_that_was_seen_once_counts_though_it_has_no_length() -> None:
    rows: list[Row] = [(DAY + STEP, DAY + 2 * STEP, (0.0, 5.0))]
    rolled = roll_day(rows, 1, [(DAY + STEP, DAY + 2 * STEP)], DAY)
    assert rolled is not None
    assert (rolled.day.known_ms, rolled.day.mean, rolled.day.p95) == (0, 5.0, 5.0)


def test_a_mean_is_never_outside_of_what_was_averaged() -> None:
    one = Rollup(
        known_ms=3, changes=0, risen=0.0, least=0.1, greatest=0.1, area=0.1 * 3, last=0.1, p95=0.1
    )
    assert one.mean == 0.1


def test_without_any_value_there_is_nothing() -> None:
    assert roll_day([(DAY, DAY + STEP, (1.0, None))], 1, [], DAY) is None
    assert roll_day([], 1, [], DAY) is None
