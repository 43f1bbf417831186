import sqlite3

import pytest

from tests.integration.cli.site import RULES, Site

TWO_CHANNELS = '[channels.ops]\nurl_env = "OPS_URL"\n[channels.mail]\nurl_env = "OPS_URL"\n'


def give_up(site: Site, channel: str = "ops") -> None:
    with sqlite3.connect(site.directory / "history.db") as database:
        database.execute(
            "update deliveries set state = 'dead', last_error = '404 from the service', "
            "settled_at = created_at where channel = ?",
            (channel,),
        )
    database.close()


def test_messages_are_listed_with_what_they_say_and_why_they_did_not_arrive(site: Site) -> None:
    site.watch_once()

    (delivery,) = site.command("deliveries", "list", "--json").json
    shown = site.command("deliveries", "list").out

    assert (delivery["channel"], delivery["state"], delivery["alerts"]) == ("ops", "due", 1)
    assert delivery["attempts"] == 1
    assert delivery["next_at"].endswith("Z")
    assert delivery["says"].startswith("[CRITICAL] invoice-backlog")
    (alert,) = site.command("alerts", "list", "--json").json
    assert delivery["alert_ids"] == [alert["id"]]
    assert delivery["id"][:10] in shown
    assert delivery["last_error"] in shown
    assert "topsecrettoken" not in shown + str(delivery)


def test_the_list_is_narrowed_by_state_channel_and_time(site: Site) -> None:
    site.configure(RULES, TWO_CHANNELS)
    site.watch_once()
    give_up(site, "mail")

    def channels(*arguments: str) -> list[str]:
        rows = site.command("deliveries", "list", "--json", *arguments).json
        return [row["channel"] for row in rows]

    assert sorted(channels()) == ["mail", "ops"]
    assert channels("--state", "dead") == ["mail"]
    assert channels("--state", "withdrawn") == []
    assert channels("--channel", "ops", "--since", "1h") == ["ops"]
    assert site.command("deliveries", "list", "--state", "sent").out == "No messages.\n"
    slip = site.command("deliveries", "list", "--channel", "opps")
    assert (slip.status, 'did you mean "ops"' in slip.err) == (2, True)
    wrong = site.command("deliveries", "list", "--state", "lost")
    assert (wrong.status, "withdrawn" in wrong.err) == (2, True)


@pytest.mark.parametrize("how", ["id", "channel", "all"])
def test_what_was_given_up_is_due_again_and_the_daemon_tries_it(site: Site, how: str) -> None:
    site.watch_once()
    give_up(site)
    (dead,) = site.command("deliveries", "list", "--json").json
    arguments = {"id": [dead["id"][:8]], "channel": ["--channel", "ops"], "all": ["--all-dead"]}

    ran = site.command("deliveries", "redeliver", *arguments[how])
    (due,) = site.command("deliveries", "list", "--json").json
    site.watch_once()
    (tried,) = site.command("deliveries", "list", "--json").json

    assert ran.status == 0
    assert ran.out == "1 message is due again: the running daemon sends what is due.\n"
    assert (dead["state"], due["state"]) == ("dead", "due")
    assert tried["id"] == dead["id"]
    assert tried["attempts"] > due["attempts"]


def test_when_nothing_was_given_up_there_is_nothing_to_send_again(site: Site) -> None:
    site.watch_once()

    assert site.command("deliveries", "redeliver", "--all-dead", "--json").json == {
        "redelivered": 0
    }
    assert "Nothing was given up" in site.command("deliveries", "redeliver", "--all-dead").out


def test_a_wrong_redelivery_is_refused_with_the_cure(site: Site) -> None:
    site.watch_once()
    (due,) = site.command("deliveries", "list", "--json").json

    for arguments, hint in (
        ([], "one of them"),
        ([due["id"], "--all-dead"], "one of them"),
        ([due["id"]], "is due: only what was given up (dead)"),
        (["nosuch"], "no message 'nosuch'"),
        ([""], "no message ''"),
        (["--channel", "opps"], 'did you mean "ops"'),
    ):
        ran = site.command("deliveries", "redeliver", *arguments)
        assert ran.status == 2
        assert hint in " ".join(ran.err.split())
        assert "Traceback" not in ran.err


def test_what_was_given_up_on_a_channel_that_is_gone_stays_given_up(site: Site) -> None:
    site.configure(RULES, TWO_CHANNELS)
    site.watch_once()
    give_up(site, "mail")
    (dead,) = site.command("deliveries", "list", "--state", "dead", "--json").json
    site.configure(RULES, '[channels.ops]\nurl_env = "OPS_URL"\n')

    ran = site.command("deliveries", "redeliver", dead["id"])
    everywhere = site.command("deliveries", "redeliver", "--all-dead", "--json")

    assert (ran.status, "no channel 'mail' in the configuration" in ran.err) == (2, True)
    assert everywhere.json == {"redelivered": 0}


def test_deliveries_before_the_first_run_say_what_to_do(site: Site) -> None:
    ran = site.command("deliveries", "list")

    assert ran.status == 4
    assert "db upgrade" in ran.err
