import pytest

from tests.integration.cli.site import ONE_COLLECTOR, Ran, Site


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
        "production/clock": "ok",
        "production/cost": "ok",
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
    assert detail(ran, "production/queues").endswith("; grant the permission Queues.View")


def test_the_table_tells_version_sign_in_clock_and_cost(site: Site) -> None:
    ran = site.command("check", "--json")

    assert detail(ran, "production/sign-in") == (
        "as client-credentials; a token for 1h; scopes OR.Folders.Read OR.Queues.Read "
        "OR.Robots.Read OR.Settings.Read"
    )
    assert detail(ran, "production/reached").endswith("answers, version 26.3.0-s192.2662, API 20.0")
    assert "this machine's, within" in detail(ran, "production/clock")
    assert detail(ran, "production/queues").endswith("; 1 request every 1m")
    assert detail(ran, "production/cost") == "about 5.2 requests a minute, none metered"


@pytest.mark.parametrize(
    ("found", "wrong", "about", "says"),
    [
        (
            "/acme/Production/",
            "/acme/Nowhere/",
            "reached",
            "there is no such organization or tenant; check `url`",
        ),
        (
            "/acme/Production/",
            "/nobody/Production/",
            "reached",
            "there is no such organization or tenant; check `url`",
        ),
        ("http://", "https://", "sign-in", "does not speak TLS; write http:// for https:// in"),
        (
            'client_secret_env = "SIM_SECRET"',
            'client_secret = "an-old-secret"',
            "sign-in",
            "invalid_client); check client_id and the secret",
        ),
        (
            'client_secret_env = "SIM_SECRET"',
            'client_secret_env = "SIM_SECRET", scopes = ["OR.Nonsense"]',
            "sign-in",
            "invalid_scope); check client_id and the secret, and that the external application",
        ),
        (
            'client_secret_env = "SIM_SECRET"',
            'client_secret_env = "SIM_SECRET", identity_url = "http://127.0.0.1:9"',
            "sign-in",
            "`identity_url`",
        ),
        (
            'client_secret_env = "SIM_SECRET"',
            'client_secret_env = "SIM_SECRET", scopes = ["OR.Queues.Read"]',
            "sessions",
            "; grant the application the scope OR.Robots.Read or OR.Robots",
        ),
    ],
)
def test_what_is_wrong_is_one_failed_row_with_the_cure(
    site: Site, found: str, wrong: str, about: str, says: str
) -> None:
    text = site.config.read_text()
    assert found in text
    site.config.write_text(text.replace(found, wrong) + ONE_COLLECTOR)

    ran = site.command("check", "--json")

    failed = [one for one in ran.json["checks"] if one["state"] == "failed"]
    assert [one["about"] for one in failed] == [f"production/{about}"]
    assert says in failed[0]["detail"]
    assert "an-old-secret" not in ran.out


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("html", "is a web page, not data; `url` (or `identity_url`) probably has a wrong path"),
        ("redirect", "`url` is probably not an Orchestrator"),
        ("server-error", "Orchestrator is failing or in maintenance (503)"),
    ],
)
def test_whoever_answers_in_its_place_is_told_once(site: Site, fault: str, says: str) -> None:
    site.simulator.faults.start(fault, on="Status")

    ran = site.command("check", "--json")

    failed = [one for one in ran.json["checks"] if one["state"] == "failed"]
    assert [one["about"] for one in failed] == ["production/reached"]
    assert says in failed[0]["detail"]
    assert ran.status == 3


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
