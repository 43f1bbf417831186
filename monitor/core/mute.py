"""What keeps an alert from being told, for whatever reason: one form for all of them.

A silence, an acknowledgement, a maintenance window, an inhibition: each gives a `Mute` with a name
for people. Nothing that is muted is forgotten: it is told when the mute ends, if it is still so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.core.alert import Alert, Phase
from monitor.core.calendar import Maintenance
from monitor.core.matching import Where
from monitor.core.severity import Severity


class MuteKind(StrEnum):
    """Why an alert is not told."""

    SILENCE = "silence"
    ACKNOWLEDGED = "acknowledged"
    MAINTENANCE = "maintenance"
    INHIBITED = "inhibited"
    ROUTE = "route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """One reason not to tell an alert now. `until` is when it ends, where that is known."""

    kind: MuteKind
    name: str
    until: datetime | None = None
    route: str | None = None

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Somebody asked not to hear of some alerts for a while; half-open, from start to end."""

    id: str
    where: Where
    starts_at: datetime
    ends_at: datetime
    author: str
    comment: str

    def is_active(self, now: datetime) -> bool:
        """Tell whether it mutes at `now`."""
        return self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody takes care of an incident: no reminders and no escalation until it is resolved.

    It ends at `expires_at` at the latest, and counts for a severity up to the one it was given at.
    """

    alert_id: str
    severity: Severity
    at: datetime
    expires_at: datetime
    author: str
    note: str = ""

    def covers(self, alert: Alert, now: datetime) -> bool:
        """Tell whether it mutes an alert at `now`; an end is always told."""
        return (
            alert.id == self.alert_id
            and alert.phase is Phase.FIRING
            and alert.severity.rank <= self.severity.rank
            and now < self.expires_at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people have said: silences, and for each incident its newest acknowledgement."""

    silences: Sequence[Silence] = ()
    acknowledgements: Mapping[str, Acknowledgement] = field(default_factory=dict)


class Mutes:
    """The mutes that depend on the time and on people, as they are at one instant."""

    def __init__(self, people: People, maintenances: Iterable[Maintenance], now: datetime) -> None:
        """Find out what is active at `now`."""
        self._now = now
        self._acknowledgements = people.acknowledgements
        self._silences = [
            (
                silence.where,
                Mute(
                    kind=MuteKind.SILENCE,
                    name=f"{silence.id} by {silence.author}: {silence.comment}",
                    until=silence.ends_at,
                ),
            )
            for silence in people.silences
            if silence.is_active(now)
        ]
        self._windows = [
            (window.where, Mute(kind=MuteKind.MAINTENANCE, name=window.name))
            for window in maintenances
            if window.window.contains(now)
        ]

    def of(self, alert: Alert, labels: Mapping[str, str]) -> list[Mute]:
        """Return the mutes of one alert."""
        found = [mute for where, mute in (*self._silences, *self._windows) if where.matches(labels)]
        given = self._acknowledgements.get(alert.id)
        if given is not None and given.covers(alert, self._now):
            name = f"by {given.author}" + (f": {given.note}" if given.note else "")
            found.append(Mute(kind=MuteKind.ACKNOWLEDGED, name=name, until=given.expires_at))
        return found


def next_changes(
    people: People, maintenances: Iterable[Maintenance], now: datetime
) -> list[datetime]:
    """Return when silences, acknowledgements and windows begin or end next."""
    instants = [at for one in people.silences for at in (one.starts_at, one.ends_at)]
    instants += [one.expires_at for one in people.acknowledgements.values()]
    changes = [window.window.next_change(now) for window in maintenances]
    return [at for at in (*instants, *changes) if at is not None and at > now]
