"""A message: what changed for whom, and how a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.alert import AlertEvent, EventKind, Reason, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageItem:
    """One alert within a message. `what` is "opened", "resolved" or "gone"."""

    alert_id: str
    rule: str
    severity: Severity
    what: str
    tenant: str
    kind: str
    name: str
    folder: str
    summary: str
    started_at: datetime
    ended_at: datetime | None
    runbook_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one evaluation tells one channel: everything that changed for it, in one piece."""

    at: datetime
    items: tuple[MessageItem, ...]

    @property
    def severity(self) -> Severity | None:
        """Return the worst severity among the problems; None for pure good news."""
        problems = [item.severity for item in self.items if item.what == "opened"]
        return max(problems, key=lambda severity: severity.rank, default=None)
