"""Rows on their way to bytes: instants as text, bodies packed.

Source: Orchestrator reference, values on the wire.
"""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime

import msgspec

from monitor.simulator.query import Row
from monitor.simulator.schema import Entity, Kind

_WORTH_PACKING = 1024
_MEGABYTE = 1024 * 1024
_encoder = msgspec.json.Encoder()


def wire_time(instant: datetime, *, seven_digits: bool = False) -> str:
    """Write an instant as the API does: UTC with `Z`, up to seven fractional digits."""
    text = instant.isoformat(timespec="microseconds" if seven_digits else "auto")
    text = text.removesuffix("+00:00")
    if seven_digits:
        return f"{text}7Z"
    return f"{text.rstrip('0') if instant.microsecond else text}Z"


def http_date(instant: datetime) -> str:
    """Write an instant as headers do."""
    return format_datetime(instant, usegmt=True)


def encode(value: object) -> bytes:
    """Encode to JSON; instants must be text by now."""
    return _encoder.encode(value)


def finished(rows: Sequence[Row], entity: Entity, *, seven_digits: bool = False) -> list[Row]:
    """Return the rows with instants as text."""
    dates = [name for name, field in entity.fields.items() if field.kind is Kind.DATE]
    for row in rows:
        for name in dates:
            value = row.get(name)
            if isinstance(value, datetime):
                row[name] = wire_time(value, seven_digits=seven_digits)
    return list(rows)


def pascal(value: object) -> object:
    """Return an error body with its keys in PascalCase, as some endpoints write them."""
    if isinstance(value, Mapping):
        return {str(key)[:1].upper() + str(key)[1:]: pascal(item) for key, item in value.items()}
    return value


def packed(body: bytes, accept_encoding: str) -> bytes | None:
    """Return the body gzipped where the caller accepts that and it is worth it, else None."""
    accepted = {part.partition(";")[0].strip() for part in accept_encoding.split(",")}
    if "gzip" not in accepted or len(body) < _WORTH_PACKING:
        return None
    return gzip.compress(body, compresslevel=1, mtime=0)


def bomb(megabytes: int) -> bytes:
    """Return a small gzip body of valid JSON that unpacks to `megabytes` of blanks."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    blanks = b" " * _MEGABYTE
    parts = [packer.compress(b'{"value":[')]
    parts += [packer.compress(blanks) for _ in range(megabytes)]
    parts += [packer.compress(b"]}"), packer.flush()]
    return b"".join(parts)
