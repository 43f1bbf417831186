import json

import pytest

from monitor.cli.output import Column, clean, complain, json_text, say, table

HOSTILE = "[bold]evil[/bold] [/]\x1b]0;owned\x07\x1b[31mred\x9b2J\u202egnp.exe\nnext\ud800"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("VM-RPA-07", "VM-RPA-07"),
        ("Größe 大", "Größe 大"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x9b2J", "\\x9b2J"),
        ("exe.\u202egnp", "exe.\\u202egnp"),
        ("\ud800", "\\ud800"),
        ("\u2028", "\\u2028"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_a_hostile_name_in_a_table_is_shown_and_not_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table([Column(title="name"), Column(title="value", right=True)], [(HOSTILE, "1")])

    out = capsys.readouterr().out

    assert "[bold]evil[/bold] [/]" in out
    assert out.count("\n") == 2
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e", "\ud800"}


def test_columns_are_aligned_also_with_wide_characters_and_end_without_blanks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table(
        [Column(title="name"), Column(title="n", right=True), Column(title="text")],
        [("大阪", "5", "one"), ("abcd", "1234", "")],
    )

    assert capsys.readouterr().out.splitlines() == [
        "name     n  text",
        "大阪     5  one",
        "abcd  1234",
    ]


def test_a_table_without_titles_prints_its_rows_only(capsys: pytest.CaptureFixture[str]) -> None:
    table([Column(title="")] * 3, [("a", "b", "c")], indent=2)

    assert capsys.readouterr().out == "  a  b  c\n"


def test_a_long_line_in_a_pipe_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 100 + "end")

    assert capsys.readouterr().out == "word " * 100 + "end\n"


def test_complaints_go_to_the_standard_error_one_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complain("first\nsecond \x1b[2J")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "first\nsecond \\x1b[2J\n"


def test_json_keeps_the_text_exactly_but_escapes_what_a_terminal_would_obey() -> None:
    text = json_text({"name": HOSTILE})

    assert json.loads(text) == {"name": HOSTILE}
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e", "\ud800"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (42.0, "42"),
        (0.85, "0.85"),
        (float("nan"), "null"),
        (float("inf"), "null"),
        (None, "null"),
        (True, "true"),
    ],
)
def test_numbers_in_json_are_what_json_knows(value: object, written: str) -> None:
    assert json_text(value) == written
