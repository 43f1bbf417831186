import re
from collections.abc import Callable

import pytest

from tests.integration.cli.site import ONE_COLLECTOR, Site

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_status_tells_scripts_what_is_open_and_how_fresh_the_sight_is(site: Site) -> None:
    site.watch_once()

    ran = site.command("status", "--json")

    assert ran.status == 1
    status = ran.json
    assert status["healthy"] is False
    assert status["alerts"] == {"critical": 1, "warning": 0, "info": 0}
    (tenant,) = status["tenants"]
    assert (tenant["name"], tenant["sight"]) == ("production", "ok")
    assert ISO.fullmatch(tenant["since"])
    sessions = next(c for c in tenant["collectors"] if c["name"] == "sessions")
    assert sessions["samples"] > 0
    assert sessions["last_error"] is None
    assert ISO.fullmatch(sessions["last_success_at"])
    assert status["outbox"]["due"] == 1
    assert status["outbox"]["dead"] == 0
    assert status["outbox"]["oldest_s"] >= 0


def test_status_tells_people_the_same_in_a_few_aligned_lines(site: Site) -> None:
    site.watch_once()

    ran = site.command("status")

    assert ran.status == 1
    assert re.search(
        r"^production  ok  as of \d\d:\d\d:\d\d UTC, \d+ s ago$", ran.out, re.MULTILINE
    )
    assert "1 critical, no warning, no info" in ran.out
    assert "invoice-backlog" in ran.out
    assert "1 message to deliver" in ran.out


def test_status_is_fine_when_nothing_critical_is_open(site: Site) -> None:
    site.simulator.freeze_queue("Invoices", new=3)
    site.watch_once()

    ran = site.command("status", "--json")

    assert (ran.status, ran.json["healthy"]) == (0, True)
    assert ran.json["outbox"] == {"due": 0, "dead": 0, "oldest_s": None}


@pytest.mark.parametrize(
    ("harm", "sight"),
    [
        (lambda site: site.simulator.reject_credentials(), "unauthorized"),
        (lambda site: site.server.stop(), "unreachable"),
    ],
    ids=["credentials refused", "server gone"],
)
def test_status_says_why_a_tenant_is_not_seen(
    site: Site, harm: Callable[[Site], None], sight: str
) -> None:
    site.configure(ONE_COLLECTOR)
    harm(site)
    site.watch_once()

    status = site.command("status", "--json").json

    assert status["tenants"][0]["sight"] == sight
    assert all(c["last_error"] for c in status["tenants"][0]["collectors"])
    assert status["healthy"] is False


def test_what_cannot_be_read_is_told_in_words_though_the_tenant_is_seen(site: Site) -> None:
    site.simulator.settings.denied = frozenset({"Machines.View"})
    site.watch_once()

    ran = site.command("status")

    assert "grant Machines.View to see all of them" in ran.out
    status = site.command("status", "--json").json
    assert status["tenants"][0]["sight"] == "ok"
    notes = {c["name"]: c["note"] for c in status["tenants"][0]["collectors"]}
    assert notes["queues"] == ""
    assert "Machines.View" in notes["sessions"]


def test_values_of_a_tenant_that_is_not_seen_are_the_last_known_ones(site: Site) -> None:
    site.configure(ONE_COLLECTOR)
    site.watch_once()
    site.simulator.faults.start("html")
    site.watch_once()

    ran = site.command("status")

    assert "last known at" in ran.out
    assert "54 last known" in ran.out
    assert "is a web page, not data" in ran.out


def test_status_before_the_first_run_says_what_to_do(site: Site) -> None:
    ran = site.command("status")

    assert ran.status == 4
    assert "db upgrade" in ran.err
    assert "Traceback" not in ran.err


def test_status_of_a_monitor_that_never_polled_is_stale(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0

    status = site.command("status", "--json").json
    shown = site.command("status").out

    assert status["tenants"][0]["sight"] == "stale"
    assert status["tenants"][0]["since"] is None
    assert "never polled" in shown
