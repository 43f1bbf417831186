import sqlite3

from tests.integration.cli.site import RULES, Site


def the_alert(site: Site) -> str:
    (alert,) = site.command("alerts", "list", "--json").json
    return str(alert["id"])


def test_an_open_alert_is_acknowledged_with_a_note(site: Site) -> None:
    site.watch_once()
    identity = the_alert(site)

    ran = site.command("alerts", "ack", identity[:4].lower(), "--note", "on it", "--author", "ann")
    (alert,) = site.command("alerts", "list", "--json").json
    listed = site.command("alerts", "list").out
    status = site.command("status")

    assert ran.status == 0
    assert ran.out.startswith(f"{identity}  acknowledged by ann\n")
    assert alert["acknowledged_at"].endswith("Z")
    assert alert["acknowledged_by"] == "ann"
    assert alert["acknowledged_until"] > alert["acknowledged_at"]
    assert "firing  acknowledged  " in listed
    assert "1 of these muted or acknowledged" in status.out
    assert site.command("status", "--json").json["muted"] == 1


def test_the_newest_acknowledgement_counts_and_the_story_has_all(site: Site) -> None:
    site.watch_once()
    identity = the_alert(site)
    first = site.command("alerts", "ack", identity, "--for", "1h", "--author", "ann", "--json")
    site.command("alerts", "ack", identity, "--note", "mine now", "--author", "bob")
    site.watch_once()

    story = site.command("alerts", "show", identity, "--json").json
    shown = site.command("alerts", "show", identity).out

    assert (first.json["id"], first.json["acknowledged_by"]) == (identity, "ann")
    assert [one["author"] for one in story["acknowledgements"]] == ["ann", "bob"]
    assert story["acknowledged_by"] == "bob"
    assert story["suppressed_by"] == "acknowledged: by bob: mine now"
    assert shown.count("acknowledged  by ") == 3
    assert "mine now" in shown


def test_an_acknowledgement_that_expired_is_no_longer_one(site: Site) -> None:
    site.watch_once()
    identity = the_alert(site)
    site.command("alerts", "ack", identity)
    with sqlite3.connect(site.directory / "history.db") as database:
        database.execute("update acknowledgements set expires_at = at + 1")
    database.close()

    (alert,) = site.command("alerts", "list", "--json").json

    assert alert["acknowledged_at"] is None


def test_what_nobody_was_told_of_or_what_is_over_is_not_acknowledged(site: Site) -> None:
    site.configure(RULES.replace('for = "0s"', 'for = "1h"'))
    site.watch_once()
    pending = the_alert(site)

    refused = site.command("alerts", "ack", pending)

    assert (refused.status, "nobody was told of it yet" in refused.err) == (2, True)
    site.simulator.freeze_queue("Invoices", new=1)
    site.watch_once()
    over = site.command("alerts", "ack", pending)
    assert (over.status, "already resolved" in over.err) == (2, True)


def test_an_acknowledgement_names_an_alert_and_lasts_thirty_days_at_most(site: Site) -> None:
    site.watch_once()
    identity = the_alert(site)

    unknown = site.command("alerts", "ack", "NOSUCHONE")
    longer = site.command("alerts", "ack", identity, "--for", "31d")

    assert (unknown.status, "no alert 'NOSUCHONE'" in unknown.err) == (2, True)
    assert (longer.status, "30d at most" in longer.err) == (2, True)
    (alert,) = site.command("alerts", "list", "--json").json
    assert alert["acknowledged_at"] is None


def test_a_hostile_summary_is_not_obeyed_when_it_is_refused(site: Site) -> None:
    site.watch_once()
    identity = the_alert(site)
    with sqlite3.connect(site.directory / "history.db") as database:
        database.execute("update alerts set phase = 'pending', summary = ?", ("\x1b]0;owned\x07",))
    database.close()

    ran = site.command("alerts", "ack", identity)

    assert ran.status == 2
    assert not set(ran.err) & {"\x1b", "\x07"}
