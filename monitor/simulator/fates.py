"""What can become of the things of a tenant, each in the state it is in now."""

import math
from dataclasses import dataclass
from datetime import datetime

# How long before the start the sessions that are disconnected from the outset were last seen.
LAST_SEEN_S = 18_000.0


@dataclass(slots=True)
class Presence:
    """What happened to a host or a session; seconds from the start, None for never."""

    silent_from_s: float | None = None
    revived_s: float = -math.inf
    state: str | None = None
    state_from_s: float = -LAST_SEEN_S
    license_error: str | None = None
    in_maintenance: bool = False
    never_reported: bool = False
    gone: bool = False
    recreated: int = 0  # so many times: each gave another SessionId


@dataclass(slots=True)
class Seats:
    """The seats of a license type."""

    allowed: int | None
    used: int | None


@dataclass(slots=True)
class FolderFate:
    """`gone`: neither listed nor usable; `refused`: listed, and yet unknown when used."""

    gone: bool = False
    refused: bool = False


@dataclass(slots=True)
class TenantFate:
    """What happened to the tenant as a whole."""

    expires_s: float
    token_generation: int = 0  # tokens of another generation are worth nothing
    credentials_rejected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A session as the server knows it at one instant."""

    state: str
    reported_at: datetime | None
    is_unresponsive: bool
    in_maintenance: bool
    license_error: str | None
