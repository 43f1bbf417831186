"""A loopback server of fixed pages for benchmarks, run in a process of its own.

It answers a sign-in, 10,000 machine sessions in pages of 1,000 (gzip) and no user sessions. From
one whole sweep to the next, `--changed` of a hundred sessions report anew with another state; the
others stand still, unless `--beating` makes every heartbeat move. Nothing is computed while it
serves, so a benchmark measures the client.
"""

import argparse
import gzip
import http.server
import itertools
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

SWEEPS = 20
PAGE = 1000
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def row(number: int, reported: datetime, status: str) -> dict[str, object]:
    return {
        "SessionId": 5000 + number,
        "MachineId": 100 + number // 40,
        "MachineName": f"Pool-{number // 40}",
        "HostMachineName": f"VM-RPA-{number:05d}",
        "RuntimeType": "Unattended",
        "MachineType": "Template",
        "MachineScope": "Default",
        "MaintenanceMode": "Default",
        "Status": status,
        "IsUnresponsive": False,
        "Runtimes": 1,
        "UsedRuntimes": 0,
        "ServiceUserName": "NT AUTHORITY\\LOCAL SERVICE",
        "ReportingTime": reported.isoformat().replace("+00:00", "Z"),
        "Version": "25.10.3",
    }


def sweeps(sessions: int, changed: int, *, beating: bool) -> list[list[bytes]]:
    """Return the pages of each sweep, packed; sweep k differs from k - 1 in `changed` per cent."""
    rows = [row(number, START, "Available") for number in range(sessions)]
    share = sessions * changed // 100
    packed = []
    for sweep in range(SWEEPS):
        at = START + timedelta(seconds=sweep)
        for number in range(sweep * share, (sweep + 1) * share):
            state = "Busy" if (number // sessions + sweep) % 2 == 0 else "Available"
            rows[number % sessions] = row(number % sessions, at, state)
        if beating:
            for each in rows:
                each["ReportingTime"] = at.isoformat().replace("+00:00", "Z")
        pages = [rows[first : first + PAGE] for first in range(0, sessions, PAGE)]
        packed.append([gzip.compress(json.dumps({"value": page}).encode(), 6) for page in pages])
    return packed


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--sessions", type=int, default=10_000)
    options.add_argument("--changed", type=int, default=5)
    options.add_argument("--beating", action="store_true")
    given = options.parse_args()
    prepared = sweeps(given.sessions, given.changed, beating=given.beating)
    empty = gzip.compress(b'{"value":[]}')
    token = gzip.compress(b'{"access_token":"benchmark","expires_in":3600,"token_type":"Bearer"}')
    counters: dict[str, "itertools.count[int]"] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer(token)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if "GetMachineSessionRuntimes" not in parts.path:
                self._answer(empty)
                return
            skip = int(parse_qs(parts.query).get("$skip", ["0"])[0])
            # Each client sees its own series of sweeps, so both sides see the same changes.
            client = self.headers.get("User-Agent", "")
            if skip == 0:
                self._sweep[client] = next(counters.setdefault(client, itertools.count())) % SWEEPS
            pages = prepared[self._sweep.get(client, 0)]
            index = skip // PAGE
            self._answer(pages[index] if index < len(pages) else empty)

        _sweep: dict[str, int] = {}  # noqa: RUF012 - shared by all connections on purpose

        def _answer(self, body: bytes) -> None:
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
                b"Date: Mon, 05 Jan 2026 09:00:30 GMT\r\n"
                b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
            )

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201 - the parent reads the port here
    server.serve_forever()


if __name__ == "__main__":
    main()
