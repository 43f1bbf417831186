"""Whatever is recorded, reports say what looking at each second by itself says."""

from collections.abc import Mapping

import pytest

from monitor.store import Store
from tests.integration.reports import estate as estates
from tests.integration.reports.conftest import PERIOD, Report
from tests.integration.reports.estate import LENGTH_S, SINCE_S

NOW = range(SINCE_S, SINCE_S + LENGTH_S)
BEFORE = range(SINCE_S - LENGTH_S, SINCE_S)
SEEDS = range(3)


def share(spent: Mapping[str, int]) -> float | None:
    counted = spent["up"] + spent["down"]
    return spent["up"] / counted if counted else None


@pytest.mark.parametrize("seed", SEEDS)
def test_availability_is_what_a_look_at_each_second_says(
    store: Store, report: Report, seed: int
) -> None:
    estate = estates.robots(seed)
    estate.record(store)

    rows = {row["robot"]: row for row in report("availability", *PERIOD, "--json").json}

    for name in estate.subjects:
        now = estates.spent(estate, name, NOW)
        if name == "Person" or not sum(now.values()):
            assert name not in rows
            continue
        row = rows[name]
        assert {part: row[f"{part}_s"] for part in now} == now
        assert row["availability"] == pytest.approx(share(now))
        assert row["availability_before"] == pytest.approx(
            share(estates.spent(estate, name, BEFORE))
        )


@pytest.mark.parametrize(("by", "label"), [("host", "VM-1"), ("folder", "Finance")])
def test_a_host_or_folder_is_all_of_its_robots_weighted_by_time(
    store: Store, report: Report, by: str, label: str
) -> None:
    estate = estates.robots(1)
    estate.record(store)

    rows = {row[by]: row for row in report("availability", *PERIOD, "--json", "--by", by).json}

    robots = [
        estates.spent(estate, name, NOW)
        for name, subject in estate.subjects.items()
        if subject.labels[by] == label and name != "Person"
    ]
    together = {part: sum(one[part] for one in robots) for part in robots[0]}
    assert rows[label]["robots"] == len(robots)
    assert {part: rows[label][f"{part}_s"] for part in together} == together
    assert rows[label]["availability"] == pytest.approx(share(together))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_work_of_queues_is_what_a_look_at_each_second_says(
    store: Store, report: Report, seed: int
) -> None:
    estate = estates.queues(seed)
    estate.record(store)

    rows = {row["queue"]: row for row in report("queues", *PERIOD, "--json").json}

    for name in estate.subjects:
        row, now = rows[name], estates.worked(estate, name, NOW)
        before = estates.worked(estate, name, BEFORE)
        assert row["finished_items"] == now["finished"]
        assert row["successful_items"] == now["successful"]
        assert row["failed_items"] == now["failed"]
        assert row["application_exceptions"] == now["application"]
        assert row["business_exceptions"] == now["business"]
        assert row["failure_share"] == pytest.approx(now["failed"] / now["finished"])
        assert row["handling_s"] == pytest.approx(now["handling"])
        assert row["mean_backlog"] == pytest.approx(now["backlog"])
        assert row["peak_backlog"] == now["peak"]
        assert row["longest_idle_s"] == now["longest"]
        assert row["finished_items_before"] == before["finished"]
        assert row["mean_backlog_before"] == pytest.approx(before["backlog"])
        assert row["handling_s_change"] == pytest.approx(now["handling"] - before["handling"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_use_of_licenses_is_what_a_look_at_each_second_says(
    store: Store, report: Report, seed: int
) -> None:
    estate = estates.licenses(seed)
    estate.record(store)

    (row,) = report("licenses", *PERIOD, "--json").json

    now, before = estates.used(estate, NOW), estates.used(estate, BEFORE)
    assert row["mean_used"] == pytest.approx(now["mean"])
    assert row["peak_used"] == now["peak"]
    assert row["peak_share"] == pytest.approx(now["peak"] / 10)
    assert row["above_90_s"] == now["scarce"]
    assert row["full_s"] == now["full"]
    assert row["mean_used_change"] == pytest.approx(now["mean"] - before["mean"])
