from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError

from monitor.config.secrets import (
    MAX_BYTES,
    OptionalSecret,
    Secret,
    SecretSource,
    SecretUnreadableError,
    secrets_within,
)
from monitor.config.surroundings import Surroundings
from monitor.config.table import Table

CANARY = "canary-5f1c"


class Holder(Table):
    token: Secret = Field(description="a token")
    spare: OptionalSecret = None


def held(table: dict[str, object], directory: Path = Path(), *, read: bool = True) -> Holder:
    return Holder.model_validate(
        table, context=Surroundings(directory=directory, read_secrets=read)
    )


def mistake(table: dict[str, object], directory: Path = Path()) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        held(table, directory)
    (error,) = caught.value.errors()
    assert CANARY not in str(caught.value)
    assert CANARY not in error["msg"]
    return error["ctx"]["key"], error["msg"]


def test_a_secret_stands_in_the_configuration() -> None:
    assert held({"token": CANARY}).token.read().get_secret_value() == CANARY


def test_a_secret_comes_from_the_environment_and_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MONITOR_TEST_TOKEN", "first")
    token = held({"token_env": "MONITOR_TEST_TOKEN"}).token

    monkeypatch.setenv("MONITOR_TEST_TOKEN", "second")

    assert token.read().get_secret_value() == "second"


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CANARY)

    assert held({"token_file": "token"}, tmp_path).token.read().get_secret_value() == CANARY


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        ("a\n", "a"),
        ("a\r\n", "a"),
        ("a\n\n", "a\n"),
        ("a ", "a "),
        ("\ufeffa\n", "a"),
        ("a\nb\n", "a\nb"),
    ],
)
def test_only_the_last_line_break_of_a_file_is_taken_off(
    tmp_path: Path, content: str, secret: str
) -> None:
    (tmp_path / "token").write_bytes(content.encode())

    assert held({"token_file": "token"}, tmp_path).token.read().get_secret_value() == secret


def test_a_secret_comes_from_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "uipath").write_text(CANARY)

    assert held({"token_credential": "uipath"}).token.read().get_secret_value() == CANARY


def test_a_credential_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    assert mistake({"token_credential": "uipath"}) == (
        "token_credential",
        "the credential does not exist",
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n", b"\xff\xfe\x00", b"x" * (MAX_BYTES + 1)])
def test_a_file_without_a_secret_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)

    key, text = mistake({"token_file": "token"}, tmp_path)

    assert key == "token_file"
    assert "is empty" in text or "not UTF-8" in text or "larger than" in text


def test_a_directory_is_no_secret(tmp_path: Path) -> None:
    assert "cannot be read: Is a directory" in mistake({"token_file": "."}, tmp_path)[1]


def test_a_secret_in_the_place_of_a_variables_name_is_not_repeated() -> None:
    assert mistake({"token_env": CANARY}) == (
        "token_env",
        "must be the name of an environment variable",
    )


def test_a_required_secret_that_is_missing_names_the_ways_to_give_it() -> None:
    key, text = mistake({})

    assert key == "token"
    assert "`token_env`, `token_file`, `token_credential` or `token`" in text


def test_an_optional_secret_may_be_missing() -> None:
    assert held({"token": CANARY}).spare is None


def test_a_secret_given_twice_is_refused() -> None:
    assert mistake({"token": CANARY, "token_file": "x"}) == (
        "token_file",
        "given more than once: keep only one of token, token_file",
    )


def test_without_reading_the_secret_need_not_be_there() -> None:
    token = held({"token_env": "MONITOR_TEST_NOT_SET"}, read=False).token

    with pytest.raises(SecretUnreadableError, match="MONITOR_TEST_NOT_SET is not set"):
        token.read()


def test_no_secret_is_in_a_repr() -> None:
    holder = held({"token": CANARY})

    assert CANARY not in repr(holder)
    assert CANARY not in repr(holder.token)


@pytest.mark.parametrize(("mode", "is_open"), [(0o644, True), (0o640, False), (0o600, False)])
def test_a_file_that_everyone_may_read_is_noticed(
    tmp_path: Path, mode: int, *, is_open: bool
) -> None:
    file = tmp_path / "token"
    file.write_text(CANARY)
    file.chmod(mode)

    assert SecretSource("file", str(file)).readable_by_others is is_open


def test_a_file_that_is_gone_is_read_by_nobody(tmp_path: Path) -> None:
    assert not SecretSource("file", str(tmp_path / "gone")).readable_by_others


def test_every_secret_of_a_tree_is_found_with_its_key() -> None:
    holder = held({"token": CANARY, "spare": "other"})

    found = {path: source.read() for path, source in secrets_within({"x": (holder,)})}

    assert found == {
        ("x", 0, "token"): SecretStr(CANARY),
        ("x", 0, "spare"): SecretStr("other"),
    }
