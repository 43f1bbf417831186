"""Secrets: given in the file, the environment, another file or a systemd credential; never shown.

A secret key `X` may be written as `X`, `X_env`, `X_file` or `X_credential`. Models declare one
field of type `Secret`; `fold` turns whichever of the four was given into a `SecretSource`.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, PlainValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from monitor.config.names import Path as KeyPath

FORMS = ("", "_env", "_file", "_credential")
MAX_BYTES = 64 * 1024
_READABLE_BY_OTHERS = 0o004
_ORDINARY_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}\Z")


class SecretUnreadableError(ValueError):
    """A secret is not where the configuration says; the text names the cure, never the secret."""


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is. It is read again at each use, so a changed file needs no restart.

    `name` is the variable, the absolute path or the credential; empty for a secret that stands in
    the configuration itself (`value`).
    """

    kind: Literal["value", "environment", "file", "credential"]
    name: str = ""
    value: SecretStr | None = None

    def read(self) -> SecretStr:
        """Return the secret as it is now.

        Raises:
            SecretUnreadableError: it is missing, empty, or not text.
        """
        match self.kind:
            case "value":
                text = "" if self.value is None else self.value.get_secret_value()
                if not text:
                    raise SecretUnreadableError("is empty")
            case "environment":
                text = self._from_environment()
            case "file":
                text = _from_file(Path(self.name), "the file")
            case "credential":
                text = self._from_credential()
        return SecretStr(text)

    def _from_environment(self) -> str:
        text = os.environ.get(self.name)
        named = f" {self.name}" if _ORDINARY_VARIABLE.match(self.name) else ""
        if text is None:
            msg = f"the environment variable{named} is not set; set it for the service"
            raise SecretUnreadableError(msg)
        if not text.strip():
            msg = f"the environment variable{named} is empty"
            raise SecretUnreadableError(msg)
        return text

    def _from_credential(self) -> str:
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if not directory:
            msg = (
                "there is no $CREDENTIALS_DIRECTORY; add LoadCredential=NAME:FILE to the service "
                "unit, or use `_env` or `_file`"
            )
            raise SecretUnreadableError(msg)
        return _from_file(Path(directory) / self.name, "the credential")

    @property
    def readable_by_others(self) -> bool:
        """Tell whether every user of the machine may read the secret's file."""
        if self.kind != "file":
            return False
        try:
            return bool(Path(self.name).stat().st_mode & _READABLE_BY_OTHERS)
        except OSError:
            return False

    def shown_as(self, key: str) -> tuple[str, str]:
        """Return key and value for `config show`: the source is no secret, the value is masked."""
        suffix = {"value": "", "environment": "_env", "file": "_file"}.get(self.kind, "_credential")
        return (f"{key}{suffix}", self.name or "********")


@dataclass(frozen=True, slots=True)
class _Mistake:
    """A secret that was not given as it should be; `key` is the key to blame."""

    key: str
    text: str


def _from_file(path: Path, what: str) -> str:
    """Read a secret without its last line break.

    The path is not repeated in a message: a secret pasted into the wrong key would be.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            msg = f"{what} is larger than {MAX_BYTES // 1024} KiB: not a secret"
            raise SecretUnreadableError(msg)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = f"{what} does not exist"
        raise SecretUnreadableError(msg) from None
    except UnicodeDecodeError:
        msg = f"{what} is not UTF-8 text"
        raise SecretUnreadableError(msg) from None
    except OSError as error:
        msg = f"{what} cannot be read: {error.strerror}"
        raise SecretUnreadableError(msg) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.strip():
        msg = f"{what} is empty"
        raise SecretUnreadableError(msg)
    return text


def _settle(value: object) -> SecretSource | None:
    if isinstance(value, _Mistake):
        raise PydanticCustomError("secret", "{text}", {"text": value.text, "key": value.key})
    if value is None or isinstance(value, SecretSource):
        return value
    raise PydanticCustomError("secret", "must be text in quotes")


_MARK = "secret"
SECRET_SCHEMA = {"type": "string", "minLength": 1}

Secret = Annotated[SecretSource, PlainValidator(_settle), WithJsonSchema(SECRET_SCHEMA), _MARK]
OptionalSecret = Annotated[
    SecretSource | None, PlainValidator(_settle), WithJsonSchema(SECRET_SCHEMA), _MARK
]


def checked(name: str, source: SecretSource, mistake: Callable[[str], str | None]) -> SecretSource:
    """Check what a secret says, when it can be read already; blame the key that was written.

    Raises:
        PydanticCustomError: with the text of `mistake`, which must not repeat the secret.
    """
    try:
        text = mistake(source.read().get_secret_value())
    except SecretUnreadableError:
        return source
    if text is not None:
        key, _ = source.shown_as(name)
        raise PydanticCustomError("secret", "{text}", {"text": text, "key": key})
    return source


def secret_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names of the fields of a model that hold secrets."""
    return tuple(name for name, field in model.model_fields.items() if _MARK in field.metadata)


def spellings(name: str) -> tuple[str, ...]:
    """Return the four keys under which a secret may be given."""
    return tuple(name + form for form in FORMS)


def fold(
    model: type[BaseModel], table: Mapping[str, Any], directory: Path, *, read: bool
) -> dict[str, Any]:
    """Replace the four spellings of each secret by its source; a mistake stands in its place."""
    folded = dict(table)
    for name in secret_fields(model):
        given = [key for key in spellings(name) if key in table]
        for key in given:
            del folded[key]
        if given:
            folded[name] = _source(name, given, table, directory, read=read)
        elif model.model_fields[name].is_required():
            text = (
                f"is missing; give it as `{name}_env`, `{name}_file`, `{name}_credential` "
                f"or `{name}`"
            )
            folded[name] = _Mistake(name, text)
    return folded


def _source(
    name: str, given: list[str], table: Mapping[str, Any], directory: Path, *, read: bool
) -> SecretSource | _Mistake:
    key = given[-1]
    if len(given) > 1:
        return _Mistake(key, "given more than once: keep only one of " + ", ".join(given))
    value = table[key]
    if not isinstance(value, str):
        return _Mistake(key, "must be text in quotes")
    match key.removeprefix(name):
        case "_env":
            mistake = "must be the name of an environment variable" if not _a_name(value) else ""
            source = SecretSource("environment", value)
        case "_file":
            mistake = "must be the path of a file" if not value or "\0" in value else ""
            source = SecretSource("file", str(directory / value))
        case "_credential":
            wrong = not value or "/" in value or "\0" in value
            mistake = "must be the name of a credential, without a slash" if wrong else ""
            source = SecretSource("credential", value)
        case _:
            mistake = ""
            source = SecretSource("value", "", SecretStr(value))
    if not mistake and (read or source.kind == "value"):
        try:
            source.read()
        except SecretUnreadableError as error:
            mistake = str(error)
            if source.kind == "file" and not Path(value).is_absolute():
                mistake += f" (a relative path starts at {directory})"
    return _Mistake(key, mistake) if mistake else source


def _a_name(value: str) -> bool:
    """Tell a variable's name from a secret in the wrong place, which must not be repeated."""
    return value.isidentifier()


def secrets_within(value: object, path: KeyPath = ()) -> Iterator[tuple[KeyPath, SecretSource]]:
    """Walk over a validated tree and return every secret with the key it was given for."""
    if isinstance(value, SecretSource):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_within(getattr(value, name), (*path, name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from secrets_within(inner, (*path, str(name)))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from secrets_within(inner, (*path, place))
