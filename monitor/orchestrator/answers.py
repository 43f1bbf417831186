"""What came back for one request: status, headers and the body, complete and within bounds."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer with any status. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TooLarge(Exception):
    """The body is larger than allowed, packed or unpacked."""


class Garbled(Exception):
    """The body is packed in a way that was not asked for, or broken."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """Return the body without its content encoding, never making more than `most` bytes of it.

    Raises:
        TooLarge: it would become longer.
        Garbled: it is not complete gzip.
    """
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding not in {"gzip", "x-gzip"}:
        raise Garbled
    pieces: list[bytes] = []
    room = most
    rest = body
    while rest:
        inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            piece = inflate.decompress(rest, room + 1)
        except zlib.error as error:
            raise Garbled from error
        room -= len(piece)
        if room < 0:
            raise TooLarge
        if not inflate.eof:
            raise Garbled
        pieces.append(piece)
        rest = inflate.unused_data
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def http_date(text: str | None) -> datetime | None:
    """Return the instant of an HTTP date, None for anything else."""
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def retry_after_s(answer: Answer, now: datetime) -> float | None:
    """Return the seconds the server asks to wait; None when it does not say.

    It says seconds or an HTTP date; a date counts from the answer's own Date, else from `now`.
    """
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:  # noqa: PLR2004 - 31 years
        return float(text)
    at = http_date(text)
    if at is None:
        return None
    return max(0.0, (at - (http_date(answer.headers.get("date")) or now)).total_seconds())
