"""A reply on its way to the socket, undisturbed or by the faults of transport."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from starlette.types import Receive, Send

from monitor.simulator.faults import Fault
from monitor.simulator.wire import bomb, packed


class Hangup(Protocol):
    """Closes the TCP connection of a request, as no ASGI message can."""

    def reset(self, client: tuple[str, int]) -> None:
        """Close at once and let the peer see a reset."""
        ...

    def close(self, client: tuple[str, int]) -> None:
        """Close after what was sent, whatever was promised."""
        ...


@dataclass(slots=True, kw_only=True)
class Reply:
    """What is answered; `hits` are the faults of this request by kind."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    hits: Mapping[str, Fault] = field(default_factory=dict)


async def deliver(
    reply: Reply,
    *,
    client: tuple[str, int],
    accept_encoding: str,
    hangup: Hangup,
    receive: Receive,
    send: Send,
) -> None:
    """Send the reply; delays are real seconds and end early when the caller leaves."""
    hits = reply.hits
    if "slow" in hits and await _gone_within(hits["slow"].delay_s, receive):
        return
    if "reset" in hits:
        hangup.reset(client)
        await _until_gone(receive)
        return
    body, headers = _packed(reply, accept_encoding)
    await send(
        {
            "type": "http.response.start",
            "status": reply.status,
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in headers.items()
            ],
        }
    )
    if "truncated" in hits:
        half = body[: max(1, len(body) // 2)]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        hangup.close(client)
        await _until_gone(receive)
    elif "drip" in hits:
        await _drip(body, hits["drip"], receive, send)
    else:
        await send({"type": "http.response.body", "body": body})


def _packed(reply: Reply, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
    headers = {"Content-Type": reply.content_type, **reply.headers}
    if "gzip-bomb" in reply.hits:
        body = bomb(reply.hits["gzip-bomb"].megabytes)
        headers["Content-Encoding"] = "gzip"
    else:
        body = reply.body
        if (smaller := packed(body, accept_encoding)) is not None:
            body = smaller
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    headers["Content-Length"] = str(len(body))
    return body, headers


async def _drip(body: bytes, fault: Fault, receive: Receive, send: Send) -> None:
    pieces = [body[at : at + fault.chunk] for at in range(0, len(body), fault.chunk)]
    for piece in pieces[:-1]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if await _gone_within(fault.delay_s, receive):
            return
    await send({"type": "http.response.body", "body": b"".join(pieces[-1:])})


async def _gone_within(delay_s: float, receive: Receive) -> bool:
    try:
        await asyncio.wait_for(_until_gone(receive), timeout=delay_s)
    except TimeoutError:
        return False
    return True


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
