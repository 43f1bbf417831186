"""Writes TOML: for `config show` and the example file."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from monitor.config.names import dotted


def document(data: Mapping[str, Any]) -> str:
    """Write tables, the two outer levels with headers, what is deeper inline."""
    lines: list[str] = []
    _write_table(data, (), lines)
    return "\n".join(lines) + "\n"


def _write_table(table: Mapping[str, Any], path: tuple[str, ...], lines: list[str]) -> None:
    """Write plain values first, then the tables within: TOML's order."""
    inner = {key: value for key, value in table.items() if _is_table(value, path)}
    plain = {key: value for key, value in table.items() if key not in inner}
    if path and (plain or not inner):
        lines.append(f"\n[{dotted(path)}]")
    lines += [f"{dotted((key,))} = {inline(value)}" for key, value in plain.items()]
    for key, value in inner.items():
        if isinstance(value, Mapping):
            _write_table(value, (*path, key), lines)
            continue
        for element in value:
            lines.append(f"\n[[{dotted((*path, key))}]]")
            lines += [f"{dotted((name,))} = {inline(each)}" for name, each in element.items()]


def _is_table(value: object, path: tuple[str, ...]) -> bool:
    """Tell what gets a header of its own: the two outer levels; deeper tables stay inline."""
    if isinstance(value, Mapping):
        return len(path) < 2  # noqa: PLR2004 - [tenants.production] is the deepest header
    return not path and isinstance(value, list) and all(isinstance(v, Mapping) for v in value)


def inline(value: object) -> str:
    """Write one value on one line."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{dotted((key,))} = {inline(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(inline(each) for each in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
