"""The server's settings: what differs between real tenants and may be set for a simulation."""

from dataclasses import dataclass

from monitor.simulator.permissions import HELD


@dataclass(slots=True, kw_only=True)
class Settings:
    """Settings of one simulated Orchestrator; all may be changed while it runs.

    Seconds are seconds of the injected clock. `missed_beats` beats without a report make a session
    unresponsive. `bare_queue_status` ("allowed" or "refused") is what the processing status of
    queues does without a folder header, `count` ("asked", "always" or "never") when lists carry
    `@odata.count`, `unknown_folder_status` (400, 403 or 404) how an unknown folder is refused.
    `repeat_linked`: a bare list shows a linked queue once for each of its folders.
    `unattended_in_global_sessions`: GetGlobalSessions lists the unattended sessions as well.
    `denied` are permissions that the role of every sign-in lacks, `denied_folders` full paths of
    folders in which it may not see queues.
    Source: Orchestrator reference, folder scope, paging, limits, and what is not confirmed.
    """

    heartbeat_s: float = 30.0
    missed_beats: int = 4
    token_lifetime_s: float = 3600.0
    metered_per_minute: int = 100
    bare_queue_status: str = "allowed"
    count: str = "asked"
    unknown_folder_status: int = 400
    repeat_linked: bool = True
    unattended_in_global_sessions: bool = False
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
            "unknown_folder_status": (self.unknown_folder_status, (400, 403, 404)),
        }
        found = [
            f"{name}: {value!r} is not one of {', '.join(map(repr, allowed))}"
            for name, (value, allowed) in choices.items()
            if value not in allowed
        ]
        found += [
            f"denied: {name!r} is not one of {', '.join(map(repr, HELD))}"
            for name in sorted(self.denied - frozenset(HELD))
        ]
        positive = {
            "heartbeat_s": self.heartbeat_s,
            "missed_beats": self.missed_beats,
            "token_lifetime_s": self.token_lifetime_s,
            "metered_per_minute": self.metered_per_minute,
        }
        return found + [
            f"{name}: must be above 0" for name, value in positive.items() if value <= 0
        ]
