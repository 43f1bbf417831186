"""What must never be written: every secret of a configuration, and the secret parts of URLs."""

import re
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

from monitor.config.secrets import SecretUnreadableError, secrets_within
from monitor.config.settings import Settings

SHORTEST = 4
"""Shorter texts would turn a log into stars and are no secrets worth the name."""

_PARTS = re.compile(r"[/:@?&=#,;\s]+")
_SHORTEST_PART = 8
_LONG_PART = 16
_PLAIN_WORD = re.compile(r"[a-z_.-]+\Z|[A-Z][a-z]+\Z|[0-9.]+\Z")


class HasSettings(Protocol):
    """A configuration, for what is needed of it here."""

    @property
    def settings(self) -> Settings:
        """Return the validated tables."""
        ...


def secret_values(configuration: HasSettings) -> frozenset[str]:
    """Return all texts that a log must not show, as they are and as URLs encode them.

    Secrets that cannot be read (any more) are left out: they cannot be written either.
    """
    settings = configuration.settings
    found: set[str] = set()
    for path, source in secrets_within(settings):
        try:
            text = source.read().get_secret_value()
        except SecretUnreadableError:
            continue
        found.add(text)
        if str(path[-1]).endswith("url"):
            found.update(secret_parts(text))
    for tenant in settings.tenants.values():
        if tenant.proxy is not None:
            found.update(_password(tenant.proxy.get_secret_value()))
    if settings.database.password_in_url is not None:
        found.add(settings.database.password_in_url.get_secret_value())
    encoded = {quote(text, safe="") for text in found} | {quote(text) for text in found}
    return frozenset(text for text in found | encoded if len(text) >= SHORTEST)


def secret_parts(url: str) -> frozenset[str]:
    """Return the parts of a channel's URL that look like tokens or are a password.

    Tokens stand anywhere in such URLs, in the place of the host too; words and host names are
    left readable.
    """
    rest = url.partition("://")[2] or url
    parts = {part for part in _PARTS.split(rest) if _looks_secret(part)}
    return frozenset(parts | {unquote(part) for part in parts} | set(_password(url)))


def _looks_secret(part: str) -> bool:
    if len(part) < _SHORTEST_PART:
        return False
    if _PLAIN_WORD.match(part):
        return len(part) >= _LONG_PART and "." not in part
    is_host = re.match(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z", part) is not None
    return not is_host


def _password(url: str) -> Iterator[str]:
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    if password:
        yield password
        yield unquote(password)
