import getpass
import os

import pytest
import typer

from monitor.cli.people import author_of, meant

KNOWN = ("ABCDEFGH", "ABCXYZ22", "QRSTUVWX")


def test_who_does_not_say_who_they_are_goes_by_their_login_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOGNAME", "ann")

    assert author_of(None) == "ann"
    assert author_of(" bob ") == "bob"


def test_a_user_without_a_name_goes_by_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)

    assert author_of(None) == f"user {os.getuid()}"


def test_an_author_says_something() -> None:
    with pytest.raises(typer.BadParameter, match="empty"):
        author_of(" ")


@pytest.mark.parametrize("text", ["ABCDEFGH", "abcd", " abcdefgh "])
def test_an_id_or_a_clear_beginning_of_it_is_enough_whatever_the_case(text: str) -> None:
    assert meant(text, KNOWN, "silence", "silences list") == "ABCDEFGH"


def test_an_id_that_is_the_beginning_of_another_is_meant_itself() -> None:
    assert meant("abc", ["ABC", "ABCDEF"], "silence", "silences list") == "ABC"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ABC", "several silences begin with 'ABC': ABCDEFGH, ABCXYZ22"),
        ("ABCDEFGX", "nearest: ABCDEFGH"),
        ("??", "`silences list` shows all of them"),
        ("", "`silences list` shows all of them"),
    ],
)
def test_an_id_that_names_none_or_several_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        meant(text, KNOWN, "silence", "silences list")

    assert hint in str(refused.value)
