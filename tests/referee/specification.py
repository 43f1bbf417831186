"""The published documents, prepared for a referee: what they overstate is taken back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("ORCHESTRATOR_OPENAPI", ROOT.parent / "shared" / "openapi"))

# Nobody published those of 2022.4 and 2023.10.
SPECIFIED = ("2018.4", "2019.10", "2020.10", "cloud")
FOLDER_HEADER = "X-UIPATH-OrganizationUnitId"
NULL = {"type": "null"}


def prepared(version: str) -> dict[str, Any]:
    """Return a version's document as it has to be read.

    - The folder header is advice: the mark "required" came with the command line tool that
      published the document, and servers answer without it.
    - No document tells what may be null: any field of an answer may.
    - What is required is so of what is sent: an answer has the fields that `$select` names.
    - An `object` among additional properties is any value: those of a queue item are free.
    - Old names have brackets, which references to them would have to escape.
    """
    text = (FOLDER / f"{version}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    schemas = _schemas(document)
    for name in sorted(schemas, key=len, reverse=True):
        if "[" in name:
            text = text.replace(f'"{name}"', f'"{_plain(name)}"')
            text = text.replace(f'/{name}"', f'/{_plain(name)}"')
    document = json.loads(text)
    for operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter.get("name") == FOLDER_HEADER:
                parameter["required"] = False
    sent = set(_sent(document))
    for name, schema in _schemas(document).items():
        if name not in sent:
            _loosen(schema)
    return document


def _plain(name: str) -> str:
    return name.replace("[", "_of_").replace("]", "_")


def _schemas(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = (
        document["definitions"] if "swagger" in document else document["components"]["schemas"]
    )
    return found


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from (value for value in methods.values() if isinstance(value, dict))


def _sent(document: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the schemas of request bodies."""
    for operation in _operations(document):
        bodies = [p["schema"] for p in operation.get("parameters", ()) if p.get("in") == "body"]
        content = operation.get("requestBody", {}).get("content", {})
        bodies += [media["schema"] for media in content.values()]
        yield from (body["$ref"].rpartition("/")[2] for body in bodies if "$ref" in body)


def _loosen(schema: dict[str, Any]) -> None:
    schema.pop("required", None)
    properties = schema.get("properties", {})
    for name, inner in properties.items():
        properties[name] = _or_null(inner)
    if schema.get("additionalProperties") == {"type": "object"}:
        schema["additionalProperties"] = {}


def _or_null(inner: dict[str, Any]) -> dict[str, Any]:
    if "type" not in inner:
        return {"anyOf": [inner, NULL]}
    if inner.get("additionalProperties") == {"type": "object"}:
        inner["additionalProperties"] = {}
    if "enum" in inner:
        inner["enum"].append(None)
    return {**inner, "type": [inner["type"], "null"]}
