"""The only reader of the wall clock; everything else is handed the time as a value."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. `monotonic` is for durations, `now` for instants (aware, UTC)."""

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the place

    def monotonic(self) -> float:
        """Return seconds that never run backwards."""
        return time.monotonic()


class FastClock:
    """A clock that runs `speed` times as fast as the machine's, from the instant it was made.

    It lets `demo` show minutes in seconds: daemon and simulator each hold one of the same start.
    """

    def __init__(self, speed: float, *, start: datetime | None = None) -> None:
        """Start at `start` (default: now)."""
        self._speed = speed
        self._origin = time.monotonic()
        self._start = start or SystemClock().now()

    def now(self) -> datetime:
        """Return the accelerated instant in UTC."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Return accelerated seconds since the start."""
        return (time.monotonic() - self._origin) * self._speed
