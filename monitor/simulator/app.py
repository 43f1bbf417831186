"""The ASGI application around a simulated tenant."""

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from monitor.simulator.control import PREFIX, Control
from monitor.simulator.delivery import Hangup, Reply, deliver
from monitor.simulator.service import Request, Service
from monitor.simulator.simulator import Simulator

_LARGEST_BODY = 1024 * 1024


class OrchestratorApp:
    """Serves one tenant over ASGI; `control` opens the switches of `control.py` over HTTP."""

    def __init__(self, simulator: Simulator, *, hangup: Hangup, control: bool = False) -> None:
        """Serve this tenant; `hangup` closes connections for the faults that need it."""
        self._service = Service(simulator)
        self._hangup = hangup
        self._control = Control(simulator) if control else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; anything else is left unanswered."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        host, port = scope.get("client") or ("", 0)
        body = await _body(receive)
        method, path = scope["method"], scope["path"]
        if body is None:
            reply = Reply(status=413)
        elif self._control is not None and path.startswith(PREFIX):
            reply = self._control.reply(method, path, body, host)
        else:
            query = scope["query_string"].decode("latin-1")
            reply = self._service.reply(
                Request(method=method, path=path, query=query, headers=headers, body=body)
            )
        await deliver(
            reply,
            client=(host, port),
            accept_encoding=headers.get("accept-encoding", ""),
            hangup=self._hangup,
            receive=receive,
            send=send,
        )


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, None where it is too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > _LARGEST_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
