import json
from pathlib import Path

import pytest

from monitor.cli.program import execute

GOOD = """
every = "1m"
[rules.backlog]
type = "expression"
subject = "queue"
when = "new_items > 100"

[[tests]]
name = "a backlog opens an alert"
series = [{ subject = { kind = "queue", name = "Invoices" }, new_items = "0 900" }]
alerts = [{ at = "1m", open = [{ name = "Invoices" }] }]
messages = [{ channel = "ops", before = "2m", firing = ["Invoices"] }]
"""
WRONG = GOOD.replace('name = "Invoices" }] }', 'name = "Orders", phase = "pending" }] }').replace(
    "a backlog", "another backlog"
)
SILENCED = """
[[tests]]
name = "a silence keeps it back"
series = [{ subject = { kind = "queue", name = "Invoices" }, new_items = "0 900 0" }]
silences = [{ from = "0s", to = "5m", where = { name = "Invoices" }, comment = "upgrade" }]
acks = [{ at = "0s", where = { name = "Orders" } }]
"""
MANY = """
[rules.backlog]
type = "expression"
subject = "queue"
when = "new_items > 100"
[[tests]]
name = "many at once"
series = [
"""
CONFIG = """
[tenants.prod]
url = "https://orchestrator.example"
auth = { type = "access-token", token_env = "NOT_SET_HERE" }
[channels.ops]
url_env = "NOT_SET_HERE"
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
"""


@pytest.fixture(autouse=True)
def _in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> str:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_what_comes_out_as_expected_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    status = execute(["rules", "test", write("good.toml", GOOD)])

    assert status == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok      good.toml: a backlog opens an alert",
        "1 test: 1 ok, 0 failed.",
    ]


def test_what_does_not_is_told_with_the_whole_story(capsys: pytest.CaptureFixture[str]) -> None:
    status = execute(["rules", "test", write("good.toml", GOOD), write("wrong.toml", WRONG)])

    assert status == 1
    assert capsys.readouterr().out.splitlines() == [
        "ok      good.toml: a backlog opens an alert",
        "FAILED  wrong.toml: another backlog opens an alert",
        "  1m: open alerts",
        "    expected  name Orders, phase pending",
        "    found     rule backlog, name Invoices, phase firing",
        "  What happened, from 2026-01-05T08:00:00Z",
        "       1m  opened   backlog: Invoices (breached)",
        "           open     backlog: Invoices firing",
        "    1m30s  message  to ops: opened Invoices",
        "2 tests: 1 ok, 1 failed.",
    ]


def test_the_story_names_what_mutes_and_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert execute(["rules", "test", write("silenced.toml", GOOD + SILENCED)]) == 1

    out = capsys.readouterr().out
    assert "0s: nothing firing to acknowledge" in out
    assert "backlog: Invoices (mute began: silence: S1 by the test: upgrade)" in out
    assert "backlog: Invoices firing, muted" in out
    assert "open      nothing" in out


def test_a_story_of_many_is_kept_short(capsys: pytest.CaptureFixture[str]) -> None:
    series = "".join(
        f'{{ subject = {{ kind = "queue", name = "Q{n:02d}" }}, new_items = "900" }},\n'
        for n in range(40)
    )
    text = MANY + series + ']\nalerts = [{ at = "0s", open = [] }]'

    assert execute(["rules", "test", write("many.toml", text)]) == 1

    out = capsys.readouterr().out
    assert "and 20 more changes" in out
    assert out.count("(breached)") == 20


def test_a_message_that_did_not_arrive_or_was_taken_back_is_in_the_story(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = GOOD.replace('"0 900"', '"900 900 0"') + (
        'channel_outages = [{ channel = "ops", from = "0s", to = "5m" }]'
    )

    assert execute(["rules", "test", write("outage.toml", text)]) == 1

    out = capsys.readouterr().out
    assert "to ops: did not arrive, to be tried again: opened Invoices" in out
    assert "to ops: taken back: opened Invoices" in out


def test_mistakes_of_all_files_are_told_and_nothing_is_played(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [
        write("good.toml", GOOD),
        write("a.toml", GOOD.replace("every", "evry")),
        write("b.toml", GOOD.replace('"0 900"', '"0 many"')),
        "nowhere.toml",
    ]

    status = execute(["rules", "test", *files])

    told = capsys.readouterr()
    assert status == 2
    assert told.out == ""
    assert [line.partition(":")[0] for line in told.err.splitlines()] == [
        "a.toml",
        "b.toml",
        "nowhere.toml",
    ]
    assert "Traceback" not in told.err


def test_a_directory_stands_for_all_files_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    write("trials/b.toml", WRONG)
    write("trials/a.toml", GOOD)
    write("trials/notes.txt", "no trial")

    assert execute(["rules", "test", "trials"]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ok      trials/a.toml")
    assert lines[1].startswith("FAILED  trials/b.toml")


def test_a_directory_without_files_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["rules", "test", str(tmp_path)]) == 2
    assert "holds no .toml file" in capsys.readouterr().err


def test_without_files_the_command_is_not_understood() -> None:
    assert execute(["rules", "test"]) == 2


def test_the_configuration_of_the_command_line_is_tested_where_a_file_has_no_rules(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = write("config.toml", CONFIG)
    bare = GOOD.partition("[rules.backlog]")[0] + "[[tests]]" + GOOD.partition("[[tests]]")[2]

    assert execute(["rules", "test", write("bare.toml", bare), "--config", config]) == 0
    assert "1 ok" in capsys.readouterr().out


def test_scripts_get_json(capsys: pytest.CaptureFixture[str]) -> None:
    outage = WRONG + 'channel_outages = [{ channel = "ops", from = "0s", to = "95s" }]'
    files = [write("good.toml", GOOD), write("wrong.toml", outage)]

    assert execute(["rules", "test", "--json", *files]) == 1

    good, wrong = json.loads(capsys.readouterr().out)
    assert (good["file"], good["test"], good["ok"], good["failures"]) == (
        "good.toml",
        "a backlog opens an alert",
        True,
        [],
    )
    assert wrong["ok"] is False
    assert wrong["failures"] == [
        {
            "about": "open alerts",
            "at": "2026-01-05T08:01:00Z",
            "after": "1m",
            "expected": ["name Orders, phase pending"],
            "found": ["rule backlog, name Invoices, phase firing"],
        }
    ]
    first, second, third = wrong["timeline"]
    assert (first["at"], first["after"]) == ("2026-01-05T08:01:00Z", "1m")
    assert first["open"][0]["name"] == "Invoices"
    assert first["events"] == [
        {
            "event": "opened",
            "rule": "backlog",
            "name": "Invoices",
            "reason": "breached",
            "detail": "",
        }
    ]
    assert (second["after"], second["messages"][0]["state"]) == ("1m30s", "due")
    assert (third["after"], third["open"]) == ("1m35s", None)
    assert third["messages"] == [
        {
            "channel": "ops",
            "state": "sent",
            "made_at": "2026-01-05T08:01:30Z",
            "items": [{"what": "opened", "rule": "backlog", "name": "Invoices"}],
            "rest": {},
        }
    ]


def test_a_hostile_name_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = WRONG.replace('name = "Invoices" }, new', 'name = "\\u001b[2J" }, new')

    assert execute(["rules", "test", write("hostile.toml", hostile)]) == 1

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\\x1b[2J" in out
