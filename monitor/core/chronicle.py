"""What happened in a run, instant by instant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.alert import Alert, AlertEvent
from monitor.core.rehearsal import Attempt, Withdrawal
from monitor.core.timeline import Performance


@dataclass(slots=True, kw_only=True)
class Moment:
    """An instant at which something happened.

    `open` are the open alerts after a step, where they are others than after the step before, or
    in another phase.
    """

    at: datetime
    open: Sequence[Alert] | None = None
    events: list[AlertEvent] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


def chronicle(played: Performance) -> list[Moment]:
    """Return the moments of a run in their order."""
    moments: dict[datetime, Moment] = {}

    def moment(at: datetime) -> Moment:
        return moments.setdefault(at, Moment(at=at))

    known: object = []
    for at, alerts in played.open_at.items():
        state = [(alert.id, alert.phase, bool(alert.mutes)) for alert in alerts]
        if state != known:
            moment(at).open = alerts
            known = state
    for event in played.run.events:
        moment(event.at).events.append(event)
    for withdrawal in played.run.withdrawals:
        moment(withdrawal.at).withdrawals.append(withdrawal)
    for attempt in played.run.attempts:
        moment(attempt.at).attempts.append(attempt)
    return sorted(moments.values(), key=lambda one: one.at)
