"""`rules replay` on what a simulated tenant showed."""

from datetime import UTC, datetime

from monitor.cli.replay import how_far_of
from tests.integration.cli.site import RULES, Site

STRICTER = """
[rules.invoice-backlog]
type = "queue-backlog"
where = { queue = "Invoices" }
above = 950
for = "0s"
[rules.any-backlog]
type = "queue-backlog"
above = 0
for = "0s"
"""


def watched_site(site: Site) -> Site:
    """A queue that holds too much, and then no longer does."""
    site.watch_once()
    site.simulator.freeze_queue("Invoices", new=1)
    site.watch_once()
    return site


def test_the_rules_in_force_find_again_what_they_found(site: Site) -> None:
    watched_site(site)
    found = site.command("rules", "replay", "--json")
    lived = site.command("alerts", "list", "--all", "--json")

    assert found.status == 0
    assert [
        (one["rule"], one["subject"]["key"], one["opened_at"], one["resolved_at"])
        for one in found.json
    ] == [
        (one["rule"], one["subject"]["key"], one["opened_at"], one["resolved_at"])
        for one in lived.json
    ]
    (one,) = found.json
    assert one["rule"] == "invoice-backlog"
    assert one["subject"]["name"] == "Invoices"
    assert {"kind", "key", "name", "folder"} <= set(one["subject"])
    assert (one["tenant"], one["severity"]) == ("production", "critical")
    assert (one["end_reason"], one["flaps"]) == ("recovered", 0)
    assert isinstance(one["messages"], int)


def test_a_line_for_each_rule_and_one_for_each_time_with_all(site: Site) -> None:
    watched_site(site)
    lines = site.command("rules", "replay").out.splitlines()
    longer = site.command("rules", "replay", "--all").out.splitlines()

    assert lines[0].startswith("The rules in force, from ")
    assert lines[0].endswith(": 6 polls.")
    assert lines[1].split()[:2] == ["rule", "fired"]
    assert [line.split()[:2] for line in lines[2:-1]] == [
        ["invoice-backlog", "1"],
        ["collector-failing", "0"],
        ["channel-failing", "0"],
    ]
    assert lines[-1].endswith("after grouping and mutes.")
    assert any("Invoices" in line and "critical" in line for line in longer)


def test_other_rules_are_compared_with_those_in_force(site: Site) -> None:
    watched_site(site)
    file = site.directory / "stricter.toml"
    file.write_text(STRICTER)

    found = site.command("rules", "replay", "--rules", str(file), "--json").json
    marks = {(one["rule"], one["subject"]["name"], one["found_by"]) for one in found}
    assert ("invoice-backlog", "Invoices", "in force") in marks
    assert ("any-backlog", "Invoices", "tried") in marks
    assert all(mark != "both" for _, _, mark in marks)

    out = site.command("rules", "replay", "--rules", str(file), "--all").out
    assert out.startswith("stricter.toml, from ")
    assert "Beside the rules in force:" in out
    assert "only by stricter.toml" in out
    assert "by the rules in force" in out


def test_a_whole_configuration_may_be_tried_too(site: Site) -> None:
    watched_site(site)
    file = site.directory / "other.toml"
    file.write_text(site.config.read_text())

    found = site.command("rules", "replay", "--rules", str(file), "--json").json
    assert {one["found_by"] for one in found} == {"both"}


def test_a_file_of_rules_holds_nothing_else(site: Site) -> None:
    site.watch_once()
    file = site.directory / "rules.toml"
    file.write_text('[web]\nlisten = "off"\n' + RULES)

    ran = site.command("rules", "replay", "--rules", str(file))
    assert ran.status == 2
    assert "rules.toml:1: web: no part of a file of rules" in ran.err


def test_mistakes_in_a_file_of_rules_are_told_with_their_line(site: Site) -> None:
    site.watch_once()
    file = site.directory / "rules.toml"
    file.write_text('[rules.backlog]\ntype = "queue-backlog"\nabove = "many"\n')

    ran = site.command("rules", "replay", "--rules", str(file))
    assert ran.status == 2
    assert "rules.toml:3: rules.backlog.above" in ran.err


def test_a_time_of_which_nothing_is_recorded_is_said_to_be_so(site: Site) -> None:
    site.watch_once()
    ran = site.command("rules", "replay", "--since", "2020-01-01", "--until", "2020-01-02")
    assert ran.out.startswith("Nothing is recorded from 2020-01-01")
    assert site.command("rules", "replay", "--until", "2020-01-02", "--json").json == []

    wrong = site.command("rules", "replay", "--since", "1h", "--until", "2h")
    assert wrong.status == 2
    assert "must be after --since" in wrong.err


def test_how_far_a_replay_is_is_told_in_words() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)

    assert how_far_of(2000, 500, at) == "25 % of 2,000 polls replayed, Jan 05"
    assert how_far_of(2000, 2000, at).startswith("99 %")
