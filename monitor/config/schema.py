"""`config schema`: a JSON Schema of the file, for editors that complete and check TOML."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from monitor.config.plugins import collectors, rule_types
from monitor.config.rules import RuleKeys
from monitor.config.settings import Settings
from monitor.core.duration import format_duration
from monitor.core.matching import Where

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, with durations as text in defaults too."""

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - as in the parent
        if isinstance(dft, timedelta):
            return format_duration(dft)
        if isinstance(dft, BaseModel | Where):
            return {}
        return super().encode_default(dft)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration file, the options of all rule types included."""
    document = _of(Settings)
    definitions = document.setdefault("$defs", {})
    shared = _of(RuleKeys)
    definitions.update(shared.pop("$defs", {}))
    definitions["rule"] = _rule(shared, definitions)
    properties = document["properties"]
    properties["rules"] = {
        "type": "object",
        "description": properties["rules"].get("description", ""),
        "additionalProperties": {"$ref": "#/$defs/rule"},
    }
    properties["collectors"]["propertyNames"] = {"enum": sorted(collectors())}
    metered = {metric for plugin in collectors().values() for metric in plugin.on_request}
    asked_for = definitions["CollectorTable"]["properties"]["metrics"]
    asked_for["items"] = {"enum": sorted(metered)}
    document["$schema"] = DIALECT
    document["title"] = "orchestrator-monitor"
    document["required"] = ["tenants"]
    properties["tenants"]["minProperties"] = 1
    return document


def _of(model: type[BaseModel]) -> dict[str, Any]:
    tidy: dict[str, Any] = _tidy(model.model_json_schema(schema_generator=_Generator))
    return tidy


def _tidy(node: Any) -> Any:  # noqa: ANN401 - what JSON holds
    """Leave out null, which TOML does not have, and titles, which repeat the keys."""
    if isinstance(node, list):
        return [_tidy(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    tidy = {
        key: _tidy(inner)
        for key, inner in node.items()
        if not (key == "title" and isinstance(inner, str))
        and not (key == "default" and inner is None)
    }
    choices = [inner for inner in tidy.get("anyOf", []) if inner != {"type": "null"}]
    if len(choices) == 1:
        del tidy["anyOf"]
        return {**choices[0], **tidy}
    if choices:
        tidy["anyOf"] = choices
    return tidy


def _rule(shared: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a rule table: the shared keys, and those of its type."""
    properties = dict(shared["properties"])
    types = rule_types()
    properties["type"] = {
        "enum": sorted(types),
        "description": properties["type"].get("description", ""),
    }
    choices: list[dict[str, Any]] = []
    for name, rule_type in types.items():
        own = _of(rule_type.options)
        definitions.update(own.pop("$defs", {}))
        choices.append(
            {
                "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
                "then": {
                    "description": rule_type.help,
                    "properties": own.get("properties", {}),
                    "required": own.get("required", []),
                },
            }
        )
    # Without `type` the table's name is the type, which a schema cannot follow.
    choices.append({"if": {"not": {"required": ["type"]}}, "then": {"additionalProperties": True}})
    return {
        "type": "object",
        "properties": properties,
        "allOf": choices,
        "unevaluatedProperties": False,
    }
