import csv
import io
from pathlib import Path

import pytest

from tests.integration.cli.site import Site


def test_history_gives_scripts_every_recorded_value(site: Site) -> None:
    site.watch_once()
    site.simulator.freeze_queue("Invoices", new=1000)
    site.watch_once()

    ran = site.command("history", "queues", "--name", "invoices", "--json")

    assert ran.status == 0
    rows = [row for row in ran.json if row["subject"]["name"] == "Invoices"]
    assert [row["new_items"] for row in rows] == [900, 1000]
    assert rows[0]["tenant"] == "production"
    assert rows[0]["at"].endswith("Z")
    assert {"kind", "key", "name", "folder"} <= set(rows[0]["subject"])
    assert rows[0]["until"] == rows[1]["at"]
    assert rows[1]["until"] is None


def test_history_by_steps_gives_least_average_and_greatest(site: Site) -> None:
    site.watch_once()
    site.simulator.freeze_queue("Invoices", new=1000)
    site.watch_once()

    rows = site.command(
        "history", "queues", "--name", "Invoices", "--every", "1h", "--format", "json"
    ).json

    values = rows[-1]["new_items"]
    assert values["min"] <= values["avg"] <= values["max"] == 1000


def test_one_metric_may_be_asked_for_and_only_its_changes_count(site: Site) -> None:
    site.watch_once()
    site.simulator.freeze_queue("Invoices", new=900, successful=77)
    site.watch_once()

    chosen = site.command(
        "history", "queues", "--name", "Invoices", "--metric", "new_items", "--json"
    ).json
    table = site.command("history", "queues", "--metric", "new_items").out
    wrong = site.command("history", "queues", "--metric", "items")

    assert [row["new_items"] for row in chosen] == [900]
    assert "successful_items" not in chosen[0]
    assert "successful_items" not in table
    assert wrong.status == 2
    assert "queues have no 'items'; there are new_items" in " ".join(wrong.err.split())


@pytest.mark.parametrize("kind", ["sessions", "machines", "queues", "licenses", "subscriptions"])
def test_every_kind_has_a_past_in_every_form(site: Site, kind: str) -> None:
    site.watch_once()

    shown = site.command("history", kind)
    rows = list(csv.DictReader(io.StringIO(site.command("history", kind, "--format", "csv").out)))
    data = site.command("history", kind, "--json").json
    steps = site.command("history", kind, "--every", "1h", "--format", "csv")

    assert shown.status == 0
    assert len(shown.out.splitlines()) == len(rows) + 1 == len(data) + 1
    assert {row["name"] for row in rows} == {row["subject"]["name"] for row in data}
    assert "_avg" in steps.out.splitlines()[0]


def test_a_name_that_nothing_has_gives_an_empty_answer(site: Site) -> None:
    site.watch_once()

    assert site.command("history", "queues", "--name", "zzz*", "--json").json == []
    assert "No history of queues" in site.command("history", "queues", "--name", "zzz*").out


def test_the_past_may_end_before_now(site: Site) -> None:
    site.watch_once()

    assert site.command("history", "queues", "--since", "2h", "--until", "1h", "--json").json == []
    assert len(site.command("history", "queues", "--since", "2h", "--until", "0s", "--json").json)


def test_a_table_tells_how_long_a_state_lasted(site: Site) -> None:
    site.watch_once()

    shown = site.command("history", "sessions").out

    assert "lasted" in shown.splitlines()[0]
    assert "still so" in shown


def test_a_plot_is_a_line_of_blocks_for_each_metric(site: Site) -> None:
    site.watch_once()

    shown = site.command("history", "queues", "--name", "Invoices", "--since", "1h", "--plot")

    assert shown.status == 0
    assert "Invoices (Finance)" in shown.out
    line = next(one for one in shown.out.splitlines() if one.startswith("  new_items"))
    assert (line.count("·"), line.count("▁")) in {(59, 1), (60, 1)}
    assert "1m a block" in shown.out


@pytest.mark.parametrize(
    "options",
    [("--since", "yesterday"), ("--since", "1h", "--until", "2h"), ("--until", "1999")],
)
def test_a_time_that_is_none_is_told(site: Site, options: tuple[str, ...]) -> None:
    ran = site.command("history", "queues", *options)

    assert ran.status == 2
    assert "Traceback" not in ran.err


def test_a_past_goes_to_a_file(site: Site, tmp_path: Path) -> None:
    site.watch_once()
    shown = site.command("history", "queues", "--format", "csv", "--until", "0s").out
    file = tmp_path / "queues.csv"

    ran = site.command("history", "queues", "--format", "csv", "--output", str(file))
    assert (ran.status, ran.out) == (0, "")
    assert file.read_text() == shown


def test_parquet_has_a_row_for_each_change(site: Site, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    site.watch_once()
    file = tmp_path / "queues.parquet"

    ran = site.command("history", "queues", "--format", "parquet", "--output", str(file))
    assert (ran.status, ran.out) == (0, "")
    names = [row["name"] for row in pq.read_table(file).to_pylist()]
    data = site.command("history", "queues", "--json").json
    assert names == [row["subject"]["name"] for row in data]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "parquet"), "Parquet is for a file"),
        (("--output", "past.txt"), "goes with --format csv, json or parquet"),
        (("--plot", "--output", "past.txt"), "goes with --format csv, json or parquet"),
        (("--format", "csv", "--output", "/nowhere/past.csv"), "cannot be written"),
    ],
)
def test_a_file_that_cannot_be_is_told(site: Site, options: tuple[str, ...], said: str) -> None:
    site.watch_once()
    ran = site.command("history", "queues", *options)

    assert ran.status == 2
    assert said in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err


def test_a_kind_without_a_past_is_told(site: Site) -> None:
    ran = site.command("history", "channels")

    assert ran.status == 2
    assert "there is one of sessions" in ran.err
