import re
from datetime import timedelta

import pytest

from monitor.clock import SystemClock
from tests.integration.cli.site import Site

FOR_NAME = ("silences", "add", "--where", "name=Invoices", "--comment", "patching")


def add(site: Site, *more: str) -> str:
    ran = site.command(*FOR_NAME, *(more or ("--for", "2h")), "--json")
    assert ran.status == 0, ran.err
    return str(ran.json["id"])


def test_a_silence_says_what_it_covers_and_scripts_find_it_in_the_list(site: Site) -> None:
    site.watch_once()

    ran = site.command(*FOR_NAME, "--where", "severity=~critical|warning", "--for", "2h")
    (silence,) = site.command("silences", "list", "--json").json
    listed = site.command("silences", "list").out

    assert ran.status == 0
    assert ran.out.startswith(f"{silence['id']}  name=Invoices and severity=~critical|warning\n")
    assert "now   covers 1 open alert: Invoices" in ran.out
    assert "2 h later" in ran.out
    assert silence["where"] == ["name=Invoices", "severity=~critical|warning"]
    assert (silence["comment"], silence["state"]) == ("patching", "active")
    assert silence["from"].endswith("Z")
    assert silence["from"] < silence["to"]
    assert silence["author"]
    assert re.search(f"{silence['id']}  active  .*  patching", listed)


def test_matchers_may_follow_without_their_option(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0
    ran = site.command(*FOR_NAME, "--for", "1h", "tenant!=other", "--author", "ann", "--json")

    assert ran.json["where"] == ["name=Invoices", "tenant!=other"]
    assert (ran.json["author"], ran.json["covers"]) == ("ann", [])


def test_a_silenced_alert_is_not_told_and_says_why(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0
    identity = add(site)
    site.watch_once()

    (alert,) = site.command("alerts", "list", "--json").json
    listed = site.command("alerts", "list").out
    story = site.command("alerts", "show", alert["id"], "--json").json
    shown = site.command("alerts", "show", alert["id"]).out
    status = site.command("status")

    assert alert["suppressed_by"].startswith(f"silence: {identity} by ")
    assert re.search(r"firing  silence  ", listed)
    assert story["deliveries"] == []
    assert [event["event"] for event in story["events"]] == ["opened", "muted"]
    assert [mute["until"] for mute in story["mutes"]] == [None]
    assert [(one["id"], one["matches"]) for one in story["silences"]] == [(identity, True)]
    assert "ops  was told nothing: muted (silence)" in shown
    assert "covers it; name=Invoices" in shown
    assert (status.status, "1 of these muted or acknowledged" in status.out) == (1, True)
    assert "[silence]" in status.out


def test_a_silence_that_is_expired_is_over_and_the_alert_is_told(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0
    identity = add(site)
    site.watch_once()

    ran = site.command("silences", "expire", identity[:5].lower())
    site.watch_once()

    assert ran.status == 0
    assert ran.out == f"{identity} has ended: name=Invoices; it covered 1 open alert: Invoices.\n"
    assert site.command("silences", "list").out.startswith("No silences")
    (past,) = site.command("silences", "list", "--all", "--json").json
    assert (past["id"], past["state"]) == (identity, "ended")
    (alert,) = site.command("alerts", "list", "--json").json
    assert alert["suppressed_by"] is None
    story = site.command("alerts", "show", alert["id"], "--json").json
    assert [event["event"] for event in story["events"]] == ["opened", "muted", "unmuted"]
    assert [told["knows"] for told in story["told"]] == ["open"]
    again = site.command("silences", "expire", identity)
    assert (again.status, "has ended already" in again.err) == (2, True)


def test_a_silence_may_lie_ahead(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0
    identity = add(site, "--from", "2099-01-01T00:00:00Z", "--until", "2099-01-02T00:00:00Z")

    (silence,) = site.command("silences", "list", "--json").json
    expired = site.command("silences", "expire", identity)

    assert (silence["state"], silence["from"]) == ("upcoming", "2099-01-01T00:00:00Z")
    assert expired.out == f"{identity} will not begin: name=Invoices.\n"
    assert site.command("silences", "list", "--json").json == []


def test_a_silence_that_is_over_is_refused(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0
    where = ("--where", "name=x", "--comment", "x")
    ran = site.command("silences", "add", *where, "--from", "2020-01-01T00:00:00Z", "--for", "1h")

    assert ran.status == 2
    assert "2020-01-01 01:00 UTC is over already" in ran.err


def test_a_silence_that_should_have_begun_begins_now(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0
    an_hour_ago = (SystemClock().now() - timedelta(hours=1)).isoformat()
    add(site, "--from", an_hour_ago, "--for", "2h")

    (silence,) = site.command("silences", "list", "--json").json

    assert silence["state"] == "active"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--for", "1h", "--comment", "x"], "--where name=Invoices"),
        (["--where", "name", "--for", "1h", "--comment", "x"], "is not a matcher"),
        (["--where", "name=~(", "--for", "1h", "--comment", "x"], "regular expression"),
        (["--where", "tenent!=x", "--for", "1h", "--comment", "x"], 'did you mean "tenant"'),
        (["--where", "name=x", "--for", "1h"], "--comment"),
        (["--where", "name=x", "--for", "1h", "--comment", " "], "must say why"),
        (["--where", "name=x", "--comment", "x"], "--for 2h or --until"),
        (
            ["--where", "name=x", "--comment", "x", "--for", "1h", "--until", "06:00"],
            "one of them",
        ),
        (["--where", "name=x", "--comment", "x", "--for", "31d"], "30d at most"),
        (["--where", "name=x", "--comment", "x", "--for", "1"], '"1d"'),
        (["--where", "name=x", "--comment", "x", "--until", "2020-01-01"], "is over already"),
        (["--where", "name=x", "--comment", "x", "--until", "soon"], "such as"),
        (
            [
                "--where",
                "name=x",
                "--comment",
                "x",
                "--from",
                "2099-01-02",
                "--until",
                "2099-01-01",
            ],
            "comes before --from",
        ),
        (["--where", "name=x", "--comment", "x", "--for", "1h", "--author", ""], "empty"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused_with_the_cure(
    site: Site, arguments: list[str], hint: str
) -> None:
    assert site.command("db", "upgrade").status == 0

    ran = site.command("silences", "add", *arguments)

    assert ran.status == 2
    assert hint in " ".join(ran.err.split())
    assert "Traceback" not in ran.err
    assert site.command("silences", "list", "--json").json == []


def test_a_label_of_ones_own_and_a_wildcard_are_accepted_with_a_word(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0

    ran = site.command("silences", "add", "--where", "zone=a*", "--for", "1h", "--comment", "x")

    assert ran.status == 0
    assert 'Note: no alert has the label "zone"' in ran.err
    assert "zone=~x.*" in ran.err


def test_an_unknown_silence_is_a_usage_error(site: Site) -> None:
    assert site.command("db", "upgrade").status == 0

    ran = site.command("silences", "expire", "NOSUCH")

    assert ran.status == 2
    assert "no silence 'NOSUCH'" in ran.err


def test_silences_before_the_first_run_say_what_to_do(site: Site) -> None:
    ran = site.command("silences", "list")

    assert ran.status == 4
    assert "db upgrade" in ran.err
