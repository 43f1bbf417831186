"""Builds the windows of `[maintenance]` as the core computes with them; names become windows."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from monitor.config.alerting import Route
from monitor.config.maintenance import MONTHS, WEEKDAYS, MaintenanceTable
from monitor.core.calendar import (
    EVERY_MONTH,
    EVERY_WEEKDAY,
    CalendarWindow,
    Days,
    Maintenance,
    Range,
    TimeRange,
)
from monitor.core.occurrences import SearchedWindow
from monitor.core.recurrence import ORIGIN, Every, Gap, RecurringWindow, SingleWindow
from monitor.core.window_set import WindowSet


def maintenance_of(tables: Mapping[str, MaintenanceTable]) -> Mapping[str, Maintenance]:
    """Return the maintenance windows by name, in the order of the file.

    The tables were checked: every name in a set exists, and no set is a part of itself.
    """
    built: dict[str, SearchedWindow] = {}
    return MappingProxyType(
        {
            name: Maintenance(
                name=name,
                window=_window(name, tables, built),
                where=table.where,
                timezone=table.timezone,
            )
            for name, table in tables.items()
        }
    )


def muting(tables: Mapping[str, MaintenanceTable], routes: Iterable[Route]) -> tuple[str, ...]:
    """Return the names of the windows that mute alerts by themselves.

    One that a set or a route names says only when; the set or the route says what for. It mutes by
    itself nevertheless when it says `where`.
    """
    named = {name for table in tables.values() for name in (*table.include, *table.exclude)}
    named |= {name for route in routes for name in (*route.mute_in, *route.active_in)}
    return tuple(name for name, table in tables.items() if name not in named or table.where)


def _window(
    name: str, tables: Mapping[str, MaintenanceTable], built: dict[str, SearchedWindow]
) -> SearchedWindow:
    """Return the window of a table; `built` has those that are there already."""
    found = built.get(name)
    if found is None:
        table = tables[name]
        if table.include:
            found = WindowSet(
                zone=ZoneInfo(table.timezone),
                valid_from=_wall_time(table.valid_from),
                valid_until=_wall_time(table.valid_until),
                include=tuple(_window(inner, tables, built) for inner in table.include),
                exclude=tuple(_window(inner, tables, built) for inner in table.exclude),
            )
        elif table.every is None:
            found = _calendar(table)
        else:
            found = _recurring(table)
        built[name] = found
    return found


def _calendar(table: MaintenanceTable) -> SearchedWindow:
    ranges = [_times(text) for text in table.times]
    if table.from_ is not None and table.to is not None:
        ranges = [(_minutes(table.from_), _minutes(table.to))]
    return CalendarWindow(
        zone=ZoneInfo(table.timezone),
        valid_from=_wall_time(table.valid_from),
        valid_until=_wall_time(table.valid_until),
        days=Days(
            weekdays=_places(table.weekdays, WEEKDAYS, first=0) or EVERY_WEEKDAY,
            days_of_month=_ranges(table.days_of_month),
            months=_places(table.months, MONTHS, first=1) or EVERY_MONTH,
            years=_ranges(table.years),
        ),
        times=tuple(ranges),
    )


def _recurring(table: MaintenanceTable) -> SearchedWindow:
    start, duration = table.start or "", table.duration or timedelta()
    zone, gap = ZoneInfo(table.timezone), Gap(table.gap or "shift")
    valid_from, valid_until = _wall_time(table.valid_from), _wall_time(table.valid_until)
    if table.every is None or table.every == "once":
        return SingleWindow(
            zone=zone,
            valid_from=valid_from,
            valid_until=valid_until,
            start=datetime.fromisoformat(start),
            duration=duration,
            gap=gap,
        )
    return RecurringWindow(
        zone=zone,
        valid_from=valid_from,
        valid_until=valid_until,
        every=Every(table.every),
        interval=table.interval or 1,
        origin=ORIGIN if valid_from is None else valid_from.date(),
        days=_start_days(table, valid_from),
        start=timedelta(minutes=_minutes(start)),
        duration=duration,
        gap=gap,
    )


def _start_days(table: MaintenanceTable, valid_from: datetime | None) -> Days:
    """Return the days named; without any, week and month start on the day of `valid_from`."""
    weekdays = _places(table.weekdays, WEEKDAYS, first=0)
    days_of_month = _ranges(table.days_of_month)
    if valid_from is not None:
        if table.every == "week" and not weekdays:
            weekdays = frozenset({valid_from.weekday()})
        if table.every == "month" and not days_of_month:
            days_of_month = ((valid_from.day, valid_from.day),)
    return Days(weekdays=weekdays or EVERY_WEEKDAY, days_of_month=days_of_month)


def _wall_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _times(text: str) -> TimeRange:
    start, _, end = text.partition("..")
    return _minutes(start), _minutes(end)


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _ranges(texts: Iterable[str]) -> tuple[Range, ...]:
    """Return the first and the last number of each `1`, `-3..-1`, `2026..2030`."""
    ends = [text.partition("..") for text in texts]
    return tuple((int(low), int(high or low)) for low, _, high in ends)


def _places(texts: Iterable[str], names: tuple[str, ...], *, first: int) -> frozenset[int]:
    """Return the numbers of names, numbers, and ranges of them; the first name has `first`."""
    found: set[int] = set()
    for text in texts:
        low, _, high = text.lower().partition("..")
        begin, end = (
            int(part) if part.isdigit() else names.index(part) + first
            for part in (low, high or low)
        )
        found.update(range(begin, end + 1))
    return frozenset(found)
