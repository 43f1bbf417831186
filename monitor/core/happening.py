"""What is recorded of the past, one thing after the other: what a replay goes by."""

from dataclasses import dataclass
from datetime import datetime

from monitor.core.delivery import DeliveryState
from monitor.core.mute import Acknowledgement
from monitor.core.recall import Past
from monitor.core.sample import Snapshot
from monitor.core.turn import Turn


@dataclass(frozen=True, slots=True)
class Polled:
    """A poll, judged at `at`."""

    at: datetime
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Turned:
    """The daemon began, was reloaded, or let its timers rest; `past` is what was known then."""

    at: datetime
    turn: Turn
    past: Past


@dataclass(frozen=True, slots=True)
class Attempted:
    """An attempt to deliver was over: the channel took the message, or did not."""

    at: datetime
    channel: str
    state: DeliveryState
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody acknowledged an alert."""

    at: datetime
    given: Acknowledgement


Happening = Polled | Turned | Attempted | Acknowledged
