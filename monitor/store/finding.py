"""What `db check` finds: what is wrong, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class About(StrEnum):
    """What a finding is about."""

    DAMAGE = "damage"
    SCHEMA = "schema"
    DRIFT = "drift"
    ORPHANS = "orphans"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and its cure; `rows` is how many it concerns, where that counts."""

    about: About
    what: str
    cure: str
    rows: int | None = None

    def __str__(self) -> str:
        """Read as `what: cure`."""
        return f"{self.what}: {self.cure}"
