"""Times on the command line: read by the wall clock of this machine, shown by it and in UTC."""

from datetime import UTC, datetime, time, timedelta

import typer

_YEARS = range(1970, 3000)
_DAYS_AHEAD = 3
_RIGHT = (
    "must be a time such as 2027-03-28T01:30:00Z, 2027-03-28T03:30 (by this machine's clock) or "
    "03:30 (the next one)"
)


def instant(text: str, now: datetime, option: str) -> datetime:
    """Return the instant that a text names, in UTC.

    Without an offset it is a time on the wall of this machine; a time of day alone is the next.

    Raises:
        typer.BadParameter: it names none.
    """
    try:
        at = _time_of_day(text, now) or datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.year not in _YEARS:
        raise typer.BadParameter(_RIGHT, param_hint=option)
    return at.astimezone(UTC)


def both(at: datetime) -> str:
    """Return `Sat 2027-03-27 22:00 EET (20:00 UTC)`, with the date where UTC has another."""
    local, utc = at.astimezone(), at.astimezone(UTC)
    shown = f"{local:%a %Y-%m-%d} {_clock(local)} {local:%Z}"
    if local.utcoffset() == utc.utcoffset():
        return shown
    day = "" if local.date() == utc.date() else f"{utc:%Y-%m-%d} "
    return f"{shown} ({day}{_clock(utc)} UTC)"


def short(at: datetime, now: datetime) -> str:
    """Return the time of day by this machine's clock, with its date on another day."""
    local = at.astimezone()
    if local.date() == now.astimezone().date():
        return _clock(local)
    return f"{local:%b %d} {_clock(local)}" if local.year == now.year else f"{local:%Y-%m-%d %H:%M}"


def _time_of_day(text: str, now: datetime) -> datetime | None:
    """Return the next time at which this machine's clock shows `03:30`; None for another text."""
    if len(text) > len("03:30:00") or ":" not in text:
        return None
    wanted = time.fromisoformat(text)
    today = now.astimezone().date()
    for days in range(_DAYS_AHEAD):
        at = datetime.combine(today + timedelta(days=days), wanted).astimezone()
        if at > now:
            return at
    return None


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
