"""How well each collector sees and each channel takes messages, from one event to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.channel_health import Channels, Tried
from monitor.core.doubt import doubt
from monitor.core.health import DOUBTFUL, Health, sight
from monitor.core.remit import Remit
from monitor.core.sample import Collected, Failed, Snapshot, Subject


@dataclass(slots=True)
class Vitals:
    """The health of what is watched. Not for several threads."""

    _channels: Channels = field(default_factory=Channels)
    _collectors: dict[tuple[str, str], Health] = field(default_factory=dict)

    def learn(
        self, channels: Mapping[str, tuple[int, datetime, str]], collectors: Iterable[Health]
    ) -> None:
        """Take over how everything fared before the start: see `Channels.learn` for channels."""
        self._channels.learn(channels)
        for health in collectors:
            self._collectors[health.subject.tenant, health.subject.key] = health

    def go_by(self, remit: Remit) -> None:
        """Forget what a new remit does not watch, and take over its tenants' labels."""
        self._collectors = {
            key: replace(health, subject=_relabelled(health.subject, remit.collector(*key)))
            for key, health in self._collectors.items()
            if remit.polls(*key)
        }
        for channel in self._channels.by_name.keys() - remit.plan.channels.keys():
            del self._channels.by_name[channel]

    def believed(self, snapshot: Snapshot, now: datetime) -> Snapshot:
        """Return a poll as it counts: a good one that is not believed is a failed one."""
        key = (snapshot.tenant, snapshot.collector)
        before = self._collectors.get(key)
        if before is None or not isinstance(snapshot.outcome, Collected):
            return snapshot
        reason = doubt(before, snapshot.outcome, now)
        if not reason:
            return snapshot
        self._collectors[key] = replace(before, doubted=(before.doubted_since or now, now))
        return replace(snapshot, outcome=Failed(kind=DOUBTFUL, message=reason))

    def after_poll(self, snapshot: Snapshot, remit: Remit, now: datetime) -> Collected:
        """Return how a collector fares after a poll, and how well its tenant is seen."""
        key = (snapshot.tenant, snapshot.collector)
        before = self._collectors.get(key)
        if before is None:
            before = Health(subject=remit.collector(*key), known_since=now)
        if before.failed_polls and isinstance(snapshot.outcome, Collected):
            self._forgive(snapshot)
        after = self._collectors[key] = before.after(snapshot, now)
        known = [one for (name, _), one in self._collectors.items() if name == snapshot.tenant]
        whole, expires_at = remit.tenant(snapshot.tenant), remit.expiries.get(snapshot.tenant)
        return sight(after, known, whole, now, expires_at)

    def _forgive(self, snapshot: Snapshot) -> None:
        """Count anew for whoever failed together with a collector that sees again."""
        of_tenant = {key: h for key, h in self._collectors.items() if key[0] == snapshot.tenant}
        for key, health in of_tenant.items():
            if not health.fails_alone(one for one in of_tenant.values() if one is not health):
                self._collectors[key] = health.anew()

    def after_attempt(self, attempt: Tried, now: datetime) -> Collected:
        """Return how a channel fares after an attempt to deliver."""
        after = self._channels.by_name[attempt.channel] = self._channels.after(attempt, now)
        return after.collected(now)


def _relabelled(known: Subject, anew: Subject) -> Subject:
    """Return a collector with its labels of today, and with how it sees."""
    seen = {name: known.labels[name] for name in ("reason", "sight")}
    return replace(anew, labels={**anew.labels, **seen})
