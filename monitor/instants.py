"""Instants as plain numbers: microseconds since 1970, exact up to the year 2255."""

import math
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
NEVER_US = math.inf
"""The instant of what has not been, so far: later than any."""


def posix_us(at: datetime) -> float:
    """Return an instant as microseconds since 1970, a whole number."""
    return (at - EPOCH) / MICROSECOND
