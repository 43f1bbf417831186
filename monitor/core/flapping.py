"""Alerts that open and resolve too often: the fact is told once, and then how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Flapping:
    """From `start` transitions (openings and recoveries) within `window` an alert flaps.

    It no longer does when `stop` or fewer are left in the window.
    """

    window: timedelta = timedelta(minutes=20)
    start: int = 6
    stop: int = 2

    def recent(self, transitions: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
        """Return the transitions that count at `now`; those a clock step left ahead do not."""
        return tuple(at for at in transitions if now - self.window < at <= now)

    def flaps(self, transitions: Sequence[datetime], now: datetime, *, already: bool) -> bool:
        """Tell whether an alert with these transitions flaps."""
        count = len(self.recent(transitions, now))
        return count > self.stop if already else count >= self.start

    def ends_at(self, transitions: Sequence[datetime], now: datetime) -> datetime:
        """Return when a flapping alert will have calmed if it changes no more."""
        recent = sorted(self.recent(transitions, now))
        last = recent[len(recent) - self.stop - 1] if len(recent) > self.stop else now
        return max(now, last + self.window)
