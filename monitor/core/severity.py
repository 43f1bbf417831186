"""How bad an alert is."""

from enum import StrEnum


class Severity(StrEnum):
    """How bad; ordered by `rank`."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for info, 1 for warning, 2 for critical."""
        return _RANKS[self.value]


_RANKS = {"info": 0, "warning": 1, "critical": 2}
