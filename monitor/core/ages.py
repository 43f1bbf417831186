"""Ages, which time alone raises by one a second, and the instants from which they count.

A sample holds the instant, in microseconds since 1970: so it stays the same object while nothing
but the time moves, and whoever needs the age asks for it as of an instant. It is what the clocks
say, to the microsecond.
"""

S_IN_US = 1e6


def age_s(since_us: float, at_us: float) -> float:
    """Return the seconds since an instant; 0 where it is still to come."""
    return max(0.0, (at_us - since_us) / S_IN_US)


def since_us(age_s: float, at_us: float) -> float:
    """Return the instant from which an age counts."""
    return at_us - age_s * S_IN_US
