"""The worked example of the manual, executed; and the names that it promises to scripts."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.cli.report_availability import FIELDS as AVAILABILITY
from monitor.cli.report_licenses import FIELDS as LICENSES
from monitor.cli.report_queues import FIELDS as QUEUES
from monitor.core.sample import Collected, Sample, Snapshot
from monitor.store import Store
from tests.builders import a_sample, a_subject
from tests.integration.reports.conftest import Report

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ orchestrator-monitor report (.*)\n([A-Z][^`]*)```", PAGE)
MIDNIGHT = datetime.fromisoformat("2026-01-05T00:00Z")
CONFIG = """\
[maintenance.patch-night]
from = "02:00"
to = "04:00"
timezone = "UTC"
where = { name = "BOT-07" }
years = ["2026"]
days_of_month = ["5"]
"""
ROBOT = a_subject("BOT-07", kind="session", labels={"robot_type": "Unattended"})
QUEUE = a_subject("Invoices")
LICENSE = a_subject("Unattended", kind="license")


def samples(hour: float) -> Sequence[tuple[str, Sample]]:
    silent = 9 <= hour < 11
    waiting, successful, failed, mean_s = [
        row
        for since, *row in (
            (-24, 0, 1000, 20, 12),
            (8, 40, 1000, 20, 12),
            (9, 30, 1010, 20, 12),
            (10.5, 20, 1018, 22, 15),
            (12, 0, 1038, 22, 15),
            (13, 0, 538, 22, 15),
        )
        if since <= hour
    ][-1]
    used = [used for since, used in ((-24, 4), (6, 9), (12, 10), (13, 4)) if since <= hour][-1]
    robot = a_sample(ROBOT, is_unresponsive=float(silent), is_disconnected=0.0, in_maintenance=0.0)
    queue = a_sample(
        QUEUE,
        new_items=waiting,
        successful_items=successful,
        failed_items=failed,
        application_exceptions=20,
        business_exceptions=failed - 20,
        mean_processing_s=mean_s,
    )
    taken = a_sample(LICENSE, allowed=10, used=used, free=10 - used, used_ratio=used / 10)
    return [("sessions", robot), ("queues", queue), ("licenses", taken)]


def record_the_example(store: Store) -> None:
    with store.writing() as write:
        for number in range(-24 * 12, 24 * 12 + 2):
            hour = number / 12
            if 10 < hour < 10.5:
                continue
            at = MIDNIGHT + timedelta(hours=hour)
            for collector, sample in samples(hour):
                seen = Collected(kinds=(sample.subject.kind,), samples=(sample,), observed_at=at)
                write.snapshot(
                    Snapshot(
                        tenant="production",
                        collector=collector,
                        started_at=at,
                        took_s=0.1,
                        requests=1,
                        outcome=seen,
                    )
                )


def test_the_worked_example_comes_out_as_the_manual_says(store: Store, report: Report) -> None:
    record_the_example(store)

    assert len(EXAMPLES) == 3
    for arguments, expected in EXAMPLES:
        assert report(*arguments.split(), every="5m", more=CONFIG).out == expected


def test_every_value_for_scripts_is_in_the_manual() -> None:
    fields = {field for fields in (*AVAILABILITY.values(), QUEUES, LICENSES) for field in fields}
    names = {f"`{field.name}`" + (" (compared)" if field.is_compared else "") for field in fields}

    assert {name for name in names if name not in PAGE} == set()


@pytest.mark.parametrize("name", ["README.md", "docs/commands.md"])
def test_the_manual_is_linked(name: str) -> None:
    assert "reports.md" in (Path(__file__).parents[3] / name).read_text(encoding="utf-8")
