import ast
import time

import pytest

from monitor.core.grammar import ExpressionError, parse

HOSTILE = {
    "().__class__.__bases__[0].__subclasses__()": "",
    "__import__('os').system('id')": "only window functions can be called",
    "new_items.__class__": "names have no parts",
    "new_items[0]": "[ ] is not part",
    "(lambda: 1)()": "",
    "lambda: 1": "lambda is not part",
    "9**9**9": "powers are not part",
    "new_items % 2 == 0": "% is not part",
    "new_items // 2": "// is not part",
    "f'{new_items}'": "texts are plain",
    "[x for x in (1,)]": "ListComp is not part",
    "{1: 2}": "{ } is not part",
    "{1}": "lists are not part",
    "[1]": "lists are not part",
    "(1, 2)": "lists are not part",
    "a in b": '"in" is not part',
    "a not in b": "is not part of expressions",
    "a is b": '"is" is not part',
    "a is not b": '"is not" is not part',
    "a if b else c": "if/else is not part",
    "(a := 1)": ":= is not part",
    "avg(*a)": "* stands between",
    "avg(a, window='1h')": 'write "=="',
    "avg(**a)": "only window functions can be called, like",
    "1 << 99": "LShift is not part",
    "~1": "Invert is not part",
    "a == None": "None is not part",
    "a == ...": "Ellipsis is not part",
    "a == b'x'": "b'x' is not part",
    "a == 1j": "1j is not part",
    "a > 1e16": "at most",
    "a > 1e999": "at most",
    "a > " + "9" * 400: "at most",
    "a > 1 && b > 1": 'write "and"',
    "a > 1 || b > 1": 'write "or"',
    "!a": 'write "not"',
    "a = 1": 'write "=="',
    "a > 1 # b": "starts no comment",
    "a == '\\x41'": "backslash",
    "": "is empty",
    "  \n ": "is empty",
    "a >": "not an expression",
    "a > 1; b": "not an expression",
    "import os": "not an expression",
    "a == '\ud800'": "unreadable characters",
    "a\0b": "not an expression",
    "a > 1 " * 100: "at most 500",
    "not " * 120 + "a": "nested too deeply",
    "-" * 490 + "a": "",
    "(" * 240 + "a" + ")" * 240: "",
    "a" + "+a" * 200: "nested too deeply",
}


@pytest.mark.parametrize(
    "text", HOSTILE, ids=lambda text: text[:40].encode("unicode_escape").decode()
)
def test_what_is_no_expression_is_refused_quickly_with_a_cure(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert time.perf_counter() - started < 0.5
    assert HOSTILE[text] in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text",
    [
        "new_items > 100",
        "0 < a <= 5 and not (b or c) or -d * 2 / 3 + 1 - e >= 1.5e3",
        "avg(a, '1h') != 0 and robot_type == 'Unattended'",
        "robot == 'a # b && !c = d'",
        "  a > 1\n  and b > 1 ",
        "a == true",
    ],
)
def test_what_is_an_expression_is_read(text: str) -> None:
    assert isinstance(parse(text), ast.expr)


def test_line_breaks_do_not_cut_an_expression_short() -> None:
    assert ast.unparse(parse("a > 1\nand b > 2")) == "a > 1 and b > 2"
