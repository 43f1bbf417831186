"""Switches over HTTP for tests in another process; off unless asked for, loopback only.

POST   /_simulator/silence/{robot}        POST   /_simulator/revive/{robot}
POST   /_simulator/silence-host/{host}    POST   /_simulator/revive-host/{host}
POST   /_simulator/expire-tokens
POST   /_simulator/change                 {"entity": "queue:Invoices", "change": {"new": 500}}
POST   /_simulator/faults                 {"kind": "throttled", "on": "QueueItems"}
DELETE /_simulator/faults                 DELETE /_simulator/faults/{kind}
GET    /_simulator/requests               DELETE /_simulator/requests
GET    /_simulator/counts                 {"total": 9, "metered": 1, "endpoints": {"Token": 1, …}}
"""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from monitor.simulator.changes import ChangeInvalid
from monitor.simulator.delivery import Reply
from monitor.simulator.simulator import Simulator
from monitor.simulator.wire import encode, wire_time

PREFIX = "/_simulator/"


class Control:
    """Carries out the switches of the module's docstring."""

    def __init__(self, simulator: Simulator) -> None:
        """Control this tenant."""
        self._simulator = simulator

    def reply(self, method: str, path: str, body: bytes, peer: str) -> Reply:
        """Carry out one request; 204 when done, 400 with the reason when it makes no sense."""
        if not _is_loopback(peer):
            return Reply(status=403)
        verb, _, name = path.removeprefix(PREFIX).partition("/")
        try:
            return self._done(method, verb, name, body)
        except (ChangeInvalid, ValueError, TypeError, KeyError) as error:
            return Reply(status=400, body=encode({"error": str(error)}))

    def _done(self, method: str, verb: str, name: str, body: bytes) -> Reply:
        simulator = self._simulator
        if (method, verb) == ("GET", "requests"):
            return Reply(status=200, body=encode(self._requests()))
        if (method, verb) == ("GET", "counts"):
            return Reply(status=200, body=encode(self._counts()))
        act = {
            ("POST", "silence"): lambda: simulator.silence(name),
            ("POST", "revive"): lambda: simulator.revive(name),
            ("POST", "silence-host"): lambda: simulator.silence_host(name),
            ("POST", "revive-host"): lambda: simulator.revive_host(name),
            ("POST", "expire-tokens"): simulator.expire_tokens,
            ("POST", "change"): lambda: self._change(json.loads(body)),
            ("POST", "faults"): lambda: simulator.change("faults", json.loads(body)),
            ("DELETE", "faults"): lambda: simulator.faults.clear(name or None),
            ("DELETE", "requests"): simulator.journal.clear,
        }.get((method, verb))
        if act is None:
            return Reply(status=404)
        act()
        return Reply(status=204)

    def _change(self, fields: Mapping[str, Any]) -> None:
        self._simulator.change(fields["entity"], fields["change"])

    def _counts(self) -> dict[str, object]:
        counts = self._simulator.journal.counts()
        metered = len(self._simulator.journal.metered())
        return {"total": counts.total(), "metered": metered, "endpoints": counts}

    def _requests(self) -> list[dict[str, object]]:
        return [
            {
                "at": wire_time(asking.at),
                "method": asking.method,
                "path": asking.path,
                "endpoint": asking.endpoint,
                "query": asking.query,
                "folder": asking.folder,
                "status": asking.status,
                "metered": asking.metered,
            }
            for asking in self._simulator.requests
        ]


def _is_loopback(peer: str) -> bool:
    try:
        return ipaddress.ip_address(peer).is_loopback
    except ValueError:
        return False
