"""Copies of frozen records with some fields changed.

As `dataclasses.replace`, which calls the constructor with every field again: of an alert that
costs three times as much, and a storm changes ten thousand alerts several times each.
"""

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

Record = TypeVar("Record")


def evolve(record: Record, **changes: object) -> Record:
    """Return a copy of a frozen dataclass with slots and without `__post_init__`.

    Raises:
        KeyError: there is no such field.
    """
    kind: type[Any] = type(record)
    members = _members(kind)  # type: ignore[arg-type] # every type is hashable
    copy: Record = object.__new__(kind)
    for member in members.values():
        member.__set__(copy, member.__get__(record))
    for name, value in changes.items():
        members[name].__set__(copy, value)
    return copy


@cache
def _members(kind: type[Any]) -> dict[str, Any]:
    """Return the descriptors of the slots, by name."""
    return {field.name: getattr(kind, field.name) for field in fields(kind)}
