"""Availability: the share of the time that counts in which a robot could have worked.

    availability = up / (up + down)

Each moment of a period in which the robot was there is one of four, the first that applies:

1. maintenance: a planned window is open for it;
2. unseen: nobody looked (see `sightings.py`);
3. maintenance: its host is in Orchestrator's own maintenance mode;
   or unseen: it could not be told whether it answers;
4. down: it was unresponsive or disconnected; else up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from monitor.core.occurrences import Span
from monitor.core.spans import apart, length, together, within

NOTHING = timedelta()


class How(IntEnum):
    """How a robot was recorded to be."""

    UP = 0
    DOWN = 1
    MAINTAINED = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What is recorded of a robot: when it was there, and how it was. Spans in order and apart."""

    there: Sequence[Span] = ()
    down: Sequence[Span] = ()
    maintained: Sequence[Span] = ()
    unknown: Sequence[Span] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """How a robot, or several together, spent a period.

    `outages` counts how often something was down, `longest` is the longest of these times, as far
    as it counts.
    """

    up: timedelta = NOTHING
    down: timedelta = NOTHING
    maintenance: timedelta = NOTHING
    unseen: timedelta = NOTHING
    outages: int = 0
    longest: timedelta = NOTHING

    @property
    def counted(self) -> timedelta:
        """Return the time that counts."""
        return self.up + self.down

    @property
    def recorded(self) -> timedelta:
        """Return the time in which there was something to look at."""
        return self.counted + self.maintenance + self.unseen

    @property
    def availability(self) -> float | None:
        """Return the share of the time that counts; None where none does."""
        return self.up / self.counted if self.counted else None


def uptime(
    period: Span, recorded: Recorded, *, planned: Iterable[Span], blind: Iterable[Span]
) -> Uptime:
    """Return how a robot spent a period."""
    there = within(recorded.there, (period,))
    if not there:
        return Uptime()
    outside = within(there, planned)
    rest = apart(there, outside)
    unseen = within(rest, blind)
    rest = apart(rest, unseen)
    maintained = within(rest, recorded.maintained)
    rest = apart(rest, maintained)
    untold = within(rest, recorded.unknown)
    counted = apart(rest, untold)
    down = within(counted, recorded.down)
    outages = [length(within((one,), counted)) for one in together(recorded.down)]
    lasting = [one for one in outages if one]
    return Uptime(
        up=length(counted) - length(down),
        down=length(down),
        maintenance=length(outside) + length(maintained),
        unseen=length(unseen) + length(untold),
        outages=len(lasting),
        longest=max(lasting, default=NOTHING),
    )


def of_all(uptimes: Iterable[Uptime]) -> Uptime:
    """Return several robots together: each moment of each of them weighs the same."""
    several = tuple(uptimes)
    return Uptime(
        up=sum((one.up for one in several), NOTHING),
        down=sum((one.down for one in several), NOTHING),
        maintenance=sum((one.maintenance for one in several), NOTHING),
        unseen=sum((one.unseen for one in several), NOTHING),
        outages=sum(one.outages for one in several),
        longest=max((one.longest for one in several), default=NOTHING),
    )
