"""Says in one clause why no answer came over the wire, and what to do about it."""

import re
import socket
import ssl
from collections.abc import Iterator
from typing import TypeVar

import httpx

from monitor.orchestrator.course import Course, Stage
from monitor.orchestrator.text import quoted

E = TypeVar("E", bound=BaseException)

# OpenSSL's numbers of what is wrong with a certificate (x509_vfy.h).
_NOT_YET_VALID = 9
_EXPIRED = 10
_SELF_SIGNED = 18
_UNKNOWN_AUTHORITY = frozenset({2, 19, 20, 21})
_OTHER_NAME = frozenset({62, 64})

_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH", "HTTP_REQUEST")
_TOO_OLD = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS", "VERSION_TOO_LOW")
_TOO_WEAK = ("DH_KEY_TOO_SMALL", "UNSAFE_LEGACY_RENEGOTIATION", "DIGEST_CHECK_FAILED")
# What a server says about the certificate of its client.
_OURS_REFUSED = (
    "ALERT_UNKNOWN_CA",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_CERTIFICATE_EXPIRED",
    "ALERT_CERTIFICATE_REVOKED",
    "ALERT_CERTIFICATE_UNKNOWN",
    "ALERT_UNSUPPORTED_CERTIFICATE",
    "ALERT_ACCESS_DENIED",
    "ALERT_DECRYPT_ERROR",
)
_OURS_MISSING = ("ALERT_CERTIFICATE_REQUIRED", "ALERT_NO_CERTIFICATE")
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
_PROXY_REFUSAL = re.compile(r"4\d\d\b")


def why_unreached(
    error: Exception, detail: str, timeout_s: float, course: Course | None, key: str
) -> str:
    """Return cause and cure of an exception of httpx or of a socket.

    `detail` is its text, safe to show; `key` names the setting that holds the address.
    """
    at_proxy = course is not None and course.is_at_proxy
    who = course.peer if course is not None and course.peer else "the server"
    if course is not None and course.is_at_proxy:
        who, key = f"the proxy {course.peer}", course.proxy_key
    if isinstance(error, httpx.ProxyError):
        reason = _refused_by_proxy(detail, course)
    elif (certificate := _first(error, ssl.SSLCertVerificationError)) is not None:
        reason = _bad_certificate(certificate, who, key, "proxy" if at_proxy else "server")
    elif (failure := _first(error, ssl.SSLError)) and not isinstance(failure, ssl.SSLEOFError):
        reason = _bad_tls(failure, who, key)
    elif isinstance(error, httpx.TimeoutException | TimeoutError):
        reason = _timed_out(error, timeout_s, who, key, course)
    elif (lookup := _first(error, (socket.gaierror, UnicodeError))) is not None:
        reason = _not_looked_up(lookup, who, key)
    else:
        reason = _cut_off(error, detail, who, key, course)
    return reason


def _cut_off(error: Exception, detail: str, who: str, key: str, course: Course | None) -> str:
    """Return why there was no complete answer although nobody said anything."""
    stage = None if course is None else course.stage
    if stage is Stage.HANDSHAKE:
        return (
            f"{who} broke off the TLS handshake; check that the port in {key} speaks TLS and that "
            "no firewall forbids it"
        )
    if course is not None and not course.is_secured and course.heard.startswith(_TLS_RECORDS):
        return f"{who} speaks TLS; write https:// for http:// in {key}"
    if isinstance(error, httpx.ConnectError) or stage is Stage.CONNECT:
        return _not_connected(error, detail, who, key)
    if isinstance(error, httpx.RemoteProtocolError) and "isconnected" not in detail:
        return _not_http(detail, who, key, b"" if course is None else course.heard)
    return _broken_off(who, key, course)


def is_lasting(error: BaseException) -> bool:
    """Return whether the same would come of repeating it now: somebody has to do something."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        if isinstance(cause, ssl.SSLError):
            wanted = (*_NOT_TLS, *_TOO_OLD, *_TOO_WEAK, *_OURS_REFUSED, *_OURS_MISSING)
            return _is_one_of(cause, wanted)
        if isinstance(cause, httpx.ProxyError):
            return _PROXY_REFUSAL.match(str(cause)) is not None
    return False


def _refused_by_proxy(detail: str, course: Course | None) -> str:
    where = "`proxy`" if course is None else course.proxy_key
    who = "the proxy" if course is None else f"the proxy {course.peer}"
    target = "Orchestrator" if course is None else course.target
    if detail.startswith("407"):
        return f"{who} wants a user and a password ({detail}); check those in {where}"
    if _PROXY_REFUSAL.match(detail):
        return f"{who} does not let through to {target} ({detail}); let it, or check {where}"
    return f"{who} cannot reach {target} ({detail}); check its way out and {where}"


def _bad_certificate(error: ssl.SSLCertVerificationError, who: str, key: str, theirs: str) -> str:
    why = quoted(error.verify_message).rstrip(".")
    code = error.verify_code
    if code == _EXPIRED:
        rest = f"has expired; renew it on the {theirs}, or check the clock of this machine"
    elif code == _NOT_YET_VALID:
        rest = "is not valid yet; check the clock of this machine"
    elif code in _OTHER_NAME:
        rest = f"is for another name ({why}); use that name in {key}"
    elif code == _SELF_SIGNED:
        rest = "is self-signed; put it into `ca_file` if it is the right one"
    elif code in _UNKNOWN_AUTHORITY:
        rest = (
            f"comes from an authority that is not known here ({why}); put the authority's "
            "certificate into `ca_file`"
        )
    else:
        rest = f"is not accepted ({why}); replace it on the {theirs}"
    return f"the certificate of {who} {rest}"


def _bad_tls(error: ssl.SSLError, who: str, key: str) -> str:
    why = (error.reason or "unknown").lower().replace("_", " ")
    if _is_one_of(error, _NOT_TLS):
        return f"{who} does not speak TLS; write http:// for https:// in {key}, or correct its port"
    if _is_one_of(error, _OURS_MISSING):
        return f"{who} wants a client certificate; set `client_certificate_file`"
    if _is_one_of(error, _OURS_REFUSED):
        return (
            f"{who} does not accept the client certificate ({why}); check that the one in "
            "`client_certificate_file` is valid and from an authority that the server trusts"
        )
    if _is_one_of(error, (*_TOO_OLD, *_TOO_WEAK)):
        return f"{who} offers no TLS that is safe enough ({why}); let it speak TLS 1.2 or 1.3"
    return (
        f"{who} ended the TLS handshake ({why}); if it wants a client certificate, check "
        "`client_certificate_file`"
    )


def _timed_out(
    error: Exception, timeout_s: float, who: str, key: str, course: Course | None
) -> str:
    match course.stage if course is not None else None:
        case Stage.LOOK_UP:
            return f"the name of {who} was not looked up in time; check the name servers in use"
        case Stage.HANDSHAKE:
            return (
                f"{who} did not finish the TLS handshake in time; check that the port in {key} "
                "speaks TLS"
            )
        case Stage.ASK if course is not None and course.has_heard:
            return (
                f"the answer stopped half-way for {timeout_s:g} s; check the network and what "
                "stands between"
            )
        case _ if isinstance(error, httpx.ConnectTimeout):
            return f"no connection to {who} in time; check {key} and the firewalls between"
        case _ if course is not None and course.is_at_proxy:
            return f"no answer from {who} within {timeout_s:g} s; check {key}"
        case _:
            return f"no answer within {timeout_s:g} s; Orchestrator is slow, or `timeout` too short"


def _not_looked_up(error: Exception, who: str, key: str) -> str:
    code = error.errno if isinstance(error, OSError) else None
    why = quoted(error.strerror if isinstance(error, OSError) and error.strerror else str(error))
    if code == socket.EAI_AGAIN:
        return f"the name of {who} cannot be looked up ({why}); check the name servers in use"
    return f"the name of {who} is not known ({why}); check {key} and the name servers in use"


def _not_connected(error: Exception, detail: str, who: str, key: str) -> str:
    for cause in _causes(error):
        if isinstance(cause, ConnectionRefusedError):
            return f"{who} refuses connections; check that it runs, and the port in {key}"
        if isinstance(cause, OSError) and cause.strerror:
            why = quoted(cause.strerror)
            return f"no way to {who} ({why}); check {key} and the network of this machine"
    return f"no connection to {who} ({detail}); check {key} and the network of this machine"


def _not_http(detail: str, who: str, key: str, heard: bytes) -> str:
    if "line" in detail:
        says = quoted(heard.decode("ascii", "replace"))
        return f"{who} does not speak HTTP (it says {says!r}); check host and port in {key}"
    return f"the answer broke off ({detail}); check the network and what stands between"


def _broken_off(who: str, key: str, course: Course | None) -> str:
    if course is None or course.is_reused or course.has_heard:
        return f"the connection to {who} broke; check the network and what stands between"
    if course.is_secured:
        return (
            f"{who} closed the connection without an answer; if it wants a client certificate, "
            "check `client_certificate_file`"
        )
    return f"{who} closed the connection without an answer; check whether {key} needs https://"


def _first(error: BaseException, kind: type[E] | tuple[type[E], ...]) -> E | None:
    return next((one for one in _causes(error) if isinstance(one, kind)), None)


def _is_one_of(error: ssl.SSLError, reasons: tuple[str, ...]) -> bool:
    return any(reason in (error.reason or "") for reason in reasons)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(8):  # chains are short
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
