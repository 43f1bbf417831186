"""docs/rules.md, "Test your rules": its example is played, every key is in it."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from monitor.config.timeline_tables import (
    START,
    AckTable,
    AlertsTable,
    MessageTable,
    OpenTable,
    OutageTable,
    SilenceTable,
    SpanTable,
    TimelineFile,
    TimelineTable,
    TrialChannel,
)

ROOT = Path(__file__).parents[3]
CHAPTER = (
    (ROOT / "docs" / "rules.md").read_text(encoding="utf-8").partition("## Test your rules")[2]
)
TABLES: tuple[type[BaseModel], ...] = (
    AckTable,
    AlertsTable,
    MessageTable,
    OpenTable,
    OutageTable,
    SilenceTable,
    SpanTable,
    TimelineFile,
    TimelineTable,
    TrialChannel,
)
KEYS = sorted({f.alias or name for table in TABLES for name, f in table.model_fields.items()})


def test_the_example_is_one_that_is_played() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", CHAPTER, re.DOTALL | re.MULTILINE)

    assert example == (ROOT / "tests" / "rules" / "backlog.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_documented(key: str) -> None:
    assert re.search(rf"`{key}`|\[+{key}\b|\b{key} = ", CHAPTER)


def test_the_default_start_is_documented() -> None:
    assert START.strftime("%Y-%m-%dT%H:%M:%SZ (a %A)") in CHAPTER
