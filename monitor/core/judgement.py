"""Functions that judge samples by an expression, and say so where it cannot be told.

Untold is what depends on a metric that is not known, on a division by zero, or on a window that
reaches further back than was seen.
"""

import ast
import math
from collections.abc import Callable, Sequence
from typing import Any

from monitor.core.bound import Bound, Unclear
from monitor.core.expression import Translator
from monitor.core.sample import Sample
from monitor.core.window import Windows

Judge = Callable[[Sample, Windows], bool | None]
Sift = Callable[[Sequence[Sample], Windows], tuple[list[Sample], list[Sample]]]

CANNOT_TELL = (Unclear, TypeError, ZeroDivisionError, OverflowError)
"""TypeError comes from None, a metric that is not known, in a comparison or a sum."""

_SIFT = """\
def sift(samples, w):
    hits, doubtful, n = [], [], w.now_us
    for s in samples:
        v = s.values
        try:
            if {code}:
                hits.append(s)
        except CANNOT_TELL:
            doubtful.append(s)
    return hits, doubtful
"""


def sift(node: ast.expr, translator: Translator) -> Sift:
    """Return the function that picks the samples for which a condition holds, and the doubtful.

    It is one loop of generated code: a simple condition costs some 40 ns a sample. It gives up on
    a sample at the first thing it cannot tell; `judge` may still know.
    """
    chosen: Sift = _compiled(_SIFT.format(code=translator.truth(node)), "sift")
    return chosen


def judge(node: ast.expr, translator: Translator) -> Judge:
    """Return the function that tells of one sample whether a condition holds; None: unclear.

    Unlike Python's, its `and` and `or` go on when a side is unclear: the other may decide.
    """
    match node:
        case ast.BoolOp(op=op, values=parts):
            return _joined(
                [judge(part, translator) for part in parts], decisive=isinstance(op, ast.Or)
            )
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _negated(judge(operand, translator))
        case ast.Compare(left=left, ops=ops, comparators=rights) if len(ops) > 1:
            pairs = zip([left, *rights[:-1]], ops, rights, strict=True)
            links = [ast.Compare(left=a, ops=[op], comparators=[b]) for a, op, b in pairs]
            return _joined([judge(link, translator) for link in links], decisive=False)
    return _guarded(_function(translator.truth(node)))


def number(node: ast.expr, translator: Translator) -> Callable[[Sample, Windows], float | None]:
    """Return the function that gives a number of one sample; None where it is not known."""
    compiled = _function(translator.number(node))

    def evaluate(sample: Sample, windows: Windows) -> float | None:
        try:
            found = compiled(sample, windows)
        except CANNOT_TELL:
            return None
        if isinstance(found, Bound):
            return found.known
        return float(found) if found is not None and math.isfinite(found) else None

    return evaluate


def finite(value: float | Bound) -> float | Bound:
    """Return a product or quotient that is a number. Raises OverflowError for any other."""
    if isinstance(value, Bound) or math.isfinite(value):
        return value
    raise OverflowError


def _function(code: str) -> Callable[[Sample, Windows], bool | float | Bound | None]:
    source = f"def evaluate(s, w):\n    v, n = s.values, w.now_us\n    return {code}"
    evaluate: Callable[[Sample, Windows], bool | float | Bound | None] = _compiled(
        source, "evaluate"
    )
    return evaluate


def _compiled(source: str, name: str) -> Any:  # noqa: ANN401 - generated code has no types
    """Return the function `name` of generated source, in which only translated parts stand."""
    namespace: dict[str, Any] = {"finite": finite, "CANNOT_TELL": CANNOT_TELL, "__builtins__": {}}
    exec(compile(source, "<rule>", "exec"), namespace)  # noqa: S102 - see the docstring
    return namespace[name]


def _guarded(evaluate: Callable[[Sample, Windows], object]) -> Judge:
    def told(sample: Sample, windows: Windows) -> bool | None:
        try:
            return bool(evaluate(sample, windows))
        except CANNOT_TELL:
            return None

    return told


def _joined(parts: list[Judge], *, decisive: bool) -> Judge:
    """Return `or` (a True decides) or `and` (a False does)."""

    def told(sample: Sample, windows: Windows) -> bool | None:
        answer: bool | None = not decisive
        for part in parts:
            truth = part(sample, windows)
            if truth is decisive:
                return truth
            if truth is None:
                answer = None
        return answer

    return told


def _negated(part: Judge) -> Judge:
    def told(sample: Sample, windows: Windows) -> bool | None:
        truth = part(sample, windows)
        return None if truth is None else not truth

    return told
