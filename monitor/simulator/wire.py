"""Rows on their way to bytes: instants as text, and the faults that bend values.

Source: Orchestrator reference, values on the wire.
"""

import gzip
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime

import msgspec

from monitor.simulator.faults import Fault
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


def finished(rows: Sequence[Row], entity: Entity, hits: Mapping[str, Fault]) -> list[Row]:
    """Return the rows with instants as text and bent by the faults that hit."""
    seven_digits = "seven-digits" in hits
    dates = [name for name, field in entity.fields.items() if field.kind is Kind.DATE]
    done: list[Row] = []
    for row in rows:
        for name in dates:
            value = row.get(name)
            if isinstance(value, datetime):
                row[name] = wire_time(value, seven_digits=seven_digits)
        done.append(row)
    return [_bent(row, entity, hits) for row in done] if hits else done


def _bent(row: Row, entity: Entity, hits: Mapping[str, Fault]) -> Row:
    bent = dict(row)
    enums = [name for name, field in entity.fields.items() if field.kind is Kind.ENUM]
    for name in enums:
        if name not in bent:
            continue
        if "unknown-enums" in hits and bent[name] is not None:
            bent[name] = "FromTheFuture"
        if "missing-enums" in hits:
            del bent[name]
    for name, inner in entity.navigation.items():
        value = bent.get(name)
        if isinstance(value, dict):
            bent[name] = _bent(value, inner, hits)
    if "null-fields" in hits:
        bent = {name: value if name == entity.key else None for name, value in bent.items()}
    if "extra-fields" in hits:
        bent |= {"FutureField": {"Nested": [1, None]}, "@odata.etag": "W/1"}
    return bent


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
