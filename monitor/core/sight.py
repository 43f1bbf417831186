"""How well the monitor sees, in one word for people and scripts."""

from collections.abc import Mapping
from enum import StrEnum


class Sight(StrEnum):
    """From good to worst."""

    OK = "ok"
    STALE = "stale"
    THROTTLED = "throttled"
    UNAUTHORIZED = "unauthorized"
    UNREACHABLE = "unreachable"

    @property
    def rank(self) -> int:
        """Return 0 for ok and more for worse."""
        return list(Sight).index(self)


_OF_OUTCOME: Mapping[str, Sight] = {
    "ok": Sight.OK,
    "throttled": Sight.THROTTLED,
    "unauthorized": Sight.UNAUTHORIZED,
    "forbidden": Sight.UNAUTHORIZED,
    "folder": Sight.UNAUTHORIZED,
    "unreachable": Sight.UNREACHABLE,
    "unexpected": Sight.UNREACHABLE,
}


def sight_after(outcome: str) -> Sight:
    """Return how well is seen after a poll of this outcome: "ok" or the kind of the failure.

    After anything else, such as an answer that is not believed, the last known is what there is.
    """
    return _OF_OUTCOME.get(outcome, Sight.STALE)
