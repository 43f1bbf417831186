"""The `$filter` language: a tokenizer, a recursive descent parser, and predicates over rows.

It reads what the monitor has reason to send, and refuses the rest, so that a query nobody tried
against this grammar fails loudly: eq ne gt ge lt le, in, and, or, parentheses; enumerations quoted
by name or number; dates, GUIDs and numbers bare; strings quoted, with doubled quotes inside.
Source: Orchestrator reference, OData query options.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from monitor.simulator.literals import READERS, Token
from monitor.simulator.problems import Refused, query_refused
from monitor.simulator.schema import Entity, Field, Kind

Predicate = Callable[[Mapping[str, object]], bool]

MAX_EXPRESSIONS = 100
MAX_OR_TERMS = 16  # 17 terms on a navigation property were refused by real servers

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>'(?:[^']|'')*')
    | (?P<date>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d))
    | (?P<guid>[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})
    | (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
    | (?P<word>[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*)
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)

_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})
_ORDERED_KINDS = frozenset({Kind.INT, Kind.NUMBER, Kind.DATE, Kind.TEXT})


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison of a filter that is a plain conjunction."""

    path: str
    operator: str
    holds: Predicate


@dataclass(frozen=True, slots=True)
class Filter:
    """A compiled filter; `terms` are its comparisons where `and` is all that joins them."""

    holds: Predicate
    terms: tuple[Term, ...] | None

    def __call__(self, row: Mapping[str, object]) -> bool:
        """Tell whether a row matches."""
        return self.holds(row)


def parse_filter(text: str, entity: Entity) -> Filter:
    """Compile a filter over the rows of `entity`.

    Raises:
        Refused: 400, when the text is not of this grammar or names an unknown field.
    """
    return _Parser(_tokens(text), entity).whole()


def find_field(entity: Entity, path: str, option: str) -> Field:
    """Return the field `path` names; one `/` leads into an entity that can be expanded.

    Raises:
        Refused: 400, when there is no such field.
    """
    owner: Entity | None = entity
    *steps, name = path.split("/")
    for step in steps:
        owner = owner.navigation.get(step) if owner else None
    found = owner.fields.get(name) if owner else None
    if found is None:
        msg = (
            f"The query specified in the URI is not valid: no property '{path}' on type "
            f"'{entity.name}' in {option}."
        )
        raise query_refused(msg)
    return found


def value_at(row: Mapping[str, object], path: tuple[str, ...]) -> object:
    """Return the value at a path, None where the way ends early."""
    value: object = row
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            msg = f"Syntax error at position {position} in '{text}'."
            raise query_refused(msg)
        found.append(Token(match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return found


class _Parser:
    """One filter's text on its way to a predicate; each method eats what it names."""

    def __init__(self, tokens: list[Token], entity: Entity) -> None:
        self._tokens = tokens
        self._entity = entity
        self._next = 0
        self._expressions = 0
        self._terms: list[Term] = []
        self._joins_by_or = False

    def whole(self) -> Filter:
        holds = self._any_of()
        if self._next < len(self._tokens):
            self._fail(f"unexpected '{self._tokens[self._next].text}'")
        return Filter(holds, None if self._joins_by_or else tuple(self._terms))

    def _any_of(self) -> Predicate:
        terms = [self._all_of()]
        while self._take_word("or"):
            self._joins_by_or = True
            terms.append(self._all_of())
        if len(terms) > MAX_OR_TERMS:
            self._fail(f"more than {MAX_OR_TERMS} terms are joined by 'or'; use 'in'")
        return terms[0] if len(terms) == 1 else lambda row: any(term(row) for term in terms)

    def _all_of(self) -> Predicate:
        terms = [self._term()]
        while self._take_word("and"):
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else lambda row: all(term(row) for term in terms)

    def _term(self) -> Predicate:
        self._expressions += 1
        if self._expressions > MAX_EXPRESSIONS:
            self._fail(f"more than {MAX_EXPRESSIONS} expressions")
        if self._take_mark("("):
            inner = self._any_of()
            self._need_mark(")")
            return inner
        token = self._take("a property")
        if token.kind != "word" or self._peek_is("("):
            self._fail(f"'{token.text}' cannot stand here")
        field = find_field(self._entity, token.text, "$filter")
        if field.kind is Kind.DATA:
            self._fail(f"the property '{token.text}' cannot be used in the $filter query option")
        path = tuple(token.text.split("/"))
        operator = self._take("an operator").text
        if operator == "in":
            holds = self._membership(path, field)
        elif operator in _COMPARISONS:
            holds = _comparison(operator, path, field, self._literal(field))
        else:
            self._fail(f"unknown operator '{operator}'")
        self._terms.append(Term(token.text, operator, holds))
        return holds

    def _membership(self, path: tuple[str, ...], field: Field) -> Predicate:
        self._need_mark("(")
        literals = {self._literal(field)}
        while self._take_mark(","):
            literals.add(self._literal(field))
        self._need_mark(")")
        return lambda row: _comparable(value_at(row, path), field) in literals

    def _literal(self, field: Field) -> object:
        token = self._take("a value")
        if token.kind == "word" and token.text == "null":
            return None
        try:
            return READERS[field.kind](token, field)
        except (KeyError, ValueError):
            self._fail(f"'{token.text}' is not a value of type {field.kind.value}")

    def _take(self, wanted: str) -> Token:
        if self._next >= len(self._tokens):
            self._fail(f"the text ends where {wanted} is expected")
        self._next += 1
        return self._tokens[self._next - 1]

    def _peek_is(self, text: str) -> bool:
        return self._next < len(self._tokens) and self._tokens[self._next].text == text

    def _take_word(self, word: str) -> bool:
        taken = self._peek_is(word) and self._tokens[self._next].kind == "word"
        self._next += taken
        return taken

    def _take_mark(self, mark: str) -> bool:
        taken = self._peek_is(mark) and self._tokens[self._next].kind == "mark"
        self._next += taken
        return taken

    def _need_mark(self, mark: str) -> None:
        if not self._take_mark(mark):
            self._fail(f"'{mark}' is missing")

    def _fail(self, what: str) -> NoReturn:
        raise _filter_refused(what)


def _filter_refused(what: str) -> Refused:
    return query_refused(f"Invalid OData query options. $filter: {what}.")


def _comparison(operator: str, path: tuple[str, ...], field: Field, literal: object) -> Predicate:
    if operator == "eq":
        return lambda row: _comparable(value_at(row, path), field) == literal
    if operator == "ne":
        return lambda row: _comparable(value_at(row, path), field) != literal
    if field.kind not in _ORDERED_KINDS or literal is None:
        msg = f"'{operator}' does not compare {'/'.join(path)} with this value"
        raise _filter_refused(msg)
    return lambda row: _in_order(operator, value_at(row, path), literal)


def _in_order(operator: str, left: object, right: object) -> bool:
    """Compare by order; null is neither less nor greater than anything."""
    if left is None:
        return False
    sizes = _size(left), _size(right)
    if sizes[0] is not None and sizes[1] is not None:
        order = (sizes[0] > sizes[1]) - (sizes[0] < sizes[1])
    else:
        order = (str(left) > str(right)) - (str(left) < str(right))
    return {"gt": order > 0, "ge": order >= 0, "lt": order < 0, "le": order <= 0}[operator]


def _size(value: object) -> float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, int | float) else None


def _comparable(value: object, field: Field) -> object:
    """Bring a value to the form of a literal: enumerations by number, GUIDs in lower case."""
    if field.choices is not None and isinstance(value, str):
        return field.choices.numbers.get(value, value)
    if field.kind is Kind.GUID and isinstance(value, str):
        return value.lower()
    return value
