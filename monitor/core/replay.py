"""Replays the recorded past by rules of any kind: what would have opened, and who been told.

It goes the way that alerts and messages go in the daemon (`Rehearsal`). Messages reach their
channels at once: how channels fared in the past is judged, but holds up no message of today.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core.alert import Alert, AlertEvent, AlertKey, EventKind, Reason
from monitor.core.happening import Acknowledged, Attempted, Happening, Polled
from monitor.core.mute import Acknowledgement, People, Silence
from monitor.core.plan import Plan
from monitor.core.rehearsal import Rehearsal
from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.core.turn import Turn


@dataclass(slots=True, kw_only=True)
class Incident:
    """An alert from its opening to its end, None while it lasts; `messages` spoke of it.

    `flaps` is how often it began to flap.
    """

    rule: str
    subject: Subject
    severity: Severity
    opened_at: datetime
    resolved_at: datetime | None = None
    end_reason: Reason | None = None
    messages: int = 0
    flaps: int = 0

    def lasted(self, until: datetime) -> timedelta:
        """Return how long it was open, up to an instant."""
        return (self.resolved_at or until) - self.opened_at


@dataclass(slots=True, kw_only=True)
class Replay:
    """What a plan makes of the past, one happening after the other.

    `silences` are all that there were. `incidents` are in the order in which they opened;
    `messages` are when each was told, and of the alerts of which rules.
    """

    plan: Plan
    collector_kinds: Mapping[str, tuple[str, ...]]
    started_at: datetime
    tenants: Mapping[str, Mapping[str, str]] | None = None
    expiries: Mapping[str, datetime] = field(default_factory=dict)
    silences: Iterable[Silence] = ()
    incidents: list[Incident] = field(default_factory=list)
    messages: list[tuple[datetime, frozenset[str]]] = field(default_factory=list)
    run: Rehearsal = field(init=False)
    _given: dict[str, Acknowledgement] = field(default_factory=dict)
    _open: dict[AlertKey, Incident] = field(default_factory=dict)
    _by_alert: dict[str, Incident] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without alerts."""
        self.run = Rehearsal(
            plan=self.plan,
            collector_kinds=self.collector_kinds,
            tenants=self.tenants,
            expiries=self.expiries,
            started_at=self.started_at,
            is_past=True,
        )
        self.silences = tuple(self.silences)
        self.run.hear(People(silences=self.silences))

    def go_on(self, happening: Happening) -> tuple[AlertEvent, ...]:
        """Go on to what happened next; return the events that followed."""
        at = happening.at
        if isinstance(happening, Polled):
            snapshot = happening.snapshot
            if not self.run.polls(snapshot.tenant, snapshot.collector):
                return ()
            self.run.poll((snapshot,), at)
        elif isinstance(happening, Attempted):
            self.run.tried(happening, at)
        elif isinstance(happening, Acknowledged):
            self.run.advance(at)
            self._given = {
                one: given for one, given in self._given.items() if given.expires_at > at
            }
            self._given[happening.given.alert_id] = happening.given
            self.run.hear(People(silences=tuple(self.silences), acknowledgements=self._given))
            self.run.look(at)
        elif happening.turn is Turn.START:
            self.run.restart(at, happening.past)
        elif happening.turn is Turn.RELOAD:
            self.run.reload(at, happening.past)
        else:
            self.run.rest(at)
        return self._take_in()

    def end(self, until: datetime) -> tuple[AlertEvent, ...]:
        """Let the time go on to an instant."""
        self.run.advance(until)
        return self._take_in()

    def _take_in(self) -> tuple[AlertEvent, ...]:
        """Make incidents of what happened, and forget it: a month may hold much."""
        run = self.run
        if not run.events and not run.attempts:
            return ()
        events = tuple(run.events)
        for event in events:
            self._note(event)
        for attempt in run.attempts:
            self._count(attempt.delivery.about, attempt.at)
        run.events.clear()
        run.attempts.clear()
        run.withdrawals.clear()
        return events

    def _note(self, event: AlertEvent) -> None:
        alert = event.alert
        if event.kind is EventKind.OPENED:
            self._begin(alert, event.at)
        elif event.kind is EventKind.RESOLVED:
            incident = self._open.pop(alert.key, None)
            if incident is not None:
                incident.resolved_at, incident.end_reason = event.at, event.reason
        elif event.kind is EventKind.FLAPPING:
            self._by_alert[alert.id].flaps += 1

    def _begin(self, alert: Alert, at: datetime) -> None:
        incident = Incident(
            rule=alert.rule, subject=alert.subject, severity=alert.severity, opened_at=at
        )
        self.incidents.append(incident)
        self._open[alert.key] = incident
        # The same alert may open again before everybody heard of its end: its newest counts.
        self._by_alert[alert.id] = incident

    def _count(self, about: Iterable[str], at: datetime) -> None:
        spoken_of = [self._by_alert[one] for one in about if one in self._by_alert]
        for incident in spoken_of:
            incident.messages += 1
        self.messages.append((at, frozenset(incident.rule for incident in spoken_of)))
