"""Turns what pydantic found wrong into problems that name the file, the line, the key and the cure.

The values themselves are never repeated: any of them may be a secret in the wrong place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.config.lines import Lines
from monitor.config.names import Path, dotted, nearest, suggestion
from monitor.config.surroundings import Surroundings
from monitor.config.tenants import AUTH_TYPES
from monitor.errors import Problem

_TYPES = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "frozen_set_type": "must be an array",
    "set_type": "must be an array",
    "greater_than_equal": "must be at least {ge:g}",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be at most {le:g}",
    "less_than": "must be less than {lt:g}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A configuration file: its name as the user gave it, what it holds, and where."""

    file: str
    data: Mapping[str, Any]
    lines: Lines = field(default_factory=Lines)

    def problem(self, path: Path, message: str) -> Problem:
        """Return a problem at a key, with its line."""
        return Problem(
            file=self.file, key=dotted(path), message=message, line=self.lines.find(path)
        )


def explain(
    error: ValidationError, source: Source, around: Surroundings, prefix: Path = ()
) -> list[Problem]:
    """Return a problem for each mistake; `prefix` is where the validated table stands."""
    problems = []
    for details in error.errors(include_url=False):
        path = _path((*prefix, *details["loc"]), source.data)
        context = details.get("ctx", {})
        if details["type"] == "secret":
            path = (*path[:-1], str(context.get("key", path[-1])))
        elif details["type"].startswith("union_tag"):
            path = (*path, "type")
        parent = _at(source.data, path[:-1])
        known = around.known_keys.get(id(parent), {})
        problems.append(source.problem(path, _message(details, path, known)))
    return problems


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return the problems in the order of the file, each once."""
    return tuple(
        sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.key))
    )


def _path(loc: Path, data: object) -> Path:
    """Leave out what pydantic adds to a place: the tags of unions, and "[key]"."""
    path: list[str | int] = []
    inside = data
    for place, part in enumerate(loc):
        if part == "[key]" or (place and loc[place - 1] == "auth" and part in AUTH_TYPES):
            continue
        inside = _at(inside, (part,))
        path.append(part)
    return tuple(path)


def _at(data: object, path: Path) -> object:
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def _message(details: ErrorDetails, path: Path, known: Mapping[str, str]) -> str:
    """Say what is wrong and what would be right."""
    kind, context, given = details["type"], details.get("ctx", {}), details["input"]
    match kind:
        case "missing":
            meaning = known.get(str(path[-1]), "")
            text = f"is missing: {meaning}" if meaning else "is missing"
        case "extra_forbidden":
            text = "unknown key; " + suggestion(path[-1], known, otherwise="known here")
        case "literal_error":
            text = _choice(str(context.get("expected", "")), given)
        case "union_tag_invalid":
            wrong = given.get("type") if isinstance(given, dict) else None
            text = "unknown way to sign in; " + suggestion(wrong, AUTH_TYPES)
        case "union_tag_not_found":
            text = "is missing: how to sign in; known: " + ", ".join(AUTH_TYPES)
        case "tuple_type" if isinstance(given, dict):
            how = f"[[{dotted(path)}]]" if len(path) == 1 else "[{ … }]"
            text = f"must be an array of tables: write {how}"
        case "value_error":
            text = str(context.get("error", "is not valid"))
        case "secret":
            text = details["msg"]
        case _:
            text = _TYPES.get(kind, "is not valid").format(**context)
    return text


def _choice(expected: str, given: object) -> str:
    choices = [part.strip().strip("'") for part in expected.replace(" or ", ", ").split(",")]
    listed = ", ".join(f'"{choice}"' for choice in choices)
    meant = nearest(given, choices) if isinstance(given, str) else None
    hint = f'; did you mean "{meant}"?' if meant else ""
    return f"must be one of {listed}{hint}"
