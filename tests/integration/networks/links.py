"""What may stand between a client and a server: listeners on loopback that relay, drop or hang."""

import contextlib
import ctypes
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handle = Callable[[socket.socket], None]
LONGEST_S = 10.0
_SO_ATTACH_FILTER = 26


class Listener:
    """Hands each connection to `handle`, in a thread of its own; TLS first, if it has a context."""

    def __init__(
        self, handle: Handle, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self._handle = handle
        self._tls = tls
        self._threads: list[threading.Thread] = []
        self.open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(LONGEST_S)
            self.open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if self._tls is None:
                self._handle(connection)
                return
            try:
                secured = self._tls.wrap_socket(
                    connection.dup(), server_side=True, suppress_ragged_eofs=True
                )
            except ssl.SSLError:
                # What was sent and is never read would make the system send a reset, and that
                # would overtake the alert.
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
                return
            with secured:
                self._handle(secured)

    def close(self) -> None:
        for one in (self._listener, *self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._accepting, *self._threads):
            thread.join(LONGEST_S)


@contextmanager
def listening(
    handle: Handle, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    listener = Listener(handle, host=host, tls=tls)
    try:
        yield listener
    finally:
        listener.close()


def nobody() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def relay(
    near: socket.socket,
    far: socket.socket,
    *,
    instead: Callable[[], Handle | None] = lambda: None,
    bytes_per_s: float | None = None,
) -> None:
    """Pass on what either side sends until one of them ends, or something else is done instead."""
    while True:
        ready, _, _ = select.select([near, far], [], [], LONGEST_S)
        if (act := instead()) is not None:
            act(near)
            return
        for source, sink in ((near, far), (far, near)):
            if source not in ready:
                continue
            data = source.recv(65536 if bytes_per_s is None else int(bytes_per_s / 20))
            while isinstance(source, ssl.SSLSocket) and source.pending():
                data += source.recv(65536)
            if not data:
                return
            if bytes_per_s is not None:
                threading.Event().wait(len(data) / bytes_per_s)
            sink.sendall(data)


def relay_to(port: int, host: str = "127.0.0.1", *, bytes_per_s: float | None = None) -> Handle:
    def handle(connection: socket.socket) -> None:
        with socket.create_connection((host, port), timeout=LONGEST_S) as far:
            relay(connection, far, bytes_per_s=bytes_per_s)

    return handle


class Gateway:
    """Relays; connections of before a change are treated as the change says, new ones are well.

    The first `together` connections wait for each other.
    """

    def __init__(self, port: int, *, together: int = 1) -> None:
        self._port = port
        self._barrier = threading.Barrier(together)
        self._lock = threading.Lock()
        self._seen = 0
        self._changes: list[Handle] = []

    def __call__(self, connection: socket.socket) -> None:
        born = len(self._changes)
        with self._lock:
            self._seen += 1
            is_early = self._seen <= self._barrier.parties
        if is_early:
            self._barrier.wait(LONGEST_S)

        def instead() -> Handle | None:
            return self._changes[born] if len(self._changes) > born else None

        with socket.create_connection(("127.0.0.1", self._port), timeout=LONGEST_S) as far:
            relay(connection, far, instead=instead)

    def change(self, act: Handle) -> None:
        """Do this with the connections there are, as soon as something arrives."""
        self._changes.append(act)


def hang_up(_: socket.socket) -> None:
    """Close the connection."""


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say(data: bytes) -> Handle:
    """Answer each request with the same."""

    def handle(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(data)

    return handle


def stay_silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def vanish(connection: socket.socket) -> None:
    """Drop from now on whatever arrives, unacknowledged: as a firewall that forgot the way."""
    drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
    program = struct.pack("HL", 1, ctypes.addressof(drop_all))
    connection.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


@contextmanager
def full_backlog(host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port that listens and takes no more connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket(family))
        listener.bind((host, port))
        listener.listen(0)
        for _ in range(3):
            caller = stack.enter_context(socket.socket(family))
            caller.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                caller.connect(listener.getsockname())
        yield listener.getsockname()[1]
