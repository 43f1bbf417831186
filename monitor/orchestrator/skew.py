"""Learns the server's time from the Date header of its answers.

`Date` has a resolution of one second and is stamped between our sending and our receiving, so each
answer bounds the server's time: at receiving it is later than `Date`, at sending it was earlier
than `Date + 1 s`. Many answers together narrow it to a few hundredths. No request is made for it.

The bounds are held against the monotonic clock. Whoever sets our wall clock, by an hour or by half
a second, changes nothing about what we know of the server's.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import gt, lt

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


class _Extreme:
    """The greatest of the bounds of the last ten minutes, or the least.

    Kept are those that will be it once the ones before them are too old: hardly ever many.
    """

    def __init__(self, is_beyond: Callable[[datetime, datetime], bool]) -> None:
        self._is_beyond = is_beyond
        self._bounds: deque[tuple[float, datetime]] = deque(maxlen=_MOST)

    def add(self, at_s: float, bound: datetime) -> datetime:
        """Take in a bound that was learned at an instant; return the extreme one."""
        bounds = self._bounds
        while bounds and at_s - bounds[0][0] > REMEMBER_S:
            bounds.popleft()
        while bounds and not self._is_beyond(bounds[-1][1], bound):
            bounds.pop()
        bounds.append((at_s, bound))
        return bounds[0][1]

    def clear(self) -> None:
        self._bounds.clear()


class Skew:
    """Between which instants the server's clock stood when the monotonic clock stood at zero.

    That is the intersection of the bounds of the last ten minutes. Not thread-safe.
    """

    def __init__(self) -> None:
        """Know nothing: the server's time counts as ours."""
        self._lows, self._highs = _Extreme(gt), _Extreme(lt)
        self._learned_s: float | None = None
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
        low = date - timedelta(seconds=received_s)
        high = date + _RESOLUTION - timedelta(seconds=sent_s)
        self._low = self._lows.add(received_s, low)
        self._high = self._highs.add(received_s, high)
        if self._low > self._high:
            self._lows.clear()
            self._highs.clear()
            self._low = self._lows.add(received_s, low)
            self._high = self._highs.add(received_s, high)
        self._learned_s = received_s
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
        if self._learned_s is None:
            return False
        parted = abs(now - timedelta(seconds=elapsed_s) - self._ours) > _STEP
        return not parted or elapsed_s - self._learned_s <= REMEMBER_S
