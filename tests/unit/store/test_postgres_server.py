"""The tests' own server: without it they skip here, and fail where skips are not seen."""

from pathlib import Path

import pytest

from tests.postgres import OTHER_SERVER, postgres_server


def refuse(_directory: Path) -> None:
    raise OSError("not today")


def start_in_vain() -> None:
    with postgres_server("never-started", start=refuse):
        pytest.fail("there is no server")


@pytest.fixture(autouse=True)
def no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(OTHER_SERVER, raising=False)


def test_without_a_server_tests_are_skipped_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="OSError: not today"):
        start_in_vain()


def test_without_a_server_tests_fail_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="OSError: not today"):
        start_in_vain()
