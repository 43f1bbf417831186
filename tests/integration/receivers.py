"""A real HTTP server on loopback that answers as told and remembers what came."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import SecretStr


@dataclass
class Receiver:
    """What the server answers, and what came.

    `later` holds the statuses of the requests after the first; `cut` closes the connection
    in place of an answer, `reset` does so rudely; `hang` waits before it, `drip` never ends it.
    """

    status: int = 200
    later: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    sends_date: bool = True
    cut: bool = False
    reset: bool = False
    hang: threading.Event | None = None
    drip: threading.Event | None = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    def url(self, path: str = "hook", query: str = "") -> SecretStr:
        return SecretStr(f"json://127.0.0.1:{self.port}/{path}{query}")

    @property
    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, _, body in self.requests]


class Handler(BaseHTTPRequestHandler):
    state: Receiver

    def do_POST(self) -> None:
        state = self.state
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = ([state.status, *state.later])[min(len(state.requests), len(state.later))]
        state.requests.append((self.path, dict(self.headers), body))
        if state.hang is not None:
            state.hang.wait(10)
        if state.cut:
            return
        if state.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            return
        self.send_response_only(status)
        if state.sends_date:
            self.send_header("Date", self.date_time_string())
        for name, value in state.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0" if state.drip is None else "1000")
        self.end_headers()
        while state.drip is not None and not state.drip.wait(0.05):
            self.wfile.write(b".")

    def do_GET(self) -> None:
        self.state.requests.append((self.path, {}, b""))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def serving(state: Receiver, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    handler = type("Bound", (Handler,), {"state": state})
    with Server(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield state
        finally:
            for event in (state.hang, state.drip):
                if event is not None:
                    event.set()
            server.shutdown()
            thread.join()
