import tomllib

import pytest

from monitor.config.lines import scan
from monitor.config.names import dotted

EVERYTHING = '''# a comment with [brackets] = and "quotes"
plain = 1
"quoted.key" = [1,
  2, { b = 3, c = "x # ] y" }]  # end
text = """
x = 1
[foo]
\\""" still inside
"""
literal = \'\'\'
[bar]
\'\'\'
[tenants.production]
url = 'a ] } #'
auth = { type = "x", client_id = "}" }
a.b.c = 2026-01-01T00:00:00
[[routes]]
where = { severity = ["a"] }
[[routes]]
channels = [
  # a comment
  "b",
]
[routes.sub]
z = 1
[[routes.more]]
y = 2
[[routes.more]]
y = 3
'''


def test_every_key_is_found_in_its_line() -> None:
    tomllib.loads(EVERYTHING)
    found = {dotted(path): line for path, line in scan(EVERYTHING).at.items()}

    assert found == {
        "plain": 2,
        '"quoted.key"': 3,
        '"quoted.key"[0]': 3,
        '"quoted.key"[1]': 4,
        '"quoted.key"[2]': 4,
        '"quoted.key"[2].b': 4,
        '"quoted.key"[2].c': 4,
        "text": 5,
        "literal": 10,
        "tenants": 13,
        "tenants.production": 13,
        "tenants.production.url": 14,
        "tenants.production.auth": 15,
        "tenants.production.auth.type": 15,
        "tenants.production.auth.client_id": 15,
        "tenants.production.a": 16,
        "tenants.production.a.b": 16,
        "tenants.production.a.b.c": 16,
        "routes": 17,
        "routes[0]": 17,
        "routes[0].where": 18,
        "routes[0].where.severity": 18,
        "routes[0].where.severity[0]": 18,
        "routes[1]": 19,
        "routes[1].channels": 20,
        "routes[1].channels[0]": 22,
        "routes[1].sub": 24,
        "routes[1].sub.z": 25,
        "routes[1].more": 26,
        "routes[1].more[0]": 26,
        "routes[1].more[0].y": 27,
        "routes[1].more[1]": 28,
        "routes[1].more[1].y": 29,
    }


def test_windows_line_ends_count_once() -> None:
    assert scan("a = 1\r\nb = 2\r\n").at == {("a",): 1, ("b",): 2}


def test_a_missing_key_is_found_at_the_table_around_it() -> None:
    lines = scan("[tenants.production]\nurl = 'x'\n")

    assert lines.find(("tenants", "production", "auth", "token")) == 1


def test_what_is_not_in_the_file_has_no_line() -> None:
    assert scan("[web]\n").find(("tenants",)) is None


@pytest.mark.parametrize(
    ("text", "again", "before"),
    [
        ("a = 1\n[x]\nb = 1\nb = 2\n", 4, 3),
        ("[x]\n\n[x]\n", 3, 1),
        ("x = { a = 1,\n a = 2 }\n", 2, 1),
    ],
)
def test_a_key_given_twice_is_found(text: str, again: int, before: int) -> None:
    repeated = scan(text).repeated

    assert [(line, first) for line, (_, first) in repeated.items()] == [(again, before)]


@pytest.mark.parametrize(
    "text",
    ["a = {", 'a = "', "]", "a", "= 1", "[", "[[a]", "a = [1, [2", "a =\n", '"""', "a.=1", "\0"],
)
def test_what_is_not_toml_is_given_up_quietly(text: str) -> None:
    assert scan("first = 1\n" + text).at[("first",)] == 1


def test_deep_nesting_is_given_up_quietly() -> None:
    assert scan("a = " + "[" * 100_000).at[("a",)] == 1
