"""What only real sockets show: bytes that come one by one, and connections that break."""

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from monitor.clock import SystemClock
from monitor.errors import OrchestratorError, UnexpectedResponse, Unreachable
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.tls import tls_context
from tests.wires import pat

Behavior = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: 2\r\n\r\n{}"


class RawServer:
    """Hands each connection, its first request read, to the next behavior; the last one stays."""

    def __init__(self, *behaviors: Behavior) -> None:
        self._behaviors = list(behaviors)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            behavior = self._behaviors.pop(0) if len(self._behaviors) > 1 else self._behaviors[0]
            with connection, contextlib.suppress(OSError):
                connection.recv(65536)
                behavior(connection)

    def close(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@contextmanager
def raw(*behaviors: Behavior) -> Iterator[RawServer]:
    server = RawServer(*behaviors)
    try:
        yield server
    finally:
        server.close()


@contextmanager
def client_of(
    port: int, *, attempts: int = 1, timeout_s: float = 5.0, options: ClientOptions | None = None
) -> Iterator[OrchestratorClient]:
    client = OrchestratorClient(
        Deployment.parse(f"http://127.0.0.1:{port}"),
        pat(),
        clock=SystemClock(),
        options=options or ClientOptions(attempts=attempts, timeout_s=timeout_s),
        wait=lambda _: None,
    )
    try:
        yield client
    finally:
        client.close()


def say(data: bytes) -> Behavior:
    return lambda connection: connection.sendall(data)


def drip(head: bytes, byte: bytes = b" ") -> Behavior:
    """Send a byte every few hundredths of a second, far longer than any test waits."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(400):
            connection.sendall(byte)
            time.sleep(0.02)  # noqa: TID251 - the server of this test, not the monitor

    return behave


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stay_silent(connection: socket.socket) -> None:
    connection.recv(1)  # until the client gives up


def outcome(client: OrchestratorClient, deadline_s: float) -> OrchestratorError:
    with client.poll(deadline_s) as poll, pytest.raises(OrchestratorError) as caught:
        poll.get("/odata/x", type=dict)
    return caught.value


@pytest.mark.parametrize(
    "behavior",
    [
        pytest.param(drip(b"", b"H"), id="status line"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"), id="header"),
        pytest.param(drip(HEAD + b"Content-Length: 100000\r\n\r\n"), id="body"),
        pytest.param(
            drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1; ext=", b"e"), id="chunk header"
        ),
        pytest.param(
            drip(
                HEAD
                + b"Content-Encoding: gzip\r\nContent-Length: 99999\r\n\r\n"
                + gzip.compress(b"")[:10],
                b"\0",
            ),
            id="gzip",
        ),
    ],
)
def test_a_server_that_sends_byte_by_byte_ends_at_the_deadline(behavior: Behavior) -> None:
    with raw(behavior) as server, client_of(server.port) as client:
        started = time.monotonic()
        error = outcome(client, 0.3)
        took = time.monotonic() - started

    assert isinstance(error, Unreachable)
    assert "time of this poll" in str(error)
    assert took < 1.5


def test_a_silent_server_ends_at_the_time_out() -> None:
    with raw(stay_silent) as server, client_of(server.port, timeout_s=0.2) as client:
        error = outcome(client, 5)

    assert "no answer within 0.2 s" in str(error)


@pytest.mark.parametrize(
    ("behavior", "condition"),
    [
        pytest.param(reset, Unreachable, id="reset"),
        pytest.param(say(b""), Unreachable, id="closed"),
        pytest.param(say(HEAD + b"Content-Length: 99\r\n\r\n{"), Unreachable, id="truncated"),
        pytest.param(say(b"SSH-2.0-OpenSSH_9.2\r\n"), Unreachable, id="other protocol"),
        pytest.param(
            say(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 300_000), Unreachable, id="huge header"
        ),
        pytest.param(
            say(
                HEAD
                + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"
                + gzip.compress(b"{}" * 99)[:20]
            ),
            UnexpectedResponse,
            id="truncated gzip",
        ),
    ],
)
def test_a_connection_that_breaks_is_a_condition(
    behavior: Behavior, condition: type[OrchestratorError]
) -> None:
    with raw(behavior) as server, client_of(server.port) as client:
        assert type(outcome(client, 5)) is condition


def test_a_connection_that_breaks_is_tried_again() -> None:
    with raw(reset, say(b""), say(GOOD)) as server:
        with client_of(server.port, attempts=4) as client, client.poll(5) as poll:
            assert poll.get("/odata/x", type=dict) == {}
            assert poll.requests == 3

        assert server.connections == 3


def test_nobody_listening_is_a_condition() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    with client_of(port) as client:
        error = outcome(client, 5)

    assert isinstance(error, Unreachable)
    assert "refuses connections" in str(error)


def test_a_bomb_of_two_hundred_megabytes_costs_a_few() -> None:
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=1)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    options = ClientOptions(attempts=1, most_bytes=2**20)
    with raw(say(head + bomb)) as server, client_of(server.port, options=options) as client:
        assert "larger than 1 MiB" in str(outcome(client, 10))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def https(authority: trustme.CA) -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(GOOD)

    class Secure(RawServer):
        def _serve(self) -> None:
            while True:
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return
                self.connections += 1
                with connection, contextlib.suppress(OSError):
                    behave(connection)

    server = Secure(behave)
    try:
        yield server
    finally:
        server.close()


def secure_client(port: int, options: ClientOptions) -> OrchestratorClient:
    return OrchestratorClient(
        Deployment.parse(f"https://127.0.0.1:{port}"),
        pat(),
        clock=SystemClock(),
        options=options,
        wait=lambda _: None,
    )


def test_a_private_authority_is_trusted_once_its_file_is_named(
    authority: trustme.CA, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with https(authority) as server:
        stranger = secure_client(server.port, ClientOptions())
        friend = secure_client(server.port, ClientOptions(tls=tls_context(ca_file=ca_file)))
        careless = secure_client(server.port, ClientOptions(tls=tls_context(verify=False)))
        try:
            error = outcome(stranger, 5)
            asked = server.connections
            for client in (friend, careless):
                with client.poll(5) as poll:
                    assert poll.get("/odata/x", type=dict) == {}
        finally:
            for client in (stranger, friend, careless):
                client.close()

    assert "ca_file" in str(error)
    assert asked == 1  # a bad certificate stays bad: no retries


def test_the_same_files_give_the_same_context(authority: trustme.CA, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))

    assert tls_context(ca_file=ca_file) is tls_context(ca_file=ca_file)


@pytest.mark.parametrize("key", ["ca_file", "client_certificate_file"])
@pytest.mark.parametrize("content", [None, "not PEM"])
def test_a_certificate_file_that_cannot_be_used_is_named(
    tmp_path: Path, key: str, content: str | None
) -> None:
    file = tmp_path / "some.pem"
    if content is not None:
        file.write_text(content)

    named = {"ca_file": None, "client_certificate_file": None, key: file}
    with pytest.raises(ValueError, match=f"{key} .*some.pem cannot be used"):
        tls_context(
            ca_file=named["ca_file"], client_certificate_file=named["client_certificate_file"]
        )
