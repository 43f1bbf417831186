"""The decoders of JSON, each made once, and only one at a time.

msgspec (0.22) learns the fields of a type when its first decoder is made. Two threads that make it
at the same time end the process, or leave a decoder behind that refuses what is right.
"""

import threading
from typing import TypeVar, cast

import msgspec

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What a decoder raises where the JSON is not what was agreed."""

_decoders: dict[object, msgspec.json.Decoder[object]] = {}
_making = threading.Lock()


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the decoder of a type, generic ones included; it may be used by many threads."""
    decoder = _decoders.get(kind)
    if decoder is None:
        with _making:
            decoder = _decoders.get(kind)
            if decoder is None:
                decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    return cast("msgspec.json.Decoder[T]", decoder)
