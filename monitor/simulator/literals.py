"""The literals of `$filter`: each kind of field reads its own.

Source: Orchestrator reference, OData query options.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.simulator.schema import Field, Kind


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a filter's text: `text`, `date`, `guid`, `number`, `word` or `mark`."""

    kind: str
    text: str


def _expect(token: Token, kind: str) -> str:
    if token.kind != kind:
        raise ValueError(token.text)
    return token.text


def _unquoted(token: Token) -> str:
    return _expect(token, "text")[1:-1].replace("''", "'")


def _read_enum(token: Token, field: Field) -> object:
    choices = field.choices
    text = _unquoted(token)
    if choices is None:
        raise ValueError(text)
    if text.isdigit():
        if int(text) not in choices.numbers.values():
            raise ValueError(text)
        return int(text)
    return choices.numbers[text]


def _read_bool(token: Token, _: Field) -> object:
    return {"true": True, "false": False}[_expect(token, "word")]


def read_instant(text: str) -> datetime:
    """Read an ISO instant with up to seven fractional digits (the last is cut off)."""
    seconds, dot, rest = text.partition(".")
    if dot:
        digits = re.match(r"\d+", rest)
        fraction = digits.group() if digits else ""
        text = f"{seconds}.{fraction[:6]}{rest[len(fraction) :]}"
    return datetime.fromisoformat(text).astimezone(UTC)


# They raise KeyError or ValueError where a token is no value of the kind.
READERS: Mapping[Kind, Callable[[Token, Field], object]] = {
    Kind.INT: lambda token, _: int(_expect(token, "number")),
    Kind.NUMBER: lambda token, _: float(_expect(token, "number")),
    Kind.BOOL: _read_bool,
    Kind.TEXT: lambda token, _: _unquoted(token),
    Kind.DATE: lambda token, _: read_instant(_expect(token, "date")),
    Kind.GUID: lambda token, _: _expect(token, "guid").lower(),
    Kind.ENUM: _read_enum,
}
