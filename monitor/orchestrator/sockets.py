"""Bounds a whole exchange in time, at the sockets.

A read time-out bounds one read: a server that sends a byte a second is read for ever, and no hook
sees the bytes of headers. So every read, write, connect and handshake asks what is left.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpx

from monitor.orchestrator.deadline import Deadline


class DeadlinePassed(Exception):
    """The exchange took longer than it was given."""


_thread = threading.local()


@contextmanager
def until(deadline: Deadline) -> Iterator[None]:
    """Let all socket work of this thread end at the deadline."""
    before = getattr(_thread, "deadline", None)
    _thread.deadline = deadline
    try:
        yield
    finally:
        _thread.deadline = before


def bound(client: httpx.Client) -> httpx.Client:
    """Make a client's sockets obey `until`, and return the client."""
    # httpx has no public way to hand its pool a network backend; a test on a real socket that
    # sends one byte at a time notices when this stops working.
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001 - see above
        pool: Any = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _Backend(pool._network_backend)  # noqa: SLF001 - see above
    return client


def _capped(timeout: float | None) -> float | None:
    deadline: Deadline | None = getattr(_thread, "deadline", None)
    if deadline is None:
        return timeout
    remaining_s = deadline.remaining_s()
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
    def start_tls(self, *args: object, **rest: object) -> "_Inner": ...
    def close(self) -> None: ...
    def get_extra_info(self, info: str) -> object: ...


class _Backend:
    """The part of httpcore's network backend that its pools use."""

    def __init__(self, inner: _Inner) -> None:
        self._inner = inner

    def connect_tcp(self, *args: object, timeout: float | None = None, **rest: object) -> "_Stream":
        return _Stream(self._inner.connect_tcp(*args, timeout=_capped(timeout), **rest))

    def connect_unix_socket(
        self, *args: object, timeout: float | None = None, **rest: object
    ) -> "_Stream":
        return _Stream(self._inner.connect_unix_socket(*args, timeout=_capped(timeout), **rest))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
    """The part of httpcore's network stream that its connections use."""

    __slots__ = ("_inner",)

    def __init__(self, inner: _Inner) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _capped(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _capped(timeout))

    def start_tls(self, *args: object, timeout: float | None = None, **rest: object) -> "_Stream":
        return _Stream(self._inner.start_tls(*args, timeout=_capped(timeout), **rest))

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
