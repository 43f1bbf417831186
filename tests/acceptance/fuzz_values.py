"""What a field of an answer may hold instead of what it should, and what that value really says.

A value that says nothing (null, the wrong type, garbage) must change nothing for anybody. One that
says something (`IsUnresponsive: true`) may be believed, of its own row.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from tests.acceptance.fuzz_estate import MARK, spelled

MISSING = object()
"""A field that is left out."""


@dataclass(frozen=True, slots=True)
class Token:
    """What stands in the answer as it is: a number that JSON has and Python's encoder has not."""

    text: str


class Type(Enum):
    """What a field holds."""

    ID = "id"
    TEXT = "text"
    WORD = "word"  # of an enumeration
    STATE = "state"
    FLAG = "flag"
    COUNT = "count"
    TIME = "time"
    EPOCH = "epoch"
    ROBOT = "robot"
    COUNTS = "counts"


@dataclass(frozen=True, slots=True)
class Value:
    """`says`: a sane reader may take it for news of its row. `breaks`: the answer is no JSON."""

    what: object
    says: bool = False
    breaks: bool = False


_NOTHING = (
    Value(None),
    Value(None),
    Value(MISSING),
    Value(MISSING),
    Value(""),
    Value("12"),
    Value("true"),
    Value([]),
    Value({}),
    Value([None, {"a": [1, 2]}]),
    Value({"value": "Available", "SpecificContent": {"iban": MARK}}),
    Value(Token("1e999")),
    Value(Token("-1e999")),
    Value(Token("9" * 5000)),
    Value(math.nan, breaks=True),
    Value(math.inf, breaks=True),
    Value(Token("[" * 2000 + "]" * 2000), breaks=True),
    Value(Token("01"), breaks=True),
)
_NUMBERS = (
    Value(-1),
    Value(1e308),
    Value(-1e308),
    Value(2**63),
    Value(2**80),
    Value(-(2**63)),
    Value(Token("-0"), says=True),
    Value(Token("-0.0"), says=True),
    Value(Token("1e-320"), says=True),
)
HOSTILE = (
    "\x1b[31mred\x1b[0m\x1b]0;owned\x07",
    "nul\x00nul",
    "\ud800",
    "half \udc00 a pair \ud83d",
    "\u202eevil\u2066\u200b",
    "<script>alert(1)</script>",
    "a\nb\r\nFrom: x\u2028y",
    "{{ 7 * 7 }}{% raw %}",
    "'; DROP TABLE subjects; --",
    "@everyone **bold** [x](http://evil.example)",
    "%2f..%2f../",
    "/" * 3000,
    "A" * 100_000,
    "\N{ROBOT FACE}" * 500,
    "  ",
    "\ufeff",
)


def _time(chance: random.Random, at: datetime, now: datetime) -> Value:
    text = spelled(at).removesuffix("Z")
    away = timezone(timedelta(hours=2))
    spelling: Sequence[Value] = (
        Value(f"{text[:19]}Z"),
        Value(f"{text[:21]}Z"),
        Value(f"{text}7Z"),
        Value(f"{text}789Z"),
        Value(text),
        Value(at.astimezone(away).isoformat()),
        Value(f"{text}z"),
        Value(f"{text}Z[Europe/Bucharest]"),
        Value(f"{text}+25:00"),
        Value("0001-01-01T00:00:00Z"),
        Value("0001-01-01T00:00:00"),
        Value("0001-01-01T00:00:00.0000000+02:00"),
        Value("9999-12-31T23:59:59.9999999-23:59"),
        Value("9999-12-31T23:59:59Z", says=True),
        Value(spelled(now + timedelta(days=1)), says=True),
        Value(f"{text}+02:00", says=True),
        Value("1970-01-01T00:00:00Z", says=True),
        Value("0001-01-02T00:00:00Z", says=True),
        Value(f"/Date({int(at.timestamp() * 1000)})/"),
        Value(int(at.timestamp())),
        Value(at.timestamp()),
        Value("2026-02-30T00:00:00Z"),
        Value("2026-01-05T24:00:01Z"),
        Value("yesterday"),
        Value("\ud800"),
        Value("9" * 5000),
    )
    return chance.choice(spelling)


def _text(chance: random.Random) -> Value:
    return Value(chance.choice(HOSTILE))


_STATES = (
    Value("Disconnected", says=True),
    Value("Available", says=True),
    Value("Busy", says=True),
    Value("Unknown", says=True),
    Value("Unresponsive"),
    Value("disconnected"),
    Value("Hibernating"),
    Value("4"),
    Value(2),
    Value(what=True),
)
_WORDS = (Value("FromTheFuture"), Value("42"), Value(3), Value(what=False))
_FLAGS = (
    Value(what=True, says=True),
    Value(what=False, says=True),
    Value(0),
    Value(1),
    Value("True"),
    Value("no"),
)
_PLENTY = (Value(2000, says=True), Value(2000.0, says=True), Value(2**53, says=True))
_FEW = (Value(0, says=True), Value(0.5, says=True))
_CHOICES: Mapping[Type, Sequence[Value]] = {
    Type.ID: (Value(10**12), Value(0), Value(-5), Value(2**63), Value(2**80), Value(1.5)),
    Type.WORD: _WORDS,
    Type.STATE: _STATES,
    Type.FLAG: _FLAGS,
    Type.EPOCH: (
        *_NUMBERS,
        Value(0),
        Value(1, says=True),
        Value(1622678399, says=True),
        Value(1e15),
    ),
    Type.ROBOT: (Value({}), Value({"Id": None, "Name": None}), Value("attended-stan")),
    Type.COUNTS: (Value({}), Value({"": 5}), Value([{"Unattended": 1}])),
}


def drawn(
    chance: random.Random,
    kind: Type,
    *,
    before: object,
    now: datetime,
    read: Callable[[str], datetime | None],
    can_shrink: bool = True,
) -> Value:
    """Draw what stands in a field instead of `before`."""
    if chance.random() < 0.45:
        return chance.choice(_NOTHING)
    if kind is Type.TIME:
        at = read(before) if isinstance(before, str) else None
        return _time(chance, at or now, now)
    if kind is Type.COUNT:
        counts: Sequence[Value] = (*_NUMBERS, *_PLENTY)
        return chance.choice((*counts, *_FEW) if can_shrink else counts)
    if kind is Type.TEXT or chance.random() < 0.2:
        return _text(chance)
    return chance.choice(_CHOICES[kind])
