"""Ages, which time alone raises by one a second, and the instants from which they count.

A sample holds the instant: so it stays the same object while nothing but the time moves, and
whoever needs the age asks for it as of an instant. Instants are microseconds since 1970, whole
numbers as far as a float is exact (to the year 2255): so an age is what the clocks say, to the
microsecond.
"""

import math
from datetime import UTC, datetime, timedelta

S_IN_US = 1e6
NEVER_US = math.inf
"""The instant of what has not been: its age is 0."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(at: datetime) -> float:
    """Return an instant as microseconds since 1970."""
    return (at - _EPOCH) / _MICROSECOND


def age_s(since_us: float, at_us: float) -> float:
    """Return the seconds since an instant; 0 where it is still to come."""
    return max(0.0, (at_us - since_us) / S_IN_US)


def since_us(age_s: float, at_us: float) -> float:
    """Return the instant from which an age counts."""
    return at_us - age_s * S_IN_US
