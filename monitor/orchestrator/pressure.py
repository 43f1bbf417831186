"""Slows down where Orchestrator asks for it (429): what matters less waits longer.

A refusal holds back requests of its own kind and of those that matter less, so the sessions are
the last to be given up and the first to come back. Each refusal soon after the last one doubles
the wait. Source: Orchestrator reference, rate limits.
"""

import threading
from collections.abc import Callable
from enum import IntEnum

LONGEST_OBEYED_S = 3600.0
"""So long a Retry-After is kept to."""

# The published limits count by the minute.
_FIRST_WAIT_S = 60.0
_SOON_S = 600.0


class Need(IntEnum):
    """How much a request matters: who sees the robots comes first."""

    METERED = 0
    ORDINARY = 1
    FIRST = 2


_LONGEST_S = {Need.METERED: 600.0, Need.ORDINARY: 300.0, Need.FIRST: 120.0}


class Pressure:
    """Tells how long to leave Orchestrator alone. Thread-safe; seconds are monotonic."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Begin without any."""
        self._monotonic = monotonic
        self._held_until = dict.fromkeys(Need, 0.0)
        self._refusals = dict.fromkeys(Need, 0)
        self._lock = threading.Lock()

    def wait_s(self, need: Need) -> float:
        """Return the seconds for which such a request is held back, 0 where it may go."""
        return max(0.0, self._held_until[need] - self._monotonic())

    def refused(self, need: Need, asked_s: float | None) -> None:
        """Take note of a 429; `asked_s` is its Retry-After, None where it does not say.

        Several at once, of requests that were under way together, count as one.
        """
        with self._lock:
            now = self._monotonic()
            until = self._held_until[need]
            if now >= until:
                is_soon = until and now - until < _SOON_S
                self._refusals[need] = self._refusals[need] + 1 if is_soon else 1
            own_s = _FIRST_WAIT_S * 2.0 ** min(self._refusals[need] - 1, 8)
            if need is Need.FIRST:
                own_s /= 2
            if asked_s is not None and self._refusals[need] == 1:
                own_s = 0.0
            for each in Need:
                if each <= need:
                    # Who matters less comes back later, when it is known to go well.
                    wait_s = min(own_s if each is need else own_s * 2, _LONGEST_S[each])
                    wait_s = max(wait_s, min(asked_s or 0.0, LONGEST_OBEYED_S))
                    self._held_until[each] = max(self._held_until[each], now + wait_s)
