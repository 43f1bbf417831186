"""The past as JSON, one row after the other; docs/commands.md lists the fields.

There may be millions of rows, so what repeats of a subject is put into words once, and numbers are
written by themselves. What comes out is what `json` would make of the same.
"""

import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from monitor.core.sample import Subject
from monitor.store.past_steps import Summary
from monitor.web.past import Question, Row
from monitor.web.wording import iso_ms

_EXACT = 2**53
_HUGE = sys.float_info.max
_MANY = 10_000
_SEEN = ', "unseen_s": 0'


class JsonRows:
    """Writes the rows of an answer; `dumps` writes texts, as its reader can take them."""

    def __init__(self, asked: Question, dumps: Callable[[object], str]) -> None:
        """Prepare what all rows share."""
        self._dumps = dumps
        self._names = [f', "{metric.name}": ' for metric in asked.metrics]
        self._parts = asked.parts
        self._are_changes = asked.every is None
        # Whoever asks for changes has no summaries.
        self._value: Callable[[Any], str] = _number if self._are_changes else self._summary
        self._head = lru_cache(maxsize=_MANY)(self._begin)

    def text(self, row: Row) -> str:
        """Return one row, without a line's end."""
        until = "null" if row.until_ms is None else f'"{iso_ms(row.until_ms)}"'
        values = "".join(map(str.__add__, self._names, map(self._value, row.values)))
        return (
            f'{self._head(row.subject)}, "at": "{iso_ms(row.at_ms)}", "until": {until}{values}'
            f"{self._unseen(row)}}}"
        )

    def _unseen(self, row: Row) -> str:
        how_long = f', "unseen_s": {_number(row.unseen_ms / 1000)}' if row.unseen_ms else _SEEN
        if not self._are_changes:
            return how_long
        if not row.gaps:
            return f'{how_long}, "unseen": []'
        spans = (
            f'{{"from": "{iso_ms(start)}", "until": "{iso_ms(stop)}"}}' for start, stop in row.gaps
        )
        return f'{how_long}, "unseen": [{", ".join(spans)}]'

    def _begin(self, subject: Subject) -> str:
        named = {"kind": subject.kind, "key": subject.key, "name": subject.name}
        head = {"tenant": subject.tenant, "subject": {**subject.labels, **named}}
        return self._dumps(head).removesuffix("}")

    def _summary(self, value: Summary | None) -> str:
        if value is None:
            return "null"
        parts = (f'"{part}": {_number(getattr(value, part))}' for part in self._parts)
        return f"{{{', '.join(parts)}}}"


def _number(value: float | None) -> str:
    """Return a whole number as one, and null for what JSON cannot say."""
    # Not a number and infinities are in no such range; the order is that of what is frequent.
    if value is None or not -_HUGE <= value <= _HUGE:
        return "null"
    whole = int(value)
    return str(whole) if whole == value and -_EXACT < whole < _EXACT else repr(value)
