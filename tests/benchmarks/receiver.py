"""A loopback receiver of web hooks, run in a process of its own.

For each message it answers 204, and prints when it had come whole (ns of the monotonic clock, which
is the same for all processes of a machine) and the subjects that it speaks of, by their names.
"""

import asyncio
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from queue import Empty, Queue
from threading import Thread

NAME = re.compile(rb"Subject-\d+")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"

Receipt = tuple[int, frozenset[str]]
"""When a message had come, in ns of the monotonic clock, and whom it was about."""


class Received:
    """What the receiver at a port has got."""

    def __init__(self, port: int, receipts: "Queue[Receipt]") -> None:
        self.port = port
        self._receipts = receipts

    def wait_for(self, count: int, *, within_s: float) -> list[Receipt]:
        """Return the next so many messages, fewer where they do not come in time."""
        deadline = time.monotonic() + within_s
        found: list[Receipt] = []
        with contextlib.suppress(Empty):
            while len(found) < count:
                found.append(self._receipts.get(timeout=max(0.0, deadline - time.monotonic())))
        return found


@contextlib.contextmanager
def receiver() -> Iterator[Received]:
    """Run a receiver until the block ends."""
    receipts: Queue[Receipt] = Queue()
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout

        def read() -> None:
            for line in lines:
                at, *names = line.split()
                receipts.put((int(at), frozenset(names)))

        try:
            port = int(lines.readline())
            Thread(target=read, daemon=True).start()
            yield Received(port, receipts)
        finally:
            process.terminate()


class _Server(asyncio.Protocol):
    """One connection; requests come whole or in pieces, one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        at = time.monotonic_ns()
        self._received = b""
        self._transport.write(_ANSWER)
        names = sorted({name.decode() for name in NAME.findall(body)})
        print(at, *names, flush=True)  # noqa: T201 - whoever started it reads it here


async def serve() -> None:
    """Serve on a free port, which is printed, until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Server, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - as above
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
