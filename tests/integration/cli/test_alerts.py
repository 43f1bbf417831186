import sqlite3

from tests.integration.cli.site import RULES, Site

KEYS = {
    "id",
    "rule",
    "severity",
    "phase",
    "tenant",
    "subject",
    "summary",
    "value",
    "limit",
    "opened_at",
    "resolved_at",
    "acknowledged_at",
    "suppressed_by",
}


def test_the_list_has_the_shape_that_scripts_rely_on(site: Site) -> None:
    site.watch_once()

    ran = site.command("alerts", "list", "--json")

    assert ran.status == 0
    (alert,) = ran.json
    assert set(alert) >= KEYS
    assert (alert["rule"], alert["severity"], alert["phase"]) == (
        "invoice-backlog",
        "critical",
        "firing",
    )
    assert (alert["value"], alert["limit"]) == (900, 500)
    assert alert["opened_at"].endswith("Z")
    assert alert["resolved_at"] is None
    assert {"kind": "queue", "name": "Invoices"}.items() <= alert["subject"].items()
    assert {"key", "folder", "queue"} <= set(alert["subject"])


def test_a_resolved_alert_is_listed_with_all_only(site: Site) -> None:
    site.watch_once()
    site.simulator.freeze_queue("Invoices", new=1)
    site.watch_once()

    assert site.command("alerts", "list", "--json").json == []
    assert site.command("alerts", "list").out == "No open alerts.\n"
    (alert,) = site.command("alerts", "list", "--all", "--since", "1h", "--json").json
    assert alert["phase"] == "resolved"
    assert alert["resolved_at"].endswith("Z")


def test_show_explains_what_was_seen_who_was_told_and_what_they_answered(site: Site) -> None:
    site.watch_once()
    (alert,) = site.command("alerts", "list", "--json").json

    story = site.command("alerts", "show", alert["id"], "--json").json
    shown = site.command("alerts", "show", alert["id"].lower()[:6])

    assert set(story) >= KEYS
    assert story["events"][-1]["event"] == "opened"
    assert story["events"][-1]["reason"] == "breached"
    assert story["events"][-1]["value"] == 900
    (delivery,) = story["deliveries"]
    assert (delivery["channel"], delivery["state"], delivery["told"]) == ("ops", "due", "opened")
    (attempt,) = delivery["attempts"]
    assert attempt["outcome"] == "retry"
    assert attempt["error"]
    assert story["rule_now"]["type"] == "queue-backlog"
    assert story["rule_now"]["text"] == story["rule_text"]
    assert story["rule_text"].startswith("queue-backlog, critical: new_items > 500")
    assert shown.status == 0
    assert "value 900, limit 500" in shown.out
    assert "due     ops: opened: to be sent " in shown.out
    assert "topsecrettoken" not in shown.out + str(story)


def test_an_unknown_alert_is_a_usage_error_that_names_the_nearest(site: Site) -> None:
    site.watch_once()
    (alert,) = site.command("alerts", "list", "--json").json
    slip = alert["id"][:-1] + ("A" if alert["id"][-1] != "A" else "B")

    ran = site.command("alerts", "show", slip)

    assert ran.status == 2
    assert alert["id"] in ran.err


def test_a_hostile_queue_name_does_not_reach_the_terminal(site: Site) -> None:
    site.watch_once()
    evil = "\x1b]0;owned\x07[bold]\x9b2J"

    with sqlite3.connect(site.directory / "history.db") as database:
        database.execute("update alerts set name = ?, summary = ?", (evil, evil))
        database.execute("update subjects set name = ?", (evil,))
    database.close()

    outputs = [
        site.command("alerts", "list").out,
        site.command("alerts", "list", "--json").out,
        site.command("status").out,
        site.command("history", "queues").out,
        site.command("history", "queues", "--json").out,
    ]

    for out in outputs:
        assert not set(out) & {"\x1b", "\x07", "\x9b"}
        assert "[bold]" in out


def test_show_tells_the_rule_as_it_was_when_the_configuration_has_changed(site: Site) -> None:
    site.watch_once()
    (alert,) = site.command("alerts", "list", "--json").json
    site.config.write_text(site.config.read_text().replace("above = 500", "above = 700"))

    story = site.command("alerts", "show", alert["id"], "--json").json
    shown = site.command("alerts", "show", alert["id"]).out

    assert "new_items > 500" in story["rule_text"]
    assert "new_items > 700" in story["rule_now"]["text"]
    assert "invoice-backlog: queue-backlog, critical: new_items > 500" in shown
    assert "changed since: queue-backlog, critical: new_items > 700" in shown


def test_a_tenants_labels_are_part_of_its_alerts(site: Site) -> None:
    site.configure(
        'labels = { region = "emea" }\n',
        RULES.replace('where = { queue = "Invoices" }', 'where = { region = "emea" }'),
    )
    site.watch_once()

    alerts = site.command("alerts", "list", "--json").json

    assert alerts
    assert {alert["subject"]["region"] for alert in alerts} == {"emea"}
