"""Rows that come again are the same objects; whatever else comes is read as ever."""

import json

from monitor.orchestrator.answers import Answer
from monitor.orchestrator.known_rows import KnownRows
from monitor.orchestrator.odata import Chunk
from monitor.orchestrator.wire import Runtime

PATH = "/odata/Sessions"


def a_row(number: int, **fields: object) -> dict[str, object]:
    return {"SessionId": number, "ReportingTime": None, "Status": "Available", **fields}


def decoded(
    known: KnownRows[Runtime], rows: list[dict[str, object]], place: int = 0
) -> Chunk[Runtime]:
    body = json.dumps({"value": rows}).encode()
    return known.decode(Answer(status=200, headers={}, body=body), place, PATH)


def test_a_row_that_comes_again_is_the_same_object_and_another_is_read_anew() -> None:
    known = KnownRows(Runtime)
    first = decoded(known, [a_row(1), a_row(2), a_row(3)]).rows
    second = decoded(known, [a_row(1), a_row(2, Status="Busy"), a_row(3)]).rows

    assert [new is old for new, old in zip(second, first, strict=True)] == [True, False, True]
    assert [row.status for row in second] == ["Available", "Busy", "Available"]
    assert [row.status for row in first] == ["Available"] * 3


def test_a_list_may_become_longer_and_shorter() -> None:
    known = KnownRows(Runtime)
    for ids in ([1, 2], [1, 2, 3], [2], [], [1, 2]):
        assert [row.session_id for row in decoded(known, [a_row(n) for n in ids]).rows] == ids


def test_what_a_caller_does_to_the_list_of_rows_is_not_remembered() -> None:
    known = KnownRows(Runtime)
    decoded(known, [a_row(1)]).rows.clear()

    assert [row.session_id for row in decoded(known, [a_row(1)]).rows] == [1]


def test_pages_are_read_as_ever_while_the_first_one_changes_as_a_whole() -> None:
    known = KnownRows(Runtime)

    def poll(beat: int) -> list[Runtime]:
        decoded(known, [a_row(1, Version=str(beat)), a_row(2, Version=str(beat))])
        return decoded(known, [a_row(3)], place=1000).rows

    first, moved, again = poll(1), poll(2), poll(3)
    assert first[0] is not moved[0]
    assert moved[0] is not again[0]
    assert first == moved == again

    still = [poll(3), poll(3)]
    assert still[0][0] is not again[0]
    assert still[1][0] is still[0][0]


def test_a_row_that_cannot_be_read_costs_only_itself_each_time() -> None:
    known = KnownRows(Runtime)
    rows = [a_row(1), a_row(2, Status={"no": "text"}), a_row(3)]
    for _ in range(2):
        page = decoded(known, rows)
        assert [row.session_id for row in page.rows] == [1, 3]
        assert (page.skipped, page.size) == (1, 3)
    assert decoded(known, [a_row(1), a_row(2), a_row(3)]).skipped == 0
