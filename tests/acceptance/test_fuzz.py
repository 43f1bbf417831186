"""Answers that no server should give: they crash no poll, and fake no alert.

FUZZ is how many answers are damaged (as many as fit a quick run), FUZZ_SEED what is drawn, FUZZ_AT
the only step to be made: a failure says both. Each part makes every fourth step.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.store import Store
from tests.acceptance.fuzz_estate import MARK
from tests.acceptance.fuzz_site import SECRETS, Watch
from tests.acceptance.fuzz_trial import Trial

ANSWERS = int(os.environ.get("FUZZ", "1500"))
SEED = os.environ.get("FUZZ_SEED", "20260105")
AT = os.environ.get("FUZZ_AT")
PARTS = 4


@pytest.fixture
def watch(store: Store) -> Iterator[Watch]:
    found = Watch(store)
    yield found
    found.close()


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_answer_crashes_a_poll_or_fakes_an_alert(
    watch: Watch,
    store: Store,
    tmp_path: Path,
    part: int,
    record_property: Callable[[str, object], None],
) -> None:
    trial = Trial(watch, SEED)
    with capture_logs() as logs:
        step = part
        while trial.answers * PARTS < ANSWERS and AT is None:
            trial.step(step)
            step += PARTS
        if AT is not None and int(AT) % PARTS == part:
            trial.step(int(AT))
        trial.end()
    for name, counts in trial.counts.items():
        record_property(f"fuzz {name}", dict(counts.most_common()))
    assert not [log for log in logs if log["event"] == "collect.crashed"]
    store.close()
    for text in (repr(logs), *texts_of(tmp_path / "history.db")):
        assert MARK not in text
        assert not any(secret in text for secret in SECRETS)


def texts_of(file: Path) -> Iterator[str]:
    """Yield all that a database holds, row by row, and look at its numbers."""
    with sqlite3.connect(file) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a table's own name
                assert not any(isinstance(one, float) and not abs(one) < 1e19 for one in row), row
                yield repr(row)
