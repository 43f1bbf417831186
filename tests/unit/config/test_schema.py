import json
import re
from typing import Any

from monitor.config.plugins import rule_types
from monitor.config.schema import schema

DOCUMENT = schema()


def nodes(node: object) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [found for inner in node for found in nodes(inner)]
    if isinstance(node, dict):
        return [node, *(found for inner in node.values() for found in nodes(inner))]
    return []


def test_it_is_json_without_what_toml_lacks() -> None:
    assert "null" not in json.dumps(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    references = {node["$ref"] for node in nodes(DOCUMENT) if isinstance(node.get("$ref"), str)}

    assert {name.removeprefix("#/$defs/") for name in references} <= set(DOCUMENT["$defs"])


def test_defaults_of_durations_are_text_that_their_pattern_accepts() -> None:
    found = [node for node in nodes(DOCUMENT) if "pattern" in node and "default" in node]

    assert found
    for node in found:
        assert re.search(node["pattern"], node["default"])


def test_a_secret_may_be_given_in_four_ways() -> None:
    token = DOCUMENT["$defs"]["AccessToken"]

    assert {"token", "token_env", "token_file", "token_credential"} <= set(token["properties"])
    assert len(token["oneOf"]) == 4
    assert "token" not in token["required"]


def test_the_options_of_every_rule_type_are_in_it() -> None:
    choices = {
        choice["if"]["properties"]["type"]["const"]: set(choice["then"]["properties"])
        for choice in DOCUMENT["$defs"]["rule"]["allOf"]
        if "properties" in choice["if"]
    }

    assert choices == {
        name: {field.alias or key for key, field in kind.options.model_fields.items()}
        for name, kind in rule_types().items()
    }


def test_routes_are_called_as_in_the_file() -> None:
    assert "continue" in DOCUMENT["$defs"]["Route"]["properties"]


def test_a_digest_is_text_or_a_table_and_flapping_may_be_false() -> None:
    digest = DOCUMENT["$defs"]["Route"]["properties"]["digest"]["anyOf"]
    flapping = DOCUMENT["$defs"]["rule"]["properties"]["flapping"]["anyOf"]

    assert [choice.get("type") or choice["$ref"] for choice in digest] == [
        "string",
        "#/$defs/DigestTable",
    ]
    assert flapping == [{"$ref": "#/$defs/Flapping"}, {"const": False}]


def test_what_may_be_asked_for_on_request_is_listed() -> None:
    metrics = DOCUMENT["$defs"]["CollectorTable"]["properties"]["metrics"]

    assert "overdue_items" in metrics["items"]["enum"]
    assert "new_items" not in metrics["items"]["enum"]
