from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.cli.report_form import Field, Form, Report, compared
from monitor.cli.report_page import print_as_html
from monitor.cli.report_print import print_as_csv, print_as_table
from tests.builders import NOW

FIELDS = (
    Field(name="queue", title="queue", form=Form.TEXT),
    Field(name="done", title="done", is_compared=True, better=1),
)
DAY = timedelta(days=1)


def a_report(before: float | None) -> Report:
    past = None if before is None else {"done": before}
    return Report(
        title="Work of 1 queue",
        period=(NOW - DAY, NOW),
        before=(NOW - 2 * DAY, NOW - DAY),
        fields=FIELDS,
        rows=[compared(FIELDS, {"queue": "Invoices", "done": 7.0}, past)],
        total=None,
        notes=(),
        nothing="No queue was seen in this time.",
    )


def test_a_change_stands_beside_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    print_as_table(a_report(4.0))

    assert capsys.readouterr().out.splitlines() == [
        "Work of 1 queue, 2026-01-04 09:00 to 2026-01-05 09:00 UTC",
        "Changes (±) are against the 1 d before, from 2026-01-03 09:00 UTC on.",
        "",
        "queue     done   ±",
        "Invoices     7  +3",
    ]


def test_where_there_is_nothing_to_compare_with_no_column_is_empty(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_as_table(a_report(None))

    assert capsys.readouterr().out.splitlines() == [
        "Work of 1 queue, 2026-01-04 09:00 to 2026-01-05 09:00 UTC",
        "Nothing is known of the 1 d before to compare with.",
        "",
        "queue     done",
        "Invoices     7",
    ]


def test_a_page_leaves_them_out_and_scripts_have_them_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_as_html(a_report(None))
    page = capsys.readouterr().out
    assert "±" not in page
    assert "Nothing is known of the 1 d before" in page

    print_as_csv(a_report(None))
    first, second = capsys.readouterr().out.splitlines()
    assert first == "from,until,queue,done,done_before,done_change"
    assert second.endswith(",Invoices,7,,")


def test_of_no_row_nothing_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    print_as_table(replace(a_report(None), rows=[]))
    assert capsys.readouterr().out == "No queue was seen in this time.\n"
