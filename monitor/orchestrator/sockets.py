"""Bounds a whole exchange in time, at the sockets, and keeps its course.

A read time-out bounds one read: a server that sends a byte a second is read for ever, and no hook
sees the bytes of headers. So every look-up, connect, handshake, read and write asks what is left.
"""

import socket
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Protocol

import httpx

from monitor.orchestrator.course import Course, Stage, address

# A connection that was used a moment ago is alive; a gateway forgets none so soon.
_FRESH_S = 5.0
_BEGINNING = 8
# The system finds out by itself that the other side of an idle connection is gone, and keeps
# firewalls from forgetting those that live.
_KEEP_ALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3))
        if hasattr(socket, name)
    ),
)


class DeadlinePassed(Exception):
    """The exchange took longer than it was given."""


_thread = threading.local()


@contextmanager
def underway(course: Course) -> Iterator[Course]:
    """Let all socket work of this thread keep this course, and end at its deadline."""
    before = _course()
    _thread.course = course
    try:
        yield course
    finally:
        _thread.course = before


def _course() -> Course | None:
    found: Course | None = getattr(_thread, "course", None)
    return found


class BoundClient:
    """A client whose sockets keep the course of each exchange."""

    def __init__(self, client: httpx.Client) -> None:
        """Take the client over."""
        self._client = client
        self._trust = _Trust()
        # httpx has no public way to hand its pool a network backend; a test on a real socket that
        # sends one byte at a time notices when this stops working.
        for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - see above
            pool: Any = getattr(transport, "_pool", None)
            if pool is not None:
                inner = pool._network_backend  # noqa: SLF001 - see above
                pool._network_backend = _Backend(inner, self._trust)  # noqa: SLF001 - see above

    @property
    def http(self) -> httpx.Client:
        """Return the client, to send with."""
        return self._client

    def distrust(self) -> None:
        """Use none of the connections again that lie idle now: one of them was dead."""
        self._trust.generation += 1

    def close(self) -> None:
        """Close all connections at once; whoever waits on one is told."""
        self._client.close()


class _Trust:
    """Which generation of connections may be used again."""

    def __init__(self) -> None:
        self.generation = 0


def _capped(timeout: float | None) -> float | None:
    course = _course()
    if course is None:
        return timeout
    remaining_s = course.deadline.remaining_s()
    if remaining_s <= 0:
        raise DeadlinePassed
    return remaining_s if timeout is None else min(timeout, remaining_s)


class _Inner(Protocol):
    """What is wrapped: httpcore's network backend or stream, of which httpx shows no type."""

    def connect_tcp(self, *args: object, **rest: object) -> "_Inner": ...
    def connect_unix_socket(self, *args: object, **rest: object) -> "_Inner": ...
    def sleep(self, seconds: float) -> None: ...
    def read(self, max_bytes: int, timeout: float | None) -> bytes: ...
    def write(self, buffer: bytes, timeout: float | None) -> None: ...
    def start_tls(self, *args: object) -> "_Inner": ...
    def close(self) -> None: ...
    def get_extra_info(self, info: str) -> object: ...


class _Backend:
    """The part of httpcore's network backend that its pools use."""

    def __init__(self, inner: _Inner, trust: _Trust) -> None:
        self._inner = inner
        self._trust = trust

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **rest: object
    ) -> "_Stream":
        """Try all addresses of a name; each but the last is given its share of the time only.

        Where a way to IPv6 is promised and leads nowhere, IPv4 still comes to its turn.
        """
        course = _course()
        peer = address(host, port)
        is_proxy = False
        if course is not None:
            is_proxy = (host, port) != (course.host, course.port)
            course.stage, course.peer, course.is_at_proxy = Stage.LOOK_UP, peer, is_proxy
            course.is_reused, course.is_secured, course.heard = False, False, b""
        addresses = _addresses(host, port, _capped(timeout))
        if course is not None:
            course.stage = Stage.CONNECT
        options = {**rest, "socket_options": _KEEP_ALIVE}
        for left in range(len(addresses), 0, -1):
            place = addresses[-left]
            allowed = _capped(timeout)
            share = None if allowed is None else allowed / left
            try:
                stream = self._inner.connect_tcp(place, port, timeout=share, **options)
            except Exception:  # whatever it is counts only when it is the last address
                if left == 1:
                    raise
            else:
                return _Stream(stream, self._trust, peer, is_proxy=is_proxy)
        raise socket.gaierror(socket.EAI_NONAME, "the name has no address")

    def connect_unix_socket(
        self, *args: object, timeout: float | None = None, **rest: object
    ) -> "_Stream":
        stream = self._inner.connect_unix_socket(*args, timeout=_capped(timeout), **rest)
        return _Stream(stream, self._trust, "", is_proxy=False)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
    """The part of httpcore's network stream that its connections use."""

    def __init__(
        self,
        inner: _Inner,
        trust: _Trust,
        peer: str,
        *,
        is_proxy: bool,
        is_secured: bool = False,
    ) -> None:
        self._inner = inner
        self._trust = trust
        self._generation = trust.generation
        self._peer = peer
        self._is_proxy = is_proxy
        self._is_secured = is_secured
        self._made_for = _course()
        self._has_written = False
        self._used_at: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        course = self._take_course()
        allowed = _capped(timeout)
        if course is None:
            return self._inner.read(max_bytes, allowed)
        if course.is_stale and allowed is not None:
            allowed = min(allowed, course.patience_s)
        data = self._inner.read(max_bytes, allowed)
        course.heard = course.heard or data[:_BEGINNING]
        self._used_at = course.monotonic()
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._take_course()
        self._has_written = True
        self._inner.write(buffer, _capped(timeout))

    def start_tls(
        self, ssl_context: object, server_hostname: object = None, timeout: float | None = None
    ) -> "_Stream":
        course = self._take_course()
        # What was written already was CONNECT: behind the tunnel is the origin.
        is_proxy = self._is_proxy and not self._has_written
        peer = self._peer
        if course is not None:
            if self._is_proxy and not is_proxy:
                peer = course.target
            course.stage, course.peer, course.is_at_proxy = Stage.HANDSHAKE, peer, is_proxy
            course.heard = b""
        stream = self._inner.start_tls(ssl_context, server_hostname, _capped(timeout))
        return _Stream(stream, self._trust, peer, is_proxy=is_proxy, is_secured=True)

    def close(self) -> None:
        # Closing alone leaves a thread that reads from it waiting to its time-out.
        raw = self._inner.get_extra_info("socket")
        if isinstance(raw, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(raw, socket.SHUT_RDWR)
        self._inner.close()

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable" and self._generation != self._trust.generation:
            return True  # to a pool this says: closed by the other side
        return self._inner.get_extra_info(info)

    def _take_course(self) -> Course | None:
        """Note in the exchange's course that it goes by this connection."""
        course = _course()
        if course is None:
            return None
        course.stage, course.peer = Stage.ASK, self._peer
        course.is_at_proxy, course.is_secured = self._is_proxy, self._is_secured
        if self._made_for is not course:
            self._made_for = course
            lay_s = None if self._used_at is None else course.monotonic() - self._used_at
            course.is_reused = True
            if lay_s is not None and lay_s < _FRESH_S:
                course.patience_s = float("inf")
        return course


def _addresses(host: str, port: int, timeout: float | None) -> Sequence[str]:
    """Return the addresses of a name, in the system's order of preference.

    The system's look-up knows no time-out: it goes on in a thread that nobody waits for.

    Raises:
        OSError: there are none.
        httpx.ConnectTimeout: they were not found in time.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            socket.inet_pton(family, host)
            return [host]
    found: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            found.set_exception(error)
        else:
            found.set_result(list(dict.fromkeys(str(row[4][0]) for row in rows)))

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    try:
        return found.result(timeout)
    except TimeoutError:
        msg = "the look-up took too long"
        raise httpx.ConnectTimeout(msg) from None
