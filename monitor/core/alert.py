"""What an alert is, and the events of its life."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.core.told import Told

# The letters of base 32 (RFC 4648), two at once.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]


class Phase(StrEnum):
    """Where an alert stands in its life."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


class EventKind(StrEnum):
    """A transition of an alert, or a decision about who hears of it."""

    PENDING = "pending"
    OPENED = "opened"
    RESOLVED = "resolved"
    DROPPED = "dropped"
    WORSENED = "worsened"
    EASED = "eased"
    FLAPPING = "flapping"
    SETTLED = "settled"
    MUTED = "muted"
    UNMUTED = "unmuted"


class Reason(StrEnum):
    """Why a transition happened: stored with it, shown by `alerts show`."""

    BREACHED = "breached"
    HOLD_OVER = "hold over"
    RECOVERED = "recovered"
    GONE = "gone"
    RULE_REMOVED = "rule removed"
    OUT_OF_SCOPE = "no longer matches the rule"
    NOT_WATCHED = "no longer watched"
    NO_DATA = "no data"
    SEVERITY_CHANGED = "the rule's severity changed"
    FLAPPED = "opened and resolved too often"
    CALMED = "no longer opens and resolves"
    MUTE_BEGAN = "mute began"
    MUTE_ENDED = "mute ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One incident: a rule's condition held for a subject. Immutable; the engine makes new ones.

    Identity is (rule, subject), never a display name. `id` names this incident in every message:
    it is made from rule, subject and start, so the same incident has the same id after a crash.
    A problem that comes back before everybody heard of its end is the same incident still.

    Timers count only time in which the monitor saw: `held` is how long the condition has been
    seen to hold without interruption, `held_at` the last evaluation that counted (None after a
    gap: a failed poll or a restart pauses the timer). `fine`/`fine_at` do the same for recovery.

    `rule_text` is the rule as it was when the alert began, in words; taken anew when it opens.
    `told` is what each channel was last told, `mutes` what keeps it from being told more, in
    words; `unmuted_at` is when the last of them ended. `has_no_data`: it is open because its
    subject is no longer reported. `end_reason` is why it ended.
    """

    id: str
    rule: str
    subject: Subject
    severity: Severity
    phase: Phase
    started_at: datetime
    summary: str
    value: float | None
    limit: float | None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    updated_at: datetime
    held: timedelta = timedelta()
    held_at: datetime | None = None
    held_count: int = 0
    fine: timedelta = timedelta()
    fine_at: datetime | None = None
    fine_count: int = 0
    absent_count: int = 0
    has_no_data: bool = False
    end_reason: Reason | None = None
    flapping_since: datetime | None = None
    mutes: tuple[str, ...] = ()
    unmuted_at: datetime | None = None
    told: Mapping[str, Told] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    rule_text: str = ""

    @property
    def key(self) -> "AlertKey":
        """Return the identity."""
        return AlertKey(self.rule, self.subject.identity)


class AlertKey(NamedTuple):
    """The identity of an alert: the rule's name in the configuration, and that of the subject."""

    rule: str
    subject: tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """One transition, with the facts as they were: the audit that `alerts show` reads.

    `detail` names what the reason speaks of, such as the silence that mutes.
    """

    alert: Alert
    kind: EventKind
    reason: Reason
    at: datetime
    detail: str = ""


def incident_id(rule: str, subject: Subject, started_at: datetime) -> str:
    """Return ten letters and digits that name an incident, the same for the same start."""
    text = "\x00".join((rule, *subject.identity, started_at.isoformat()))
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()[:7], "big") >> 6
    return "".join([_PAIRS[number >> shift & 1023] for shift in (40, 30, 20, 10, 0)])
