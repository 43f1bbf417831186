"""A loopback server of fixed pages for benchmarks, run in a process of its own.

It answers a sign-in, 10,000 machine sessions in pages of 1,000 (gzip, counted where it is asked
for) and no user sessions. All pages are made before the first request, so a benchmark measures the
client; `--delay-ms` lets each answer but the sign-in's wait. Whoever measures says
which sweep is shown (`POST /sweep/7`), so that everybody sees the same sweeps; the server's Date
goes with the sweep. In each sweep another 5 % of the sessions report another state. The others
stand still, as if polled every few seconds; with `--beating` every heartbeat moves, as if polled
every half minute. A few sessions are silent throughout, one more falls silent in each sweep and
is back in the next. `GET /asked` tells how many sign-ins and how many lists were asked for so far.
"""

import argparse
import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

PAGE = 1000
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
STILL_EVERY = timedelta(seconds=2)
BEATING_EVERY = timedelta(seconds=30)
SILENT_SINCE = START - timedelta(minutes=80)
SILENT_THROUGHOUT = 10


class Estate:
    """The sessions, and how they change from one sweep to the next."""

    def __init__(self, sessions: int, changed: int, *, beating: bool) -> None:
        self.rows = [_row(number) for number in range(sessions)]
        # Round after round another share of the sessions; those silent throughout never move.
        self._rounds = 100 // changed
        self._beating = beating
        self._sweep = 0
        self._fallen: dict[str, object] | None = None
        for number, row in enumerate(self.rows):
            _beat(row, START - timedelta(seconds=number % 10))
        for row in self.rows[:SILENT_THROUGHOUT]:
            _fall_silent(row)

    @property
    def at(self) -> datetime:
        return START + self._sweep * (BEATING_EVERY if self._beating else STILL_EVERY)

    def advance(self) -> None:
        self._sweep += 1
        at = self.at
        first = self._sweep % self._rounds
        moved = [row for row in self.rows[first :: self._rounds] if not row["IsUnresponsive"]]
        fallen, self._fallen = self._fallen, moved.pop()
        if fallen is not None:
            moved.append(fallen)
        for row in moved:
            row["Status"] = "Busy" if row["Status"] == "Available" else "Available"
            row["IsUnresponsive"] = False
            _beat(row, at)
        _fall_silent(self._fallen)
        if self._beating:
            for number, row in enumerate(self.rows):
                if not row["IsUnresponsive"]:
                    _beat(row, at - timedelta(seconds=number % 30))

    def pages(self) -> list[bytes]:
        return [self._page(start, {}) for start in range(0, len(self.rows), PAGE)]

    def counted(self) -> list[bytes]:
        """Return the first two pages as they are with a count: it is asked for on no other."""
        count = {"@odata.count": len(self.rows)}
        return [self._page(start, count) for start in (0, PAGE)]

    def _page(self, start: int, more: dict[str, int]) -> bytes:
        body = json.dumps({**more, "value": self.rows[start : start + PAGE]})
        return _answer(body.encode(), self.at)


def _row(number: int) -> dict[str, object]:
    return {
        "SessionId": 5000 + number,
        "MachineId": 100 + number // 100,
        "MachineName": f"Pool-{number // 100}",
        "HostMachineName": f"VM-RPA-{number:05d}",
        "MachineScope": "Default",
        "RuntimeType": "Unattended",
        "Status": "Available",
        "IsUnresponsive": False,
        "Runtimes": 1,
        "ReportingTime": "",
        "MaintenanceMode": "Default",
        "ServiceUserName": "NT AUTHORITY\\LOCAL SERVICE",
        "Version": "25.10.3",
    }


def _beat(row: dict[str, object], before: datetime) -> None:
    at = before - timedelta(seconds=1)
    row["ReportingTime"] = f"{at:%Y-%m-%dT%H:%M:%S}.{row['SessionId']}Z"


def _fall_silent(row: dict[str, object]) -> None:
    row["IsUnresponsive"] = True
    _beat(row, SILENT_SINCE)


def _answer(body: bytes, at: datetime) -> bytes:
    packed = gzip.compress(body)
    head = (
        "HTTP/1.1 200 OK\r\n"
        "Content-Type: application/json\r\n"
        "Content-Encoding: gzip\r\n"
        f"Date: {format_datetime(at, usegmt=True)}\r\n"
        f"Content-Length: {len(packed)}\r\n\r\n"
    )
    return head.encode() + packed


class Sweep:
    """The answers of one sweep, by what is asked for."""

    def __init__(self, estate: Estate) -> None:
        self._pages = estate.pages()
        self._counted = estate.counted()
        self._empty = _answer(b'{"value":[]}', estate.at)
        self._token = _answer(
            b'{"access_token":"benchmark","expires_in":3600,"token_type":"Bearer"}', estate.at
        )

    def answer(self, method: bytes, target: bytes) -> bytes:
        if method == b"POST":
            return self._token
        if b"GetMachineSessionRuntimes" not in target:
            return self._empty
        _, _, skip = target.partition(b"skip=")
        page = int(skip.partition(b"&")[0] or 0) // PAGE
        if b"count=true" in target and page < len(self._counted):
            return self._counted[page]
        return self._pages[page] if page < len(self._pages) else self._empty


class Server(asyncio.Protocol):
    """One connection; requests come whole or in pieces, one after the other."""

    sweeps: list[Sweep]
    delay_s = 0.0
    shown = 0
    sign_ins = 0
    lists = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length:")
        if not end or len(body) < int(length.partition(b"\r\n")[0] or 0):
            return
        self._received = b""
        method, target, _ = head.split(b" ", 2)
        if target.startswith(b"/sweep/"):
            Server.shown = int(target.rpartition(b"/")[2])
        if target == b"/asked":
            told = {"sign_ins": Server.sign_ins, "lists": Server.lists}
            self._transport.write(_answer(json.dumps(told).encode(), START))
            return
        answer = self.sweeps[self.shown].answer(method, target)
        if method == b"POST":
            Server.sign_ins += not target.startswith(b"/sweep/")
            self._transport.write(answer)
            return
        Server.lists += 1
        if self.delay_s:
            asyncio.get_running_loop().call_later(self.delay_s, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def serve() -> None:
    """Serve on a free port, which is printed, until the parent closes our input."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - the parent reads it here
    await server.serve_forever()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sessions", type=int, default=10_000)
    options.add_argument("--changed", type=int, default=5, metavar="PER_CENT")
    options.add_argument("--sweeps", type=int, default=20)
    options.add_argument("--beating", action="store_true")
    options.add_argument("--delay-ms", type=float, default=0.0)
    given = options.parse_args()
    Server.delay_s = given.delay_ms / 1000
    estate = Estate(given.sessions, given.changed, beating=given.beating)
    Server.sweeps = [Sweep(estate)]
    for _ in range(given.sweeps - 1):
        estate.advance()
        Server.sweeps.append(Sweep(estate))
    asyncio.run(serve())


if __name__ == "__main__":
    main()
