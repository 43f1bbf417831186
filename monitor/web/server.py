"""One listener for people and programs: page, JSON, Prometheus text, health. Read-only."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
import uvicorn

from monitor.clock import Clock
from monitor.store.store import Store

if TYPE_CHECKING:
    from monitor.config.compose import Configuration

log = structlog.get_logger(__name__)

START_S = 5.0


class StatusPage:
    """The listener of one daemon; `configuration` may be replaced while it serves.

    `overdue` names work that should have finished and has not, `troubles` says why work is done in
    vain: then `/healthz` answers 503.
    """

    def __init__(
        self,
        configuration: "Configuration",
        store: Store,
        clock: Clock,
        *,
        overdue: Callable[[], tuple[str, ...]] = tuple,
        troubles: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """Prepare; nothing listens yet."""
        self.configuration = configuration
        self._store = store
        self._clock = clock
        self._overdue = overdue
        self._troubles = troubles

    @contextmanager
    def serving(self, host: str, port: int) -> Iterator[str | None]:
        """Listen until the end of the block; yield the page's address.

        A port that is taken is logged, and None is yielded: the watch goes on without a page.
        """
        try:
            listener = _listener(host, port)
        except OSError as error:
            log.exception(
                "page.unavailable", host=host, port=port, error=error.strerror or str(error)
            )
            yield None
            return
        with listener:
            server = self._server()
            thread = threading.Thread(
                target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True
            )
            thread.start()
            try:
                yield address_of(listener)
            finally:
                server.should_exit = True
                server.force_exit = True
                thread.join(START_S)

    def _server(self) -> uvicorn.Server:
        from monitor.web.app import build_app  # noqa: PLC0415 - starlette and jinja2 are slow

        app = build_app(
            lambda: self.configuration, self._store, self._clock, self._overdue, self._troubles
        )
        return uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, lifespan="off", server_header=False
            )
        )


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only for sockets made with an explicit protocol number;
    # without it the body of an answer waits 40 ms for the acknowledgement of its head.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address that a browser takes."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
