"""Makes any text storable: names come from Orchestrator, where anyone may have typed anything."""

from collections.abc import Mapping
from typing import Any

from msgspec import json, to_builtins

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """Return the text with what no database takes replaced: NUL and unpaired surrogates.

    One robot with such a name must not keep ten thousand others out of the history.
    """
    if "\x00" not in text and text.isascii():
        return text
    text = text.replace("\x00", REPLACEMENT)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable_mapping(labels: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of the labels with every text storable."""
    return {storable(name): storable(value) for name, value in labels.items()}


def storable_document(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return a copy of a JSON value with every text in it storable."""
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {storable_document(key): storable_document(item) for key, item in value.items()}
        case list() | tuple():
            return [storable_document(item) for item in value]
        case _:
            return value


def document(value: Any) -> str:  # noqa: ANN401 - as above
    """Return a JSON text that any database takes.

    Of a dataclass it has the fields, an instant is in it as ISO 8601.
    Texts that none takes are rare, and found in the result sooner than in every part of it.
    """
    try:
        text = json.encode(value).decode()
    except UnicodeEncodeError:
        pass
    else:
        if "\\u0000" not in text:
            return text
    return json.encode(storable_document(to_builtins(value))).decode()
