"""Learns how far the server's clock is from ours, from the Date header of its answers.

`Date` has a resolution of one second and is stamped between our sending and our receiving, so each
answer bounds the skew: `Date - received < skew < Date + 1 s - sent`. Many answers together narrow
it to a few hundredths. No request is made for it.
"""

from collections import deque
from datetime import datetime, timedelta

REMEMBER_S = 600.0
_RESOLUTION = timedelta(seconds=1)
_MOST = 128


class Skew:
    """The intersection of the bounds of the last ten minutes. Not thread-safe."""

    def __init__(self) -> None:
        """Know nothing: the skew counts as zero."""
        self._bounds: deque[tuple[float, timedelta, timedelta]] = deque(maxlen=_MOST)
        self.offset = timedelta()

    def observe(
        self, date: datetime, *, sent_at: datetime, received_at: datetime, elapsed_s: float
    ) -> None:
        """Take one answer into account.

        `sent_at` and `received_at` are our wall clock's, `elapsed_s` is monotonic. When the bounds
        exclude each other, somebody's clock was set: only the newest counts from then on.
        """
        low, high = date - received_at, date + _RESOLUTION - sent_at
        if low > high:
            return  # our own clock was set back while we waited
        bounds = self._bounds
        while bounds and elapsed_s - bounds[0][0] > REMEMBER_S:
            bounds.popleft()
        lowest = max((low, *(bound[1] for bound in bounds)))
        highest = min((high, *(bound[2] for bound in bounds)))
        if lowest > highest:
            bounds.clear()
            lowest, highest = low, high
        bounds.append((elapsed_s, low, high))
        self.offset = (lowest + highest) / 2
