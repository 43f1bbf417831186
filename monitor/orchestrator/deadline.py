"""How long something may still take."""

from collections.abc import Callable


class Deadline:
    """An instant of a monotonic clock after which nobody waits any more."""

    __slots__ = ("_at", "_monotonic")

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        """Let `seconds` pass from now."""
        self._monotonic = monotonic
        self._at = monotonic() + seconds

    def remaining_s(self) -> float:
        """Return the seconds left; zero or less once it has passed."""
        return self._at - self._monotonic()

    def passed(self) -> bool:
        """Return whether the time is over."""
        return self.remaining_s() <= 0
