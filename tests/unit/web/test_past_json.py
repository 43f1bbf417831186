import json
from datetime import timedelta
from math import inf, nan

import pytest

from monitor.core.kinds import QUEUE
from monitor.store.past_steps import Summary
from monitor.web.past import Question, Value
from monitor.web.past_json import JsonRows
from monitor.web.wording import iso, iso_ms
from tests.builders import NOW, a_past_row, a_subject, after

HOSTILE = a_subject('a "b"\\\n</script>é', labels={"folder": "Fi}nance", "key": "not this"})


def asked(every: timedelta | None = None, *only: str) -> Question:
    return Question(
        kind=QUEUE, name=None, since=NOW, until=after(9), now=after(9), every=every, only=only
    )


def test_a_change_reads_as_what_it_was() -> None:
    row = a_past_row(60.5, subject=HOSTILE, until=120, unseen_s=1.5, gaps=[(70, 71.5)], new_items=7)
    told = json.loads(JsonRows(asked(), json.dumps).text(row))

    values = dict.fromkeys(metric.name for metric in QUEUE.metrics) | {"new_items": 7}
    assert told == {
        "tenant": "production",
        "subject": {
            "folder": "Fi}nance",
            "kind": "queue",
            "key": HOSTILE.key,
            "name": HOSTILE.name,
        },
        "at": "2026-01-05T09:01:00Z",
        "until": "2026-01-05T09:02:00Z",
        **values,
        "unseen_s": 1.5,
        "unseen": [{"from": "2026-01-05T09:01:10Z", "until": "2026-01-05T09:01:11Z"}],
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (nan, "null"),
        (-inf, "null"),
        (5.0, "5"),
        (-0.0, "0"),
        (1, "1"),
        (0.1, "0.1"),
        (1e-300, "1e-300"),
        (2.0**53, "9007199254740992.0"),
    ],
)
def test_numbers_are_written_as_every_reader_takes_them(value: Value, written: str) -> None:
    assert f'"new_items": {written},' in JsonRows(asked(), json.dumps).text(
        a_past_row(new_items=value)
    )


def test_a_step_has_its_parts_and_no_gaps() -> None:
    rows = JsonRows(asked(timedelta(hours=1), "new_items"), json.dumps)
    row = a_past_row()
    row.values = [Summary(avg=1.5, min=1, max=2, p95=2)]
    told = json.loads(rows.text(row))

    assert told["new_items"] == {"min": 1, "avg": 1.5, "max": 2, "p95": 2}
    assert "unseen" not in told
    row.values = [None]
    assert json.loads(rows.text(row))["new_items"] is None


@pytest.mark.parametrize("at_ms", [0, -1, 1_767_603_661_999, 951_782_399_999])
def test_instants_are_those_of_the_long_way(at_ms: int) -> None:
    row = a_past_row()
    row.at_ms = at_ms
    assert iso_ms(at_ms) == iso(row.at)
