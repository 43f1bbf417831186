"""Reports of queues say the same of whole days as of each change in them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.store import Store, part_rows, queue_days
from monitor.store.check import check
from monitor.store.retention import Round
from tests.integration.reports import week
from tests.integration.reports.conftest import Ran, Report
from tests.integration.reports.week import BEGIN, END, KEPT

LATER = END + timedelta(hours=2)
D = timedelta(days=1)
PERIODS = {
    "whole days": ("2026-01-09T00:00Z", "2026-01-12T00:00Z"),
    "parts of days": ("2026-01-08T17:23:11Z", "2026-01-11T04:05Z"),
    "up to now": ("2026-01-09T13:20Z", "2026-01-12T13:20Z"),
    "within a day": ("2026-01-08T09:00Z", "2026-01-08T11:30Z"),
    "over midnight": ("2026-01-07T20:00Z", "2026-01-08T02:00Z"),
    "a day": ("2026-01-10T00:00Z", "2026-01-11T00:00Z"),
    "more than there is": ("2026-01-01T00:00Z", "2026-01-14T00:00Z"),
}
FEW = {name: PERIODS[name] for name in ("whole days", "parts of days")}
Rows = Mapping[tuple[str, str], Mapping[str, float | str | None]]


@pytest.fixture
def ask(report: Report) -> Callable[..., Ran]:
    def ask(since: str, until: str, *more: str) -> Ran:
        period = "--since", since, "--until", until
        return report("queues", *period, *more, every="10m", more="")

    return ask


def rows(ran: Ran) -> Rows:
    assert ran.status == 0, ran.err
    return {(row["tenant"], row["queue"]): row for row in ran.json}


def agree(found: Rows, expected: Rows) -> None:
    assert found.keys() == expected.keys()
    for which, row in expected.items():
        for name, value in row.items():
            other = found[which][name]
            if isinstance(value, float) and isinstance(other, float):
                assert math.isclose(other, value, rel_tol=1e-9, abs_tol=1e-9), (which, name)
            else:
                assert other == value, (which, name)


def dropped(store: Store, table: str) -> None:
    with store.writing() as write:
        write.connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  # our own names


def days(store: Store) -> int:
    with store.reading() as connection:
        counted = connection.exec_driver_sql("SELECT count(*) FROM queue_days").scalar()
    return int(counted or 0)


@pytest.mark.parametrize("many", [500, 3])
def test_days_say_what_each_change_said(
    reopen: Callable[[], Store],
    ask: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    store = week.record(reopen, seed=many)
    before = {name: rows(ask(*period, "--json")) for name, period in PERIODS.items()}
    some = rows(ask(*PERIODS["parts of days"], "--json", "--name", "*y"))
    week.keep_up(store, LATER)
    # So many ids are put into a statement at most.
    monkeypatch.setattr(part_rows, "MANY_IDS", many)
    monkeypatch.setattr(queue_days, "MANY_IDS", many)

    assert days(store) > 40
    assert len(before["whole days"]) >= 9
    for name, period in PERIODS.items():
        agree(rows(ask(*period, "--json")), before[name])
    agree(rows(ask(*PERIODS["parts of days"], "--json", "--name", "*y")), some)
    assert check(store).findings == ()
    # They are what is read: without the changes there is the same.
    for table in ("queue_sealed", "queue_stretches", "queue_latest"):
        dropped(store, table)
    agree(rows(ask(*PERIODS["whole days"], "--json")), before["whole days"])


def test_days_that_were_made_before_there_was_a_place_for_it_are_read_change_by_change(
    reopen: Callable[[], Store], ask: Callable[..., Ran]
) -> None:
    store = week.record(reopen, 5)
    before = {name: rows(ask(*period, "--json")) for name, period in FEW.items()}
    week.keep_up(store, BEGIN + 4 * D)
    dropped(store, "queue_days")
    week.keep_up(store, LATER)

    for name, period in FEW.items():
        agree(rows(ask(*period, "--json")), before[name])
    # An older program that ran for a while left a hole.
    with store.writing() as write:
        write.connection.exec_driver_sql("DELETE FROM queue_days WHERE day = 20463")
    for name, period in FEW.items():
        agree(rows(ask(*period, "--json")), before[name])


def test_a_round_that_is_broken_off_or_done_twice_changes_nothing(
    reopen: Callable[[], Store], ask: Callable[..., Ran]
) -> None:
    store = week.record(reopen, 6)
    before = {name: rows(ask(*period, "--json")) for name, period in FEW.items()}
    for steps in (2, 9, 31):
        work = Round(store, KEPT, LATER)
        for _ in range(steps):
            work.step(60)
        for name, period in FEW.items():
            agree(rows(ask(*period, "--json")), before[name])
    week.keep_up(store, LATER)
    dropped(store, "rolled")
    week.keep_up(store, LATER)

    for name, period in FEW.items():
        agree(rows(ask(*period, "--json")), before[name])


@pytest.fixture
def pruned(reopen: Callable[[], Store], ask: Callable[..., Ran]) -> tuple[Store, dict[str, Rows]]:
    """A week, of which each change is kept for two days, and what was told of it before."""
    store = week.record(reopen, 7)
    asked = {
        **FEW,
        "a day": PERIODS["a day"],
        "before": ("2026-01-08T00:00Z", "2026-01-10T00:00Z"),
        "before that": ("2026-01-06T00:00Z", "2026-01-09T00:00Z"),
        "last": ("2026-01-10T13:40Z", "2026-01-12T13:20Z"),
        "longer": ("2026-01-09T00:00Z", "2026-01-12T13:20Z"),
    }
    told = {name: rows(ask(*period, "--json")) for name, period in asked.items()}
    week.keep_up(store, LATER)
    week.keep_up(store, LATER, replace(KEPT, full=2 * D))
    return store, told


def test_whole_days_outlive_each_change(
    pruned: tuple[Store, dict[str, Rows]], ask: Callable[..., Ran]
) -> None:
    _, told = pruned

    for name in ("whole days", "a day"):
        agree(rows(ask(*PERIODS[name], "--json")), told[name])
        assert "only whole days" not in ask(*PERIODS[name]).out


def test_a_period_is_compared_with_the_whole_days_that_are_left(
    pruned: tuple[Store, dict[str, Rows]], ask: Callable[..., Ran]
) -> None:
    _, told = pruned
    ran = ask("2026-01-10T13:40Z", "2026-01-12T13:20Z")
    found = rows(ask("2026-01-10T13:40Z", "2026-01-12T13:20Z", "--json"))

    assert "2026-01-10 13:40 to 2026-01-12 13:20 UTC" in ran.out
    assert "against the 2 d before, from 2026-01-08 00:00 UTC on" in ran.out
    assert (
        "Of the time before 2026-01-10 13:30 UTC only whole days (UTC) are kept: "
        "compared is 2026-01-08 00:00 to 2026-01-10 00:00."
    ) in " ".join(ran.out.split())
    for which, row in found.items():
        past = told["before"].get(which, {})
        for name, value in row.items():
            if name.endswith("_before"):
                assert value == pytest.approx(past.get(name.removesuffix("_before"))), which
            elif not name.endswith("_change"):
                assert value == pytest.approx(told["last"][which][name]), (which, name)
    assert any(row["finished_items_change"] for row in found.values())


def test_a_period_that_began_before_begins_at_the_next_midnight(
    pruned: tuple[Store, dict[str, Rows]], ask: Callable[..., Ran]
) -> None:
    _, told = pruned
    ran = ask("2026-01-08T06:00Z", "2026-01-12T13:20Z")
    found = rows(ask("2026-01-08T06:00Z", "2026-01-12T13:20Z", "--json"))

    assert "2026-01-09 00:00 to 2026-01-12 13:20 UTC" in ran.out
    assert "what was asked beyond the period above counts nowhere." in ran.out
    assert {row["from"] for row in found.values()} == {"2026-01-09T00:00:00Z"}
    for which, row in found.items():
        assert row["finished_items"] == told["longer"][which]["finished_items"]
        assert row["longest_idle_s"] == told["longer"][which]["longest_idle_s"]


def test_before_the_first_day_nothing_is_compared(
    pruned: tuple[Store, dict[str, Rows]], ask: Callable[..., Ran]
) -> None:
    ran = ask("2026-01-07T00:00Z", "2026-01-12T00:00Z")
    found = rows(ask("2026-01-07T00:00Z", "2026-01-12T00:00Z", "--json"))

    assert "production is recorded since 2026-01-05 13:30 UTC" in ran.out
    assert {row["finished_items_before"] for row in found.values()} == {None}
    # Nor does it say with what, where that would have been moved.
    ran = ask("2026-01-08T00:00Z", "2026-01-12T13:20Z")
    assert "production is recorded since 2026-01-05 13:30 UTC" in ran.out
    assert "only whole days" not in ran.out


def test_days_of_queues_go_with_the_other_days(reopen: Callable[[], Store]) -> None:
    store = week.record(reopen, 8)
    week.keep_up(store, LATER)
    short = replace(KEPT, full=2 * D, hourly=2 * D, daily=3 * D)
    found: list[int] = []
    for _ in range(2):
        work = Round(store, short, LATER)
        while work.step():
            pass
        found.append(work.gone["days"])

    with store.reading() as connection:
        oldest = connection.exec_driver_sql("SELECT min(day) FROM queue_days").scalar()
        days = connection.exec_driver_sql("SELECT min(day) FROM days").scalar()
    assert oldest == days == (END - 3 * D - datetime(1970, 1, 1, tzinfo=END.tzinfo)).days
    assert found[0] > 0
    assert found[1] == 0
    assert check(store).findings == ()
