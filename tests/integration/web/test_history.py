"""`/api/history/…` on a real socket: the rows of `history … --json`, bounded."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest

from monitor.store.report_rows import subjects
from monitor.web import history
from tests.builders import NOW
from tests.integration.web.site import Answer, Site, a_queue, all_well


def ask(site: Site, kind: str = "queues", **asked: str) -> Answer:
    return site.ask(f"/api/history/{kind}?{urlencode(asked)}")


def busy(site: Site) -> None:
    """Three values in the first minute, an hour of nothing, then the last value again."""
    for value in (5, 6, 7):
        site.sees("queues", a_queue(value))
    site.clock.at += timedelta(hours=1)
    site.sees("queues", a_queue(7))


def test_each_change_is_a_row_with_what_nobody_saw_of_it(site: Site) -> None:
    busy(site)
    answer = ask(site)

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    rows = answer.json
    assert [row["new_items"] for row in rows] == [5, 6, 7]
    assert rows[0]["until"] == rows[1]["at"] == "2026-01-05T09:00:02Z"
    assert [row["unseen_s"] for row in rows] == [0, 0, 3601]
    assert rows[2]["unseen"] == [{"from": "2026-01-05T09:00:03Z", "until": "2026-01-05T10:00:04Z"}]
    assert rows[2]["subject"]["folder"] == "Finance/AP"


def test_steps_that_nobody_saw_are_there_without_values(site: Site) -> None:
    busy(site)
    rows = ask(site, every="20m", since="2026-01-05T09:00:00Z", name="inv*").json

    assert [row["new_items"] and row["new_items"]["max"] for row in rows] == [7, None, None, 7]
    assert [row["unseen_s"] for row in rows] == [1197, 1200, 1200, 4]


def test_a_span_and_a_name_narrow_the_answer(site: Site) -> None:
    busy(site)

    assert ask(site, until="2h").json == []
    assert ask(site, since="30m", until="1m").json[0]["new_items"] == 7
    assert ask(site, name="zzz").json == []
    assert ask(site, kind="session").json == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"since": "yesterday"}, "since must be how long ago"),
        ({"until": "2026-01-05T10:00+02:00 "}, "until must be how long ago"),
        ({"since": "1h", "until": "2h"}, "until must be after since"),
        ({"every": "often"}, 'every: "often" is not a duration'),
        ({"every": "0s"}, "every must be longer than 0s"),
        ({"evry": "1h"}, "unknown parameter 'evry'; there are name, metric, since, until, every"),
    ],
)
def test_what_cannot_be_answered_is_said(site: Site, asked: dict[str, str], said: str) -> None:
    all_well(site)
    answer = ask(site, **asked)

    assert answer.status == 400
    assert said in answer.json["error"]


def test_a_parameter_counts_once(site: Site) -> None:
    answer = site.ask("/api/history/queues?name=a&name=b")

    assert (answer.status, answer.json) == (400, {"error": "name is given 2 times"})


def test_a_plus_that_an_address_turned_into_a_space_is_explained(site: Site) -> None:
    answer = site.ask("/api/history/queues?since=2026-01-05T10:00+02:00")

    assert answer.status == 400
    assert "+ is written %2B" in answer.json["error"]


def test_a_kind_without_a_past_is_not_found(site: Site) -> None:
    answer = ask(site, kind="channels")

    assert answer.status == 404
    assert "there is one of sessions" in answer.json["error"]


def test_it_is_only_read(site: Site) -> None:
    assert site.ask("/api/history/queues", method="POST").status == 405
    assert site.ask("/api/history/queues", method="HEAD").status == 200


def test_an_answer_that_would_be_too_long_is_refused_in_words(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(site)
    monkeypatch.setattr(history, "MOST_CHANGES", 2)

    assert ask(site).status == 400
    assert "narrow it by name" in ask(site).json["error"]
    assert len(ask(site, until="2026-01-05T09:00:02Z").json) <= 2
    steps = ask(site, every="1s", since="2026-01-01")
    assert steps.status == 400
    assert "1 queues" in steps.json["error"]
    assert len(subjects(site.store, "queue")) == 1
    assert site.clock.at > NOW


def test_a_number_that_json_cannot_say_is_null(site: Site) -> None:
    site.sees("queues", a_queue(float("inf"), mean_processing_s=2.5))

    (row,) = ask(site).json
    assert (row["new_items"], row["mean_processing_s"]) == (None, 2.5)
