"""A small proxy: tunnels by CONNECT, forwards absolute addresses, and may want a password."""

import base64
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.integration.networks.links import LONGEST_S, Listener, listening, relay


@dataclass
class Proxy:
    """Remembers the request lines it saw. `ways` leads names to ports of this machine."""

    ways: Mapping[str, int] = field(default_factory=dict)
    password: str | None = None
    refusal: str | None = None
    asked: list[str] = field(default_factory=list)
    listener: Listener | None = None

    @property
    def port(self) -> int:
        assert self.listener is not None
        return self.listener.port

    def handle(self, near: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = near.recv(65536)
            if not piece:
                return
            head += piece
        first, _, rest = head.partition(b"\r\n")
        self.asked.append(first.decode())
        method, target, _ = first.decode().split(" ")
        if self.refusal is not None:
            self._refuse(near, self.refusal)
        elif self.password is not None and not self._knows(rest):
            self._refuse(near, "407 Proxy Authentication Required")
        elif method == "CONNECT":
            with self._reach(target) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                relay(near, far)
        else:
            parts = urlsplit(target)
            path = target.removeprefix(f"{parts.scheme}://{parts.netloc}")
            with self._reach(parts.netloc) as far:
                far.sendall(f"{method} {path} HTTP/1.1\r\nConnection: close\r\n".encode() + rest)
                relay(near, far)

    def _reach(self, target: str) -> socket.socket:
        host, _, port = target.partition(":")
        way = self.ways.get(host) or int(port)
        return socket.create_connection(("127.0.0.1", way), timeout=LONGEST_S)

    def _knows(self, head: bytes) -> bool:
        wanted = base64.b64encode(f"monitor:{self.password}".encode())
        return b"proxy-authorization: basic " + wanted.lower() in head.lower()

    def _refuse(self, near: socket.socket, status: str) -> None:
        near.sendall(
            f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )


@contextmanager
def a_proxy(
    *,
    ways: Mapping[str, int] | None = None,
    password: str | None = None,
    refusal: str | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Proxy]:
    proxy = Proxy(ways=ways or {}, password=password, refusal=refusal)
    with listening(proxy.handle, tls=tls) as proxy.listener:
        yield proxy
