"""Prints a report: as a table for people, as CSV, as JSON."""

import csv
import sys
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from monitor.cli.output import Column, clean, json_text, say, table
from monitor.cli.report_form import Field, Form, Report, Row, exact, shown, shown_change
from monitor.web.wording import iso, span

WIDTH = 100
_GAP = 2
_NARROWEST = 10
# A spreadsheet runs a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def print_as_json(report: Report) -> None:
    """Print an array of objects, one a row."""
    between = "[\n"
    for row in report.rows:
        sys.stdout.write(between + json_text(dict(_flat(report, row)), indent=None))
        between = ",\n"
    sys.stdout.write("[]\n" if between == "[\n" else "\n]\n")


def print_as_csv(report: Report) -> None:
    """Print comma-separated values under a line of names; no text is left to be a formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(name for name, _ in _flat(report, {}))
    for row in report.rows:
        writer.writerow(_cell(value) for _, value in _flat(report, row))


def print_as_table(report: Report) -> None:
    """Print aligned columns that fit 100 characters, what they speak of, and what is left out."""
    if not report.rows:
        say(report.nothing)
    else:
        say(heading(report), style="bold")
        say(compared_with(report))
        say()
        fields = report.telling(field for field in report.fields if field.is_main)
        titles = list(_titles(fields))
        lines = [list(_shown(fields, row)) for row in report.rows]
        if report.total is not None:
            lines.append(list(_shown(fields, report.total)))
        _fit(titles, lines)
        table(titles, lines)
        if report.notes:
            say()
    for note in report.notes:
        say(note)


def heading(report: Report) -> str:
    """Return what the report is about, and of which time."""
    since, until = report.period
    return f"{report.title}, {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC"


def compared_with(report: Report) -> str:
    """Return with which time it is compared."""
    since, until = report.before
    length = span(until - since)
    if not report.has_changes:
        return f"Nothing is known of the {length} before to compare with."
    return f"Changes (±) are against the {length} before, from {since:%Y-%m-%d %H:%M} UTC on."


def _flat(report: Report, row: Row) -> Iterator[tuple[str, str | float | None]]:
    since, until = report.period
    yield "from", iso(since)
    yield "until", iso(until)
    for field in report.fields:
        yield field.name, exact(row.get(field.name))
        if field.is_compared:
            yield field.before, exact(row.get(field.before))
            yield field.change, exact(row.get(field.change))


def _titles(fields: Sequence[Field]) -> Iterator[Column]:
    for field in fields:
        yield Column(title=field.title, right=field.form not in {Form.TEXT, Form.INSTANT})
        if field.shows_change:
            yield Column(title="±", right=True)


def _shown(fields: Sequence[Field], row: Row) -> Iterator[str]:
    for field in fields:
        is_text = field.form is Form.TEXT
        yield (
            clean(str(row.get(field.name) or ""))
            if is_text
            else shown(field.form, row.get(field.name))
        )
        if field.shows_change:
            yield shown_change(field.form, row.get(field.change))


def _fit(columns: Sequence[Column], lines: Sequence[list[str]]) -> None:
    """Shorten the texts of the widest columns until a line fits; numbers stay whole."""
    widths = [
        max(cell_len(column.title), *(cell_len(line[place]) for line in lines))
        for place, column in enumerate(columns)
    ]
    texts = [place for place, column in enumerate(columns) if not column.right]
    for _ in range(sum(widths) + _GAP * (len(widths) - 1) - WIDTH):
        widest = max(texts, key=lambda place: widths[place])
        if widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    for line in lines:
        for place in texts:
            if cell_len(line[place]) > widths[place]:
                line[place] = set_cell_size(line[place], widths[place] - 1).rstrip() + "…"


def _cell(value: str | float | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return f"{value:.0f}" if float(value).is_integer() else repr(value)
