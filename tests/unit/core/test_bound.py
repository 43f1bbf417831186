"""What comparisons of half-known numbers decide: checked against every number they could be."""

import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.bound import Bound, Unclear

COMPARISONS: list[Callable[[Any, Any], Any]] = [
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
]
small = st.integers(-4, 4).map(float)
bounds = st.tuples(small, small).map(lambda ends: Bound(min(ends), max(ends)))
either = st.one_of(small, bounds)


def possible(number: Bound | float) -> list[float]:
    if not isinstance(number, Bound):
        return [number]
    steps = int((number.high - number.low) * 2)
    return [number.low + step / 2 for step in range(steps + 1)]


@given(bound=bounds, other=either, compare=st.sampled_from(COMPARISONS), swapped=st.booleans())
def test_a_comparison_answers_only_what_holds_for_every_possible_number(
    *, bound: Bound, other: Bound | float, compare: Callable[[Any, Any], Any], swapped: bool
) -> None:
    left, right = (other, bound) if swapped else (bound, other)
    answers = {bool(compare(a, b)) for a in possible(left) for b in possible(right)}
    try:
        told = compare(left, right)
    except Unclear:
        assert len(answers) == 2
    else:
        assert answers == {told}


@given(
    bound=bounds,
    other=either,
    combine=st.sampled_from([operator.add, operator.sub, operator.mul]),
    swapped=st.booleans(),
)
def test_sums_and_products_hold_every_possible_result_and_no_more(
    *, bound: Bound, other: Bound | float, combine: Callable[[Any, Any], Any], swapped: bool
) -> None:
    left, right = (other, bound) if swapped else (bound, other)
    results = [combine(a, b) for a in possible(left) for b in possible(right)]
    result = combine(left, right)
    assert (result.low, result.high) == (min(results), max(results))


@given(bound=bounds, other=either, swapped=st.booleans())
def test_quotients_hold_every_possible_result(
    *, bound: Bound, other: Bound | float, swapped: bool
) -> None:
    left, right = (other, bound) if swapped else (bound, other)
    low, high = (right.low, right.high) if isinstance(right, Bound) else (right, right)
    if low <= 0 <= high:
        with pytest.raises(ZeroDivisionError if low == high else Unclear):
            left / right
        return
    quotient = left / right
    assert isinstance(quotient, Bound)
    for a in possible(left):
        for b in possible(right):
            assert quotient.low - 1e-9 <= a / b <= quotient.high + 1e-9


def test_at_least_three_decides_what_it_can() -> None:
    at_least_three = Bound(3.0, math.inf)
    assert at_least_three > 2
    assert at_least_three >= 3
    assert not at_least_three < 3
    assert at_least_three != 2
    for compare in (operator.gt, operator.lt, operator.eq):
        with pytest.raises(Unclear):
            compare(at_least_three, 5)
    assert -at_least_three < -2
    assert +at_least_three is at_least_three


def test_nothing_times_anything_is_nothing() -> None:
    product = Bound(0.0, math.inf) * 0.0
    assert (product.low, product.high) == (0.0, 0.0)


def test_counts_of_the_same_stretch_have_a_ratio() -> None:
    failed, fine = Bound(2.0, math.inf, since=5.0), Bound(6.0, math.inf, since=5.0)
    assert failed / (failed + fine) == 0.25
    with pytest.raises(Unclear):
        failed / Bound(6.0, math.inf, since=6.0) > 0.25  # noqa: B015 - the comparison is the test
    with pytest.raises(ZeroDivisionError):
        failed / Bound(0.0, math.inf, since=5.0)


def test_what_is_not_known_at_all_cannot_be_compared() -> None:
    with pytest.raises(Unclear):
        Bound(1.0, 2.0) == None  # noqa: B015, E711 - the comparison is the test
    with pytest.raises(TypeError):
        hash(Bound(1.0, 2.0))


def test_people_are_shown_the_end_that_was_seen() -> None:
    assert Bound(3.0, math.inf).known == 3.0
    assert Bound(-math.inf, 3.0).known == 3.0
    assert Bound(-math.inf, math.inf).known is None


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(Bound(2, 2), 2.0, True), (Bound(2, 2), Bound(2, 2), True), (Bound(1, 2), 3.0, False)],
)
def test_equality_is_told_where_only_one_answer_is_possible(
    left: Bound, right: Bound | float, *, expected: bool
) -> None:
    assert (left == right) is expected
