"""Faults that bend the values of rows: the rows are there, and what they say is not to be trusted.

Source: Orchestrator reference, values on the wire.
"""

from collections.abc import Callable, Mapping, Sequence

from monitor.simulator.faults import Fault
from monitor.simulator.query import Row
from monitor.simulator.schema import Entity, Kind

# Terminal escapes, markup, a line break, a mark that turns the direction of writing, a zero byte.
_POISON = (
    '\x1b[31m\x1b]0;owned\x07<script>alert("x")</script>\r\nFrom: \u202enimda\u2066 {0} %s \x00'
)
_LENGTH = 5000
# One row in so many is padded to that length: all of them would be megabytes a page.
_PADDED_EVERY = 10
_LARGEST = 2**63 - 1
_HUGE = 1.5e308
# Names in answers outside OData, which have no entity to say what is free text.
_PLAIN_NAMES = frozenset(
    {"DisplayName", "FullyQualifiedName", "Description", "title", "robotType", "version"}
)


def bent_rows(rows: Sequence[Row], entity: Entity, hits: Mapping[str, Fault]) -> list[Row]:
    """Return the rows, bent by the faults that hit; instants are text by now."""
    if not hits:
        return list(rows)
    return [_bent(row, entity, hits, index) for index, row in enumerate(rows)]


def bent_plain(body: object, hits: Mapping[str, Fault]) -> object:
    """Return the body of an answer outside OData, bent by the faults that know such values."""
    if "hostile-text" in hits:
        body = _renamed(body, 0)
    if "huge-numbers" in hits:
        body = _inflated(body)
    if "wrong-types" in hits:
        body = (
            [_mistyped(item, i) for i, item in enumerate(body)]
            if isinstance(body, list)
            else _mistyped(body, 0)
        )
    return body


def _bent(row: Row, entity: Entity, hits: Mapping[str, Fault], index: int) -> Row:
    bent = dict(row)
    for name, inner in entity.navigation.items():
        value = bent.get(name)
        if isinstance(value, dict):
            bent[name] = _bent(value, inner, hits, index)
    _bend_enums(bent, entity, hits)
    if "null-fields" in hits:
        bent = {name: value if name == entity.key else None for name, value in bent.items()}
    if "hostile-text" in hits:
        bent = _each(bent, entity, Kind.TEXT, lambda value: hostile(str(value), index))
        bent = _each(bent, entity, Kind.DATA, lambda value: _keys_renamed(value, index))
    if "huge-numbers" in hits:
        for kind in (Kind.INT, Kind.NUMBER, Kind.DATA):
            bent = _each(bent, entity, kind, _inflated)
    if "wrong-types" in hits:
        bent = _mistyped_row(bent, index)
    if "extra-fields" in hits:
        bent |= {"FutureField": {"Nested": [1, None]}, "@odata.etag": "W/1"}
    return bent


def _bend_enums(row: Row, entity: Entity, hits: Mapping[str, Fault]) -> None:
    for name in [name for name, field in entity.fields.items() if field.kind is Kind.ENUM]:
        if name not in row:
            continue
        if "unknown-enums" in hits and row[name] is not None:
            row[name] = "FromTheFuture"
        if "missing-enums" in hits:
            del row[name]


def _each(row: Row, entity: Entity, kind: Kind, bend: Callable[[object], object]) -> Row:
    """Bend the values of one kind, other than nulls and the key: rows stay apart."""
    names = {name for name, field in entity.fields.items() if field.kind is kind} - {entity.key}
    return {
        name: bend(value) if name in names and value is not None else value
        for name, value in row.items()
    }


def hostile(text: str, index: int) -> str:
    """Return a text with all that a screen, a page, a mail or a database may stumble over.

    It begins with the text, so that two names stay two.
    """
    poisoned = text + _POISON
    return poisoned.ljust(_LENGTH, "A") if index % _PADDED_EVERY == 0 else poisoned


def _keys_renamed(value: object, index: int) -> object:
    """Give the keys of an open map (license types) hostile names."""
    if not isinstance(value, Mapping):
        return value
    return {hostile(str(key), index): item for key, item in value.items()}


def _renamed(value: object, index: int) -> object:
    if isinstance(value, Mapping):
        return {
            key: hostile(item, index)
            if key in _PLAIN_NAMES and isinstance(item, str)
            else _renamed(item, index)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, place) for place, item in enumerate(value)]
    return value


def _inflated(value: object) -> object:
    """Return numbers near the end of 64 bits, different for different numbers."""
    if isinstance(value, Mapping):
        return {key: _inflated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_inflated(item) for item in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return _LARGEST - abs(value)
    return _HUGE if isinstance(value, float) else value


def _mistyped_row(row: Row, index: int) -> Row:
    return {name: _mistyped(value, index) for name, value in row.items()}


def _mistyped(value: object, index: int) -> object:
    """Return a value of another type, by the row's place; every fourth row stays as it is."""
    if isinstance(value, Mapping):
        return {key: _mistyped(item, index) for key, item in value.items()}
    if isinstance(value, list):
        return [_mistyped(item, index) for item in value]
    way = index % 4
    if way == 0 and isinstance(value, int | float):
        return str(value)
    if way == 1 and isinstance(value, str):
        return len(value)
    if way == 2 and value is not None:  # noqa: PLR2004  the third of four ways
        return [value]
    return value
