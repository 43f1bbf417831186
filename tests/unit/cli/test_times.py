import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import typer

from monitor.cli.times import both, instant, short

NOW = datetime(2027, 1, 4, 20, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def bucharest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine's clock show 22:30."""
    monkeypatch.setenv("TZ", "Europe/Bucharest")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-01-05T06:00:00Z", datetime(2027, 1, 5, 6, tzinfo=UTC)),
        ("2027-01-05T06:00+02:00", datetime(2027, 1, 5, 4, tzinfo=UTC)),
        ("2027-01-05T06:00", datetime(2027, 1, 5, 4, tzinfo=UTC)),
        ("2027-07-05 06:00", datetime(2027, 7, 5, 3, tzinfo=UTC)),
        ("06:00", datetime(2027, 1, 5, 4, tzinfo=UTC)),
        ("22:45", datetime(2027, 1, 4, 20, 45, tzinfo=UTC)),
        ("22:30", datetime(2027, 1, 5, 20, 30, tzinfo=UTC)),
        ("22:30:01", datetime(2027, 1, 4, 20, 30, 1, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_one_on_the_wall_of_this_machine(
    text: str, meant: datetime
) -> None:
    assert instant(text, NOW, "--until") == meant


@pytest.mark.parametrize(
    "text", ["", "soon", "24:30", "6:00", "12", "2h", "9999-12-31", "0001-01-01", "2027-02-30"]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="such as 2027-03-28T01:30:00Z"):
        instant(text, NOW, "--until")


def test_an_instant_is_shown_by_the_local_clock_and_in_utc() -> None:
    assert both(NOW) == "Mon 2027-01-04 22:30 EET (20:30 UTC)"
    assert both(datetime(2027, 1, 4, 23, 0, 5, tzinfo=UTC)) == (
        "Tue 2027-01-05 01:00:05 EET (2027-01-04 23:00:05 UTC)"
    )


def test_where_the_clock_shows_utc_it_is_not_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    assert both(NOW) == "Mon 2027-01-04 20:30 UTC"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2027, 1, 4, 20, 45, tzinfo=UTC), "22:45"),
        (datetime(2027, 1, 4, 22, 0, tzinfo=UTC), "Jan 05 00:00"),
        (datetime(2026, 12, 31, 20, 0, tzinfo=UTC), "2026-12-31 22:00"),
    ],
)
def test_a_table_has_the_date_only_of_another_day(at: datetime, shown: str) -> None:
    assert short(at, NOW) == shown
