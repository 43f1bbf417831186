"""docs/configuration.md: every key is in it, every example loads."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from monitor.config.load import load_text
from monitor.config.plugins import collectors, rule_types
from monitor.config.rules import Flapping, RuleKeys
from monitor.config.secrets import secret_fields
from monitor.config.settings import Settings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
TENANT = """
[tenants.somewhere]
url = "https://orchestrator.example"
auth = { type = "access-token", token_env = "TOKEN" }
"""


def models_of(model: type[BaseModel]) -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = {model}
    pending: list[object] = [field.annotation for field in model.model_fields.values()]
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found |= models_of(annotation)
        pending += getattr(annotation, "__args__", ())
    return found


MODELS: set[type[BaseModel]] = {*models_of(Settings), RuleKeys, Flapping}
MODELS.update(rule_type.options for rule_type in rule_types().values())
KEYS = sorted(
    {field.alias or name for model in MODELS for name, field in model.model_fields.items()}
)
SECRETS = sorted({name for model in MODELS for name in secret_fields(model)})


def test_the_walk_over_the_models_finds_the_inner_ones() -> None:
    assert {"Tenant", "ClientCredentials", "Escalation", "FoldersTable", "MaintenanceTable"} <= {
        model.__name__ for model in MODELS
    }


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_documented(key: str) -> None:
    # In a table of keys, in a heading, or as a key of an inline example.
    assert re.search(rf"`\[*{key}[\].`]|\b{key} = ", DOCUMENT)


@pytest.mark.parametrize("key", SECRETS)
def test_every_secret_is_called_one(key: str) -> None:
    assert f"`{key}` (secret)" in DOCUMENT


@pytest.mark.parametrize("name", [*collectors(), *rule_types()])
def test_every_plugin_is_documented(name: str) -> None:
    assert f"`{name}`" in DOCUMENT


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_loads(block: str, tmp_path: Path) -> None:
    text = block
    if "[tenants." not in block:
        text += TENANT
    for channel in ("ops-slack", "ops-mail"):
        if f"[channels.{channel}]" not in block:
            text += f"[channels.{channel}]\nurl_env = 'URL'\n"

    assert load_text(text, tmp_path / "config.toml", read_secrets=False).tenants
