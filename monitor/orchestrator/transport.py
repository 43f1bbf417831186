"""One kept connection pool; each exchange is bounded in time and in size and never redirected."""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from pydantic import SecretStr

from monitor.clock import Clock
from monitor.errors import OrchestratorError, UnexpectedResponse, Unreachable
from monitor.orchestrator.answers import Answer, Garbled, TooLarge, http_date, unpacked
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.failures import from_exception
from monitor.orchestrator.skew import Skew
from monitor.orchestrator.sockets import DeadlinePassed, bound, until
from monitor.orchestrator.tls import no_tls, tls_context

MOST_IN_FLIGHT = 8
_CONNECT_TIMEOUT_S = 10.0
# Longer than the usual interval of a poll, shorter than the idle time-outs of gateways.
_KEEP_ALIVE_S = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request to send. `endpoint` names it in errors; `hide` are secrets an answer may echo."""

    url: str
    endpoint: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    hide: tuple[str, ...] = field(default=(), repr=False)


class Transport:
    """Sends exchanges; thread-safe, at most eight at a time."""

    def __init__(
        self,
        *,
        clock: Clock,
        timeout_s: float,
        most_bytes: int,
        tls: ssl.SSLContext | None,
        plain: bool,
        proxy: SecretStr | None,
        trust_env: bool,
        inner: httpx.BaseTransport | None,
    ) -> None:
        """Make the pool; nothing is connected yet. `plain` says that only http is spoken.

        Raises:
            ValueError: the proxy's address cannot be used.
        """
        self._clock = clock
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._slots = threading.BoundedSemaphore(MOST_IN_FLIGHT)
        self._skew = Skew()
        self._skew_lock = threading.Lock()
        if tls is None and inner is None:
            tls = no_tls() if plain else tls_context()
        timeout = httpx.Timeout(timeout_s, connect=min(_CONNECT_TIMEOUT_S, timeout_s))
        limits = httpx.Limits(
            max_connections=MOST_IN_FLIGHT + 2,
            max_keepalive_connections=MOST_IN_FLIGHT,
            keepalive_expiry=_KEEP_ALIVE_S,
        )
        try:
            client = httpx.Client(
                transport=inner,
                verify=tls or no_tls(),
                proxy=None if proxy is None else proxy.get_secret_value(),
                trust_env=trust_env,
                follow_redirects=False,
                timeout=timeout,
                limits=limits,
                headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
            )
        except (ValueError, httpx.InvalidURL, ImportError):
            # The cause may hold the proxy's password.
            msg = "proxy (or HTTPS_PROXY in the environment): it looks like http://host:port"
            raise ValueError(msg) from None
        self._client = bound(client)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def server_time(self) -> datetime:
        """Return the server's now, as well as its answers told; else our own."""
        return self._clock.now() + self._skew.offset

    def send(self, exchange: Exchange, deadline: Deadline, sent: Callable[[], None]) -> Answer:
        """Send once and return the complete answer, whatever its status; `sent` counts it.

        Raises:
            Unreachable: no complete answer in time.
            UnexpectedResponse: the body is too large or cannot be unpacked.
        """
        if not self._slots.acquire(timeout=max(0.0, deadline.remaining_s())):
            raise self._too_slow(exchange)
        try:
            if deadline.passed():
                raise self._too_slow(exchange)
            sent()
            with until(deadline):
                return self._send(exchange, deadline)
        except DeadlinePassed as error:
            raise self._too_slow(exchange) from error
        except TooLarge as error:
            megabytes = self._most_bytes // 2**20
            msg = f"{exchange.endpoint}: the answer is larger than {megabytes} MiB and was dropped"
            raise UnexpectedResponse(msg, endpoint=exchange.endpoint) from error
        except Garbled as error:
            msg = f"{exchange.endpoint}: the answer's compression is broken or unknown"
            raise UnexpectedResponse(msg, endpoint=exchange.endpoint) from error
        except OrchestratorError:
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, RuntimeError) as error:
            raise self._failed(error, exchange, deadline) from error
        except (OSError, UnicodeError) as error:
            raise self._failed(error, exchange, deadline) from error
        finally:
            self._slots.release()

    def _send(self, exchange: Exchange, deadline: Deadline) -> Answer:
        request = self._client.build_request(
            exchange.method, exchange.url, headers=exchange.headers, content=exchange.content
        )
        sent_at = self._clock.now()
        response = self._client.send(request, stream=True)
        try:
            received_at = self._clock.now()
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = self._read(response, headers, deadline)
        finally:
            response.close()
        self._learn(headers, sent_at, received_at)
        return Answer(status=response.status_code, headers=headers, body=body)

    def _read(
        self, response: httpx.Response, headers: Mapping[str, str], deadline: Deadline
    ) -> bytes:
        pieces: list[bytes] = []
        room = self._most_bytes
        for piece in response.iter_raw():
            room -= len(piece)
            if room < 0:
                raise TooLarge
            if deadline.passed():
                raise DeadlinePassed
            pieces.append(piece)
        packed = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return unpacked(packed, headers.get("content-encoding", ""), self._most_bytes)

    def _learn(self, headers: Mapping[str, str], sent_at: datetime, received_at: datetime) -> None:
        date = http_date(headers.get("date"))
        if date is None or "age" in headers:  # a cache's answer tells an old time
            return
        with self._skew_lock:
            self._skew.observe(
                date,
                sent_at=sent_at,
                received_at=received_at,
                elapsed_s=self._clock.monotonic(),
            )

    def _failed(
        self, error: Exception, exchange: Exchange, deadline: Deadline
    ) -> OrchestratorError:
        if deadline.passed():
            return self._too_slow(exchange)
        return from_exception(error, exchange.endpoint, self._timeout_s, exchange.hide)

    def _too_slow(self, exchange: Exchange) -> Unreachable:
        msg = (
            f"{exchange.endpoint}: no complete answer within the time of this poll; "
            "Orchestrator or the network is slow, or `every` is too short"
        )
        return Unreachable(msg, endpoint=exchange.endpoint)
