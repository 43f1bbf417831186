"""A simulated tenant on a real socket, in a thread of its own."""

import asyncio
import socket
import struct
import threading
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.simulator.app import OrchestratorApp
from monitor.simulator.simulator import Simulator

_STARTS_WITHIN_S = 10.0
_ENDS_WITHIN_S = 5.0


class _Connections:
    """The open TCP connections by the peer's address, so that faults can cut them."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def add(self, transport: asyncio.Transport) -> tuple[str, int]:
        # asyncio does this only for sockets made with an explicit protocol number; without it the
        # body of an answer waits 40 ms for the acknowledgement of its head.
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = (transport.get_extra_info("peername") or ("", 0))[:2]
        self._open[host, port] = transport
        return host, port

    def remove(self, client: tuple[str, int]) -> None:
        self._open.pop(client, None)

    def reset(self, client: tuple[str, int]) -> None:
        transport = self._open.get(client)
        if transport is None:
            return
        # Lingering for 0 s makes the kernel send a reset where it would say goodbye.
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def close(self, client: tuple[str, int]) -> None:
        transport = self._open.get(client)
        if transport is not None:
            transport.close()

    def abort_all(self) -> None:
        for transport in list(self._open.values()):
            transport.abort()


class _Server(uvicorn.Server):
    """A server that says when it listens and leaves no connection behind when it ends."""

    def __init__(self, config: uvicorn.Config, connections: _Connections) -> None:
        super().__init__(config)
        self.listens = threading.Event()
        self._connections = connections

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listens.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.force_exit = True
        self._connections.abort_all()
        await super().shutdown(sockets=sockets)


class RunningServer:
    """A server that runs until `stop` (or the end of the `with` block).

    Stopping takes about a quarter of a second and waits for no request.
    """

    def __init__(self, simulator: Simulator, host: str, port: int, *, control: bool) -> None:
        """Bind the socket at once, so that `port` is known; `start` begins to answer.

        Raises:
            OSError: the address cannot be bound.
        """
        self.simulator = simulator
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=512)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        connections = _Connections()
        app = OrchestratorApp(simulator, hangup=connections, control=control)
        config = uvicorn.Config(
            app,
            http=_protocol_of(connections),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            date_header=False,
            server_header=False,
        )
        self._server = _Server(config, connections)
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    @property
    def base_url(self) -> str:
        """The address of the server itself, as a standalone Orchestrator has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address of the tenant: organization and tenant are in that of the cloud alone."""
        if not self.simulator.profile.in_organization:
            return self.base_url
        estate = self.simulator.estate
        return f"{self.base_url}/{estate.organization}/{estate.tenant}/orchestrator_"

    @property
    def busy(self) -> int:
        """The number of requests that are being answered."""
        return len(self._server.server_state.tasks)

    def start(self) -> Self:
        """Begin to answer; returns once the server listens.

        Raises:
            RuntimeError: it does not within ten seconds.
        """
        self._thread.start()
        if not self._server.listens.wait(_STARTS_WITHIN_S):
            msg = "the simulated Orchestrator did not start"
            raise RuntimeError(msg)
        return self

    def stop(self) -> None:
        """End at once, whatever is under way."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_ENDS_WITHIN_S)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def serve(
    simulator: Simulator, host: str = "127.0.0.1", port: int = 0, *, control: bool = False
) -> RunningServer:
    """Return a server for this tenant, to be used in a `with` block; port 0 picks a free one.

    `control` opens the switches under `/_simulator/` to callers from this machine.

    Raises:
        OSError: the address cannot be bound.
    """
    return RunningServer(simulator, host, port, control=control)


def _protocol_of(connections: _Connections) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol, made to register its connections."""

    class Registering(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
            self._peer = connections.add(transport)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.remove(self._peer)
            super().connection_lost(exc)

    return Registering
