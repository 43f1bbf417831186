"""Prints a report as one HTML file that needs nothing else: to be sent, kept, or printed."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from monitor import __version__
from monitor.cli.output import clean
from monitor.cli.report_form import Field, Form, Report, Row, Value, shown, shown_change
from monitor.cli.report_print import compared_with, heading


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, and of what kind it is: `text`, `number`, `good`, `bad`."""

    text: str
    kind: str


def print_as_html(report: Report) -> None:
    """Print the page; all text of others is escaped by the template."""
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    fields = report.telling(field for field in report.fields if field.is_on_page)
    page = pages.get_template("report.html").render(
        title=heading(report),
        compared_with=compared_with(report),
        heads=list(_heads(fields)),
        rows=[list(_cells(fields, row)) for row in report.rows],
        total=None if report.total is None else list(_cells(fields, report.total)),
        notes=[clean(note) for note in report.notes],
        nothing=report.nothing,
        version=__version__,
    )
    sys.stdout.write(page)


def _heads(fields: Sequence[Field]) -> Iterator[Cell]:
    for field in fields:
        kind = "text" if field.form is Form.TEXT else "number"
        yield Cell(field.title, kind)
        if field.is_compared:
            yield Cell("before", kind)
        if field.shows_change:
            yield Cell("±", kind)


def _cells(fields: Sequence[Field], row: Row) -> Iterator[Cell]:
    for field in fields:
        value = row.get(field.name)
        if field.form is Form.TEXT:
            yield Cell(clean(str(value or "")), "text")
            continue
        yield Cell(shown(field.form, value), "number")
        if field.is_compared:
            yield Cell(shown(field.form, row.get(field.before)), "number")
        if field.shows_change:
            yield _change(field, row.get(field.change))


def _change(field: Field, change: Value) -> Cell:
    text = shown_change(field.form, change)
    if not isinstance(change, float) or text == "0" or not field.better:
        return Cell(text, "number")
    return Cell(text, "good" if change * field.better > 0 else "bad")
