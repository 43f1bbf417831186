"""What people see of reports, and what they may ask for."""

import csv
import html
import io
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.cells import cell_len

from monitor import __version__
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.store import Store
from tests.builders import a_sample, a_subject
from tests.integration.reports.conftest import Ran, Report

GOLDEN = Path(__file__).parents[2] / "golden"
BEGIN = datetime.fromisoformat("2026-01-05T00:00Z")
DAY = ("--since", "2026-01-05T00:00Z", "--until", "2026-01-06T00:00Z")
NAMES = (
    "BOT-01",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "BOT\x1b[2J\u202e-gone",
    "Ein Roboter mit einem sehr langen Namen, wie ihn niemand erwartet hat",
)
SHOWS: Sequence[tuple[str, str]] = (
    ("availability", "table"),
    ("availability", "html"),
    ("queues", "table"),
    ("queues", "html"),
    ("licenses", "table"),
)


def a_robot(name: str, *, tenant: str = "production", place: int = 1, **labels: str) -> Subject:
    return a_subject(
        name,
        kind="session",
        tenant=tenant,
        key=f"{name}/{place}",
        labels={
            "robot": name,
            "robot_type": "Unattended",
            "host": f"VM-{place}",
            "folder": "Finance/Accounts payable" if place % 2 else "HR",
            **labels,
        },
    )


def polled(collector: str, at: datetime, *samples: Sample, tenant: str = "production") -> Snapshot:
    kind = {"sessions": "session", "queues": "queue", "licenses": "license"}[collector]
    return Snapshot(
        tenant=tenant,
        collector=collector,
        started_at=at,
        took_s=0.1,
        requests=1,
        outcome=Collected(kinds=(kind,), samples=samples, observed_at=at),
    )


def live(robot: Subject, *, is_down: bool = False) -> Sample:
    return a_sample(robot, is_unresponsive=float(is_down), is_disconnected=0.0, in_maintenance=0.0)


def record(
    store: Store, make: Callable[[float], Sequence[Snapshot]], *, since: int = -24, until: int = 25
) -> None:
    """Poll every half hour; `make` gets the hour since BEGIN."""
    with store.writing() as write:
        for number in range(since * 2, until * 2):
            for snapshot in make(number / 2):
                write.snapshot(snapshot)


def an_estate(hour: float) -> Sequence[Snapshot]:
    at = BEGIN + timedelta(hours=hour)
    robots = [a_robot(name, place=place) for place, name in enumerate(NAMES)]
    down = {place for place in range(len(NAMES)) if 0 <= hour - 6 < place}
    other = a_robot("BOT-01", tenant="staging")
    queues = [
        a_sample(
            a_subject(name, labels={"folder": "HR", "process": "Performer"}),
            new_items=place * 10,
            successful_items=100 + hour * place * 2,
            failed_items=50 + hour,
            application_exceptions=50 + hour,
            business_exceptions=0,
            mean_processing_s=90,
        )
        for place, name in enumerate(NAMES)
    ]
    licenses = [
        a_sample(
            a_subject(name, kind="license"),
            allowed=place,
            used=max(0, place - (hour < 12)),
            **({"used_ratio": (place - (hour < 12)) / place} if place else {}),
        )
        for place, name in enumerate(NAMES)
    ]
    return [
        polled("sessions", at, *(live(r, is_down=p in down) for p, r in enumerate(robots))),
        *([polled("sessions", at, live(other), tenant="staging")] if hour >= 0 else []),
        polled("queues", at, *queues),
        polled("licenses", at, *licenses),
    ]


@pytest.fixture
def shown(store: Store, report: Report) -> Callable[..., Ran]:
    record(store, an_estate)

    def show(*arguments: str) -> Ran:
        return report(*arguments, *DAY, every="30m", more="")

    return show


@pytest.mark.parametrize(("about", "form"), SHOWS)
def test_it_reads_as_reviewed(
    shown: Callable[..., Ran], request: pytest.FixtureRequest, about: str, form: str
) -> None:
    ran = shown(about, "--format", form)
    text = ran.out.replace(__version__, "VERSION")
    file = GOLDEN / f"report-{about}.{'txt' if form == 'table' else form}"
    if request.config.getoption("--update-golden", default=False):
        file.write_text(text, encoding="utf-8")

    assert ran.status == 0, ran.err
    assert file.read_text(encoding="utf-8") == text, "see --update-golden"


def test_the_table_of_five_hundred_robots_fits_and_the_worst_come_first(
    store: Store, report: Report
) -> None:
    robots = [a_robot(f"BOT-{place:03}-of-the-back-office", place=place) for place in range(500)]
    record(
        store,
        lambda hour: [
            polled(
                "sessions",
                BEGIN + timedelta(hours=hour),
                *(
                    live(robot, is_down=place == 321 and 3 <= hour < 9)
                    for place, robot in enumerate(robots)
                ),
            )
        ],
        since=-2,
        until=25,
    )

    table = report("availability", *DAY, every="30m").out.splitlines()
    top = report("availability", "--top", "3", *DAY, every="30m").out

    assert max(cell_len(line) for line in table[2:-2]) <= 100
    assert sum(line.startswith("BOT-") for line in table) == 500
    assert "BOT-321" in table[4]
    assert "75.00 %" in table[4]
    assert sum(line.startswith("BOT-") for line in top.splitlines()) == 3
    assert "The 3 worst of 500." in top
    assert any(line.startswith("all") for line in top.splitlines())


@pytest.mark.parametrize("about", ["availability", "queues", "licenses"])
def test_a_page_is_whole_and_obeys_nobody(shown: Callable[..., Ran], about: str) -> None:
    page = shown(about, "--format", "html").out

    assert "<script" not in page
    assert html.escape(NAMES[1]) in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import", page)
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize("about", ["availability", "queues", "licenses"])
def test_csv_and_json_say_the_same(shown: Callable[..., Ran], about: str) -> None:
    rows = list(csv.DictReader(io.StringIO(shown(about, "--format", "csv").out)))
    data = shown(about, "--json").json

    assert len(rows) == len(data) > 4
    for row, one in zip(rows, data, strict=True):
        assert list(row) == list(one)
        for name, value in one.items():
            if isinstance(value, str):
                assert row[name].removeprefix("'") == value
            else:
                assert row[name] == "" if value is None else float(row[name]) == value
    assert not any(cell[:1] in set("=+@\t\r") for row in rows for cell in row.values())
    assert all(one["until"] == "2026-01-06T00:00:00Z" for one in data)


def test_the_same_name_in_two_tenants_is_two_robots(shown: Callable[..., Ran]) -> None:
    both = shown("availability", "--name", "bot-0*", "--json").json
    one = shown("availability", "--tenant", "staging", "--json").json

    assert [(row["tenant"], row["robot"]) for row in both] == [
        ("production", "BOT-01"),
        ("staging", "BOT-01"),
    ]
    assert [row["tenant"] for row in one] == ["staging"]


def test_what_was_not_recorded_before_is_not_compared_and_said(shown: Callable[..., Ran]) -> None:
    (one,) = shown("availability", "--tenant", "staging", "--json").json
    told = shown("availability", "--tenant", "staging").out
    later = shown("availability", "--name", "BOT-01").out

    assert one["availability"] == 1
    assert one["availability_before"] is None
    assert one["availability_change"] is None
    assert "staging is recorded since 2026-01-05 00:00 UTC: what was before cannot be" in told
    assert later.splitlines()[-2].startswith("Of 2 d of robots' time")


def test_a_record_that_begins_within_the_period_is_said(store: Store, report: Report) -> None:
    record(store, an_estate, since=12)

    told = report("queues", *DAY, every="30m").out

    assert "production is recorded since 2026-01-05 12:00 UTC only: what was before" in told
    assert "Left out: 12 h in which nothing was seen of production." in told


@pytest.mark.parametrize("about", ["availability", "queues", "licenses"])
def test_nothing_recorded_is_said_in_a_sentence(report: Report, about: str) -> None:
    ran = report(about)

    assert ran.status == 0
    assert "was seen in this time." in ran.out
    assert report(about, "--json").json == []
    assert report(about, "--format", "csv").out.count("\n") == 1
    assert "was seen in this time." in report(about, "--format", "html").out


def test_robots_of_people_are_left_out_and_said(store: Store, report: Report) -> None:
    person = a_robot("Ann", robot_type="Attended")
    untyped = a_robot("Bob", robot_type="")
    record(
        store,
        lambda hour: [
            polled("sessions", BEGIN + timedelta(hours=hour), live(person), live(untyped))
        ],
    )

    alone = report("availability", *DAY, every="30m")
    asked = report("availability", "--attended", *DAY, "--json", every="30m").json

    assert "No robot was seen in this time. Left out: 2 robots of people" in alone.out
    assert [row["robot"] for row in asked] == ["Ann", "Bob"]


def test_an_outage_of_the_monitor_up_to_now_is_unseen(store: Store, report: Report) -> None:
    record(store, an_estate, until=12)
    with store.writing() as write:
        for hour in range(12, 24):
            at = BEGIN + timedelta(hours=hour)
            poll = polled("sessions", at)
            write.snapshot(
                Snapshot(
                    tenant=poll.tenant,
                    collector="sessions",
                    started_at=at,
                    took_s=30,
                    requests=1,
                    outcome=Failed(kind="unreachable", message="no answer"),
                )
            )

    rows = report("availability", "--tenant", "production", *DAY, "--json", every="30m").json

    assert {row["unseen_s"] for row in rows} == {12.5 * 3600}
    assert {row["up_s"] + row["down_s"] for row in rows} == {11.5 * 3600}


def test_a_host_is_told_with_its_number_of_robots(shown: Callable[..., Ran]) -> None:
    rows = shown("availability", "--by", "folder", "--json").json
    table = shown("availability", "--by", "host").out

    assert {(row["tenant"], row["folder"]): row["robots"] for row in rows} == {
        ("production", "HR"): 3,
        ("production", "Finance/Accounts payable"): 2,
        ("staging", "Finance/Accounts payable"): 1,
    }
    assert "Availability of 6 hosts, 6 robots" in table


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["availability", "--tenant", "prod"], "no tenant 'prod'; there is production, staging"),
        (["queues", "--since", "1d", "--until", "2d"], "must be after --since"),
        (["licenses", "--format", "pdf"], "'pdf' is not one of"),
        (["availability", "--by", "queue"], "'queue' is not one of"),
        (["queues", "--top", "0"], "greater than or equal to 1"),
        (["robots"], "No such command"),
    ],
)
def test_a_wrong_question_is_a_usage_error(report: Report, arguments: list[str], hint: str) -> None:
    ran = report(*arguments)

    assert ran.status == 2
    assert hint in " ".join(ran.err.replace("│", " ").split())
    assert ran.out == ""
