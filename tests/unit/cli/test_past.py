import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from monitor.cli.past import gap_notes, print_as_table, write_csv, write_json
from monitor.core.kinds import QUEUE, SESSION, Kind
from monitor.core.unseen import UnseenTimes
from monitor.store.instants import to_ms
from monitor.store.past_steps import Summary
from monitor.web.past import Past, Question, Row
from tests.builders import NOW, a_past_row, a_subject, after

HOUR = timedelta(hours=1)


def a_past(kind: Kind = QUEUE, every: timedelta | None = None, unseen: UnseenTimes = ()) -> Past:
    asked = Question(
        kind=kind, name=None, since=NOW, until=after(7200), now=after(7200), every=every
    )
    past = Past(None, {}, asked)  # type: ignore[arg-type]  # no store: what was unseen is given
    vars(past)["unseen"] = {"production": unseen}
    return past


def a_row(**metrics: float | Summary | None) -> Row:
    subject = a_subject(labels={"folder": "Finance"})
    gaps = [(700, 1000)]
    return a_past_row(600, subject=subject, until=1800, unseen_s=300, gaps=gaps, **metrics)


def as_json(row: Row, asked: Question) -> dict[str, Any]:
    out = io.StringIO()
    write_json([row], asked, out)
    (told,) = json.loads(out.getvalue())
    return dict(told)


def spans(*minutes: tuple[int, int]) -> UnseenTimes:
    return tuple((to_ms(after(60 * start)), to_ms(after(60 * stop))) for start, stop in minutes)


def test_a_table_says_how_long_nobody_looked_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    print_as_table([a_row(new_items=5)], a_past(unseen=spans((11, 16))))

    assert capsys.readouterr().out.splitlines() == [
        "at (UTC)  lasted  unseen  queue     folder   new_items",
        "09:10:00  20 min   5 min  Invoices  Finance          5",
        "Nobody looked at production from 09:11:00 to 09:16:00 (5 min).",
    ]


def test_where_nothing_was_missed_nothing_is_said_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_as_table([a_past_row(new_items=5.0)], a_past())

    assert capsys.readouterr().out.splitlines() == [
        "at (UTC)    lasted  queue     new_items",
        "09:00:00  still so  Invoices          5",
    ]


def test_changes_are_shown_by_their_beginnings(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [a_past_row(at, until=until, new_items=at) for at, until in ((60, 90), (0, 120))]
    print_as_table(rows, a_past())

    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "09:00:00",
        "09:01:00",
    ]


def test_an_empty_answer_says_whether_anybody_looked(capsys: pytest.CaptureFixture[str]) -> None:
    print_as_table([], a_past(unseen=spans((-60, 200))))

    assert capsys.readouterr().out.splitlines() == [
        "No history of queues in this time.",
        "Nobody looked at production since 09:00:00 (2 h).",
    ]


def test_of_many_gaps_the_newest_are_told_and_the_others_counted() -> None:
    many = spans(*((10 * number, 10 * number + 2) for number in range(8)))

    told = list(gap_notes(a_past(unseen=many), ["production", "staging"]))
    assert told[0] == "Nobody looked at production from 09:30:00 to 09:32:00 (2 min)."
    assert told[-1] == "Nor 3 times before, for 6 min in all."
    assert len(told) == 6
    told = list(gap_notes(a_past(unseen=many[:6]), ["production"]))
    assert told[-1] == "Nor once before, for 2 min in all."


def test_csv_has_what_was_unseen_at_the_end_and_no_formula() -> None:
    out = io.StringIO()
    row = a_row(new_items=5.5)
    hostile = a_past_row(subject=a_subject("=cmd()", key="1"))
    write_csv([row, hostile], a_past().asked, out)

    first, second = csv.DictReader(io.StringIO(out.getvalue()))
    assert (first["new_items"], first["failed_items"], first["unseen_s"]) == ("5.5", "", "300")
    assert (second["name"], second["until"], second["unseen_s"]) == ("'=cmd()", "", "0")
    assert list(first)[-1] == "unseen_s"


def test_json_says_of_a_change_when_nobody_looked_and_of_a_step_how_long() -> None:
    change = as_json(a_row(new_items=5), a_past().asked)
    step = as_json(a_row(new_items=Summary(avg=5, min=4, max=6, p95=6)), a_past(every=HOUR).asked)

    assert (change["unseen_s"], step["unseen_s"]) == (300, 300)
    assert change["unseen"] == [{"from": "2026-01-05T09:11:40Z", "until": "2026-01-05T09:16:40Z"}]
    assert "unseen" not in step
    assert step["new_items"] == {"min": 4, "avg": 5, "max": 6, "p95": 6}
    assert step["failed_items"] is None


def test_the_end_of_a_question_that_ends_now_is_open_for_a_clock_that_is_ahead() -> None:
    assert a_past(SESSION).asked.end > after(7200)
