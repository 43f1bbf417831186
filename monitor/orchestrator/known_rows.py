"""The rows of a list as they came last: one that comes again is the same object again.

Most rows of a long list that is asked for often have not changed by a byte. To see that costs a
fraction of decoding them, and whoever compares them needs to look at the others only.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

from monitor.orchestrator.answers import Answer
from monitor.orchestrator.decoders import UNREADABLE, decoder_of
from monitor.orchestrator.odata import Chunk, decode_page
from monitor.orchestrator.wire import Page

T = TypeVar("T")


class KnownRows(Generic[T]):
    """Those of one list, page by page, each row with the bytes that it was decoded from.

    Nobody may change such a row. Where most of the first page has changed, the other pages are
    decoded as ever: nothing is known of them then.
    """

    def __init__(self, row: type[T]) -> None:
        """Know nothing yet."""
        self._row = row
        self._pages: dict[int, tuple[Sequence[msgspec.Raw], Sequence[T]]] = {}
        self._is_still = True

    def decode(self, answer: Answer, place: int, endpoint: str) -> Chunk[T]:
        """Decode the page that begins at a place; rows that do not fit are left out and counted.

        Raises:
            UnexpectedResponse: it is no page, or none of its rows could be read.
        """
        before = self._pages.pop(place, ((), ()))
        if self._is_still or place == 0:
            try:
                page = decoder_of(Page[msgspec.Raw]).decode(answer.body)
                rows, changed = self._rows(page.value, *before)
            except UNREADABLE:
                return decode_page(answer, self._row, endpoint)
            if place == 0:
                self._is_still = changed * 2 <= len(rows)
            self._pages[place] = page.value, rows
            return Chunk(list(rows), count=page.count, next_link=page.next_link)
        return decode_page(answer, self._row, endpoint)

    def _rows(
        self, raws: Sequence[msgspec.Raw], before: Sequence[msgspec.Raw], known: Sequence[T]
    ) -> tuple[Sequence[T], int]:
        """Return the rows, and how many of them are not as they were in their places."""
        decode = decoder_of(self._row).decode
        pairs = enumerate(zip(raws, before, strict=False))
        changed = [place for place, (new, old) in pairs if new != old]
        rows = list(known[: len(raws)])
        for place in changed:
            rows[place] = decode(raws[place])
        rows += map(decode, raws[len(rows) :])
        return rows, len(changed)
