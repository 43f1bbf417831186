"""The server's settings: what differs between real tenants and may be set for a simulation."""

from dataclasses import dataclass

from monitor.simulator.endpoints import FOLDERED
from monitor.simulator.permissions import HELD


@dataclass(slots=True, kw_only=True)
class Settings:
    """Settings of one simulated Orchestrator; all may be changed while it runs.

    Seconds are seconds of the injected clock; numbers of which 0 stands for the version's own
    behavior say so. `missed_beats` beats without a report make a session unresponsive.
    `metered_retry_after_s`: what a 429 of the meter asks to wait (below 0: it does not say).
    `token_uses`: a token is worth so many requests (0: any number).
    `bare_queue_status` ("allowed" or "refused") is what the processing status of queues does
    without a folder header; `bare_refused` and `bare_allowed` name more endpoints for either.
    `count` ("asked", "always" or "never"): when lists carry `@odata.count`. `most_rows` is the
    largest page, `rows_without_top` the one without `$top` (0: the version's). `top_above_cap`
    ("cut" or "refused"), `accepts_top_zero`: what becomes of these.
    `unknown_folder_status` (400, 403 or 404): how an unknown folder is refused.
    `repeat_linked`: a bare list shows a linked queue once for each of its folders.
    `unattended_in_global_sessions`: GetGlobalSessions lists the unattended sessions as well.
    `unresponsive_when_disconnected`: a session that said goodbye is called unresponsive too.
    `same_session_ids`: the Id of a session is the SessionId of its runtimes.
    `denied` are permissions that the role of every sign-in lacks, `denied_folders` full paths of
    folders in which it may not see queues.
    Source: Orchestrator reference, folder scope, paging, limits, and what is not confirmed.
    """

    heartbeat_s: float = 30.0
    missed_beats: int = 4
    token_lifetime_s: float = 3600.0
    metered_per_minute: int = 100
    metered_retry_after_s: float = 60.0
    token_uses: int = 0
    bare_queue_status: str = "allowed"
    bare_refused: frozenset[str] = frozenset()
    bare_allowed: frozenset[str] = frozenset()
    count: str = "asked"
    most_rows: int = 0
    rows_without_top: int = 0
    top_above_cap: str = "cut"
    accepts_top_zero: bool = False
    unknown_folder_status: int = 400
    repeat_linked: bool = True
    unattended_in_global_sessions: bool = False
    unresponsive_when_disconnected: bool = False
    same_session_ids: bool = True
    denied: frozenset[str] = frozenset()
    denied_folders: frozenset[str] = frozenset()

    @property
    def unresponsive_s(self) -> float:
        """The age of the last report beyond which a session is unresponsive."""
        return self.heartbeat_s * self.missed_beats

    def problems(self) -> list[str]:
        """Say what is out of range, one `name: reason` each."""
        choices = {
            "bare_queue_status": (self.bare_queue_status, ("allowed", "refused")),
            "count": (self.count, ("asked", "always", "never")),
            "top_above_cap": (self.top_above_cap, ("cut", "refused")),
            "unknown_folder_status": (self.unknown_folder_status, (400, 403, 404)),
        }
        found = [
            f"{name}: {value!r} is not one of {', '.join(map(repr, allowed))}"
            for name, (value, allowed) in choices.items()
            if value not in allowed
        ]
        known = {"denied": HELD, "bare_refused": FOLDERED, "bare_allowed": FOLDERED}
        found += [
            f"{setting}: {name!r} is not one of {', '.join(map(repr, names))}"
            for setting, names in known.items()
            for name in sorted(getattr(self, setting) - frozenset(names))
        ]
        found += [
            f"{name}: must be above 0"
            for name in ("heartbeat_s", "missed_beats", "token_lifetime_s", "metered_per_minute")
            if getattr(self, name) <= 0
        ]
        return found + [
            f"{name}: must not be negative"
            for name in ("token_uses", "most_rows", "rows_without_top")
            if getattr(self, name) < 0
        ]
