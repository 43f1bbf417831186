"""What `history` prints: recorded changes, or steps of time, as a table, CSV or JSON.

CSV and JSON are written row by row, so that a month of ten thousand robots needs no memory.
"""

import csv
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.cli.output import Column, json_text, say, table
from monitor.core.kinds import Kind
from monitor.core.sample import Subject
from monitor.store.history import Summary, history, history_steps
from monitor.store.store import Store
from monitor.web.wording import clock_time, iso, number, span

# Instants of the history are the server's, whose clock may be ahead of ours; nothing is known
# beyond the newest poll, so looking a day too far adds nothing.
AHEAD = timedelta(days=1)
_PARTS = ("min", "avg", "max")
# A spreadsheet runs a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Value = float | Summary | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked. `until` is now, or before."""

    kind: Kind
    name: str | None
    since: datetime
    until: datetime
    now: datetime
    every: timedelta | None

    @property
    def end(self) -> datetime:
        """Return up to when the history is read."""
        return self.until if self.until < self.now else self.now + AHEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One subject at one time; `until` only for a recorded change that is over."""

    subject: Subject
    at: datetime
    until: datetime | None
    values: Mapping[str, Value]


def changes(store: Store, asked: Question) -> Iterator[Row]:
    """Yield what was recorded, as it was recorded."""
    for stretch in history(
        store, asked.kind.name, name_glob=asked.name, since=asked.since, until=asked.end
    ):
        yield Row(
            subject=stretch.subject,
            at=stretch.valid_from,
            until=stretch.valid_to,
            values=stretch.metrics,
        )


def steps(store: Store, asked: Question) -> Iterator[Row]:
    """Yield a row for each subject and step of time."""
    assert asked.every is not None  # noqa: S101 - narrows the type; the caller asked by steps
    for step in history_steps(
        store,
        asked.kind.name,
        name_glob=asked.name,
        since=asked.since,
        until=asked.end,
        every=asked.every,
    ):
        yield Row(subject=step.subject, at=step.at, until=None, values=step.metrics)


def print_as_json(rows: Iterable[Row]) -> None:
    """Print an array, one row after the other."""
    between = "[\n"
    for row in rows:
        sys.stdout.write(between + json_text(_as_json(row), indent=None))
        between = ",\n"
    sys.stdout.write("[]\n" if between == "[\n" else "\n]\n")


def print_as_csv(rows: Iterable[Row], asked: Question) -> None:
    """Print comma-separated values under a line of names; no text is left to be a formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    metrics = [metric.name for metric in asked.kind.metrics]
    names = metrics
    if asked.every is not None:
        names = [f"{metric}_{part}" for metric in metrics for part in _PARTS]
    labels = asked.kind.labels
    writer.writerow(("tenant", "key", "name", *labels, "at", "until", *names))
    for row in rows:
        subject = row.subject
        texts = (subject.tenant, subject.key, subject.name)
        values = [cell for metric in metrics for cell in _cells(row.values.get(metric), asked)]
        writer.writerow(
            (
                *(_harmless(text) for text in texts),
                *(_harmless(subject.labels.get(label, "")) for label in labels),
                iso(row.at),
                iso(row.until) or "",
                *values,
            )
        )


def print_as_table(rows: Iterable[Row], asked: Question) -> None:
    """Print aligned columns; columns in which nothing is known are left out."""
    found = list(rows)
    if not found:
        say(f"No history of {asked.kind.plural} in this time.")
        return
    metrics = [
        metric.name
        for metric in asked.kind.metrics
        if any(row.values.get(metric.name) is not None for row in found)
    ]
    moving = asked.kind.moving if asked.every is None else ()
    has_folder = any(row.subject.labels.get("folder") for row in found)
    has_tenants = len({row.subject.tenant for row in found}) > 1
    table(
        [
            Column(title="at (UTC)"),
            *([Column(title="lasted", right=True)] if asked.every is None else []),
            *([Column(title="tenant")] if has_tenants else []),
            Column(title=asked.kind.name),
            *([Column(title="folder")] if has_folder else []),
            *(Column(title=label) for label in moving),
            *(Column(title=metric, right=True) for metric in metrics),
        ],
        [
            (
                clock_time(row.at, asked.now),
                *([_lasted(row)] if asked.every is None else []),
                *([row.subject.tenant] if has_tenants else []),
                row.subject.name,
                *([row.subject.labels.get("folder", "")] if has_folder else []),
                *(row.subject.labels.get(label, "") for label in moving),
                *(_told(row.values.get(metric)) for metric in metrics),
            )
            for row in found
        ],
    )
    if asked.every is not None:
        say("Each value: average (least..greatest), one number where they are the same.")


def _lasted(row: Row) -> str:
    return "still so" if row.until is None else span(row.until - row.at)


def _as_json(row: Row) -> dict[str, object]:
    subject = row.subject
    values: dict[str, object] = {}
    for name, value in row.values.items():
        is_summary = isinstance(value, Summary)
        values[name] = {part: getattr(value, part) for part in _PARTS} if is_summary else value
    return {
        "tenant": subject.tenant,
        "subject": {
            **subject.labels,
            "kind": subject.kind,
            "key": subject.key,
            "name": subject.name,
        },
        "at": iso(row.at),
        "until": iso(row.until),
        **values,
    }


def _cells(value: Value, asked: Question) -> tuple[str, ...]:
    if asked.every is None:
        assert not isinstance(value, Summary)  # noqa: S101 - narrows the type
        return (_exact(value),)
    if not isinstance(value, Summary):
        return ("",) * len(_PARTS)
    return tuple(_exact(getattr(value, part)) for part in _PARTS)


def _exact(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if float(value).is_integer() else repr(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _told(value: Value) -> str:
    if not isinstance(value, Summary):
        return number(value)
    least, average, greatest = (number(getattr(value, part)) for part in _PARTS)
    return average if least == greatest else f"{average} ({least}..{greatest})"
