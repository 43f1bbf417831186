"""Builders of windows of time, with the plain defaults of the tests beside this file."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.calendar import CalendarWindow, Days
from monitor.core.occurrences import Window
from monitor.core.recurrence import ORIGIN, Every, Gap, RecurringWindow

BUCHAREST = ZoneInfo("Europe/Bucharest")
UTC_ZONE = ZoneInfo("UTC")
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minutes(text: str) -> int:
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def a_calendar(
    *times: str,
    zone: ZoneInfo = UTC_ZONE,
    days: Days | None = None,
    valid_from: str | None = None,
    valid_until: str | None = None,
) -> CalendarWindow:
    """A calendar window; times are written as in a configuration: `22:00..04:00`."""
    ranges = [text.partition("..") for text in times]
    return CalendarWindow(
        zone=zone,
        days=days or Days(),
        times=tuple((minutes(start), minutes(end)) for start, _, end in ranges),
        valid_from=None if valid_from is None else datetime.fromisoformat(valid_from),
        valid_until=None if valid_until is None else datetime.fromisoformat(valid_until),
    )


def a_recurrence(
    start: str = "22:00",
    duration: timedelta = timedelta(hours=6),
    *,
    every: Every = Every.DAY,
    interval: int = 1,
    origin: date = ORIGIN,
    zone: ZoneInfo = UTC_ZONE,
    days: Days | None = None,
    gap: Gap = Gap.SHIFT,
) -> RecurringWindow:
    return RecurringWindow(
        zone=zone,
        every=every,
        interval=interval,
        origin=origin,
        days=days or Days(),
        start=timedelta(minutes=minutes(start)),
        duration=duration,
        gap=gap,
    )


def shown(window: Window, after: datetime, count: int, zone: ZoneInfo = UTC_ZONE) -> list[str]:
    """The next occurrences in local time, to be read at a glance."""
    found = []
    for one in window.occurrences(after, count):
        start = one.start.astimezone(zone)
        end = None if one.end is None else one.end.astimezone(zone)
        found.append(f"{start:%a %m-%d %H:%M} - {end:%a %m-%d %H:%M}" if end else f"{start} -")
    return found
