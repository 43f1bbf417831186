"""Takes secrets out of whatever is about to be logged.

Three nets, each for what the others miss: the name of a key, the look of a text (bearer tokens,
passwords in addresses, paths of web hooks), and the very values of the configured secrets in the
forms in which libraries print them.
"""

import html
import json
import re
import threading
import urllib.parse
from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from typing import Any
from uuid import UUID

from pydantic import SecretBytes, SecretStr

REDACTED = "[redacted]"

_SHORTEST_SECRET = 4
"""A shorter value occurs in ordinary text by chance: only its key can hide it."""
_SHORTEST_LINE = 12
"""Lines of a secret of several lines (a private key) are known one by one from this length on."""
_DEEPEST = 8
_LONGEST_READ = 65_536
_LONGEST_WRITTEN = 8_192

_SENSITIVE_WORDS = (
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "authorization",
    "apikey",
    "api_key",
    "api-key",
    "user_key",
    "userkey",
    "private_key",
    "credential",
    "cookie",
)
_HARMLESS_ENDINGS = ("_file", "_env", "_credential", "_s", "_at", "_count", "_url")
"""A key that says where a secret is, or how old, or how many, does not hold one."""

_NAMES = (
    r"(?:access_?token|refresh_?token|id_?token|token|client_?secret|secret|password|passwd|pwd|"
    r"passphrase|api[_-]?key|user_?key|private_?key|signature|sig|assertion)"
)
_PATTERNS = (
    # A header as libraries print it: name, perhaps a scheme, value.
    re.compile(
        r"""((?:proxy-)?authorization["']?\s{0,3}[:=]\s{0,3}["']?)"""
        r"""(?:(?:bearer|basic|digest|token)\s+)?[^\s"',;}]+""",
        re.IGNORECASE,
    ),
    re.compile(r"((?:set-)?cookie[\"']?\s{0,3}[:=]\s{0,3}[\"']?)[^\r\n\"']+", re.IGNORECASE),
    # A scheme and something that is not an English word.
    re.compile(r"(\b(?:bearer|basic)\s+)(?=\S*[0-9=._~+/-])[\w.~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"(\b)eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?"),
    # user:password@ in an address.
    re.compile(r"(?<=://)()[^/\s@\"']{1,512}(?=@)"),
    # A web hook: who knows the path may post.
    re.compile(
        r"(/(?:services|webhooks?|webhookb2|hooks|workflows|triggers)/)[^\s\"'<>?]{16,}",
        re.IGNORECASE,
    ),
    # name=value in a query, a form or a message; "name": "value" in JSON or a Python dict.
    re.compile(rf"(\b{_NAMES}=)(?!\[redacted\])[^\s&;,\"'<>)]+", re.IGNORECASE),
    re.compile(rf"(\b{_NAMES}[\"']\s{{0,3}}[:=]\s{{0,3}})(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE),
)
_HINT = re.compile(
    r"authori|cookie|bearer|basic|eyJ|://|/(?:services|webhook|hooks|workflows|triggers)|"
    r"token|secret|passw|pwd|passphrase|key|sig|assertion",
    re.IGNORECASE,
)
"""Something that every pattern needs: most texts have none of it and are done after one search."""


class Redactor:
    """Redacts texts and structures; safe to use from several threads."""

    def __init__(self, secrets: Iterable[SecretStr] = ()) -> None:
        """Know these values from the start."""
        self._lock = threading.Lock()
        self._forms: frozenset[str] = frozenset()
        self._values: re.Pattern[str] | None = None
        self.learn(secrets)

    def __repr__(self) -> str:
        """Tell how much it knows, never what."""
        return f"Redactor({len(self._forms)} forms)"

    def learn(self, secrets: Iterable[SecretStr]) -> None:
        """Know these values, too.

        What was known stays known: after a reload the old values may still be in flight.
        """
        forms = {form for secret in secrets for form in _forms(secret.get_secret_value())}
        with self._lock:
            self._forms = self._forms | forms
            if self._forms:
                # The longest first: a secret may begin with another.
                ordered = sorted(self._forms, key=lambda form: (-len(form), form))
                self._values = re.compile("|".join(map(re.escape, ordered)))

    def text(self, text: str) -> str:
        """Return the text without secrets, cut when it is absurdly long."""
        shown = _without_middle(text, _LONGEST_READ)
        if self._values is not None:
            shown = self._values.sub(REDACTED, shown)
        if _HINT.search(shown):
            for pattern in _PATTERNS:
                shown = pattern.sub(rf"\g<1>{REDACTED}", shown)
        # Once more, and far within the first cut: half a secret would not have been recognized.
        return _without_middle(shown, _LONGEST_WRITTEN)

    def value(self, value: object, depth: int = 0) -> object:
        """Return plain data (as JSON has it) without secrets, whatever the value is."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int | float):  # a known secret may be of digits alone
            return REDACTED if self._values and self._values.fullmatch(str(value)) else value
        if depth < _DEEPEST:
            if isinstance(value, Mapping):
                return self.mapping(value, depth + 1)
            if isinstance(value, list | tuple | set | frozenset):
                return [self.value(item, depth + 1) for item in value]
        return self.text(_described(value))

    def mapping(self, mapping: Mapping[Any, object], depth: int = 0) -> dict[str, object]:
        """Return a dictionary without secrets: keys are read as texts, and judge their values."""
        return {
            self.text(str(key)): (
                REDACTED
                if is_sensitive(str(key)) and item is not None and not isinstance(item, bool)
                else self.value(item, depth)
            )
            for key, item in mapping.items()
        }


@lru_cache(maxsize=1024)
def is_sensitive(key: str) -> bool:
    """Tell whether what stands under this key is a secret.

    >>> [is_sensitive(key) for key in ("client_secret", "X-API-Key", "token_age_s", "secret_env")]
    [True, True, False, False]
    """
    lowered = key.lower()
    return any(word in lowered for word in _SENSITIVE_WORDS) and not lowered.endswith(
        _HARMLESS_ENDINGS
    )


def _without_middle(text: str, length: int) -> str:
    """Shorten a text from its middle: a traceback says most at its end."""
    if len(text) <= length:
        return text
    tail = length // 4
    return f"{text[: length - tail]}…{text[-tail:]}"


def _forms(secret: str) -> Iterable[str]:
    """Yield the value as it stands and as libraries print it."""
    parts = [secret, secret.strip()]
    parts += [line.strip() for line in secret.splitlines() if len(line.strip()) >= _SHORTEST_LINE]
    for part in parts:
        if len(part) < _SHORTEST_SECRET:
            continue
        for safe in ("", "/", ":/@"):
            quoted = urllib.parse.quote(part, safe=safe)
            yield quoted
            yield re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)
        yield urllib.parse.quote_plus(part)
        yield part
        yield repr(part)[1:-1]
        yield repr(part.encode())[2:-1]
        yield json.dumps(part)[1:-1]
        yield json.dumps(part, ensure_ascii=False)[1:-1]
        yield html.escape(part)


def _described(value: object) -> str:
    try:
        if isinstance(value, SecretStr | SecretBytes):
            return REDACTED
        if isinstance(value, Enum):
            return str(value.value)
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).decode(errors="backslashreplace")
        if isinstance(value, str | date | PurePath | UUID | BaseException):
            return str(value)
        return repr(value)
    except Exception as exc:  # noqa: BLE001 - a broken repr must not cost the line it stands in
        return f"<unprintable {type(value).__name__}: {type(exc).__name__}>"
