"""Our own share of what a tenant's integrations share: requests for the metered lists.

Source: Orchestrator reference, published limits: 100 requests a minute for the lists of jobs and
of queue items, of all that ask the tenant together.
"""

import threading
from collections.abc import Callable

METERED = frozenset({"/odata/Jobs", "/odata/QueueItems"})
"""The lists whose requests are counted; one entity by its key is not."""

DEFAULT_SHARE = 20
_BURST = 0.25


class Budget:
    """A bucket of tokens, one a request. Thread-safe.

    A quarter of the share may go at once, the rest comes by and by: so in no minute is it more
    than the share.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float]) -> None:
        """Begin full; `per_minute` is the share, one at least. `taken` counts."""
        self._monotonic = monotonic
        self._most = max(1.0, float(int(per_minute * _BURST)))
        # Of a share of one nothing would be left to come: then one comes every other minute.
        self._each_s = 60.0 / max(per_minute - self._most, 0.5)
        self._left = self._most
        self.taken = 0
        self._counted_at = monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Take a token; False when there is none now."""
        with self._lock:
            now = self._monotonic()
            came = max(0.0, now - self._counted_at) / self._each_s
            self._left, self._counted_at = min(self._most, self._left + came), now
            if self._left < 1.0:
                return False
            self._left -= 1.0
            self.taken += 1
            return True
