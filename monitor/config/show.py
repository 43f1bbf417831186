"""`config show`: everything in force, defaults too, with the secrets masked."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from monitor.config.compose import Configuration
from monitor.config.plugins import rule_types
from monitor.config.rules import RuleTable
from monitor.config.secrets import SecretSource
from monitor.config.toml import document
from monitor.core.duration import format_duration
from monitor.core.matching import Operator, Where

MASK = "********"


def masked(configuration: Configuration) -> str:
    """Return the configuration as TOML, with defaults filled in; nothing secret is in it."""
    lines = [f"# {configuration.file}"]
    lines += [f"# {notice}" for notice in configuration.notices]
    return "\n".join(lines) + "\n" + document(masked_data(configuration))


def masked_data(configuration: Configuration) -> dict[str, Any]:
    """Return the same as plain data, for `--json`."""
    settings = configuration.settings
    data = _plain_table(settings)
    data["database"] = {"url": configuration.database_url}
    if configuration.database_password is not None:
        key, shown = configuration.database_password.shown_as("password")
        data["database"][key] = shown
    data["collectors"] = {
        name: {"every": format_duration(every), **_metrics(configuration.wanted[name])}
        for name, every in configuration.collectors.items()
    }
    data["rules"] = {table.name: _rule(table) for table in configuration.rule_tables}
    return {key: value for key, value in data.items() if value not in ({}, [])}


def _metrics(wanted: Collection[str]) -> dict[str, Any]:
    return {"metrics": sorted(wanted)} if wanted else {}


def _rule(table: RuleTable) -> dict[str, Any]:
    keys = _plain_table(table.keys)
    keys.setdefault("severity", rule_types()[table.type].severity.value)
    return {**keys, "type": table.type, **_plain_table(table.options)}


def _plain_table(model: BaseModel) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None:
            if field.default is None or field.is_required():
                continue
            # What is on unless it is switched off.
            value = False
        key = field.alias or name
        if isinstance(value, SecretSource):
            key, value = value.shown_as(name)
        shown = _plain(value)
        if shown not in ({}, []):
            data[key] = shown
    return data


def _plain(value: object) -> Any:  # noqa: ANN401 - what JSON holds
    shown: Any = value
    match value:
        case BaseModel():
            shown = _plain_table(value)
        case timedelta():
            shown = format_duration(value)
        case Where():
            shown = _where(value)
        case SecretStr():
            shown = _without_password(value.get_secret_value())
        case Mapping():
            shown = {str(key): _plain(inner) for key, inner in value.items()}
        case tuple() | list():
            shown = [_plain(inner) for inner in value]
    return shown


def _where(where: Where) -> dict[str, Any] | list[str]:
    """Write a `where` in the notation it can only have come from."""
    if any(matcher.operator is Operator.LIKE for matcher in where.matchers):
        return {
            matcher.name: list(matcher.values) if len(matcher.values) > 1 else matcher.values[0]
            for matcher in where.matchers
        }
    return [str(matcher) for matcher in where.matchers]


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{MASK}@{host}" if "@" in parts.netloc else f"{parts.scheme}://{host}"
