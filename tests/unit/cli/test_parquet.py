"""Needs pyarrow, which the extra `parquet` brings."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer

from monitor.cli import parquet
from monitor.cli.parquet import write_parquet
from monitor.core.kinds import QUEUE
from monitor.store.instants import to_ms
from monitor.store.past_steps import Summary
from monitor.web.past import Question, Row, Value
from tests.builders import NOW, a_past_row, a_subject, after


def a_question(every: timedelta | None = None) -> Question:
    return Question(
        kind=QUEUE, name="Inv*", since=NOW, until=after(3600), now=after(3600), every=every
    )


def a_row(at: float = 0, name: str = "Invoices", value: Value = 5.0) -> Row:
    subject = a_subject(name, key="1", labels={"folder": "Finance"})
    return a_past_row(at, subject=subject, unseen_s=1.5, new_items=value)


def written(rows: Iterator[Row], asked: Question) -> Any:  # noqa: ANN401 - pyarrow has no types
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    out = io.BytesIO()
    write_parquet(rows, asked, out)
    return pq.ParquetFile(io.BytesIO(out.getvalue()))


def test_a_change_is_a_row_of_typed_columns() -> None:
    table = written(iter([a_row(), a_row(0.0625, "=1+1\ud800")]), a_question()).read()

    assert str(table.schema.field("at").type) == "timestamp[ms, tz=UTC]"
    assert str(table.schema.field("new_items").type) == "double"
    assert str(table.schema.field("folder").type) == "string"
    first, second = table.to_pylist()
    assert first["at"] == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (first["tenant"], first["new_items"], first["unseen_s"]) == ("production", 5.0, 1.5)
    assert (first["until"], first["failed_items"]) == (None, None)
    assert second["at"] == after(0.062)
    assert second["name"] == "=1+1?"


def test_a_step_has_three_columns_for_each_metric() -> None:
    summary = Summary(avg=5.5, min=4.0, max=7.0)
    rows = iter([a_row(value=summary), a_row(60, value=None)])
    first, second = written(rows, a_question(timedelta(minutes=1))).read().to_pylist()

    assert (first["new_items_min"], first["new_items_avg"], first["new_items_max"]) == (4, 5.5, 7)
    assert second["new_items_avg"] is None
    assert "new_items" not in first


def test_of_one_metric_there_is_one_column() -> None:
    asked = replace(a_question(), only=("failed_items",))
    row = Row(a_subject(), to_ms(NOW), to_ms(after(60)), [7.0])
    (told,) = written(iter([row]), asked).read().to_pylist()

    assert told["failed_items"] == 7
    assert told["until"] == after(60)
    assert "new_items" not in told


def test_the_file_says_what_was_asked() -> None:
    about = written(iter([]), a_question(timedelta(minutes=1))).schema_arrow.metadata

    assert about[b"kind"] == b"queue"
    assert about[b"name"] == b"Inv*"
    assert about[b"since"] == b"2026-01-05T09:00:00Z"
    assert about[b"every_s"] == b"60"
    assert about[b"generator"].startswith(b"orchestrator-monitor ")


def test_rows_are_written_in_groups_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_OF_A_GROUP", 10)
    file = written((a_row(at) for at in range(25)), a_question())

    assert file.metadata.num_rows == 25
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [10, 10, 5]


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "pa", None)

    with pytest.raises(typer.BadParameter, match=r"pip install 'orchestrator-monitor\[parquet\]'"):
        write_parquet([], a_question(), io.BytesIO())
