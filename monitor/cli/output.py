r"""Prints tables and JSON. Names come from Orchestrator and are hostile: shown, never obeyed.

A control character or an escape sequence in a robot's name is written out (`\x1b`), nothing is
read as markup, and what reorders text on the screen is written out too.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from monitor.web.portable import portable

# Controls (C0, DEL, C1), line and paragraph separators, marks that change the direction of text,
# zero-width characters, and halves of surrogate pairs, which no terminal can print.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_UNSAFE_IN_JSON = re.compile(
    r"[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_GAP = "  "
_NARROWEST_LAST = 20

STYLES = {
    "critical": "bold red",
    "firing": "bold red",
    "failed": "bold red",
    "warning": "yellow",
    "pending": "yellow",
    "stale": "yellow",
    "throttled": "yellow",
    "unauthorized": "bold red",
    "unreachable": "bold red",
    "dead": "bold red",
    "ok": "green",
    "sent": "green",
    "resolved": "green",
    "info": "cyan",
}


def clean(text: str) -> str:
    """Return the text with everything written out that a terminal would obey instead of show."""
    return _UNPRINTABLE.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found.group())
    if found.group() in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[found.group()]
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - one byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table; numbers go to the right."""

    title: str
    right: bool = False


def _console(*, to_stderr: bool = False) -> Console:
    return Console(
        file=sys.stderr if to_stderr else sys.stdout,
        markup=False,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )


def say(text: str = "", style: str = "") -> None:
    """Print one line."""
    _console().print(Text(clean(text), style=style), soft_wrap=True)


def complain(text: str) -> None:
    """Print lines to the standard error: what went wrong, one problem a line."""
    console = _console(to_stderr=True)
    for line in text.split("\n"):
        console.print(Text(clean(line)), soft_wrap=True)


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, indent: int = 0) -> None:
    """Print rows in aligned columns.

    The last column is free text: on a terminal it wraps within itself, in a pipe a row is a line.
    A cell that is a known word (a severity, a state) has its color.
    """
    console = _console()
    cells = [[clean(cell) for cell in row] for row in rows]
    titles = [column.title for column in columns]
    lines = [titles, *cells] if any(titles) else cells
    widths = [
        max((cell_len(line[place]) for line in lines), default=0) for place in range(len(columns))
    ]
    layout = _Layout(columns, widths, indent)
    if any(titles):
        _print_row(console, layout, titles, style="bold")
    for row in cells:
        _print_row(console, layout, row)


@dataclass(frozen=True, slots=True)
class _Layout:
    columns: Sequence[Column]
    widths: Sequence[int]
    indent: int

    @property
    def before_last(self) -> int:
        """Return where the last column begins."""
        return self.indent + sum(width + len(_GAP) for width in self.widths[:-1])


def _print_row(console: Console, layout: _Layout, row: Sequence[str], style: str = "") -> None:
    shown = []
    for column, cell, width in zip(layout.columns, row, layout.widths, strict=True):
        fill = " " * (width - cell_len(cell))
        text = fill + cell if column.right else cell + fill
        shown.append(Text(text, style=style or STYLES.get(cell, "")))
    *before, last = shown
    line = Text(" " * layout.indent).append_text(
        Text("").join(part + Text(_GAP) for part in before)
    )
    last.rstrip()
    parts = [last]
    if console.is_terminal:
        room = max(console.width - layout.before_last, _NARROWEST_LAST)
        parts = list(last.wrap(console, room)) or [last]
    for number, part in enumerate(parts):
        whole = line + part if number == 0 else Text(" " * layout.before_last) + part
        whole.rstrip()
        console.print(whole, soft_wrap=True)


def print_json(value: object) -> None:
    """Print a value as JSON that is safe to show: what a terminal would obey is escaped."""
    sys.stdout.write(json_text(value) + "\n")


def json_text(value: object, *, indent: int | None = 2) -> str:
    """Return JSON; characters beyond ASCII stand as they are where the output can show them."""
    plain = (sys.stdout.encoding or "utf-8").lower().replace("-", "") != "utf8"
    text = json.dumps(portable(value), ensure_ascii=plain, indent=indent, allow_nan=False)
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
