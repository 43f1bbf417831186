"""Each broken configuration beside the exact lines that tell its mistakes."""

from pathlib import Path

import pytest

from monitor.config.load import load
from monitor.errors import ConfigError

BROKEN = Path(__file__).parents[2] / "data" / "config"
NAMES = sorted(path.stem for path in BROKEN.glob("*.toml"))


def told(name: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(Path(f"{name}.toml"))
    return f"{caught.value}\n"


@pytest.fixture(autouse=True)
def _a_bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    monkeypatch.delenv("MONITOR_TEST_NOT_SET", raising=False)


def test_there_are_many_broken_files() -> None:
    assert len(NAMES) >= 20


def test_no_expectation_is_without_its_file() -> None:
    assert sorted(path.stem for path in BROKEN.glob("*.expected")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_file_is_told_in_exactly_these_lines(name: str) -> None:
    expected = (BROKEN / f"{name}.expected").read_text(encoding="utf-8")

    assert told(name).replace(str(BROKEN), "DIRECTORY") == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_of_a_broken_file_is_told(name: str) -> None:
    assert "canary" not in told(name)
