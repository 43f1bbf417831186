"""Ways to fetch and decode a list page by page: the daemon's client, and what it is held against.

All of them decode the same rows by msgspec and keep none. urllib3 is the fastest client for
threads that there is; below it are plain sockets, which understand nothing of HTTP but what the
server of the benchmarks sends.
"""

import contextlib
import socket
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import msgspec
import urllib3
from pydantic import SecretStr

from monitor.clock import SystemClock
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.wire import Page, Runtime, columns

LIST = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes"
PAGE = 1000
DEADLINE_S = 120.0

_decode = msgspec.json.Decoder(Page[Runtime]).decode


class Fetcher(Protocol):
    """Fetches all pages of the list and closes what it has opened."""

    def pages(self) -> Iterator[list[Runtime]]: ...
    def close(self) -> None: ...


def targets(sessions: int) -> Sequence[str]:
    """Return what to ask for; the daemon's client finds out by itself how many pages there are."""
    return [f"{LIST}?%24top={PAGE}&%24skip={skip}" for skip in range(0, sessions, PAGE)]


class Ours:
    """The client of the daemon, which signs in, retries, and keeps to a deadline."""

    def __init__(self, port: int) -> None:
        self.client = OrchestratorClient(
            Deployment.parse(f"http://127.0.0.1:{port}"),
            ClientCredentials(client_id="bench", client_secret=lambda: SecretStr("benchmark")),
            clock=SystemClock(),
        )

    def pages(self) -> Iterator[list[Runtime]]:
        with self.client.poll(DEADLINE_S) as poll:
            yield from poll.pages(LIST, row=Runtime, select=columns(Runtime), order_by="SessionId")

    def close(self) -> None:
        self.client.close()


class Urllib3:
    """A kept pool; `threads` fetch and decode, some pages ahead."""

    def __init__(self, port: int, sessions: int, *, threads: int) -> None:
        self._threads = threads
        self._urls = [f"http://127.0.0.1:{port}{target}" for target in targets(sessions)]
        self._pool = urllib3.PoolManager(
            maxsize=threads, headers={"Accept-Encoding": "gzip"}, retries=False
        )

    def pages(self) -> Iterator[list[Runtime]]:
        if self._threads == 1:
            yield from map(self._page, self._urls)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            begun: deque[Future[list[Runtime]]] = deque()
            for url in self._urls:
                begun.append(pool.submit(self._page, url))
                if len(begun) > self._threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def _page(self, url: str) -> list[Runtime]:
        return _decode(self._pool.request("GET", url).data).value

    def close(self) -> None:
        self._pool.clear()


class Sockets:
    """One connection, one request after the other."""

    def __init__(self, port: int, sessions: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._requests = [
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode()
            for target in targets(sessions)
        ]

    def pages(self) -> Iterator[list[Runtime]]:
        for request in self._requests:
            self._socket.sendall(request)
            yield _decode(zlib.decompress(self._body(), zlib.MAX_WBITS | 16)).value

    def _body(self) -> bytes:
        head, _, body = self._socket.recv(2**18).partition(b"\r\n\r\n")
        missing = int(head.rpartition(b"Content-Length: ")[2]) - len(body)
        pieces = [body]
        while missing > 0:
            pieces.append(self._socket.recv(2**18))
            missing -= len(pieces[-1])
        return b"".join(pieces)

    def close(self) -> None:
        self._socket.close()


def count(fetcher: Fetcher) -> int:
    """Fetch everything, keep nothing."""
    return sum(map(len, fetcher.pages()))


@contextlib.contextmanager
def all_of(port: int, sessions: int) -> Iterator[dict[str, Fetcher]]:
    """Yield all ways that there are, ours first."""
    ways: dict[str, Fetcher] = {
        "ours": Ours(port),
        "urllib3, one after the other": Urllib3(port, sessions, threads=1),
        "urllib3, four threads": Urllib3(port, sessions, threads=4),
        "plain sockets": Sockets(port, sessions),
    }
    try:
        yield ways
    finally:
        for way in ways.values():
            way.close()
