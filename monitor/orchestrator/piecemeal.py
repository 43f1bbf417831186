"""Reads an answer outside the lists piece by piece: one bad piece must not hide all others."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from monitor.orchestrator.decoders import UNREADABLE, decoder_of

T = TypeVar("T")


class Pieces:
    """Reads pieces; `skipped` counts those that could not be read."""

    def __init__(self) -> None:
        """Begin without any."""
        self.skipped = 0

    def one(self, raw: msgspec.Raw, kind: type[T]) -> T | None:
        """Return a piece; None for null, for what is not there, and for what is not of `kind`."""
        if not bytes(raw):
            return None
        try:
            # A type with None in it is no type to the checker.
            return decoder_of(kind | None).decode(raw)  # type: ignore[arg-type] # see above
        except UNREADABLE:
            self.skipped += 1
            return None

    def each(self, raws: Sequence[msgspec.Raw], kind: type[T]) -> list[T]:
        """Return the rows that can be read."""
        decode = decoder_of(kind).decode
        rows: list[T] = []
        for raw in raws:
            try:
                rows.append(decode(raw))
            except UNREADABLE:
                self.skipped += 1
        return rows

    def numbers(self, raw: msgspec.Raw) -> dict[str, float | None] | None:
        """Return an object of numbers with null for entries that are none; None for no object."""
        entries = self.one(raw, dict[str, msgspec.Raw])
        if entries is None:
            return None
        return {name: self.one(value, float) for name, value in entries.items()}
