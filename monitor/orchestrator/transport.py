"""One kept connection pool; each exchange is bounded in time and in size and never redirected."""

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import httpx
from pydantic import SecretStr

from monitor.clock import Clock
from monitor.errors import OrchestratorError, UnexpectedResponse, Unreachable
from monitor.orchestrator.answers import Answer, Garbled, TooLarge, http_date, unpacked
from monitor.orchestrator.course import Course, Stage
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.failures import from_exception
from monitor.orchestrator.skew import Offset, Skew
from monitor.orchestrator.sockets import BoundClient, DeadlinePassed, underway
from monitor.orchestrator.tls import no_tls, tls_context

MOST_IN_FLIGHT = 8
_CONNECT_TIMEOUT_S = 10.0
# Longer than the usual interval of a poll, shorter than the idle time-outs of gateways.
_KEEP_ALIVE_S = 75.0
# What a connection that lay idle is given of a poll's time before a new one is tried: enough is
# left for that one. A server that is known to think longer is waited for.
_SHARE_OF_IDLE = 1 / 3
_SLOWEST_KEPT_S = 600.0


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
        self._proxy_key = "HTTPS_PROXY in the environment" if proxy is None else "`proxy`"
        self._slowest_s, self._slowest_at = 0.0, clock.monotonic()
        if tls is None and inner is None:
            is_proxy_secured = proxy is not None and _is_secured(proxy)
            tls = no_tls() if plain and not is_proxy_secured else tls_context()
        tls = tls or no_tls()
        timeout = httpx.Timeout(timeout_s, connect=min(_CONNECT_TIMEOUT_S, timeout_s))
        limits = httpx.Limits(
            max_connections=MOST_IN_FLIGHT + 2,
            max_keepalive_connections=MOST_IN_FLIGHT,
            keepalive_expiry=_KEEP_ALIVE_S,
        )
        try:
            client = httpx.Client(
                transport=inner,
                verify=tls,
                proxy=None if proxy is None else _proxy(proxy, tls),
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
        self._client = BoundClient(client)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def server_time(self) -> datetime:
        """Return the server's now, as well as its answers told; else our own."""
        with self._skew_lock:
            return self._skew.server_time(self._clock.now(), self._clock.monotonic())

    def skew(self) -> Offset | None:
        """Return how far the server's clock is ahead of ours; None while that is unknown."""
        with self._skew_lock:
            return self._skew.offset(self._clock.now(), self._clock.monotonic())

    def send(self, exchange: Exchange, deadline: Deadline, sent: Callable[[], None]) -> Answer:
        """Send and return the complete answer, whatever its status; `sent` counts it.

        A kept connection that nothing comes back from may have been dead for long: then the
        request is sent once more, on a new one.

        Raises:
            Unreachable: no complete answer in time.
            UnexpectedResponse: the body is too large or cannot be unpacked.
        """
        if not self._slots.acquire(timeout=max(0.0, deadline.remaining_s())):
            raise self._too_slow(exchange)
        try:
            request = self._client.http.build_request(
                exchange.method,
                _url(exchange.url),
                headers=exchange.headers,
                content=exchange.content,
            )
            course = self._course(request, deadline)
            try:
                return self._once(exchange, request, course, sent)
            except Unreachable:
                if not course.is_stale or deadline.passed():
                    raise
            self._client.distrust()
            return self._once(exchange, request, self._course(request, deadline), sent)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise from_exception(
                error, exchange.endpoint, self._timeout_s, exchange.hide
            ) from error
        finally:
            self._slots.release()

    def _course(self, request: httpx.Request, deadline: Deadline) -> Course:
        now_s = self._clock.monotonic()
        if now_s - self._slowest_at > _SLOWEST_KEPT_S:
            self._slowest_s = 0.0
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        return Course(
            deadline=deadline,
            monotonic=self._clock.monotonic,
            host=request.url.raw_host.decode("ascii"),
            port=port,
            patience_s=max(deadline.remaining_s() * _SHARE_OF_IDLE, 2 * self._slowest_s),
            proxy_key=self._proxy_key,
        )

    def _once(
        self, exchange: Exchange, request: httpx.Request, course: Course, sent: Callable[[], None]
    ) -> Answer:
        """Send once."""
        if course.deadline.passed():
            raise self._too_slow(exchange)
        sent()
        try:
            with underway(course):
                return self._send(request, course.deadline)
        except DeadlinePassed as error:
            raise self._too_slow(exchange) from error
        except TooLarge as error:
            megabytes = self._most_bytes // 2**20
            msg = (
                f"{exchange.endpoint}: the answer is larger than {megabytes} MiB and was dropped; "
                "check that `url` leads to an Orchestrator"
            )
            raise UnexpectedResponse(msg, endpoint=exchange.endpoint) from error
        except Garbled as error:
            msg = (
                f"{exchange.endpoint}: the answer's compression is broken or unknown; check what "
                "stands between this machine and Orchestrator"
            )
            raise UnexpectedResponse(msg, endpoint=exchange.endpoint) from error
        except OrchestratorError:
            raise
        except (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, RuntimeError) as error:
            raise self._failed(error, exchange, course) from error
        except (OSError, UnicodeError) as error:
            raise self._failed(error, exchange, course) from error

    def _send(self, request: httpx.Request, deadline: Deadline) -> Answer:
        sent_s = self._clock.monotonic()
        response = self._client.http.send(request, stream=True)
        try:
            received_s, now = self._clock.monotonic(), self._clock.now()
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = self._read(response, headers, deadline)
        finally:
            response.close()
        if received_s - sent_s >= self._slowest_s:
            self._slowest_s, self._slowest_at = received_s - sent_s, received_s
        self._learn(headers, sent_s, received_s, now)
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

    def _learn(
        self, headers: Mapping[str, str], sent_s: float, received_s: float, now: datetime
    ) -> None:
        date = http_date(headers.get("date"))
        if date is None or "age" in headers:  # a cache's answer tells an old time
            return
        with self._skew_lock:
            self._skew.observe(date, sent_s=sent_s, received_s=received_s, now=now)

    def _failed(self, error: Exception, exchange: Exchange, course: Course) -> OrchestratorError:
        if course.deadline.passed() and course.stage is Stage.ASK and not course.is_at_proxy:
            return self._too_slow(exchange)
        return from_exception(error, exchange.endpoint, self._timeout_s, exchange.hide, course)

    def _too_slow(self, exchange: Exchange) -> Unreachable:
        msg = (
            f"{exchange.endpoint}: no complete answer within the time of this poll; "
            "Orchestrator or the network is slow, or `every` is too short"
        )
        return Unreachable(msg, endpoint=exchange.endpoint)


@lru_cache(maxsize=1024)
def _url(text: str) -> httpx.URL:
    """Return an address, parsed: polls ask for the same ones over and over.

    Raises:
        httpx.InvalidURL: it is none.
    """
    return httpx.URL(text)


def _proxy(address: SecretStr, tls: ssl.SSLContext) -> httpx.Proxy:
    """Return the proxy; for one that speaks TLS itself the same authorities count."""
    return httpx.Proxy(
        address.get_secret_value(), ssl_context=tls if _is_secured(address) else None
    )


def _is_secured(address: SecretStr) -> bool:
    return address.get_secret_value().lower().startswith("https://")
