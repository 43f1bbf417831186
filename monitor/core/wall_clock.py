"""The wall clock of a zone: which instant is meant by a time that it shows twice, or never.

One rule for both: a wall time is the *first* instant at which the clock shows it or a later time.
In a repeated hour that is the first of the two; a time that the clocks jump over is the instant
at which they have jumped. The rule keeps order: a later wall time is never an earlier instant.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

BEGINNING = datetime(1, 1, 3, tzinfo=UTC)
"""Stands for every instant before it: a zone could not be applied there."""

FOREVER = datetime(9999, 12, 29, tzinfo=UTC)
"""Stands for every instant after it, and for the end of what never ends."""

_SECOND = timedelta(seconds=1)


# Windows are asked each second, about the same few times of the same few days.
@lru_cache(maxsize=4096)
def first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant, in UTC, at which the zone's clock shows `wall` or a later time.

    `wall` has no zone. The years 1 and 9999 are told as `BEGINNING` and `FOREVER`.
    """
    if not BEGINNING.year < wall.year < FOREVER.year:
        return BEGINNING if wall.year <= BEGINNING.year else FOREVER
    before, after = _offsets(wall, zone)
    if after > before:
        return _jump(wall, zone)
    return (wall - before).replace(tzinfo=UTC)


def is_skipped(wall: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the zone's clock jumps over a wall time."""
    before, after = _offsets(wall, zone)
    return after > before


def is_repeated(wall: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the zone's clock shows a wall time twice."""
    before, after = _offsets(wall, zone)
    return after < before


def wall_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return what the zone's clock shows at an instant, without zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def _offsets(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return the distances from UTC before and after a change of the clocks at `wall`, if any."""
    local = wall.replace(tzinfo=zone, fold=0)
    return local.utcoffset() or timedelta(), local.replace(fold=1).utcoffset() or timedelta()


def _jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant at which the clock jumps over `wall`: a whole second."""
    before, after = _offsets(wall, zone)
    low = (wall - after).replace(microsecond=0, tzinfo=UTC)
    high = (wall - before).replace(microsecond=0, tzinfo=UTC)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
