"""Expressions over one kind's metrics and labels: checked by name and type, compiled to Python.

A `Translator` turns a syntax tree into Python source in which only numbers, positions, quoted
texts and our own functions stand, so that compiling it is safe: `s` is the sample, `v` its values,
`w` the windows, `n` their end. `judgement.py` makes functions of the code.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum

from monitor.core.duration import parse_duration
from monitor.core.grammar import ExpressionError
from monitor.core.kinds import Kind
from monitor.core.plain import clipped
from monitor.core.window import LONGEST_WINDOW

WINDOW_FUNCTIONS = ("avg", "min", "max", "increase", "rate", "seconds_since_change")
SINCE_CHANGE_LOOKS_BACK = timedelta(days=1)
LONGEST_QUOTE = 60
SUBJECT_FIELDS = ("name", "tenant", "key")
_SYMBOLS: Mapping[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Eq: "==", ast.NotEq: "!=",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.And: "and", ast.Or: "or",
}  # fmt: skip
# As `age_s` does it, in line: rules ask thousands of samples for it.
_AGE = "(a if (a := (n - v[{}]) / 1e6) > 0.0 else 0.0)"
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Type(StrEnum):
    """What a part of an expression is. A flag is a metric that is 0 or 1: a truth and a number."""

    NUMBER = "a number"
    FLAG = "a yes or no"
    TRUTH = "a comparison"
    TEXT = "a text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A comparison of something measured with a constant: `value symbol limit`.

    The symbol is "" where it does not say which side of the limit is bad.
    """

    value: ast.expr
    symbol: str
    limit: float


@dataclass(slots=True)
class Translator:
    """Translates trees over one kind; collects what they ask for: metrics, and their windows."""

    kind: Kind
    windows: dict[str, timedelta] = field(default_factory=dict)
    metrics: set[str] = field(default_factory=set)

    def truth(self, node: ast.expr) -> str:
        """Return the code of something that holds or does not. Raises ExpressionError."""
        code, type_ = self.code(node)
        if type_ is Type.FLAG:
            return f"(+{code} != 0.0)"
        if type_ is not Type.TRUTH:
            msg = f"{_said(node)} is {type_}: compare it with something"
            raise ExpressionError(msg)
        return code

    def number(self, node: ast.expr) -> str:
        """Return the code of a number. Raises ExpressionError."""
        code, type_ = self.code(node)
        if type_ not in (Type.NUMBER, Type.FLAG):
            msg = f"{_said(node)} is {type_}: a number is needed"
            raise ExpressionError(msg)
        return code

    def code(self, node: ast.expr) -> tuple[str, Type]:
        """Return the code of a part, and what it is. Raises ExpressionError."""
        match node:
            case ast.Constant(value=value):
                return _literal(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                return self._comparison([left, *rights], ops), Type.TRUTH
            case ast.Call(func=ast.Name(id=function), args=arguments):
                return self._call(function, arguments), Type.NUMBER
        return self._operation(node)

    def _operation(self, node: ast.expr) -> tuple[str, Type]:
        match node:
            case ast.BoolOp(op=op, values=parts):
                joined = f" {_SYMBOLS[type(op)]} ".join(self.truth(part) for part in parts)
                return f"({joined})", Type.TRUTH
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(not {self.truth(operand)})", Type.TRUTH
            case ast.UnaryOp(op=op, operand=operand):
                sign = "-" if isinstance(op, ast.USub) else "+"
                return f"({sign}{self.number(operand)})", Type.NUMBER
            case ast.BinOp(left=left, op=op, right=right):
                code = f"({self.number(left)} {_SYMBOLS[type(op)]} {self.number(right)})"
                return code, Type.NUMBER
        msg = f"{_said(node)} is not part of expressions"
        raise ExpressionError(msg)

    def _name(self, name: str) -> tuple[str, Type]:
        if name in ("true", "false"):
            return repr(float(name == "true")), Type.FLAG
        for index, metric in enumerate(self.kind.metrics):
            if metric.name == name:
                self.metrics.add(name)
                if index in self.kind.ages:
                    return _AGE.format(index), Type.NUMBER
                is_flag = name.startswith(("is_", "in_")) and metric.help.startswith("1 when")
                return f"v[{index}]", Type.FLAG if is_flag else Type.NUMBER
        if name in SUBJECT_FIELDS:
            return f"s.subject.{name}", Type.TEXT
        if name in self.kind.labels:
            return f"s.subject.labels.get({name!r}, '')", Type.TEXT
        if name in WINDOW_FUNCTIONS:
            msg = f"{name} is a function: write {name}(metric, '1h')"
            raise ExpressionError(msg)
        raise ExpressionError(unknown_name(name, self.kind))

    def _comparison(self, operands: list[ast.expr], ops: list[ast.cmpop]) -> str:
        codes = [self._operand(operand) for operand in operands]
        pieces = [codes[0][0]]
        for place, op in enumerate(ops):
            symbol = _SYMBOLS[type(op)]
            (_, left), (right_code, right) = codes[place], codes[place + 1]
            if (left is Type.TEXT) is not (right is Type.TEXT):
                said = f"{_said(operands[place])} {symbol} {_said(operands[place + 1])}"
                msg = f"{said}: a text and a number cannot be compared"
                raise ExpressionError(msg)
            if left is Type.TEXT and symbol not in ("==", "!="):
                msg = f"texts can be compared with == and != only, not with {symbol}"
                raise ExpressionError(msg)
            pieces += [symbol, right_code]
        return f"({' '.join(pieces)})"

    def _operand(self, node: ast.expr) -> tuple[str, Type]:
        code, type_ = self.code(node)
        if type_ is Type.TRUTH:
            msg = f"{_said(node)} is a comparison already: join comparisons with and, or"
            raise ExpressionError(msg)
        if type_ is Type.TEXT:
            return code, type_
        if any(isinstance(inner, ast.Mult | ast.Div) for inner in ast.walk(node)):
            return f"finite({code})", type_
        # `None == 0` is False, `+None` is an error: what is not known must not pass for unequal.
        return (f"+{code}" if code.startswith("v[") else code), type_

    def _call(self, function: str, arguments: list[ast.expr]) -> str:
        if function not in WINDOW_FUNCTIONS:
            near = get_close_matches(function, WINDOW_FUNCTIONS, 1, 0.5)
            hint = f": did you mean {near[0]}?" if near else ""
            msg = f"unknown function {function}{hint} (there are {', '.join(WINDOW_FUNCTIONS)})"
            raise ExpressionError(msg)
        match arguments:
            case [ast.Name(id=metric), ast.Constant(value=str() as window)]:
                span = _span(window)
            case [ast.Name(id=metric)] if function == "seconds_since_change":
                span = SINCE_CHANGE_LOOKS_BACK
            case _:
                msg = f"{function} takes a metric and a window: write {function}(metric, '1h')"
                raise ExpressionError(msg)
        try:
            index = self.kind.index(metric)
        except KeyError:
            raise ExpressionError(unknown_name(metric, self.kind, metrics_only=True)) from None
        self.metrics.add(metric)
        self.windows[metric] = max(span, self.windows.get(metric, span))
        window_s = "" if function == "seconds_since_change" else f", {span.total_seconds()!r}"
        return f"w.{function}(s.subject.identity, {index}{window_s})"


def unknown_name(name: str, kind: Kind, *, metrics_only: bool = False) -> str:
    """Return what to tell somebody who used a name that does not exist."""
    metrics = [metric.name for metric in kind.metrics]
    labels = [] if metrics_only else [*SUBJECT_FIELDS, *kind.labels]
    near = get_close_matches(name, metrics + labels, 1, 0.6)
    hint = f": did you mean {near[0]}?" if near else ":"
    text = f'unknown {"metric" if metrics_only else "name"} "{clipped(name, LONGEST_QUOTE)}"{hint}'
    text += f" a {kind.name} has the metrics {', '.join(metrics)}"
    return text + (f" and the labels {', '.join(labels)}" if labels else "")


def _literal(value: object) -> tuple[str, Type]:
    match value:
        case str():
            return repr(value), Type.TEXT
        case bool():
            return repr(float(value)), Type.FLAG
        case int() | float():
            return repr(float(value)), Type.NUMBER
    msg = f"{value!r} is not part of expressions"
    raise ExpressionError(msg)


def thresholds(node: ast.AST, *, is_negated: bool = False) -> list[Threshold]:
    """Return the comparisons of a measured number with a constant, from left to right.

    Under a `not` the symbol is "": which side of the limit is bad is not plain to see there.
    """
    found = []
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for place, op in enumerate(node.ops):
            left, right, symbol = sides[place], sides[place + 1], _SYMBOLS[type(op)]
            mirrored = _MIRRORED[symbol]
            for value, limit, said in ((left, right, symbol), (right, left, mirrored)):
                constant = _constant(limit)
                if constant is not None and _is_measured(value):
                    found.append(
                        Threshold(value=value, symbol="" if is_negated else said, limit=constant)
                    )
    is_negation = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    for child in ast.iter_child_nodes(node):
        found += thresholds(child, is_negated=is_negated or is_negation)
    return found


def _said(node: ast.expr) -> str:
    text = ast.unparse(node)
    return f"`{clipped(text, LONGEST_QUOTE)}`"


def _span(window: str) -> timedelta:
    try:
        span = parse_duration(window)
    except ValueError as error:
        raise ExpressionError(str(error)) from None
    if not timedelta() < span <= LONGEST_WINDOW:
        msg = f"the window '{window}' must be between '1s' and '{LONGEST_WINDOW.days}d'"
        raise ExpressionError(msg)
    return span


def _constant(node: ast.expr) -> float | None:
    match node:
        case ast.Constant(value=bool() | str()):
            return None
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -float(number)
    return None


def _is_measured(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) for part in ast.walk(node))
