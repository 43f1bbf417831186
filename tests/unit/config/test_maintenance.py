from zoneinfo import ZoneInfoNotFoundError

import pytest
from pydantic import ValidationError

from monitor.config.maintenance import MaintenanceTable, circle

RECURRING = {"every": "week", "weekdays": ["sun"], "start": "22:00", "duration": "6h"}


def window(**keys: object) -> MaintenanceTable:
    return MaintenanceTable.model_validate(keys)


@pytest.mark.parametrize(
    "keys",
    [
        {"weekdays": ["sat"], "from": "22:00", "to": "04:00", "timezone": "Europe/Bucharest"},
        {"times": ["09:00..12:00", "13:00..24:00"], "weekdays": ["mon..fri", "sun"]},
        {"days_of_month": ["1", "-3..-1", "10..-1"], "months": ["1..3", "nov"]},
        {"years": ["2026..2030", "2032"]},
        {**RECURRING, "interval": 2, "weekdays": ["sat"], "gap": "skip"},
        {"every": "once", "start": "2027-01-02T22:00", "duration": "1h"},
        {"every": "month", "days_of_month": ["-1"], "start": "00:00", "duration": "1d"},
        {**RECURRING, "valid_from": "2027-01-02", "valid_until": "2027-02-01T10:00"},
        {"where": ["folder=Finance"], "months": ["jan"]},
        {"from": "22:00", "to": "00:00"},
        {"times": ["00:00..24:00", "24:00..02:00"]},
        {"every": "week", "start": "22:00", "duration": "7d", "valid_from": "2027-01-02"},
        {"every": "month", "start": "22:00", "duration": "6h", "valid_from": "2027-01-02"},
        {"every": "day", "interval": 3, "start": "24:00", "duration": "3d"},
        {"every": "once", "start": "2027-01-02T22:00", "duration": "100d"},
        {"months": ["1"], "valid_from": "2027-01-02T10:00", "valid_until": "2027-01-02T10:00:01"},
    ],
)
def test_a_window_of_each_kind_is_accepted(keys: dict[str, object]) -> None:
    assert window(**keys).timezone in {"UTC", "Europe/Bucharest"}


@pytest.mark.parametrize(
    ("keys", "mistake"),
    [
        ({}, "needs times"),
        ({"from": "22:00"}, "both `from` and `to`"),
        ({"from": "22:00", "to": "23:00", "times": ["01:00..02:00"]}, "instead of them"),
        ({"times": ["09:00..09:00"]}, "same time"),
        ({"times": ["24:01..24:30"]}, "range of times"),
        ({"weekdays": ["fri..mon"]}, "must run forward"),
        ({"months": ["dec..jan"]}, "must run forward"),
        ({"months": ["0"]}, "must be such as"),
        ({"days_of_month": ["0"]}, "must be such as"),
        ({"days_of_month": ["-1..-3"]}, "must run forward"),
        ({"days_of_month": ["20..10"]}, "must run forward"),
        ({"years": ["26"]}, "must be such as"),
        ({"every": "week"}, "needs `every`, `start` and `duration`"),
        ({**RECURRING, "times": ["09:00..12:00"]}, "`times` does not belong"),
        ({**RECURRING, "every": "once"}, "date and time"),
        ({**RECURRING, "interval": 0}, "greater than or equal to 1"),
        ({**RECURRING, "valid_from": "2027-02-30"}, "must be a date"),
        ({**RECURRING, "valid_from": "2027-02-02", "valid_until": "2027-02-01"}, "must be after"),
        ({"from": "22:00", "to": "22:00"}, "same time"),
        ({"from": "24:00", "to": "00:00"}, "same time"),
        ({"times": ["24:00..00:00"]}, "same time"),
        ({"months": ["1"], "valid_from": "2027-01-02", "valid_until": "2027-01-02T00:00"}, "after"),
        ({"every": "week", "start": "22:00", "duration": "6h"}, "needs `weekdays`"),
        ({"every": "month", "start": "22:00", "duration": "6h"}, "needs `days_of_month`"),
        (
            {"every": "month", "weekdays": ["tue"], "start": "22:00", "duration": "6h"},
            "needs `days_of_month`",
        ),
        ({**RECURRING, "every": "day", "duration": "24h1s"}, "would never end"),
        ({**RECURRING, "interval": 2, "duration": "15d"}, "would never end"),
        (
            {"every": "once", "start": "2027-01-02T22:00", "duration": "1h", "interval": 2},
            "`interval` does not belong",
        ),
        (
            {"every": "once", "start": "2027-01-02T22:00", "duration": "1h", "weekdays": ["sat"]},
            "`weekdays` does not belong",
        ),
        ({"exclude": ["x"]}, "needs `include`"),
        ({"include": ["x"], "from": "22:00"}, "`from` does not belong"),
        ({"months": ["jan"], "timezone": "../etc/passwd"}, "must be a time zone"),
    ],
)
def test_a_wrong_window_is_told(keys: dict[str, object], mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        window(**keys)


def test_without_any_time_zones_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_name: str) -> None:
        raise ZoneInfoNotFoundError

    monkeypatch.setattr("monitor.config.zone.ZoneInfo", missing)
    monkeypatch.setattr("monitor.config.zone.available_timezones", set)

    # Also where the file names none: UTC is not there either.
    with pytest.raises(ValidationError, match="install tzdata"):
        window(months=["jan"])


def test_windows_that_are_made_of_each_other_are_found() -> None:
    windows = {
        "a": window(include=["b"]),
        "b": window(include=["c"], exclude=["a"]),
        "c": window(months=["jan"]),
    }

    assert circle(windows) == ("a", "b", "a")


def test_a_window_in_two_sets_is_no_circle() -> None:
    windows = {
        "a": window(include=["c"]),
        "b": window(include=["a", "c"]),
        "c": window(months=["jan"]),
    }

    assert circle(windows) == ()
