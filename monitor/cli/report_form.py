"""What a report is made of: fields, declared once for every form of output, and rows of values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.occurrences import Span
from monitor.web.wording import iso, number, span

Value = str | float | datetime | None

NOT_KNOWN = "-"
_PERCENT = 100


class Form(StrEnum):
    """What a value is, and so how it is shown."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    LENGTH = "length"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value of each row; `name` is for scripts and stays, `title` is for people.

    `is_main`: it is in the table; `is_on_page`: it is on the page in HTML; CSV and JSON have all.
    `is_compared`: the value of the period before and the change stand beside it. `better` is 1
    where more is better, -1 where less is, 0 where neither is.
    """

    name: str
    title: str
    form: Form = Form.NUMBER
    is_main: bool = True
    is_on_page: bool = True
    is_compared: bool = False
    is_change_main: bool = True
    better: int = 0

    @property
    def shows_change(self) -> bool:
        """Tell whether people are shown the change."""
        return self.is_compared and self.is_change_main

    @property
    def before(self) -> str:
        """Return the name of the value of the period before."""
        return f"{self.name}_before"

    @property
    def change(self) -> str:
        """Return the name of the change."""
        return f"{self.name}_change"


Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that is to be told, whatever the form; `total` is None where sums say nothing."""

    title: str
    period: Span
    before: Span
    fields: Sequence[Field]
    rows: Sequence[Row]
    total: Row | None
    notes: Sequence[str]
    nothing: str

    @property
    def has_changes(self) -> bool:
        """Tell whether anything of the period before is known."""
        compared = [field.change for field in self.fields if field.is_compared]
        return any(row.get(name) is not None for row in self.rows for name in compared)

    def telling(self, fields: Iterable[Field]) -> Sequence[Field]:
        """Return the fields but for texts that are the same in all rows; the first stays.

        Where nothing is known of the period before, none is compared.
        """
        if not self.has_changes:
            fields = [replace(field, is_compared=False) for field in fields]
        first, *others = fields
        return [first] + [
            field
            for field in others
            if field.form is not Form.TEXT or len({row.get(field.name) for row in self.rows}) > 1
        ]


def compared(fields: Sequence[Field], now: Row, before: Row | None) -> Row:
    """Return a row with the values of the period before, and what changed."""
    row = dict(now)
    for field in fields:
        if not field.is_compared:
            continue
        value = now.get(field.name)
        past = None if before is None else before.get(field.name)
        row[field.before] = past
        row[field.change] = None
        if isinstance(value, float) and isinstance(past, float):
            row[field.change] = value - past
    return row


def shown(form: Form, value: Value) -> str:
    """Return a value as people read it."""
    if value is None:
        return NOT_KNOWN
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if form is Form.SHARE:
        # Nothing short of it reads as the whole.
        return f"{value * _PERCENT if value >= 1 else min(value * _PERCENT, 99.99):.2f} %"
    if form is Form.LENGTH:
        return span(timedelta(seconds=value)) if value else "0"
    return number(value)


def shown_change(form: Form, change: Value) -> str:
    """Return a difference with its sign; that of shares is in percentage points."""
    if not isinstance(change, float):
        return NOT_KNOWN
    if form is Form.SHARE:
        text = f"{change * _PERCENT:+.2f}"
        return "0" if float(text) == 0 else text
    if not change:
        return "0"
    sign = "+" if change > 0 else "-"
    return sign + shown(form, abs(change))


def exact(value: Value) -> str | float | None:
    """Return a value as scripts read it: instants as text, shares and lengths as numbers."""
    return iso(value) if isinstance(value, datetime) else value
