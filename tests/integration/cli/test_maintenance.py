from datetime import UTC, datetime

import pytest

from tests.integration.cli.site import CHANNEL, RULES, Site

WINDOWS = """\
[maintenance.patch-night]
weekdays = ["sat"]
from = "22:00"
to = "04:00"
timezone = "Europe/Bucharest"
where = { folder = "Finance/**" }
[maintenance.release]
every = "once"
start = "2027-03-28T12:00"
duration = "90s"
[maintenance.nights]
times = ["22:00..06:00"]
timezone = "America/New_York"
[maintenance.long-ago]
years = ["2020"]
[maintenance.always]
valid_from = "2020-01-01"
years = ["2020..2999"]
where = ["kind=license"]
[[routes]]
channels = ["ops"]
mute_in = ["nights"]
"""
IN_PATCH_NIGHT = "2027-03-28T00:30:00Z"
IN_NOTHING = "2027-03-29T12:00:00+00:00"
FINANCE = "folder=Finance/Payroll"


@pytest.fixture
def windows(site: Site) -> Site:
    site.configure(RULES, CHANNEL, WINDOWS)
    return site


def test_the_next_occurrences_are_listed_in_local_time_and_in_utc(windows: Site) -> None:
    ran = windows.command("maintenance", "list", "--next", "2", "--json")
    listed = {window["name"]: window for window in ran.json}
    night = listed["patch-night"]

    assert ran.status == 0
    assert list(listed) == ["patch-night", "release", "nights", "long-ago", "always"]
    assert night["timezone"] == "Europe/Bucharest"
    assert night["where"] == "folder like Finance/**"
    assert night["by_itself"]
    assert not listed["nights"]["by_itself"]
    assert len(night["occurrences"]) == 2
    for one in night["occurrences"]:
        start = datetime.fromisoformat(one["start"])
        assert one["start"].endswith("Z")
        assert datetime.fromisoformat(one["local_start"]) == start
        assert one["local_start"][11:] in {"22:00:00+02:00", "22:00:00+03:00"}
        assert one["local_end"][11:19] == "04:00:00"
        assert start > datetime(2026, 1, 1, tzinfo=UTC)
    assert listed["long-ago"]["occurrences"] == []
    assert listed["always"]["inside"]
    assert [one["end"] for one in listed["always"]["occurrences"]] == [None]
    assert listed["always"]["occurrences"][0]["local_end"] is None


def test_people_see_zone_alerts_and_where_nothing_comes(windows: Site) -> None:
    shown = windows.command("maintenance", "list").out

    assert "patch-night: Europe/Bucharest, folder like Finance/**\n" in shown
    assert "counts only in the sets and routes that name it" in shown
    assert "long-ago: UTC, everything\n  no occurrence in the next ten years" in shown
    assert "no end" in shown
    assert "now" in shown
    assert shown.count("Sat ") >= 5


def test_without_windows_the_list_says_so(site: Site) -> None:
    assert site.command("maintenance", "list").out == "No maintenance windows.\n"
    assert site.command("maintenance", "list", "--json").json == []


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["patch-night", "--at", IN_PATCH_NIGHT], 0),
        (["--at", IN_PATCH_NIGHT, "patch-night"], 0),
        (["patch-night", "--at", "2027-03-28T04:00:00+03:00"], 1),
        # the wall clock of the window's zone
        (["patch-night", "--at", "2027-03-28T02:59"], 0),
        (["patch-night", "--at", "2027-03-27T21:59"], 1),
        (["patch-night", "--at", IN_NOTHING], 1),
        (["patch-night", FINANCE, "--at", IN_PATCH_NIGHT], 0),
        (["patch-night", "folder=Sales", "--at", IN_PATCH_NIGHT], 1),
        # any window that covers these labels
        ([FINANCE, "--at", IN_PATCH_NIGHT], 0),
        (["folder=Sales", "--at", IN_PATCH_NIGHT], 1),
        (["kind=license", "--at", IN_NOTHING], 0),
        (["kind=queue", "folder=Sales", "--at", "2027-03-28T12:01:29Z"], 0),
        (["kind=queue", "folder=Sales", "--at", "2027-03-28T12:01:30Z"], 1),
        # a window that a route names does not count by itself, asked for by name it does
        (["kind=queue", "--at", "2027-03-30T23:00:00-04:00"], 1),
        (["nights", "--at", "2027-03-30T23:00:00-04:00"], 0),
        # any window at all
        (["--at", IN_NOTHING], 0),
        (["always"], 0),
    ],
)
def test_the_status_says_whether_a_time_is_inside(
    arguments: list[str], status: int, windows: Site
) -> None:
    ran = windows.command("maintenance", "test", *arguments)
    again = windows.command("maintenance", "test", *arguments, "--json")

    assert ran.status == status, ran.out + ran.err
    assert again.status == status
    assert again.json["inside"] is (status == 0)


def test_it_is_told_which_windows_were_considered_and_why(windows: Site) -> None:
    ran = windows.command("maintenance", "test", FINANCE, "--at", IN_PATCH_NIGHT)
    lines = {line.split()[0]: line for line in ran.out.splitlines()}

    assert "yes" in lines["patch-night"]
    assert "from Sat 2027-03-27 22:00 EET to Sun 2027-03-28 04:00 EEST" in lines["patch-night"]
    assert "next from Sun 2027-03-28 12:00 UTC" in lines["release"]
    assert "counts only in the sets and routes" in lines["nights"]
    assert "no occurrence" in lines["long-ago"]
    assert "covers other alerts: kind=license" in lines["always"]
    assert ran.out.endswith("Inside: patch-night.\n")


def test_a_time_at_which_the_clocks_change_is_taken_and_said(windows: Site) -> None:
    skipped = windows.command("maintenance", "test", "patch-night", "--at", "2027-03-28T03:30")
    repeated = windows.command("maintenance", "test", "patch-night", "--at", "2027-10-31T03:30")

    assert "jump over this time: taken as Sun 2027-03-28 04:00 EEST" in skipped.out
    assert "twice: taken as Sun 2027-10-31 03:30 EEST, the first" in repeated.out


def test_a_label_that_no_alert_has_is_remarked_on(windows: Site) -> None:
    ran = windows.command("maintenance", "test", "zzz=1", "--at", IN_NOTHING)

    assert ran.status == 1
    assert 'no alert has the label "zzz"' in ran.out


def test_seconds_are_shown_where_there_are_any(windows: Site) -> None:
    ran = windows.command("maintenance", "test", "release", "--at", "2027-03-28T12:00:01Z")

    assert "from Sun 2027-03-28 12:00 UTC to Sun 2027-03-28 12:01:30 UTC" in ran.out


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["patch-nigt"], "did you mean 'patch-night'"),
        (["zzz"], "there is patch-night, release"),
        (["patch-night", "Finance"], "write it like folder=Finance"),
        (["foldr=Finance"], 'did you mean "folder"'),
        (["=Finance"], "write it like folder=Finance"),
        (["--at", "tomorrow"], "2027-03-28T01:30:00Z"),
        (["--at", "9999-12-31T23:59:59Z"], "2027-03-28T01:30:00Z"),
    ],
)
def test_a_wrong_question_is_a_usage_error(arguments: list[str], hint: str, windows: Site) -> None:
    ran = windows.command("maintenance", "test", *arguments)

    assert ran.status == 2
    assert hint in " ".join(ran.err.split())
    assert ran.out == ""


def test_check_tells_the_next_five_occurrences_of_each_window(windows: Site) -> None:
    ran = windows.command("check", "--offline", "--json")
    told = [(f["about"], f["state"], f["detail"]) for f in ran.json["checks"]]
    nights = [detail for about, _, detail in told if about == "maintenance patch-night"]

    assert ran.status == 0
    assert len(nights) == 5
    assert all(" 22:00 EE" in night and "00 UTC)" in night for night in nights)
    assert ("maintenance long-ago", "warning", "no occurrence in the next ten years") in told
