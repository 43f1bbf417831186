"""Receivers of messages that are slow, refuse for a while, or hang up; each keeps what it took."""

import contextlib
import http.server
import json
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_WORDS = re.compile(
    r"(?P<problem>CRITICAL|WARNING|INFO|NOW [A-Z]+|[A-Z]+, FLAPPING)|STILL [A-Z]+"
    r"|(?P<end>RESOLVED|GONE|CLOSED)"
)
_HEAD = re.compile(rf"^({_WORDS.pattern}): ", re.MULTILINE)
_INCIDENT = re.compile(r"\b[Ii]ncident:? ([A-Z2-7]{10})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message as it arrived: its delivery, the incidents of its header, and what it says."""

    delivery: str
    incidents: tuple[str, ...]
    title: str
    text: str

    def says(self) -> Mapping[str, str]:
        """Return by incident what a person reads: "problem", "still" or "end"."""
        said: dict[str, str] = {}
        heads = list(_HEAD.finditer(self.text))
        for head, following in zip(heads, [*heads[1:], None], strict=True):
            end = len(self.text) if following is None else following.start()
            incident = _INCIDENT.search(self.text, head.end(), end)
            if incident is not None:
                what = "problem" if head["problem"] else "end" if head["end"] else "still"
                said[incident[1]] = what
        return said


@dataclass
class Letterbox:
    """A web hook. What it took is in `letters` before it answers, so an answer may get lost.

    `mood` is what it does with a message: take it, refuse it (503) or hang up without an answer;
    in the latter two it has not got it. It answers up to `slowness_s` late.
    """

    port: int = 0
    mood: str = "takes"
    slowness_s: float = 0.0
    letters: list[Letter] = field(default_factory=list)
    moments: random.Random = field(default_factory=lambda: random.Random(7))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, headers: Mapping[str, str], body: Mapping[str, Any]) -> float:
        """Keep a message; return how long to wait with the answer, in seconds."""
        incidents = headers["X-Incident-Id"].split(", ")
        letter = Letter(
            delivery=headers["X-Delivery-Id"],
            incidents=tuple(incidents),
            title=body["title"],
            text=body["message"],
        )
        with self.lock:
            self.letters.append(letter)
            return self.moments.uniform(0, self.slowness_s)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # Whoever is killed while it sends leaves a broken connection: nothing to tell of.
    handle_error = lambda *_: None  # noqa: E731


@contextmanager
def letterbox(*, slowness_s: float = 0.0) -> Iterator[Letterbox]:
    """Run a receiver on loopback for the length of the block."""
    box = Letterbox(slowness_s=slowness_s)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            mood = box.mood
            if mood == "hangs up":
                self.close_connection = True
                return
            if mood == "takes":
                late_s = box.take(dict(self.headers), json.loads(content))
                time.sleep(late_s)  # noqa: TID251 - a slow receiver
            self.send_response(204 if mood == "takes" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _Server(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        with contextlib.ExitStack() as stack:
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            yield box
