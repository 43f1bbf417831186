"""A moment of the past as people write it: how long ago, or when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.core.duration import parse_duration

_YEARS = range(1970, 3000)
_RIGHT = (
    'must be how long ago ("90s", "10m", "7d"), or a time such as 2027-03-28, 2027-03-28T03:30 (by '
    "this machine's clock) or 2027-03-28T01:30:00Z"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """Either `ago`, or the instant `at`."""

    ago: timedelta = timedelta()
    at: datetime | None = None

    def before(self, now: datetime) -> datetime:
        """Return the instant, in UTC."""
        return self.at if self.at is not None else now - self.ago


def parse_moment(text: str) -> Moment:
    """Read a text such as `7d`, `2027-03-28`, or a time with or without its offset.

    Raises:
        ValueError: it is something else; says what would be right.
    """
    try:
        return Moment(ago=parse_duration(text))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_RIGHT) from None
    if at.year not in _YEARS:
        raise ValueError(_RIGHT)
    # Without an offset it is a time on the wall of this machine.
    return Moment(at=at.astimezone(UTC))
