"""Compiled expressions against a naive reading of the same text, with unknown numbers in it."""

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.expression import Translator
from monitor.core.grammar import parse
from monitor.core.judgement import judge, number, sift
from monitor.core.kinds import KINDS
from monitor.core.sample import Sample
from monitor.core.window import Windows
from tests.builders import a_sample, a_subject, after

METRICS = ("new_items", "failed_items", "mean_processing_s")
ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
COMPARISON: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

numbers = st.recursive(
    st.one_of(st.sampled_from(METRICS), st.integers(0, 3).map(str), st.just("1e15")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(list(ARITHMETIC)), inner).map(
            lambda t: f"({' '.join(t)})"
        ),
        inner.map(lambda text: f"(-{text})"),
    ),
    max_leaves=4,
)
texts = st.sampled_from(["folder", "queue", "name", "'A'", "''"])
comparisons = st.one_of(
    st.tuples(numbers, st.sampled_from(list(COMPARISON)), numbers),
    st.tuples(
        numbers, st.sampled_from(["<", "<="]), numbers, st.sampled_from(["<", "=="]), numbers
    ),
    st.tuples(texts, st.sampled_from(["==", "!="]), texts),
).map(" ".join)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})"),
        inner.map(lambda text: f"(not {text})"),
    ),
    max_leaves=5,
).filter(lambda text: len(text) <= 500)
samples = st.builds(
    lambda values, folder: Sample(
        a_subject("A", labels={"folder": folder, "queue": "A"}),
        a_sample(
            a_subject(), **{m: v for m, v in zip(METRICS, values, strict=True) if v is not None}
        ).values,
    ),
    st.tuples(*[st.one_of(st.none(), st.integers(0, 3).map(float))] * 3),
    st.sampled_from(["A", "B", ""]),
)


class Unknown(Exception):
    pass


def naive_number(node: ast.expr, sample: Sample) -> float | str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Constant(value=value):
            assert isinstance(value, int | float)
            return float(value)
        case ast.Name(id=name) if name in METRICS:
            known = sample.values[KINDS["queue"].index(name)]
            if known is None:
                raise Unknown
            return known
        case ast.Name(id=name):
            return {"name": sample.subject.name, **sample.subject.labels}[name]
        case ast.UnaryOp(operand=operand):
            inner = naive_number(operand, sample)
            assert isinstance(inner, float)
            return -inner
        case ast.BinOp(left=left, op=op, right=right):
            a, b = naive_number(left, sample), naive_number(right, sample)
            assert isinstance(a, float)
            assert isinstance(b, float)
            symbol = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}[type(op)]
            if symbol == "/" and b == 0:
                raise Unknown
            return ARITHMETIC[symbol](a, b)
    raise AssertionError(ast.dump(node))


def naive(node: ast.expr, sample: Sample) -> bool | None:
    match node:
        case ast.BoolOp(op=op, values=parts):
            answers = [naive(part, sample) for part in parts]
            decisive = isinstance(op, ast.Or)
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = naive(operand, sample)
            return None if inner is None else not inner
        case ast.Compare(left=left, ops=ops, comparators=rights):
            sides = [left, *rights]
            links = [naive_link(sides[i], op, sides[i + 1], sample) for i, op in enumerate(ops)]
            if False in links:
                return False
            return None if None in links else True
    raise AssertionError(ast.dump(node))


def naive_link(left: ast.expr, op: ast.cmpop, right: ast.expr, sample: Sample) -> bool | None:
    symbols = {
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.Eq: "==",
        ast.NotEq: "!=",
    }
    try:
        return COMPARISON[symbols[type(op)]](
            naive_number(left, sample), naive_number(right, sample)
        )
    except Unknown:
        return None


@given(conditions, samples)
def test_a_compiled_condition_agrees_with_a_naive_reading(text: str, sample: Sample) -> None:
    tree = parse(text)
    translator = Translator(KINDS["queue"])
    expected = naive(tree, sample)
    windows = Windows()
    assert judge(tree, translator)(sample, windows) is expected
    hits, doubtful = sift(tree, translator)([sample], windows)
    if hits:
        assert expected is True
    elif not doubtful:
        assert expected is False


@given(numbers, samples)
def test_a_compiled_number_agrees_with_a_naive_reading(text: str, sample: Sample) -> None:
    tree = parse(text)
    try:
        expected = naive_number(tree, sample)
    except Unknown:
        expected = math.inf
    assert isinstance(expected, float)
    found = number(tree, Translator(KINDS["queue"]))(sample, Windows())
    assert found == (expected if math.isfinite(expected) else None)


def told(text: str, windows: Windows | None = None, **metrics: float) -> bool | None:
    sample = a_sample(a_subject(key="1"), **metrics)
    return judge(parse(text), Translator(KINDS["queue"]))(sample, windows or Windows())


@pytest.mark.parametrize("symbol", ["==", "!=", "<", "<=", ">", ">="])
def test_a_metric_that_is_not_known_is_neither_equal_nor_unequal(symbol: str) -> None:
    assert told(f"new_items {symbol} 0") is None
    assert told(f"0 {symbol} new_items") is None
    assert told(f"new_items {symbol} failed_items") is None


def test_either_side_may_decide_whatever_the_order() -> None:
    for text in ("new_items > 0 and failed_items > 0", "failed_items > 0 and new_items > 0"):
        assert told(text, new_items=0) is False
        assert told(text, new_items=1) is None
    for text in ("new_items > 0 or failed_items > 0", "failed_items > 0 or new_items > 0"):
        assert told(text, new_items=1) is True
        assert told(text, new_items=0) is None


def test_an_overflow_and_a_division_by_zero_cannot_be_told() -> None:
    big = " * ".join(["1e15"] * 25)
    assert told(f"{big} > 1") is None
    assert told("failed_items / new_items > 1", failed_items=1, new_items=0) is None


def test_a_window_decides_only_what_was_seen_of_it() -> None:
    windows = Windows()
    for at, value in [(0, 10.0), (600, 14.0)]:
        windows.observe(("production", "queue", "1"), 2, after(at), value)
    windows.now = after(1200)
    assert told("increase(successful_items, '1h') > 3", windows) is True
    assert told("increase(successful_items, '1h') > 4", windows) is None
    assert told("increase(successful_items, '1h') == 0", windows) is False
    assert told("increase(successful_items, '1h') == 4", windows) is None
    assert told("increase(successful_items, '20m') == 4", windows) is True
    assert told("min(successful_items, '1h') > 5", windows) is None
    assert told("min(successful_items, '1h') < 11", windows) is True
    assert told("avg(successful_items, '1h') > 1 or new_items > 0", windows, new_items=1) is True
    assert told("seconds_since_change(successful_items) == 600", windows) is True
    assert (
        told("new_items > 0 and increase(failed_items, '1h') == 0", windows, new_items=0) is False
    )


def test_of_a_half_known_number_people_see_the_known_end() -> None:
    windows = Windows()
    windows.observe(("production", "queue", "1"), 2, after(0), 10.0)
    windows.observe(("production", "queue", "1"), 2, after(60), 12.0)
    sample = a_sample(a_subject(key="1"))
    show = number(parse("2 * increase(successful_items, '1h') / 2"), Translator(KINDS["queue"]))
    assert show(sample, windows) == 2.0
    assert number(parse("new_items"), Translator(KINDS["queue"]))(sample, windows) is None


def test_flags_and_labels_are_judged() -> None:
    busy = a_sample(a_subject(kind="session", labels={"robot_type": "Unattended"}), is_busy=1)
    for text, expected in [
        ("is_busy", True),
        ("is_busy == false", False),
        ("not is_busy or is_available", None),
        ("robot_type == 'Unattended' and is_busy", True),
        ("robot == ''", True),
        ("true", True),
    ]:
        assert judge(parse(text), Translator(KINDS["session"]))(busy, Windows()) is expected
