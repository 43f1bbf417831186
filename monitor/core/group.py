"""Alerts that share messages on one channel, and when the next message is due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.alert import Alert, AlertKey, Phase
from monitor.core.routing import Listener, Route, Schedule
from monitor.core.told import HEARD
from monitor.core.truth import Difference, News, difference


@dataclass(slots=True, kw_only=True)
class Group:
    """The alerts of one channel and route that share the labels of the route's `group_by`.

    `members` may be told; those that are muted are not among them.
    """

    channel: str
    route: Route
    labels: tuple[str, ...]
    members: list[tuple[Alert, Listener]] = field(default_factory=list)

    @property
    def digest(self) -> Schedule | None:
        """Return when everything is told; who hears by escalation waits for no digest."""
        return self.route.digest if self.channel in self.route.channels else None

    def after(self, alerts: Mapping[AlertKey, Alert]) -> "Group":
        """Return the group with its members as they are now."""
        members = [(alerts[alert.key], listener) for alert, listener in self.members]
        return replace(self, members=members)

    def differences(self) -> list[Difference]:
        """Return what the channel has to learn of the members."""
        found = (difference(alert, listener) for alert, listener in self.members)
        return [one for one in found if one is not None]

    def known(self) -> list[Alert]:
        """Return the open alerts that the channel knows of."""
        return [
            alert
            for alert, _ in self.members
            if (told := alert.told.get(self.channel)) and told.saying in HEARD and _is_bad(alert)
        ]

    def last_at(self, now: datetime) -> datetime | None:
        """Return when the channel was last told of a member; what a clock step left ahead, not."""
        instants = [
            told.at
            for alert, _ in self.members
            if (told := alert.told.get(self.channel)) and told.saying in HEARD and told.at <= now
        ]
        return max(instants, default=None)

    def due(self, differences: Sequence[Difference], now: datetime) -> datetime | None:
        """Return when the differences are to be told; None when there is nothing to tell."""
        if not differences:
            return None
        if self.digest is not None:
            return min(self.digest.next_after(one.since) for one in differences)
        is_over = not any(_is_bad(alert) for alert, _ in self.members)
        last_at = self.last_at(now)
        return min(self._due_of(one, last_at, now, is_over=is_over) for one in differences)

    def reminder_at(self, now: datetime, started_at: datetime) -> datetime | None:
        """Return when the open alerts are to be told again.

        Only what has been seen since `started_at` (the start of the monitor) is: nobody is
        reminded of what may be over.
        """
        last_at = self.last_at(now)
        if last_at is None:
            return None
        # Few are different, however many alerts a group has.
        levels = {
            (alert.severity, alert.told[self.channel].reminders)
            for alert in self.known()
            if alert.updated_at >= started_at and alert.phase is Phase.FIRING
        }
        waits = (self.route.repeat_after(severity, reminders) for severity, reminders in levels)
        instants = [last_at + wait for wait in waits if wait is not None]
        if not instants or self.digest is None:
            return min(instants, default=None)
        return self.digest.next_after(min(instants))

    def _due_of(
        self, one: Difference, last_at: datetime | None, now: datetime, *, is_over: bool
    ) -> datetime:
        if one.news is News.AGAIN:
            wait = self.route.repeat_after(one.alert.severity, 0)
            return datetime.max.replace(tzinfo=now.tzinfo) if wait is None else one.since + wait
        # Nothing more can come once all is over; and what lies ahead was left by a clock step.
        if one.is_urgent or is_over or one.since > now:
            return now
        if last_at is not None:
            return max(last_at + self.route.group_interval, one.since)
        return one.since + self.route.group_wait


def _is_bad(alert: Alert) -> bool:
    return alert.phase is Phase.FIRING or alert.flapping_since is not None
