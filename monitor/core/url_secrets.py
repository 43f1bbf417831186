"""Takes the secret parts of an address out of a text that may quote it."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

_SHORTEST = 3
_HOST = re.compile(r"localhost|[\w-]+(\.[\w-]+)+\.?|\[?[0-9a-f:]*:[0-9a-f:.]+\]?", re.IGNORECASE)
_MAILBOX = re.compile(r"[^@\s:]+@[\w-]+(\.[\w-]+)+")


def without_secrets_of(url: str, text: str) -> str:
    """Return the text with `***` for every part of the URL that may be a secret.

    User, password, path, parameters, and what stands in the place of a host without looking like
    one (a chat service's token) are secrets. Host names and mail addresses are not.
    """
    for secret in sorted(set(_secrets_in(url)), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets_in(url: str) -> Iterator[str]:
    address = url.partition("://")[2] or url
    authority = re.split(r"[/?#]", address, maxsplit=1)[0]
    credentials, _, host = authority.rpartition("@")
    rest = address[len(authority) :]
    parts = re.split(r"[/?&#;,]", rest) + [value for _, value in parse_qsl(rest.partition("?")[2])]
    parts += [part.partition("=")[2] for part in parts]
    parts = [part for part in parts if not _MAILBOX.fullmatch(unquote(part))]
    parts += [credentials, *re.split("[:@]", credentials), *credentials.split(":")]
    if not _HOST.fullmatch(re.sub(r":\d*$", "", host)):
        parts += [host, *host.split(":")]
    for part in parts:
        if len(part) >= _SHORTEST:
            yield from {part, unquote(part), unquote(unquote(part))}
