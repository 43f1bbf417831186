"""How instants, durations and numbers read: for scripts in one form, for people in another."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from monitor.core.matching import Where

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FEW = 100


def iso(at: datetime | None) -> str | None:
    """Return ISO 8601 in UTC to the second with `Z`, as scripts read it; None stays None."""
    if at is None:
        return None
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def iso_ms(at_ms: int) -> str:
    """Return milliseconds since 1970 as `iso` does an instant, for where there are very many."""
    hour, left = divmod(at_ms // 1000, _HOUR)
    return f"{_to_the_hour(hour)}{left // _MINUTE:02}:{left % _MINUTE:02}Z"


@lru_cache(maxsize=1000)
def _to_the_hour(number: int) -> str:
    return f"{_EPOCH + timedelta(hours=number):%Y-%m-%dT%H:}"


def clock_time(at: datetime, now: datetime) -> str:
    """Return the time of day; with its date when it is another day: `Jan 04 22:10:00`."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    if at.date() == now.date():
        return f"{at:%H:%M:%S}"
    if at.year == now.year:
        return f"{at:%b %d %H:%M:%S}"
    return f"{at:%Y-%m-%d %H:%M:%S}"


def span(length: timedelta) -> str:
    """Return a length of time in its two largest units: `3 s`, `2 min`, `1 h 5 min`, `3 d 4 h`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        minutes, rest = divmod(seconds, _MINUTE)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"  # noqa: PLR2004 - few
    if seconds < _DAY:
        hours, rest = divmod(seconds, _HOUR)
        minutes = rest // _MINUTE
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, rest = divmod(seconds, _DAY)
    hours = rest // _HOUR
    return f"{days} d {hours} h" if hours else f"{days} d"


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago something was: `3 s ago`, `never` for None."""
    return "never" if at is None else f"{span(now - at)} ago"


def number(value: float | None) -> str:
    """Return a number as short as it may be told: `42`, `0.85`; `-` when it is not known."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "-"
    if float(value).is_integer():
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= _FEW else f"{value:.3g}"


def count(amount: int, one: str, many: str = "") -> str:
    """Return `1 rule`, `8 rules`, `no rules`."""
    name = one if amount == 1 else many or f"{one}s"
    return f"{amount or 'no'} {name}"


def matcher_texts(where: Where) -> list[str]:
    """Return the matchers as they are written on the command line: `["name=x", "team!~a|b"]`."""
    return [str(matcher) for matcher in where.matchers]
