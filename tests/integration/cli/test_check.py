import pytest

from tests.integration.cli.site import Ran, Site


def states(ran: Ran) -> dict[str, str]:
    return {finding["about"]: finding["state"] for finding in ran.json["checks"]}


def detail(ran: Ran, about: str) -> str:
    return " ".join(f["detail"] for f in ran.json["checks"] if f["about"] == about)


def test_a_good_installation_passes_every_check(site: Site) -> None:
    ran = site.command("check", "--json")

    assert ran.status == 0, ran.out
    assert states(ran) == {
        "configuration": "ok",
        "database": "ok",
        "production/sign-in": "ok",
        "production/reached": "ok",
        "production/sessions": "ok",
        "production/queues": "ok",
        "production/licenses": "ok",
        "channel ops": "ok",
    }
    assert "sessions and 13 machines in" in detail(ran, "production/sessions")
    assert site.simulator.writes == ()


def test_people_see_a_row_for_each_check(site: Site) -> None:
    ran = site.command("check")

    assert ran.status == 0
    assert "production/sign-in" in ran.out
    assert ran.out.endswith("All is well.\n")


def test_what_works_with_a_warning_is_not_said_to_be_all_well(site: Site) -> None:
    bygone = '[maintenance.bygone]\nstart = "2020-01-01T00:00"\nduration = "1h"\nevery = "once"\n'
    site.config.write_text(site.config.read_text() + bygone)

    ran = site.command("check", "--offline")

    assert ran.status == 0
    assert ran.out.endswith("It works; 1 warning above.\n")


def test_offline_asks_nobody(site: Site) -> None:
    ran = site.command("check", "--offline", "--notify", "--json")

    assert ran.status == 0
    assert set(states(ran)) == {"configuration", "database", "channel ops"}
    assert site.simulator.requests == ()


def test_refused_credentials_are_told_once_with_status_three(site: Site) -> None:
    site.simulator.reject_credentials()

    ran = site.command("check", "--json")

    assert ran.status == 3
    assert states(ran)["production/sign-in"] == "failed"
    assert "production/sessions" not in states(ran)
    assert site.simulator.accounts.client_secret not in ran.out


def test_a_server_that_is_not_there_is_status_three(site: Site) -> None:
    site.server.stop()

    ran = site.command("check")

    assert ran.status == 3
    assert "1 of 4 checks failed" in ran.out
    assert "Traceback" not in ran.err


def test_a_collector_that_may_not_read_says_what_it_needs(site: Site) -> None:
    site.simulator.faults.start("forbidden", on="RetrieveQueuesProcessingStatus")

    ran = site.command("check", "--json")

    assert ran.status == 1
    assert states(ran)["production/queues"] == "failed"
    assert states(ran)["production/sessions"] == "ok"
    assert "OR.Queues.Read" in detail(ran, "production/queues")


def test_notify_sends_through_every_channel_and_says_who_refused(site: Site) -> None:
    ran = site.command("check", "--notify", "--json")

    assert ran.status == 1
    assert states(ran)["channel ops"] == "failed"
    assert "topsecrettoken" not in ran.out


def test_a_database_that_cannot_be_opened_is_status_four(site: Site) -> None:
    (site.directory / "history.db").write_bytes(b"this is not a database" * 100)

    ran = site.command("check", "--offline", "--json")

    assert ran.status == 4
    assert states(ran)["database"] == "failed"


def test_a_channel_address_that_nobody_understands_is_status_two(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_URL", "nonsense://topsecrettoken")

    ran = site.command("check", "--offline", "--json")

    assert ran.status == 2
    assert states(ran)["channel ops"] == "failed"
    assert "topsecrettoken" not in ran.out
