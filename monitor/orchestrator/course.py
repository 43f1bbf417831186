"""What an exchange meets on its way: how far it came, with whom, and how long it may take."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from monitor.orchestrator.deadline import Deadline


class Stage(IntEnum):
    """How far an exchange came."""

    LOOK_UP = 1
    CONNECT = 2
    HANDSHAKE = 3
    ASK = 4


@dataclass(slots=True, kw_only=True)
class Course:
    """The course of one exchange, kept by the sockets that it uses.

    `host` and `port` are the origin's: who is asked in the end. `peer` is who the socket at hand
    leads to, a proxy as long as `is_at_proxy`. `patience_s` bounds the wait for a sign of life on
    a connection that lay idle: it may be dead without anybody having said so. `heard` is the
    beginning of what came back.
    """

    deadline: Deadline
    monotonic: Callable[[], float]
    host: str
    port: int
    patience_s: float
    proxy_key: str = "`proxy`"
    stage: Stage = Stage.LOOK_UP
    peer: str = ""
    is_at_proxy: bool = False
    is_secured: bool = False
    is_reused: bool = False
    heard: bytes = b""

    @property
    def has_heard(self) -> bool:
        """Return whether anything came back."""
        return bool(self.heard)

    @property
    def target(self) -> str:
        """Return host and port of the origin, as people write them."""
        return address(self.host, self.port)

    @property
    def is_stale(self) -> bool:
        """Return whether a kept connection turned out dead: nothing came back on it."""
        return self.is_reused and not self.has_heard


def address(host: str, port: int) -> str:
    """Return host and port as people write them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
