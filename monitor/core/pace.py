"""How many messages a channel may get: an allowance that refills evenly (a token bucket).

Kept as one instant, the time by which what was sent would be spread evenly (the generic cell rate
algorithm of ITU-T I.371), so that a restart forgets nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most `messages` at once, refilled evenly over `per`."""

    messages: int = 20
    per: timedelta = timedelta(minutes=5)

    def left(self, spent_until: datetime | None, now: datetime) -> int:
        """Return how many messages may be made now."""
        # `_each` is rounded to microseconds: that must not cost the last message.
        free = self.per - self._debt(spent_until, now) + timedelta(microseconds=self.messages)
        return min(free // self._each, self.messages)

    def spent(self, spent_until: datetime | None, now: datetime) -> datetime:
        """Return the state after one more message."""
        return now + self._debt(spent_until, now) + self._each

    def refunded(self, spent_until: datetime | None, now: datetime) -> datetime:
        """Return the state after one message was taken back."""
        return now + max(timedelta(), self._debt(spent_until, now) - self._each)

    def free_at(self, spent_until: datetime | None, now: datetime) -> datetime:
        """Return when the next message may be made."""
        return now + max(timedelta(), self._debt(spent_until, now) + self._each - self.per)

    def fullest(self, now: datetime) -> datetime:
        """Return the state in which nothing more may be made."""
        return now + self.per

    @property
    def _each(self) -> timedelta:
        return self.per / self.messages

    def _debt(self, spent_until: datetime | None, now: datetime) -> timedelta:
        if spent_until is None:
            return timedelta()
        # More than a full bucket of debt cannot be: the clock was set back.
        return min(max(spent_until - now, timedelta()), self.per)
