"""The shape that every table of the configuration shares: strict, frozen, no unknown keys."""

from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetJsonSchemaHandler,
    ValidationInfo,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from monitor.config.secrets import fold, secret_fields, spellings
from monitor.config.surroundings import surroundings_of


class Table(BaseModel):
    """A table of the configuration file."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, validate_default=False
    )

    @model_validator(mode="before")
    @classmethod
    def _prepare(cls, data: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - anything TOML holds
        """Remember the keys that are right here, and fold the spellings of secrets."""
        if not isinstance(data, dict):
            return data
        around = surroundings_of(info)
        if around is not None:
            around.known_keys[id(data)] = keys_of(cls)
        if not secret_fields(cls):
            return data
        directory = around.directory if around is not None else Path()
        return fold(cls, data, directory, read=around is None or around.read_secrets)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Show the four spellings of each secret in the JSON Schema."""
        schema = handler(core_schema)
        resolved = handler.resolve_ref_schema(schema)
        for name in secret_fields(cls):
            properties = resolved["properties"]
            shown = properties.pop(name)
            keys = spellings(name)
            shown.pop("default", None)
            properties.update({key: dict(shown) for key in keys})
            required = resolved.get("required", [])
            if name in required:
                required.remove(name)
                resolved["oneOf"] = [{"required": [key]} for key in keys]
        return schema


def keys_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the keys a table may have, as they are written, with what they mean."""
    secrets = secret_fields(model)
    keys = {}
    for name, field in model.model_fields.items():
        meaning = field.description or ""
        written = field.alias or name
        for key in spellings(name) if name in secrets else (written,):
            keys[key] = meaning
    return keys
