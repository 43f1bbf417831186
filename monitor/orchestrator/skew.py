"""Learns the server's time from the Date header of its answers.

`Date` has a resolution of one second and is stamped between our sending and our receiving, so each
answer bounds the server's time: at receiving it is later than `Date`, at sending it was earlier
than `Date + 1 s`. Many answers together narrow it to a few hundredths. No request is made for it.

The bounds are held against the monotonic clock. Whoever sets our wall clock, by an hour or by half
a second, changes nothing about what we know of the server's.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

REMEMBER_S = 600.0
_RESOLUTION = timedelta(seconds=1)
_MOST = 128
_STEP = timedelta(seconds=1)
# Before there was an Orchestrator; a date of the year 1 is read as one of 2001.
_PLAUSIBLE = (datetime(2015, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Offset:
    """How many seconds the server's clock is ahead of ours, and how exactly that is known."""

    seconds: float
    within_s: float


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Between which instants the server's clock stood when the monotonic clock stood at zero."""

    at_s: float
    low: datetime
    high: datetime


class Skew:
    """The intersection of the bounds of the last ten minutes. Not thread-safe."""

    def __init__(self) -> None:
        """Know nothing: the server's time counts as ours."""
        self._bounds: deque[_Bounds] = deque(maxlen=_MOST)
        self._low = self._high = _PLAUSIBLE[0]
        self._ours = _PLAUSIBLE[0]

    def observe(self, date: datetime, *, sent_s: float, received_s: float, now: datetime) -> None:
        """Take one answer into account.

        `sent_s` and `received_s` are monotonic; `now` is our wall clock's at receiving. When the
        bounds exclude each other, the server's clock was set, or this machine was asleep: only the
        newest counts from then on. A date of another century is no date.
        """
        if not _PLAUSIBLE[0] <= date <= _PLAUSIBLE[1]:
            return
        newest = _Bounds(
            at_s=received_s,
            low=date - timedelta(seconds=received_s),
            high=date + _RESOLUTION - timedelta(seconds=sent_s),
        )
        bounds = self._bounds
        while bounds and received_s - bounds[0].at_s > REMEMBER_S:
            bounds.popleft()
        self._low = max((newest.low, *(one.low for one in bounds)))
        self._high = min((newest.high, *(one.high for one in bounds)))
        if self._low > self._high:
            bounds.clear()
            self._low, self._high = newest.low, newest.high
        bounds.append(newest)
        self._ours = now - timedelta(seconds=received_s)

    def server_time(self, now: datetime, elapsed_s: float) -> datetime:
        """Return the server's now; ours as long as nothing is known."""
        if not self._is_known(now, elapsed_s):
            return now
        return self._low + (self._high - self._low) / 2 + timedelta(seconds=elapsed_s)

    def offset(self, now: datetime, elapsed_s: float) -> Offset | None:
        """Return how far the server's clock is from ours, None as long as nothing is known."""
        if not self._is_known(now, elapsed_s):
            return None
        ahead = self.server_time(now, elapsed_s) - now
        return Offset(ahead.total_seconds(), (self._high - self._low).total_seconds() / 2)

    def _is_known(self, now: datetime, elapsed_s: float) -> bool:
        """Return whether there are bounds to go by.

        Our clocks may have parted because the wall clock was set, which is no matter, or because
        this machine was asleep, which is. The next answer tells; without one for ten minutes
        nothing is known any more.
        """
        if not self._bounds:
            return False
        parted = abs(now - timedelta(seconds=elapsed_s) - self._ours) > _STEP
        return not parted or elapsed_s - self._bounds[-1].at_s <= REMEMBER_S
