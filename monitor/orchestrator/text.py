"""Makes text from an answer safe to show: it is written by strangers."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_QUOTE = 200
LONGEST_LABEL = 200

_PLAIN = re.compile(r"[ -~]*")
# What a bearer token looks like: a JSON web token, or a personal access token (`rt_<hex>-1`).
_TOKEN = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*)*|rt_[0-9A-Fa-f]{16,}(?:-\d+)?|(?i:bearer)\s+\S{8,}")


def printable(text: str, longest: int) -> str:
    """Return `text` on one line, without control and direction characters, shortened."""
    text = text[: longest * 4]
    if not _PLAIN.fullmatch(text):
        text = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def quoted(text: str, hide: Iterable[str] = ()) -> str:
    """Return an excerpt of a stranger's text for a message, with every known secret masked."""
    for secret in hide:
        if secret:
            text = text.replace(secret, "***")
    return printable(_TOKEN.sub("***", text), LONGEST_QUOTE)


def label(text: str | None) -> str:
    """Return a label's value: one line, bounded, without control characters; "" for null."""
    if not text:
        return ""
    if text.isascii() and text.isprintable() and len(text) <= LONGEST_LABEL and "  " not in text:
        return text.strip(" ")  # the rule, and a poll's hot path
    return printable(text, LONGEST_LABEL)
