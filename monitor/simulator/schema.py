"""What an answer of the API is made of: entities, their fields, and the types of the fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType


class Kind(Enum):
    """How a value is written in a filter and in an answer."""

    INT = "int"
    NUMBER = "number"
    BOOL = "bool"
    TEXT = "text"
    DATE = "date"
    GUID = "guid"
    ENUM = "enum"
    DATA = "data"  # an object or a list: it can be selected, neither filtered nor ordered by


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """An enumeration: names with their numbers; two names may share one number."""

    numbers: Mapping[str, int]

    @classmethod
    def of(cls, names: str) -> "Choices":
        """Number the names from 0; aliases of one number are joined by `/`."""
        numbers = {
            name: number
            for number, aliases in enumerate(names.split())
            for name in aliases.split("/")
        }
        return cls(numbers=MappingProxyType(numbers))

    def first(self, count: int) -> "Choices":
        """Return the enumeration as it was when it had only its first `count` numbers."""
        kept = {name: number for name, number in self.numbers.items() if number < count}
        return Choices(numbers=MappingProxyType(kept))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property of an entity. `choices` belongs to `Kind.ENUM` alone."""

    kind: Kind
    choices: Choices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A kind of row: its fields, in the order of the answer.

    `key` identifies a row and orders an answer nobody ordered. `orderable` limits `$orderby`
    (None: every field but objects). `navigation` are the entities that `$expand` adds.
    """

    name: str
    key: str
    fields: Mapping[str, Field]
    navigation: Mapping[str, "Entity"] = field(default_factory=dict)
    orderable: frozenset[str] | None = None

    def blank(self) -> dict[str, object]:
        """Return a row with every field, all null: nothing in the API is promised to be set."""
        return dict.fromkeys(self.fields)


def fields_of(declaration: str, enums: Mapping[str, Choices]) -> Mapping[str, Field]:
    """Read `Name:type` pairs, where a type is a `Kind` or the name of an enumeration.

    Raises:
        KeyError: a type is neither.
    """
    kinds = {kind.value: kind for kind in Kind if kind is not Kind.ENUM}
    found: dict[str, Field] = {}
    for pair in declaration.split():
        name, _, type_name = pair.partition(":")
        if type_name in kinds:
            found[name] = Field(kind=kinds[type_name])
        else:
            found[name] = Field(kind=Kind.ENUM, choices=enums[type_name])
    return MappingProxyType(found)
