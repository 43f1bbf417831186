"""Why a message was not taken, and whether repeating it is vain."""

from collections.abc import Iterable
from http import HTTPStatus

# Too slow, locked, too early, too many, misdirected: for now. Any other 4xx is for good.
_PASSING_4XX = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.LOCKED,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
# Somebody in between waited in vain for the answer of the service behind it.
# Source: RFC 9110, 15.6.5 (504); Cloudflare's own status 524 means the same.
_NO_ANSWER_FROM_BEHIND = {HTTPStatus.GATEWAY_TIMEOUT, 524}
_FIRST_PERMANENT_REPLY = 500

_CAUSES = (
    ("CERTIFICATE_VERIFY_FAILED", "the certificate cannot be verified"),
    ("WRONG_VERSION_NUMBER", "it does not speak TLS"),
    ("Connection refused", "connection refused"),
    ("Connection reset", "connection reset"),
    ("Network is unreachable", "network unreachable"),
    ("No route to host", "no route to host"),
    ("Name or service not known", "unknown host name"),
    ("name resolution", "host name cannot be looked up"),
    ("Connection unexpectedly closed", "connection closed"),
    ("RemoteDisconnected", "connection closed without an answer"),
    ("AUTH extension not supported", "the server offers no sign-in (without TLS?)"),
    ("STARTTLS extension not supported", "the server does not offer STARTTLS"),
    ("timed out", "timed out"),
)


def is_final_http(status: int) -> bool:
    """Tell of an HTTP status other than 2xx: it moved (a redirect), or was refused for good."""
    return (
        HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status not in _PASSING_4XX
    )


def is_success_http(status: int) -> bool:
    """Tell of an HTTP status whether the request was accepted."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def is_doubtful_http(status: int) -> bool:
    """Tell of an HTTP status in an attempt that failed: the receiver may have the message.

    An accepted request may have brought it although the attempt as a whole failed; and a time-out
    behind a gateway tells nothing of what arrived there.
    """
    return is_success_http(status) or status in _NO_ANSWER_FROM_BEHIND


def is_final_smtp(reply: int) -> bool:
    """Tell of a mail server's refusal: 4yz passes, 5yz does not. Source: RFC 5321, 4.2.1."""
    return reply >= _FIRST_PERMANENT_REPLY


def cause_in(lines: Iterable[str]) -> str:
    """Return in our words why no conversation came about, empty if the lines do not tell.

    Libraries mention the cause beside the whole address, so their own words cannot be passed on.
    """
    text = "\n".join(lines)
    return next((said for hint, said in _CAUSES if hint in text), "")
