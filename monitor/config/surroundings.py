"""What the tables of a configuration need to know of each other while they are validated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The names that exist in the whole file, and where its files are.

    `directory` is where relative paths start. `read_secrets` is False for commands that need none
    (`rules test` in a build, `config show`). `known_keys` collects, by the identity of each raw
    table, the keys that would have been right there, with what they mean.
    """

    directory: Path
    read_secrets: bool = True
    channels: frozenset[str] = frozenset()
    maintenance: frozenset[str] = frozenset()
    collectors: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    known_keys: dict[int, Mapping[str, str]] = field(default_factory=dict)


def surroundings_of(info: ValidationInfo) -> Surroundings | None:
    """Return the surroundings that a validation was given, None when it stands alone."""
    return info.context if isinstance(info.context, Surroundings) else None
