"""Writes the past as Parquet: typed columns, in groups of rows so that its length costs no memory.

Needs pyarrow, which the extra `parquet` brings.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import typer

from monitor import __version__
from monitor.cli.past import numbers, value_names
from monitor.web.past import Question, Row
from monitor.web.wording import iso

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ModuleNotFoundError:
    pa = None

ROWS_OF_A_GROUP = 10_000
_CURE = "needs pyarrow: pip install 'orchestrator-monitor[parquet]'"


def write_parquet(rows: Iterable[Row], asked: Question, out: BinaryIO) -> None:
    """Write the rows with what was asked as metadata; instants are UTC, in milliseconds.

    Raises:
        typer.BadParameter: pyarrow is not installed; says how to install it.
    """
    if pa is None:
        raise typer.BadParameter(_CURE, param_hint="--format parquet")
    names = value_names(asked)
    instant = pa.timestamp("ms", tz="UTC")
    labels = asked.kind.labels
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("tenant", "key", "name", *labels)),
            ("at", instant),
            ("until", instant),
            *((name, pa.float64()) for name in names),
            ("unseen_s", pa.float64()),
        ],
        metadata=_about(asked),
    )
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for group in _groups(rows):
            columns = zip(*(_cells(row, asked) for row in group), strict=True)
            arrays = [
                pa.array(column, type=field.type)
                for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _about(asked: Question) -> dict[str, str]:
    every = {} if asked.every is None else {"every_s": f"{asked.every.total_seconds():g}"}
    return {
        "generator": f"orchestrator-monitor {__version__}",
        "kind": asked.kind.name,
        "name": asked.name or "*",
        "since": iso(asked.since) or "",
        "until": iso(asked.until) or "",
        **every,
    }


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while group := list(islice(left, ROWS_OF_A_GROUP)):
        yield group


def _cells(row: Row, asked: Question) -> tuple[Any, ...]:
    subject = row.subject
    labels = (subject.labels.get(label, "") for label in asked.kind.labels)
    return (
        *map(_text, (subject.tenant, subject.key, subject.name, *labels)),
        row.at_ms,
        row.until_ms,
        *numbers(row.values, asked),
        row.unseen_ms / 1000,
    )


def _text(text: str) -> str:
    """Return the text without halves of surrogate pairs, which UTF-8 cannot say."""
    return text.encode("utf-8", "replace").decode("utf-8")
