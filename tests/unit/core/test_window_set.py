from datetime import datetime

from monitor.core.calendar import CalendarWindow, Days
from monitor.core.occurrences import SearchedWindow
from monitor.core.window_set import WindowSet, without
from tests.unit.core.some_windows import BUCHAREST, SAT, SUN, UTC_ZONE, a_calendar, shown, utc

MONDAY = utc("2027-01-04T00:00")
WEEKEND = a_calendar(days=Days(weekdays=frozenset({SAT, SUN})))


def a_set(
    *include: SearchedWindow,
    exclude: tuple[CalendarWindow, ...] = (),
    valid_from: str | None = None,
    valid_until: str | None = None,
) -> WindowSet:
    return WindowSet(
        zone=UTC_ZONE,
        include=include,
        exclude=exclude,
        valid_from=None if valid_from is None else datetime.fromisoformat(valid_from),
        valid_until=None if valid_until is None else datetime.fromisoformat(valid_until),
    )


def test_a_set_is_open_while_any_of_its_windows_is() -> None:
    window = a_set(
        a_calendar("09:00..12:00"), a_calendar("11:00..13:00"), a_calendar("20:00..21:00")
    )

    assert shown(window, MONDAY, 3) == [
        "Mon 01-04 09:00 - Mon 01-04 13:00",
        "Mon 01-04 20:00 - Mon 01-04 21:00",
        "Tue 01-05 09:00 - Tue 01-05 13:00",
    ]
    assert window.contains(utc("2027-01-04T12:30"))
    assert not window.contains(utc("2027-01-04T13:00"))


def test_a_set_is_closed_while_an_excluded_window_is_open() -> None:
    lunch = a_calendar("12:00..13:00")
    window = a_set(a_calendar("09:00..17:00"), exclude=(lunch, WEEKEND))

    assert shown(window, utc("2027-01-08T10:00"), 3) == [
        "Fri 01-08 09:00 - Fri 01-08 12:00",
        "Fri 01-08 13:00 - Fri 01-08 17:00",
        "Mon 01-11 09:00 - Mon 01-11 12:00",
    ]
    assert not window.contains(utc("2027-01-08T12:00"))
    assert window.contains(utc("2027-01-08T13:00"))
    assert not window.contains(utc("2027-01-09T10:00"))


def test_a_set_that_leaves_nothing_is_never_open() -> None:
    window = a_set(a_calendar("09:00..17:00"), exclude=(a_calendar(),))

    assert not window.contains(utc("2027-01-04T10:00"))
    assert window.next_change(MONDAY) is None
    assert window.occurrences(MONDAY, 3) == ()


def test_an_occurrence_that_began_at_the_end_of_a_hole_began_there() -> None:
    window = a_set(a_calendar(), exclude=(a_calendar("12:00..13:00"),))

    assert shown(window, utc("2027-01-04T15:00"), 1) == ["Mon 01-04 13:00 - Tue 01-05 12:00"]


def test_a_set_of_sets_has_its_own_validity() -> None:
    inner = a_set(a_calendar("09:00..12:00"), valid_until="2027-01-06T10:00")
    window = a_set(inner, valid_from="2027-01-05")

    assert shown(window, MONDAY, 5) == [
        "Tue 01-05 09:00 - Tue 01-05 12:00",
        "Wed 01-06 09:00 - Wed 01-06 10:00",
    ]
    assert not window.contains(utc("2027-01-04T10:00"))


def test_windows_of_different_zones_go_together() -> None:
    window = a_set(a_calendar("09:00..12:00"), a_calendar("09:00..11:00", zone=BUCHAREST))

    assert shown(window, MONDAY, 1) == ["Mon 01-04 07:00 - Mon 01-04 12:00"]


def test_holes_are_cut_out_of_spans() -> None:
    def spans(*hours: tuple[int, int]) -> list[tuple[datetime, datetime]]:
        return [(MONDAY.replace(hour=a), MONDAY.replace(hour=b)) for a, b in hours]

    assert list(without(spans((1, 9)), [])) == spans((1, 9))
    assert list(without(spans((1, 9)), spans((3, 4), (6, 9)))) == spans((1, 3), (4, 6))
    assert list(without(spans((1, 3), (5, 7)), spans((2, 6)))) == spans((1, 2), (6, 7))
    assert list(without(spans((5, 7)), spans((1, 2), (5, 7), (8, 9)))) == []
    assert list(without(spans((5, 7), (7, 9)), spans((1, 6), (7, 8)))) == spans((6, 7), (8, 9))
