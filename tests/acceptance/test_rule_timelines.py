"""The timelines of tests/rules: what alerts and their messages do, in the words of users."""

from pathlib import Path

import pytest

from monitor.config.timelines import Trials, read_timelines
from monitor.config.trial import Trial
from monitor.core.expectation import judge
from monitor.core.timeline import play

RULES = Path(__file__).parents[1] / "rules"
FILES = sorted(RULES.glob("*.toml"))
READ = [read_timelines(file) for file in FILES]
CASES = [
    pytest.param(trials, trial, id=f"{Path(trials.file).stem}-{trial.name}")
    for trials in READ
    for trial in trials.trials
]


@pytest.mark.parametrize(("trials", "trial"), CASES)
def test_a_timeline_comes_out_as_expected(trials: Trials, trial: Trial) -> None:
    played = play(trial.timeline, trials.stage)

    assert judge(trial.expected, played, trial.timeline.start) == []


@pytest.mark.parametrize(("trials", "trial"), CASES)
def test_a_timeline_expects_something(trials: Trials, trial: Trial) -> None:
    assert trials.stage.plan.channels
    assert trial.expected.open or trial.expected.messages is not None


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_says_what_it_is_about(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# ")


def test_there_are_many() -> None:
    assert len(FILES) >= 12
    assert len(CASES) >= 40
