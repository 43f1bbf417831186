"""The tenant at an instant: the estate, and every change that has happened so far.

Nothing runs in the background: `World.advance` brings everything to the second asked for, and the
same second gives the same answer however it was reached. A clock that goes back starts over.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.simulator.changes import Change
from monitor.simulator.estate import Estate, Session, SessionKind
from monitor.simulator.fates import (
    LAST_SEEN_S,
    Facts,
    FolderFate,
    Presence,
    Seats,
    TenantFate,
)
from monitor.simulator.faults import Fault, Faults
from monitor.simulator.flow import Flow
from monitor.simulator.settings import Settings

# How far the Id of a session that was made anew is from the one before.
_NEXT_ID = 100_000_000
_EPSILON = 1e-6


class World:
    """The state of a tenant, moved through time. Not safe to share without a lock."""

    def __init__(
        self,
        estate: Estate,
        *,
        settings: Settings,
        faults: Faults,
        start: datetime,
        changes: Sequence[Change] = (),
        loop_s: float | None = None,
    ) -> None:
        """Begin at `start`; `changes` happen again every `loop_s` seconds, if given."""
        self.estate = estate
        self.settings = settings
        self.start = start
        self.folder_of_id = {folder.id: folder for folder in estate.folders}
        self._faults = faults
        self._scripted = sorted(changes, key=lambda change: change.second)
        self._loop_s = loop_s
        self._made: list[Change] = []
        self._faults_until_s = -math.inf
        self.version = 0
        self._reset()

    def _reset(self) -> None:
        estate = self.estate
        self.now_s = 0.0
        self._played = 0
        self._replayed = 0
        self.version += 1
        self.hosts = {
            host.name: Presence(in_maintenance=host.in_maintenance) for host in estate.hosts
        }
        self.sessions = {session.name: Presence() for session in estate.sessions}
        self.flows = {queue.handle: Flow.of(queue) for queue in estate.queues}
        self.queues_gone: set[str] = set()
        self.seats = {
            license_.type: Seats(license_.allowed, license_.used) for license_ in estate.licenses
        }
        self.folders = {folder.path: FolderFate() for folder in estate.folders}
        self.tenant = TenantFate(expires_s=estate.days_to_expiry * 86_400.0)

    def second(self, now: datetime) -> float:
        """Return the second of the simulation at an instant."""
        return (now - self.start).total_seconds()

    def instant(self, second: float) -> datetime:
        """Return the instant of a second of the simulation."""
        return self.start + timedelta(seconds=second)

    def advance(self, now: datetime) -> None:
        """Bring everything to `now`."""
        to_s = max(0.0, self.second(now))
        if to_s < self.now_s:
            self._reset()
        while (change := self._next(to_s)) is not None:
            self._apply(change)
        self.now_s = to_s

    def make(self, change: Change) -> None:
        """Let a change happen now; `change.second` must be the second last advanced to."""
        del self._made[self._replayed :]  # after the clock went back, another future begins
        self._made.append(change)
        self._replayed = len(self._made)
        self._apply(change)

    def flow(self, queue: str) -> Flow:
        """Return a queue's flow, advanced to now."""
        flow = self.flows[queue]
        flow.advance(self.now_s)
        return flow

    def facts(self, session: Session) -> Facts:
        """Tell what the server knows of a session now.

        Source: Orchestrator reference, session liveness.
        """
        own, host = self.sessions[session.name], self.hosts[session.host.name]
        state_from_s, fixed = self._fixed_state(session, own, host)
        beat_s = self._last_beat_s(session, own, host)
        if fixed == "Disconnected" or session.kind is SessionKind.EPHEMERAL:
            beat_s = min(beat_s, state_from_s)
        state = fixed or _busy_or_not(session, beat_s)
        overdue = self.now_s - beat_s > self.settings.unresponsive_s + _EPSILON
        listens = session.kind is not SessionKind.EPHEMERAL and (
            state != "Disconnected" or self.settings.unresponsive_when_disconnected
        )
        return Facts(
            state=state,
            reported_at=None if own.never_reported else self.instant(beat_s),
            is_unresponsive=listens and overdue and not own.never_reported,
            in_maintenance=host.in_maintenance,
            license_error=own.license_error,
        )

    def is_gone(self, session: Session) -> bool:
        """Tell whether the session's row has vanished."""
        return self.sessions[session.name].gone or self.hosts[session.host.name].gone

    def session_id(self, session: Session) -> int:
        """Return the SessionId that the session has now: one that is made anew gets another."""
        anew = self.sessions[session.name].recreated + self.hosts[session.host.name].recreated
        return session.id + anew * _NEXT_ID

    def _fixed_state(
        self, session: Session, own: Presence, host: Presence
    ) -> tuple[float, str | None]:
        """Return since when a state was set, and which; None where the session works in turns."""
        for presence in (own, host):
            if presence.state is not None:
                return presence.state_from_s, None if presence.state == "auto" else presence.state
        return -LAST_SEEN_S, session.state

    def _last_beat_s(self, session: Session, own: Presence, host: Presence) -> float:
        heard_s = self.now_s
        for silent_s in (own.silent_from_s, host.silent_from_s):
            if silent_s is not None:
                heard_s = min(heard_s, silent_s)
        period = self.settings.heartbeat_s
        shift = session.phase * period
        beat_s = math.floor((heard_s - shift) / period + _EPSILON) * period + shift
        # A robot that comes back reports at once, ahead of its period.
        revived_s = max(own.revived_s, host.revived_s)
        return max(beat_s, revived_s) if revived_s <= heard_s else beat_s

    def _next(self, to_s: float) -> Change | None:
        scripted, made = self._scripted_next(), self._made_next()
        first = min(
            (change for change in (scripted, made) if change is not None),
            key=lambda change: change.second,
            default=None,
        )
        if first is None or first.second > to_s:
            return None
        if first is scripted:
            self._played += 1
        else:
            self._replayed += 1
        return first

    def _scripted_next(self) -> Change | None:
        length = len(self._scripted)
        if not length or (self._loop_s is None and self._played >= length):
            return None
        cycle, index = divmod(self._played, length)
        change = self._scripted[index]
        if cycle == 0:
            return change
        second = change.second + cycle * (self._loop_s or 0.0)
        return Change(second=second, kind=change.kind, name=change.name, values=change.values)

    def _made_next(self) -> Change | None:
        return self._made[self._replayed] if self._replayed < len(self._made) else None

    def _apply(self, change: Change) -> None:
        self.version += 1
        self.now_s = max(self.now_s, change.second)
        match change.kind:
            case "robot":
                _set_presence(self.sessions[change.name], change)
            case "host":
                _set_presence(self.hosts[change.name], change)
            case "queue":
                self._set_queue(change)
            case "license" | "folder":
                owner = self.seats if change.kind == "license" else self.folders
                for key, value in change.values.items():
                    setattr(owner[change.name], key, value)
            case "tenant":
                self._set_tenant(change)
            case _:
                self._set_fault(change)

    def _set_queue(self, change: Change) -> None:
        flow = self.flow(change.name)
        values = dict(change.values)
        match values.pop("gone", None):
            case True:
                self.queues_gone.add(change.name)
            case False:
                self.queues_gone.discard(change.name)
        new, since_s, abandoned = (
            values.pop(key, None) for key in ("new", "waiting_since", "abandoned")
        )
        for key, value in values.items():
            setattr(flow, key, value)
        if isinstance(new, int):
            flow.set_waiting(max(0, new - flow.deferred - flow.overdue))
        if isinstance(since_s, int | float):
            flow.set_waiting_since(float(since_s))
        if isinstance(abandoned, int):
            flow.set_abandoned(abandoned)

    def _set_tenant(self, change: Change) -> None:
        for key, value in change.values.items():
            if key == "expire_tokens" and value:
                self.tenant.token_generation += 1
            elif key == "reject_credentials":
                self.tenant.credentials_rejected = bool(value)
            elif key == "days_to_expiry" and isinstance(value, int | float):
                self.tenant.expires_s = change.second + value * 86_400.0

    def _set_fault(self, change: Change) -> None:
        if change.second < self._faults_until_s:
            return  # replayed after the clock went back: the switches are as they were left
        self._faults_until_s = change.second
        values = dict(change.values)
        if (cleared := values.pop("clear", None)) is not None:
            self._faults.clear(None if cleared == "all" else str(cleared))
        if "kind" in values:
            fault = Fault(**values)  # type: ignore[arg-type]  # make_change checked names and types
            self._faults.add(fault)


def _busy_or_not(session: Session, at_s: float) -> str:
    turn = (at_s + session.offset_s) % session.cycle_s
    return "Busy" if turn < session.busy * session.cycle_s else "Available"


def _set_presence(presence: Presence, change: Change) -> None:
    for key, value in change.values.items():
        match key:
            case "silent" if value:
                if presence.silent_from_s is None:
                    presence.silent_from_s = change.second
            case "silent":
                if presence.silent_from_s is not None:
                    presence.revived_s = change.second
                presence.silent_from_s = None
            case "state":
                presence.state = str(value)
                presence.state_from_s = change.second
            case "maintenance":
                presence.in_maintenance = bool(value)
            case "recreate":
                presence.recreated += bool(value)
            case "license_error":
                presence.license_error = str(value) or None
            case _:
                setattr(presence, key, value)
