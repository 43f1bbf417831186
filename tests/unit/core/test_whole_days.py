import pytest

from monitor.core.rollup import DAY_MS, HOUR_MS
from monitor.core.whole_days import Part, Time, answered, parts

H = HOUR_MS


def at(day: int, hour: float = 0) -> int:
    return day * DAY_MS + int(hour * H)


def shown(begin: int, end: int, *days: int) -> list[tuple[float, float, bool]]:
    return [
        (part.begin / DAY_MS, part.end / DAY_MS, part.is_days) for part in parts(begin, end, days)
    ]


def test_whole_days_that_are_kept_are_taken_together_and_the_rest_is_what_lies_between() -> None:
    found = shown(at(3, 12), at(9, 6), 2, 3, 4, 5, 7, 8, 9)

    assert found == [
        (3.5, 4, False),
        (4, 6, True),
        (6, 7, False),
        (7, 9, True),
        (9, 9.25, False),
    ]


@pytest.mark.parametrize(
    ("begin", "end", "days", "expected"),
    [
        (at(1), at(3), (1, 2), [(1, 3, True)]),
        (at(1), at(3), (), [(1, 3, False)]),
        (at(1), at(3), (2,), [(1, 2, False), (2, 3, True)]),
        (at(1, 6), at(1, 12), (1,), [(1.25, 1.5, False)]),
        (at(1, 6), at(2, 12), (1, 2), [(1.25, 2.5, False)]),
        (at(1), at(1), (1,), []),
    ],
)
def test_a_day_is_taken_when_all_of_it_is_within(
    begin: int, end: int, days: tuple[int, ...], expected: list[tuple[float, float, bool]]
) -> None:
    assert shown(begin, end, *days) == expected


@pytest.mark.parametrize(
    ("period", "kept_since", "expected", "before"),
    [
        pytest.param(
            (at(40, 9), at(50, 9)),
            at(20),
            (at(40, 9), at(50, 9)),
            (at(30, 9), at(40, 9)),
            id="all is kept",
        ),
        pytest.param(
            (at(40), at(70)), at(60), (at(40), at(70)), (at(10), at(40)), id="from midnight on"
        ),
        pytest.param(
            (at(40, 9), at(70, 9)),
            at(40, 9),
            (at(40, 9), at(70, 9)),
            (at(10), at(40)),
            id="the time before is moved to midnights",
        ),
        pytest.param(
            (at(40, 9), at(70)),
            at(41),
            (at(41), at(70)),
            (at(12), at(41)),
            id="the period begins at the next midnight",
        ),
        pytest.param(
            (at(40, 9), at(40, 21)),
            at(40, 15),
            (at(40, 15), at(40, 21)),
            (at(39), at(40)),
            id="or when each change is kept, if that is earlier",
        ),
        pytest.param(
            (at(10, 9), at(20, 9)),
            at(40),
            (at(11), at(20)),
            (at(2), at(11)),
            id="and ends at the last",
        ),
        pytest.param(
            (at(10, 9), at(10, 21)),
            at(40),
            (at(10, 9), at(10, 21)),
            (at(9), at(10)),
            id="where there is no whole day it stays",
        ),
        pytest.param(
            (at(40), at(41, 9)),
            at(41),
            (at(40), at(41, 9)),
            (at(39), at(40)),
            id="as many whole days as come nearest",
        ),
    ],
)
def test_what_can_be_told_where_each_change_is_kept_for_a_while_only(
    period: Time, kept_since: int, expected: Time, before: Time
) -> None:
    assert answered(period, kept_since) == (expected, before)


def test_a_part_is_a_value() -> None:
    assert list(parts(at(1), at(1, 3), ())) == [Part(at(1), at(1, 3), is_days=False)]
