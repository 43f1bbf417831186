"""Numbers of which only a part was seen: "at least 3", "at most 7", and when they decide.

A window function that looks further back than the monitor has seen returns a `Bound`. A
comparison that holds for every number within it is True, one that holds for none is False, and
any other raises `Unclear`: nothing is ever guessed.
"""

import math
from dataclasses import dataclass


class Unclear(Exception):
    """What was seen does not decide it."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A number between `low` and `high`, both possible.

    `since` marks a count that is complete from that instant (POSIX seconds) on: two counts of the
    same stretch have a ratio that is a fair estimate of the whole window's.
    """

    low: float
    high: float
    since: float | None = None

    @property
    def known(self) -> float | None:
        """Return the end that was seen, for people; None when neither was."""
        if math.isfinite(self.low):
            return self.low
        return self.high if math.isfinite(self.high) else None

    def __lt__(self, other: "Bound | float") -> bool:
        """Compare with any number within."""
        low, high = _ends(other)
        if self.high < low:
            return True
        if self.low >= high:
            return False
        raise Unclear

    def __gt__(self, other: "Bound | float") -> bool:
        """Compare with any number within."""
        low, high = _ends(other)
        if self.low > high:
            return True
        if self.high <= low:
            return False
        raise Unclear

    def __le__(self, other: "Bound | float") -> bool:
        """Compare with any number within."""
        return not self > other

    def __ge__(self, other: "Bound | float") -> bool:
        """Compare with any number within."""
        return not self < other

    def __eq__(self, other: object) -> bool:
        """Be unequal to what is outside; what is inside cannot be told."""
        low, high = _ends(other)
        if self.high < low or self.low > high:
            return False
        if self.low == self.high == low == high:
            return True
        raise Unclear

    __hash__ = None  # type: ignore[assignment] # equality may be unclear

    def __pos__(self) -> "Bound":
        """Return itself."""
        return self

    def __neg__(self) -> "Bound":
        """Turn around zero."""
        return Bound(-self.high, -self.low)

    def __add__(self, other: "Bound | float") -> "Bound":
        """Add; counts of the same stretch make a count of it."""
        low, high = _ends(other)
        same = isinstance(other, Bound) and other.since == self.since
        return Bound(self.low + low, self.high + high, self.since if same else None)

    def __sub__(self, other: "Bound | float") -> "Bound":
        """Subtract."""
        return self + -other

    def __mul__(self, other: "Bound | float") -> "Bound":
        """Multiply."""
        low, high = _ends(other)
        products = [_times(a, b) for a in (self.low, self.high) for b in (low, high)]
        return Bound(min(products), max(products))

    def __truediv__(self, other: "Bound | float") -> "Bound | float":
        """Divide; counts of the same stretch give an estimate.

        Raises:
            ZeroDivisionError: the divisor is zero.
            Unclear: it may be zero.
        """
        if isinstance(other, Bound) and self.since is not None and self.since == other.since:
            return self.low / other.low
        low, high = _ends(other)
        if low <= 0.0 <= high:
            if low == high:
                raise ZeroDivisionError
            raise Unclear
        return self * Bound(1.0 / high, 1.0 / low)

    def __radd__(self, other: float) -> "Bound":
        """Add."""
        return self + other

    def __rsub__(self, other: float) -> "Bound":
        """Subtract."""
        return -self + other

    def __rmul__(self, other: float) -> "Bound":
        """Multiply."""
        return self * other

    def __rtruediv__(self, other: float) -> "Bound | float":
        """Divide."""
        return Bound(other, other) / self


def _ends(number: object) -> tuple[float, float]:
    """Return both ends of a number or bound. Raises Unclear for what is not known at all."""
    if isinstance(number, Bound):
        return number.low, number.high
    if isinstance(number, int | float):
        return number, number
    raise Unclear


def _times(a: float, b: float) -> float:
    """Multiply ends of ranges, where nothing times anything is nothing."""
    return 0.0 if 0.0 in (a, b) else a * b
