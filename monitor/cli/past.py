"""What `history` prints: recorded changes, or steps of time, as a table, CSV or JSON.

CSV and JSON are written row by row, so that a month of ten thousand robots needs no memory.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache, partial
from math import isfinite
from operator import attrgetter
from typing import Any, TextIO

from monitor.cli.output import Column, json_text, say, table
from monitor.core.sample import Subject
from monitor.store.past_steps import Summary
from monitor.web.past import PARTS, Past, Question, Row, Value, tenants_of
from monitor.web.past_json import JsonRows
from monitor.web.wording import clock_time, iso_ms, number, span

# A spreadsheet runs a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MOST_GAPS = 5
_MANY = 10_000


def write_json(rows: Iterable[Row], asked: Question, out: TextIO) -> None:
    """Write an array, one row after the other."""
    written = JsonRows(asked, partial(json_text, indent=None))
    between = "[\n"
    for row in rows:
        out.write(between + written.text(row))
        between = ",\n"
    out.write("[]\n" if between == "[\n" else "\n]\n")


def write_csv(rows: Iterable[Row], asked: Question, out: TextIO) -> None:
    """Write comma-separated values under a line of names; no text is left to be a formula."""
    writer = csv.writer(out, lineterminator="\n")
    labels = asked.kind.labels
    names = value_names(asked)
    writer.writerow(("tenant", "key", "name", *labels, "at", "until", *names, "unseen_s"))

    @lru_cache(maxsize=_MANY)
    def who(subject: Subject) -> Sequence[str]:
        texts = (subject.tenant, subject.key, subject.name)
        return [_harmless(one) for one in (*texts, *(subject.labels.get(x, "") for x in labels))]

    for row in rows:
        writer.writerow(
            (
                *who(row.subject),
                iso_ms(row.at_ms),
                "" if row.until_ms is None else iso_ms(row.until_ms),
                *map(_exact, numbers(row.values, asked)),
                _exact(row.unseen_ms / 1000),
            )
        )


def value_names(asked: Question) -> Sequence[str]:
    """Return the names of the values that a row has, side by side."""
    metrics = [metric.name for metric in asked.metrics]
    if asked.every is None:
        return metrics
    return [f"{metric}_{part}" for metric in metrics for part in asked.parts]


def numbers(values: Sequence[Value], asked: Question) -> Sequence[Any]:
    """Return the numbers of a row side by side, as many as there are names; None is not known."""
    if asked.every is None:
        return values
    return [getattr(value, part, None) for value in values for part in asked.parts]


def print_as_table(rows: Iterable[Row], past: Past) -> None:
    """Print aligned columns; columns in which nothing is known are left out."""
    asked = past.asked
    found = list(rows)
    if asked.every is None:
        # They come by their ends, and are shown by their beginnings.
        found.sort(key=attrgetter("at_ms"))
    if found:
        _print_rows(found, asked)
    else:
        say(f"No history of {asked.kind.plural} in this time.")
    for line in gap_notes(past, tenants_of(found) or sorted(past.unseen)):
        say(line)


def gap_notes(past: Past, tenants: Iterable[str]) -> Iterator[str]:
    """Yield when nobody looked at each tenant, in words."""
    now = past.asked.now
    for tenant in tenants:
        gaps = past.gaps(tenant)
        for start, stop in gaps[-_MOST_GAPS:]:
            when = f"since {clock_time(start, now)}"
            if stop < past.asked.until:
                when = f"from {clock_time(start, now)} to {clock_time(stop, now)}"
            yield f"Nobody looked at {tenant} {when} ({span(stop - start)})."
        others = gaps[:-_MOST_GAPS]
        if others:
            length = sum((stop - start for start, stop in others), timedelta())
            times = "once" if len(others) == 1 else f"{len(others)} times"
            yield f"Nor {times} before, for {span(length)} in all."


def _print_rows(found: Sequence[Row], asked: Question) -> None:
    metrics = [
        (place, metric.name)
        for place, metric in enumerate(asked.metrics)
        if any(row.values[place] is not None for row in found)
    ]
    by_steps = asked.every is not None
    moving = () if by_steps or asked.only else asked.kind.moving
    has_folder = any(row.subject.labels.get("folder") for row in found)
    has_tenants = len(tenants_of(found)) > 1
    has_gaps = any(row.unseen_ms for row in found)
    table(
        [
            Column(title="at (UTC)"),
            *([] if by_steps else [Column(title="lasted", right=True)]),
            *([Column(title="unseen", right=True)] if has_gaps else []),
            *([Column(title="tenant")] if has_tenants else []),
            Column(title=asked.kind.name),
            *([Column(title="folder")] if has_folder else []),
            *(Column(title=label) for label in moving),
            *(Column(title=metric, right=True) for _, metric in metrics),
        ],
        [
            (
                clock_time(row.at, asked.now),
                *([] if by_steps else [_lasted(row)]),
                *([span(row.unseen) if row.unseen_ms else ""] if has_gaps else []),
                *([row.subject.tenant] if has_tenants else []),
                row.subject.name,
                *([row.subject.labels.get("folder", "")] if has_folder else []),
                *(row.subject.labels.get(label, "") for label in moving),
                *(_told(row.values[place]) for place, _ in metrics),
            )
            for row in found
        ],
    )
    if by_steps:
        say("Each value: average (least..greatest), one number where they are the same.")


def _lasted(row: Row) -> str:
    return "still so" if row.until is None else span(row.until - row.at)


def _exact(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if isfinite(value) and int(value) == value else repr(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _told(value: Value) -> str:
    if not isinstance(value, Summary):
        return number(value)
    least, average, greatest = (number(getattr(value, part)) for part in PARTS)
    return average if least == greatest else f"{average} ({least}..{greatest})"
