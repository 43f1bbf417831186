"""What a channel was last told of an alert, and what would be the truth now.

Everything a channel hears follows from the difference of the two. A mute only keeps a difference
from being told; when it ends, what is left of the difference is told, and what came and went in
the meantime has left none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from monitor.core.severity import Severity


class Saying(StrEnum):
    """What can be said of an alert. `UNHEARD`: the message was given up, so nothing was heard."""

    OPEN = "open"
    FLAPPING = "flapping"
    ENDED = "ended"
    UNHEARD = "unheard"


HEARD = frozenset({Saying.OPEN, Saying.FLAPPING})
"""After these the channel believes in a problem, so it is owed the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one channel was last told of one alert.

    `at` is when the message was made, `first_at` when the first about this incident was;
    `reminders` counts how often it was told again without news.
    """

    saying: Saying
    severity: Severity
    at: datetime
    first_at: datetime
    delivery: str
    route: str = ""
    reminders: int = 0


def told_from_dict(document: Mapping[str, Mapping[str, Any]]) -> dict[str, Told]:
    """Return what channels were told, read from plain JSON values under the same names.

    Raises:
        ValueError, KeyError: it is not such a document.
    """
    return {
        channel: Told(
            saying=Saying(one["saying"]),
            severity=Severity(one["severity"]),
            at=datetime.fromisoformat(one["at"]),
            first_at=datetime.fromisoformat(one["first_at"]),
            delivery=one["delivery"],
            route=one["route"],
            reminders=one["reminders"],
        )
        for channel, one in document.items()
    }
