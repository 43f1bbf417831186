"""How licenses of a type were used in a period: peak, mean by time, and how long they were scarce.

Instants are milliseconds; a period has its start and not its end.
"""

from dataclasses import dataclass
from typing import NamedTuple

SCARCE = 0.9
FULL = 1.0


class LicenseRow(NamedTuple):
    """What was recorded of a license type from one instant to another; None is not known."""

    begin: int
    end: int
    allowed: float | None
    used: float | None
    ratio: float | None


@dataclass(slots=True)
class LicenseTally:
    """One type of license over one period.

    `peak_at` is when the greatest use was first seen; `allowed` is the newest known in the period.
    `scarce` and `full` are how long nine tenths, and all, were in use. Times count as far as they
    were seen.
    """

    since: int
    until: int
    allowed: float | None = None
    peak: float | None = None
    peak_at: int | None = None
    peak_ratio: float | None = None
    seen: int = 0
    used_sum: float = 0.0
    scarce: int = 0
    full: int = 0

    @property
    def mean_used(self) -> float | None:
        """Return the mean use by time; None where none was seen for any time."""
        return self.used_sum / self.seen if self.seen else None

    def add(self, row: LicenseRow, seen: int) -> None:
        """Count a row that reaches into the period, of which so much was seen there."""
        if not seen and row.begin < self.since:
            return
        if row.allowed is not None:
            self.allowed = row.allowed
        if row.used is not None:
            self.seen += seen
            self.used_sum += row.used * seen
            if self.peak is None or row.used > self.peak:
                self.peak, self.peak_at = row.used, max(row.begin, self.since)
        if row.ratio is not None:
            self.peak_ratio = max(row.ratio, self.peak_ratio or 0.0)
            self.scarce += seen if row.ratio >= SCARCE else 0
            self.full += seen if row.ratio >= FULL else 0
