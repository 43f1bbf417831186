from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from monitor.config.alerting import Route
from monitor.config.maintenance import MaintenanceTable
from monitor.config.windows import maintenance_of, muting
from monitor.core.calendar import Maintenance

MONDAY = datetime(2027, 1, 4, tzinfo=UTC)


def tables(**windows: Mapping[str, object]) -> dict[str, MaintenanceTable]:
    return {name: MaintenanceTable.model_validate(keys) for name, keys in windows.items()}


def built(**keys: object) -> Maintenance:
    return maintenance_of(tables(one=keys))["one"]


def starts(window: Maintenance, count: int = 3) -> list[str]:
    """The next starts and lengths, in UTC."""
    return [
        f"{one.start:%Y-%m-%d %H:%M} {(one.end - one.start) if one.end else 'endless'}"
        for one in window.window.occurrences(MONDAY, count)
    ]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"from": "22:00", "to": "04:00", "weekdays": ["SAT"]},
            ["2027-01-09 22:00 6:00:00", "2027-01-16 22:00 6:00:00", "2027-01-23 22:00 6:00:00"],
        ),
        (
            {"times": ["09:00..12:00", "13:00..24:00"], "timezone": "Europe/Bucharest"},
            ["2027-01-04 07:00 3:00:00", "2027-01-04 11:00 11:00:00", "2027-01-05 07:00 3:00:00"],
        ),
        (
            {"weekdays": ["wed..fri", "sun"], "years": ["2027"]},
            ["2027-01-06 00:00 3 days, 0:00:00", "2027-01-10 00:00 1 day, 0:00:00"],
        ),
        (
            {
                "days_of_month": ["1", "-2..-1"],
                "months": ["2..Mar", "DEC"],
                "years": ["2027..2028"],
            },
            ["2027-02-01 00:00 1 day, 0:00:00", "2027-02-27 00:00 3 days, 0:00:00"],
        ),
        (
            {
                "every": "week",
                "interval": 2,
                "weekdays": ["sat"],
                "start": "22:00",
                "duration": "6h",
                "valid_from": "2027-01-16",
            },
            ["2027-01-16 22:00 6:00:00", "2027-01-30 22:00 6:00:00"],
        ),
        (
            {
                "every": "week",
                "interval": 2,
                "weekdays": ["mon"],
                "start": "00:00",
                "duration": "1h",
            },
            # without valid_from counted from Monday, January 1, 2024: 158 weeks before January 11
            ["2027-01-11 00:00 1:00:00", "2027-01-25 00:00 1:00:00"],
        ),
        (
            {"every": "week", "start": "08:30", "duration": "30m", "valid_from": "2027-01-06"},
            ["2027-01-06 08:30 0:30:00", "2027-01-13 08:30 0:30:00"],
        ),
        (
            {"every": "month", "start": "08:30", "duration": "1h", "valid_from": "2027-01-31"},
            ["2027-01-31 08:30 1:00:00", "2027-02-28 08:30 1:00:00", "2027-03-31 08:30 1:00:00"],
        ),
        (
            {
                "every": "day",
                "start": "10:00",
                "duration": "1h",
                "valid_until": "2027-01-05T10:30",
            },
            ["2027-01-04 10:00 1:00:00", "2027-01-05 10:00 0:30:00"],
        ),
        (
            {"every": "once", "start": "2027-01-10T10:00", "duration": "2d"},
            ["2027-01-10 10:00 2 days, 0:00:00"],
        ),
    ],
)
def test_a_table_becomes_the_window_that_it_describes(
    keys: dict[str, object], expected: list[str]
) -> None:
    window = built(**keys)

    assert starts(window, max(len(expected), 2))[: len(expected)] == expected


@pytest.mark.parametrize(
    ("every", "keys"),
    [
        ("day", {"start": "03:30"}),
        ("once", {"start": "2027-03-28T03:30"}),
    ],
)
def test_what_becomes_of_a_start_in_a_jump_is_as_configured(
    every: str, keys: dict[str, object]
) -> None:
    jump = datetime(2027, 3, 28, 1, tzinfo=UTC)
    common = {"every": every, "duration": "1h", "timezone": "Europe/Bucharest", **keys}

    assert built(**common).window.contains(jump)
    assert built(**common, gap="shift").window.contains(jump)
    assert not built(**common, gap="skip").window.contains(jump)


def test_a_window_keeps_its_name_zone_and_alerts() -> None:
    window = built(months=["jan"], timezone="Asia/Kolkata", where={"folder": "Finance/**"})

    assert (window.name, window.timezone) == ("one", "Asia/Kolkata")
    assert window.where.matches({"folder": "Finance/Payroll"})
    assert not window.where.matches({"folder": "Sales"})


def test_a_set_finds_its_windows_by_name_also_those_below_it() -> None:
    windows = maintenance_of(
        tables(
            quiet={
                "include": ["office-hours", "patching"],
                "exclude": ["quarter-end"],
                "valid_until": "2027-01-08T10:00",
            },
            patching={"include": ["nights"]},
            nights={"from": "22:00", "to": "04:00"},
            **{
                "office-hours": {"times": ["09:00..17:00"], "weekdays": ["mon..fri"]},
                "quarter-end": {"weekdays": ["wed"]},
            },
        )
    )

    assert list(windows) == ["quiet", "patching", "nights", "office-hours", "quarter-end"]
    assert starts(windows["quiet"], 9) == [
        "2027-01-03 22:00 6:00:00",
        "2027-01-04 09:00 8:00:00",
        "2027-01-04 22:00 6:00:00",
        "2027-01-05 09:00 8:00:00",
        "2027-01-05 22:00 2:00:00",
        "2027-01-07 00:00 4:00:00",
        "2027-01-07 09:00 8:00:00",
        "2027-01-07 22:00 6:00:00",
        "2027-01-08 09:00 1:00:00",
    ]


def test_a_window_that_is_named_elsewhere_mutes_nothing_by_itself() -> None:
    some = tables(
        plain={"months": ["jan"]},
        part={"months": ["feb"]},
        left_out={"months": ["mar"]},
        office={"times": ["09:00..17:00"]},
        nights={"times": ["22:00..06:00"]},
        finance={"months": ["apr"], "where": {"folder": "Finance"}},
        all={"include": ["part", "finance"], "exclude": ["left_out"]},
    )
    routes = [
        Route.model_validate({"channels": ["ops"], "active_in": ["office"]}),
        Route.model_validate({"channels": ["ops"], "mute_in": ["nights"]}),
    ]

    assert muting(some, routes) == ("plain", "finance", "all")
    assert muting(some, []) == ("plain", "office", "nights", "finance", "all")
