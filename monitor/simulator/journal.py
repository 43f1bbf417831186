"""What was asked of the simulator: a log for assertions, without tokens, bodies or secrets."""

import fnmatch
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request with the status it got (0: the connection was reset).

    `endpoint` is the short name (`QueueItems`, `Token`, …; `Unknown` where the path is), `query`
    the raw query string, `folder` the folder header's value, `at` the injected clock's instant.
    `metered`: it counts against the published limit of the tenant.
    """

    at: datetime
    method: str
    path: str
    endpoint: str
    query: str
    folder: str | None
    status: int
    metered: bool = False

    @property
    def is_read(self) -> bool:
        """Asking for a token is a POST, and yet changes nothing of the tenant."""
        return self.method == "GET" or (self.method == "POST" and self.endpoint == "Token")


class Journal:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        """Begin empty."""
        self._askings: deque[Asking] = deque(maxlen=_MOST)
        self._metered: deque[datetime] = deque()

    def note(self, asking: Asking) -> None:
        """Add a request."""
        self._askings.append(asking)

    def all(self, endpoint: str = "*") -> tuple[Asking, ...]:
        """Return the requests whose endpoint's name matches the pattern."""
        return tuple(
            asking
            for asking in tuple(self._askings)
            if fnmatch.fnmatchcase(asking.endpoint, endpoint)
        )

    def counts(self) -> Counter[str]:
        """Return how many requests there were by endpoint, sign-ins (`Token`) among them."""
        return Counter(asking.endpoint for asking in self.all())

    def metered(self) -> tuple[Asking, ...]:
        """Return the requests that counted against the published limit."""
        return tuple(asking for asking in self.all() if asking.metered)

    def clear(self) -> None:
        """Forget the requests (not what was metered)."""
        self._askings.clear()

    def meter(self, now: datetime, limit: int) -> bool:
        """Count a metered request; False where it is beyond the limit of the last minute."""
        while self._metered and self._metered[0] <= now - timedelta(minutes=1):
            self._metered.popleft()
        if len(self._metered) >= limit:
            return False
        self._metered.append(now)
        return True
