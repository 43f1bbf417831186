"""The keys that are accepted and checked but have no effect yet: the one list of them.

A key leaves this list in the change that gives it effect.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from monitor.config.names import Path, dotted

ANY = "*"
NOT_YET: tuple[tuple[str, ...], ...] = (("watchdog", ANY),)


def has_effect(*path: str) -> bool:
    """Tell whether a key counts in this version; names of tables and places are `ANY`."""
    return not any(
        len(pattern) <= len(path)
        and all(part in (ANY, given) for part, given in zip(pattern, path, strict=False))
        for pattern in NOT_YET
    )


def not_yet_notices(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for each key of the file that has no effect yet."""
    return tuple(
        f"{dotted(path)}: accepted, has no effect yet in this version"
        for pattern in NOT_YET
        for path in _matches(data, pattern, ())
    )


def _matches(value: object, pattern: tuple[str, ...], path: Path) -> Iterator[Path]:
    if not pattern:
        yield path
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _matches(inner, pattern[1:], (*path, place))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if pattern[0] in (ANY, name):
                yield from _matches(inner, pattern[1:], (*path, name))
