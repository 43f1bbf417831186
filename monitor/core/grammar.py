"""The small language of conditions: which texts are expressions at all.

Python's own parser reads the text; this module lets through numbers, texts, names, true and false,
comparisons, and/or/not, + - * /, and calls of the window functions, and refuses all else with
a word on what to write. There are no loops, attributes, powers or operations on texts, so no
expression can hang or reach anything. What names mean is the business of `expression.py`.
"""

import ast
import re
import warnings
from collections.abc import Iterator

MAX_LENGTH = 500
MAX_DEPTH = 40
MAX_NUMBER = 1e15

_C_STYLE = (
    (re.compile(r"&&"), "&&", "and"),
    (re.compile(r"\|\|"), "||", "or"),
    (re.compile(r"!(?!=)"), "!", "not"),
    (re.compile(r"(?<![=!<>:])=(?!=)"), "=", "=="),
)
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_CURES: dict[type[ast.AST], str] = {
    ast.Attribute: 'names have no parts: "." is only for numbers',
    ast.Subscript: "[ ] is not part of expressions",
    ast.Lambda: "lambda is not part of expressions",
    ast.IfExp: "if/else is not part of expressions: use and, or, not",
    ast.List: "lists are not part of expressions: compare with == and or",
    ast.Tuple: "lists are not part of expressions: compare with == and or",
    ast.Set: "lists are not part of expressions: compare with == and or",
    ast.Dict: "{ } is not part of expressions",
    ast.JoinedStr: "texts are plain: 'x'",
    ast.NamedExpr: ":= is not part of expressions: compare with ==",
    ast.Starred: "* stands between two numbers",
    ast.Pow: "powers are not part of expressions",
    ast.Mod: "% is not part of expressions: write 0.2 for 20 %",
    ast.FloorDiv: "// is not part of expressions: use /",
    ast.In: '"in" is not part of expressions: use == and or, or the key `where`',
    ast.Is: '"is" is not part of expressions: use ==',
    ast.IsNot: '"is not" is not part of expressions: use !=',
}
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Compare, ast.Eq, ast.NotEq, ast.Lt,
    ast.LtE, ast.Gt, ast.GtE, ast.Call, ast.Name, ast.Load, ast.Constant,
)  # fmt: skip


class ExpressionError(ValueError):
    """A text that is no expression; the message says what would be right."""


def parse(text: str) -> ast.expr:
    """Return the syntax tree of an expression, made of allowed parts only.

    Raises:
        ExpressionError: the text is too long, too deep, or says something else.
    """
    if len(text) > MAX_LENGTH:
        msg = f"the expression has {len(text)} characters: at most {MAX_LENGTH}"
        raise ExpressionError(msg)
    plain = re.sub(r"\s", " ", text).strip()
    if not plain:
        raise ExpressionError('the expression is empty: write one like "new_items > 100"')
    if "\\" in plain:
        raise ExpressionError("a backslash cannot stand in an expression: use the key `where`")
    bare = _STRING.sub("''", plain)
    for pattern, wrong, right in _C_STYLE:
        if pattern.search(bare):
            msg = f'"{wrong}" is not part of expressions: write "{right}"'
            raise ExpressionError(msg)
    if "#" in bare:
        raise ExpressionError('"#" starts no comment here: leave it out')
    tree = _read(plain)
    for node, depth in _walk(tree):
        if depth > MAX_DEPTH:
            msg = f"the expression is nested too deeply: at most {MAX_DEPTH} levels"
            raise ExpressionError(msg)
        _check(node)
    return tree.body


def _read(text: str) -> ast.Expression:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval")
    except SyntaxError as error:
        place = f" at character {error.offset}" if error.offset else ""
        msg = f"not an expression{place}: {error.msg}"
        raise ExpressionError(msg) from None
    except (ValueError, RecursionError, MemoryError):
        raise ExpressionError(
            "not an expression: too deep, or with unreadable characters"
        ) from None


def _walk(tree: ast.AST) -> Iterator[tuple[ast.AST, int]]:
    """Yield every node with its depth, without recursion."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _check(node: ast.AST) -> None:
    if not isinstance(node, _ALLOWED):
        cure = _CURES.get(type(node), f"{type(node).__name__} is not part of expressions")
        raise ExpressionError(cure)
    if isinstance(node, ast.Call) and (node.keywords or not isinstance(node.func, ast.Name)):
        raise ExpressionError("only window functions can be called, like avg(new_items, '1h')")
    if isinstance(node, ast.Constant):
        _check_constant(node.value)


def _check_constant(value: object) -> None:
    if isinstance(value, bool | str):
        return
    if not isinstance(value, int | float):
        msg = f"{value!r} is not part of expressions: numbers and texts are"
        raise ExpressionError(msg)
    if not abs(value) <= MAX_NUMBER:
        msg = f"a number may be {MAX_NUMBER:g} at most"
        raise ExpressionError(msg)
