"""When a collector saw its tenant and when it was blind: made of its polls, one after the other.

From one good poll to the next it saw what there was, unless these are more than three intervals
apart: then nobody knows what happened in between. The interval is the configured one, or the usual
time between two polls just before, where that was longer: what was asked less often in the past
was not unseen.
"""

from collections import deque
from statistics import median_low

INTERVALS = 3
"""So many intervals without a good poll are blindness, as in the sight of `status`."""

_FEW = 5


class Sightings:
    """The polls of one collector of one tenant, in the order of time. Instants are milliseconds."""

    def __init__(self, every_ms: int) -> None:
        """Begin without any."""
        self._every = every_ms
        self._steps: deque[int] = deque(maxlen=_FEW)
        self._fresh: list[int] = []
        self._started: int | None = None
        self._last_good: int | None = None
        self._gaps: list[tuple[int, int]] = []
        self.first_seen: int | None = None
        self.last_seen: int | None = None

    def polled(self, started: int, observed: int | None) -> None:
        """Take in a poll: when it began by our clock, and of a good one when it saw."""
        if self._started is not None:
            self._fresh.append(started - self._started)
        self._started = started
        if observed is None:
            return
        self._last_good = started
        if self.last_seen is None:
            self.first_seen = self.last_seen = observed
        elif observed > self.last_seen:
            if observed - self.last_seen > INTERVALS * self._every and (
                observed - self.last_seen > INTERVALS * self._usual()
            ):
                self._gaps.append((self.last_seen, observed))
            self.last_seen = observed
        self._steps.extend(self._fresh[-_FEW:])
        self._fresh.clear()

    def watched(self, started: int, observed: int) -> None:
        """Take in a good poll; all before it came in time, so that they need not be told."""
        self._started = self._last_good = started
        self.last_seen = observed

    def blind(self, since: int, until: int) -> list[tuple[int, int]]:
        """Return the times within a period in which nothing was seen.

        Before the first good poll nothing was, and nothing since the last.
        """
        if self.first_seen is None or self.last_seen is None:
            return [(since, until)]
        found: list[tuple[int, int]] = []
        for start, end in ((since, self.first_seen), *self._gaps, (self.last_seen, until)):
            begin, stop = max(start, since), min(end, until)
            if begin < stop and found and found[-1][1] == begin:
                found[-1] = found[-1][0], stop
            elif begin < stop:
                found.append((begin, stop))
        return found

    def unseen(self, until: int) -> list[tuple[int, int]]:
        """Return the times between good polls that are too far apart, in order.

        The last lasts until `until`, an instant by our clock, if a good poll is overdue by then.
        What was before the first good poll is not among them: a record may begin at any time.
        """
        found = list(self._gaps)
        if (
            self.last_seen is not None
            and self._last_good is not None
            and until - self._last_good > INTERVALS * self._every
            and until > self.last_seen
        ):
            found.append((self.last_seen, until))
        return found

    def _usual(self) -> int:
        """Return the usual time between two polls up to the last good one; 0 after too few."""
        return median_low(self._steps) if len(self._steps) == _FEW else 0
