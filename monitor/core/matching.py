"""`where`: which subjects or alerts something is for, by their labels.

Two notations. A table gives for each label a text, or a list of alternatives, with `*`, `?`, `**`
and a leading `!`. A list gives matchers as `name=x`, `name!=x`, `name=~regex`, `name!~regex`. All
parts must match; a label that is missing equals the empty text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MAX_PATTERN = 500
PATH_LABELS = frozenset({"folder"})
"""Labels whose text is a path: `*` and `?` stop at its slashes."""

_MATCHER = re.compile(
    r"\s*(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*(?P<operator>[=!~<>]+)(?P<value>.*)", re.DOTALL
)
_GLOB_TOKEN = re.compile(r"/\*\*\Z|\*\*/|\*\*|\*|\?|.", re.DOTALL)


class Operator(StrEnum):
    """How a matcher compares; `LIKE` is the table's notation: alternatives, globs, `!`."""

    EQUAL = "="
    UNEQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"
    LIKE = "like"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A test of one label. Only `LIKE` has more than one value.

    Raises:
        ValueError: a regular expression is wrong, or a text is too long.
    """

    name: str
    operator: Operator
    values: tuple[str, ...]
    _wanted: re.Pattern[str] | frozenset[str] | None = field(init=False, repr=False, compare=False)
    _refused: re.Pattern[str] | frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the tests."""
        for value in self.values:
            if len(value) > MAX_PATTERN:
                msg = f"{self.name}: a text to match may have {MAX_PATTERN} characters at most"
                raise ValueError(msg)
        wanted: re.Pattern[str] | frozenset[str] | None = None
        refused: re.Pattern[str] | frozenset[str] | None = None
        match self.operator:
            case Operator.EQUAL:
                wanted = frozenset(self.values)
            case Operator.UNEQUAL:
                refused = frozenset(self.values)
            case Operator.REGEX:
                wanted = _regex(self.name, self.values[0])
            case Operator.NOT_REGEX:
                refused = _regex(self.name, self.values[0])
            case _:
                is_path = self.name in PATH_LABELS
                wanted = _any_of((v for v in self.values if not v.startswith("!")), is_path=is_path)
                refused = _any_of(
                    (v[1:] for v in self.values if v.startswith("!")), is_path=is_path
                )
        object.__setattr__(self, "_wanted", wanted)
        object.__setattr__(self, "_refused", refused)

    def matches(self, text: str) -> bool:
        """Tell whether a label's text passes."""
        return (self._wanted is None or _fits(self._wanted, text)) and (
            self._refused is None or not _fits(self._refused, text)
        )

    def __str__(self) -> str:
        """Read as people write it."""
        if self.operator is Operator.LIKE:
            return f"{self.name} like {', '.join(self.values)}"
        return f"{self.name}{self.operator}{self.values[0]}"


@dataclass(frozen=True, slots=True)
class Where:
    """Matchers that must all match; without any it matches everything."""

    matchers: tuple[Matcher, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels pass every matcher."""
        return all(matcher.matches(labels.get(matcher.name, "")) for matcher in self.matchers)

    def and_(self, other: "Where") -> "Where":
        """Return the conjunction of both."""
        return Where(self.matchers + other.matchers)

    def without(self, names: Iterable[str]) -> "Where":
        """Return this without the matchers of the labels named."""
        dropped = frozenset(names)
        return Where(tuple(m for m in self.matchers if m.name not in dropped))

    @property
    def names(self) -> frozenset[str]:
        """Return the labels that are looked at."""
        return frozenset(matcher.name for matcher in self.matchers)

    def __bool__(self) -> bool:
        """Tell whether this restricts anything."""
        return bool(self.matchers)

    def __str__(self) -> str:
        """Read as people write it; "everything" without matchers."""
        return " and ".join(str(matcher) for matcher in self.matchers) or "everything"


def parse_where(value: Mapping[str, object] | Sequence[object]) -> Where:
    """Return the `where` that a table or a list of matchers says.

    Raises:
        ValueError: it says nothing sensible; the text says what would be right.
    """
    if isinstance(value, Mapping):
        return Where(tuple(_from_entry(name, given) for name, given in value.items()))
    if isinstance(value, str) or not isinstance(value, Sequence):
        msg = 'must be a table like { name = "x" } or a list like ["name=x"]'
        raise ValueError(msg)  # noqa: TRY004 - one kind of error for every mistake of a user
    return Where(tuple(parse_matcher(given) for given in value))


def parse_matcher(text: object) -> Matcher:
    """Return the matcher that `name=value` (or `!=`, `=~`, `!~`) says; the value may be quoted.

    Raises:
        ValueError: it is no matcher.
    """
    if not isinstance(text, str):
        msg = f'{text!r} is not a matcher: write text like "name=x"'
        raise ValueError(msg)  # noqa: TRY004 - as in parse_where
    match = _MATCHER.fullmatch(text)
    if match is None:
        msg = f'"{text[:80]}" is not a matcher: write it like name=x, name!=x, name=~x|y or name!~x'
        raise ValueError(msg)
    try:
        operator = Operator(match["operator"])
    except ValueError:
        msg = f'"{text[:80]}": unknown operator {match["operator"]}: use =, !=, =~ or !~'
        raise ValueError(msg) from None
    given = match["value"].strip()
    if len(given) > 1 and given[0] == given[-1] == '"':
        given = given[1:-1]
    return Matcher(match["name"], operator, (given,))


def glob_pattern(glob: str, *, is_path: bool) -> str:
    """Return the regular expression (to be matched in full) of a glob.

    In a path `*` and `?` stop at slashes, `**` does not; `A/**` is A and all below it, `**/A` is
    A at any depth. Elsewhere `*` and `**` are the same.
    """
    one, many = ("[^/]", "[^/]*") if is_path else (".", ".*")
    forms = {"**": ".*", "*": many, "?": one}
    if is_path:
        forms |= {"/**": "(?:/.*)?", "**/": "(?:.*/)?"}
    else:
        forms |= {"/**": "/.*", "**/": ".*/"}
    return "".join(forms.get(token, re.escape(token)) for token in _GLOB_TOKEN.findall(glob))


def is_glob(text: str) -> bool:
    """Tell whether a text has wildcards."""
    return "*" in text or "?" in text


def _from_entry(name: str, given: object) -> Matcher:
    values = [given] if isinstance(given, str) else given
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        msg = f'{name}: must be text in quotes, or a list of such: "x", "x*", "!x", ["x", "y"]'
        raise ValueError(msg)
    if not values:
        msg = f"{name}: an empty list would match nothing: leave the key out, or name something"
        raise ValueError(msg)
    if len(values) == 1 and not is_glob(values[0]) and not values[0].startswith("!"):
        return Matcher(name, Operator.EQUAL, tuple(values))
    return Matcher(name, Operator.LIKE, tuple(values))


def _any_of(globs: Iterable[str], *, is_path: bool) -> re.Pattern[str] | frozenset[str] | None:
    """Return a test for any of the texts; None for no text at all."""
    wanted = tuple(globs)
    if not wanted:
        return None
    if not any(is_glob(glob) for glob in wanted):
        return frozenset(wanted)
    return re.compile("|".join(glob_pattern(glob, is_path=is_path) for glob in wanted), re.DOTALL)


def _regex(name: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.DOTALL)
    except (re.error, RecursionError, OverflowError) as error:
        msg = f'{name}: "{pattern[:80]}" is not a regular expression: {error}'
        raise ValueError(msg) from None


def _fits(test: re.Pattern[str] | frozenset[str], text: str) -> bool:
    return text in test if isinstance(test, frozenset) else test.fullmatch(text) is not None
