"""`[maintenance.NAME]`: times in which alerts are not told: calendar, recurring, sets of these."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from monitor.config.names import nearest
from monitor.config.table import Table
from monitor.config.values import Matchers, Several, WindowNames
from monitor.config.zone import Zone
from monitor.core.calendar import in_month
from monitor.core.matching import Where
from monitor.rules import Span

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z|24:00\Z")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?\Z")


def _time(value: str) -> str:
    if not _TIME.match(value):
        raise ValueError('must be a time such as "22:00", at most "24:00"')
    return value


def _times(value: str) -> str:
    start, dots, end = value.partition("..")
    if not dots or not _TIME.match(start) or not _TIME.match(end):
        raise ValueError('must be a range of times such as "09:00..12:30"')
    _not_nothing(start, end)
    return value


def _not_nothing(start: str, end: str) -> None:
    is_midnight = {start, end} == {"00:00", "24:00"} and start != "00:00"
    if start == end or is_midnight:
        raise ValueError("must not begin and end at the same time")


def _ranged(names: tuple[str, ...], example: str) -> Callable[[str], str]:
    """Return a check of one name or number, or a range that runs forward."""

    def check(value: str) -> str:
        start, dots, end = value.partition("..")
        places = []
        for part in (start, end) if dots else (start,):
            if part.lower() in names:
                places.append(names.index(part.lower()))
            elif len(names) == len(MONTHS) and part.isdigit() and 1 <= int(part) <= len(MONTHS):
                places.append(int(part) - 1)
            else:
                meant = nearest(part, names)
                hint = f'; did you mean "{meant}"?' if meant else ""
                msg = f'must be such as "{example}"{hint}'
                raise ValueError(msg)
        if dots and places[1] < places[0]:
            raise ValueError("must run forward: write two ranges")
        return value

    return check


def _days_of_month(value: str) -> str:
    start, dots, end = value.partition("..")
    days = []
    for part in (start, end) if dots else (start,):
        if not re.match(r"-?\d{1,2}\Z", part) or not 1 <= abs(int(part)) <= 31:  # noqa: PLR2004
            raise ValueError('must be such as "1", "-3..-1" (from the end) or "10..20"')
        days.append(int(part))
    if dots and all(in_month(days[1], n) < in_month(days[0], n) for n in range(28, 32)):
        raise ValueError("must run forward: write two ranges")
    return value


def _years(value: str) -> str:
    if not re.match(r"\d{4}(\.\.\d{4})?\Z", value):
        raise ValueError('must be such as "2027" or "2026..2030"')
    start, dots, end = value.partition("..")
    if dots and end < start:
        raise ValueError("must run forward")
    return value


def _wall_time(value: object) -> object:
    """Accept TOML's own local dates beside text; refuse offsets: the window has a zone."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError("must be a wall time without offset: the window's zone counts")
        return value.isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _instant(value: str) -> str:
    try:
        understood = bool(_DATE_TIME.match(value)) and bool(datetime.fromisoformat(value))
    except ValueError:
        understood = False
    if not understood:
        raise ValueError('must be a date such as "2027-01-31" or "2027-01-31T22:00"')
    return value


def _start(value: str) -> str:
    return _instant(value) if "T" in value else _time(value)


Time = Annotated[str, AfterValidator(_time)]
WallTime = Annotated[str, BeforeValidator(_wall_time), AfterValidator(_instant)]
_CALENDAR = ("times", "from_", "to", "months", "years")
_RECURRING = ("interval", "start", "duration", "gap")
_SETS = ("include", "exclude")
_PERIODS = {
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
}


class MaintenanceTable(Table):
    """`[maintenance.NAME]`: a calendar, a recurring window, or a set of other windows."""

    timezone: Zone = Field(
        default="UTC", validate_default=True, description="zone of all its times"
    )
    where: Matchers = Field(default=Where(), description="which alerts it covers; default: all")
    valid_from: WallTime | None = Field(default=None, description="wall time from which it counts")
    valid_until: WallTime | None = Field(default=None, description="wall time at which it ends")
    times: Several[Annotated[str, AfterValidator(_times)]] = Field(
        default=(), description="calendar: times of day"
    )
    from_: Time | None = Field(default=None, alias="from", description="calendar: start of the day")
    to: Time | None = Field(default=None, description="calendar: end; may cross midnight")
    weekdays: Several[Annotated[str, AfterValidator(_ranged(WEEKDAYS, "mon..fri"))]] = Field(
        default=(), description="weekdays"
    )
    days_of_month: Several[Annotated[str, AfterValidator(_days_of_month)]] = Field(
        default=(), description="days of the month; negative ones from its end"
    )
    months: Several[Annotated[str, AfterValidator(_ranged(MONTHS, "1..3"))]] = Field(
        default=(), description="calendar: months, by number or name"
    )
    years: Several[Annotated[str, AfterValidator(_years)]] = Field(
        default=(), description="calendar: years"
    )
    every: Literal["day", "week", "month", "once"] | None = Field(
        default=None, description="recurring: how often it starts"
    )
    interval: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="recurring: every so many days, weeks or months"
    )
    start: Annotated[str, AfterValidator(_start)] | None = Field(
        default=None, description="recurring: time of the start; for `once` with the date"
    )
    duration: Span | None = Field(default=None, description="recurring: its length")
    gap: Literal["shift", "skip"] | None = Field(
        default=None, description="recurring: a start that the clocks jump over"
    )
    include: WindowNames = Field(default=(), description="set: windows it is made of")
    exclude: WindowNames = Field(default=(), description="set: windows it leaves out")

    @model_validator(mode="after")
    def _one_kind(self) -> "MaintenanceTable":
        given = self.model_fields_set
        if given & set(_SETS):
            self._refuse(given, (*_CALENDAR, *_RECURRING, "every", "weekdays", "days_of_month"))
            if not self.include:
                raise ValueError("a set of windows needs `include`")
        elif "every" in given or given & set(_RECURRING):
            self._refuse(given, _CALENDAR)
            self._check_recurring()
        elif not given & {*_CALENDAR, "weekdays", "days_of_month"}:
            raise ValueError(
                "needs times: `times`, `from` and `to`, `weekdays`, …; or `every`, `start` and "
                "`duration`; or `include`"
            )
        elif (self.from_ is None) != (self.to is None) or (self.from_ and self.times):
            raise ValueError("needs both `from` and `to`, or `times` instead of them")
        elif self.from_ is not None and self.to is not None:
            _not_nothing(self.from_, self.to)
        if self.valid_from and self.valid_until and self._validity_is_empty():
            raise ValueError("`valid_until` must be after `valid_from`")
        return self

    def _check_recurring(self) -> None:
        if self.every is None or self.start is None or self.duration is None:
            raise ValueError("a recurring window needs `every`, `start` and `duration`")
        if (self.every == "once") != ("T" in self.start):
            raise ValueError('`start` is a time ("22:00"), for `once` a date and time')
        if self.every == "once":
            self._refuse(self.model_fields_set, ("interval", "weekdays", "days_of_month"))
        elif self.valid_from is None:
            self._check_without_origin()
        limit = _PERIODS.get(self.every)
        if limit is not None and self.duration > limit * (self.interval or 1):
            msg = f'with this `duration` and `every = "{self.every}"` it would never end'
            raise ValueError(msg)

    def _check_without_origin(self) -> None:
        if self.every == "week" and not self.weekdays:
            raise ValueError('`every = "week"` needs `weekdays`, such as ["sat"], or `valid_from`')
        if self.every == "month" and not self.days_of_month:
            raise ValueError(
                '`every = "month"` needs `days_of_month`, such as ["1"], or `valid_from`'
            )

    def _validity_is_empty(self) -> bool:
        limits = [datetime.fromisoformat(at) for at in (self.valid_from, self.valid_until) if at]
        return limits[1] <= limits[0]

    def _refuse(self, given: set[str], foreign: tuple[str, ...]) -> None:
        wrong = [name.removesuffix("_") for name in foreign if name in given]
        if wrong:
            msg = f"`{wrong[0]}` does not belong to this kind of window"
            raise ValueError(msg)


def circle(windows: Mapping[str, MaintenanceTable]) -> tuple[str, ...]:
    """Return the names of windows that include each other in a circle; empty when none do."""
    settled: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if name in way:
            return (*way[way.index(name) :], name)
        if name in settled or name not in windows:
            return ()
        window = windows[name]
        for inner in (*window.include, *window.exclude):
            found = visit(inner, (*way, name))
            if found:
                return found
        settled.add(name)
        return ()

    for name in windows:
        found = visit(name, ())
        if found:
            return found
    return ()
