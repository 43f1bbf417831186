"""Overhears what apprise's services say and hear, in the thread of one attempt.

apprise makes one log line of an answer. So the two libraries through which its services speak,
requests and smtplib, are wrapped, once. Only within `listening` do they behave differently: what
happens is noted, no redirect is followed, and a service that asked to wait is not asked again.
"""

import functools
import smtplib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from traceback import walk_tb
from types import ModuleType
from typing import Any

from monitor.clock import SystemClock
from monitor.core.refusal import is_doubtful_http
from monitor.core.retry_after import asked_wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and what came of it; with mail a connection, or a mail handed over.

    `status` is None for mail and where no HTTP answer came. `may_have_arrived`: if the attempt
    failed, this request may have brought the message all the same.
    """

    status: int | None = None
    retry_after_s: float | None = None
    may_have_arrived: bool = True

    @property
    def asks_to_wait(self) -> bool:
        """Tell whether the service wants no further request for a while."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.retry_after_s is not None


# Functions of the standard library that end before the first byte of a request:
# ssl.SSLSocket.do_handshake and http.client.HTTPConnection._tunnel.
_OPENING = {"do_handshake", "_tunnel"}
# The one reply with which a server takes over a mail. Source: RFC 5321, 4.3.2.
_MAIL_TAKEN = 250

_heard: ContextVar[list[Exchange] | None] = ContextVar("_heard", default=None)


@contextmanager
def listening() -> Iterator[list[Exchange]]:
    """Collect the exchanges of this thread, in their order, while the context lasts."""
    exchanges: list[Exchange] = []
    token = _heard.set(exchanges)
    try:
        yield exchanges
    finally:
        _heard.reset(token)


@functools.cache
def overhear(requests: ModuleType, urllib3: ModuleType) -> None:
    """Wrap both libraries for as long as the process lives, once, however often it is called."""
    _overhear_http(requests, urllib3)
    _overhear_mail(smtplib)


def _overhear_http(requests: Any, urllib3: Any) -> None:  # noqa: ANN401 - untyped, loaded late
    plain_send = requests.Session.send

    @functools.wraps(plain_send)
    def send(session: object, request: object, **options: object) -> object:
        exchanges = _heard.get()
        if exchanges is None:
            return plain_send(session, request, **options)
        if any(exchange.asks_to_wait for exchange in exchanges):
            msg = "the service asked to wait"
            raise requests.ConnectionError(msg)
        handled = sys.exception()
        try:
            response = plain_send(session, request, **{**options, "allow_redirects": False})
        except Exception as error:
            was_sent = not _never_sent(error, handled, urllib3.exceptions.ConnectTimeoutError)
            exchanges.append(Exchange(may_have_arrived=was_sent))
            raise
        exchanges.append(_answered(response))
        return response

    requests.Session.send = send


def _answered(response: Any) -> Exchange:  # noqa: ANN401 - untyped, see above
    status = int(response.status_code)
    asked_s = None
    if status >= HTTPStatus.BAD_REQUEST:
        headers = response.headers
        asked_s = asked_wait_s(headers.get("Retry-After"), headers.get("Date"), SystemClock().now())
    return Exchange(status=status, retry_after_s=asked_s, may_have_arrived=is_doubtful_http(status))


def _never_sent(
    error: BaseException | None,
    handled: BaseException | None,
    unconnected: type[BaseException],
) -> bool:
    """Tell from an error whether not even the connection was made.

    `unconnected` is what urllib3 raises when nobody was reached: an unknown host, a refusal, a
    time-out before the connection. Its ProxyError says nothing: it names lost answers so, too.
    `handled` is what the caller was dealing with already: an earlier request's failure, which
    Python counts among this one's causes.
    """
    while error is not None and error is not handled:
        if isinstance(error, unconnected) or _is_before_request(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_before_request(error: BaseException) -> bool:
    # Errors of TLS, and of the way through a proxy, have the same types before and after.
    return any(frame.f_code.co_name in _OPENING for frame, _ in walk_tb(error.__traceback__))


def _overhear_mail(smtplib: Any) -> None:  # noqa: ANN401 - a module whose methods are replaced
    plain_connect, plain_data = smtplib.SMTP.connect, smtplib.SMTP.data

    @functools.wraps(plain_connect)
    def connect(server: object, *place: object, **options: object) -> object:
        _note(Exchange(may_have_arrived=False))
        return plain_connect(server, *place, **options)

    @functools.wraps(plain_data)
    def data(server: object, mail: object) -> tuple[int, bytes]:
        try:
            code, reply = plain_data(server, mail)
        except smtplib.SMTPDataError:
            # An answer before the mail itself was sent.
            raise
        except Exception:
            _note(Exchange())
            raise
        _note(Exchange(may_have_arrived=code == _MAIL_TAKEN))
        return code, reply

    smtplib.SMTP.connect, smtplib.SMTP.data = connect, data


def _note(exchange: Exchange) -> None:
    exchanges = _heard.get()
    if exchanges is not None:
        exchanges.append(exchange)
