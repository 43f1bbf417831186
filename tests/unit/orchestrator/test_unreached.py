"""The sentences about what went wrong on the way; tests/integration/networks meets it for real."""

import errno
import socket
import ssl

import httpx
import pytest

from monitor.errors import OrchestratorError, Unreachable
from monitor.orchestrator.course import Course, Stage
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.failures import from_exception, is_hopeless

HOST = "orch.example"


def a_course(stage: Stage = Stage.ASK, *, at_proxy: bool = False) -> Course:
    course = Course(
        deadline=Deadline(60, lambda: 0.0),
        monotonic=lambda: 0.0,
        host=HOST,
        port=443,
        patience_s=20,
    )
    course.stage = stage
    course.peer = "proxy.example:3128" if at_proxy else f"{HOST}:443"
    course.is_at_proxy = at_proxy
    return course


def caused_by(cause: BaseException, outer: Exception | None = None) -> Exception:
    """What httpx raises, the cause two links down."""
    middle = OSError("in between")
    middle.__cause__ = cause
    error = outer or httpx.ConnectError(str(cause))
    error.__cause__ = middle
    return error


def not_verified(code: int, message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, message
    return error


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] something")
    error.reason = reason
    return error


def told(error: Exception, course: Course | None = None) -> OrchestratorError:
    condition = from_exception(error, "/x", 30, (), course)
    condition.__cause__ = error
    assert isinstance(condition, Unreachable)
    return condition


@pytest.mark.parametrize(
    ("code", "message", "clause"),
    [
        (
            10,
            "certificate has expired",
            "has expired; renew it on the server, or check the clock of this machine",
        ),
        (
            9,
            "certificate is not yet valid",
            "is not valid yet; check the clock of this machine",
        ),
        (
            62,
            "Hostname mismatch.",
            "is for another name (Hostname mismatch); use that name in `url`",
        ),
        (
            18,
            "self-signed certificate",
            "is self-signed; put it into `ca_file` if it is the right one",
        ),
        (
            19,
            "self-signed certificate in certificate chain",
            (
                "comes from an authority that is not known here (self-signed certificate in "
                "certificate chain); put the authority's certificate into `ca_file`"
            ),
        ),
        (
            66,
            "EE certificate key too weak",
            "is not accepted (EE certificate key too weak); replace it on the server",
        ),
    ],
)
def test_each_flaw_of_a_certificate_has_its_own_cure(code: int, message: str, clause: str) -> None:
    condition = told(caused_by(not_verified(code, message)), a_course(Stage.HANDSHAKE))

    assert str(condition) == f"/x: the certificate of {HOST}:443 {clause}"
    assert isinstance(condition, Unreachable)
    assert is_hopeless(condition)


@pytest.mark.parametrize(
    ("reason", "clause"),
    [
        (
            "WRONG_VERSION_NUMBER",
            "does not speak TLS; write http:// for https:// in `url`, or correct its port",
        ),
        (
            "TLSV13_ALERT_CERTIFICATE_REQUIRED",
            "wants a client certificate; set `client_certificate_file`",
        ),
        (
            "SSLV3_ALERT_CERTIFICATE_REVOKED",
            (
                "does not accept the client certificate (sslv3 alert certificate revoked); check "
                "that the one in `client_certificate_file` is valid and from an authority that the "
                "server trusts"
            ),
        ),
        (
            "TLSV1_ALERT_PROTOCOL_VERSION",
            (
                "offers no TLS that is safe enough (tlsv1 alert protocol version); let it speak "
                "TLS 1.2 or 1.3"
            ),
        ),
    ],
)
def test_what_tls_reports_has_its_cure_and_is_not_repeated(reason: str, clause: str) -> None:
    condition = told(caused_by(alert(reason)), a_course(Stage.HANDSHAKE))

    assert str(condition) == f"/x: {HOST}:443 {clause}"
    assert isinstance(condition, Unreachable)
    assert is_hopeless(condition)


def test_a_handshake_that_fails_for_another_reason_is_repeated() -> None:
    condition = told(caused_by(alert("SSLV3_ALERT_HANDSHAKE_FAILURE")), a_course(Stage.HANDSHAKE))

    assert str(condition) == (
        f"/x: {HOST}:443 ended the TLS handshake (sslv3 alert handshake failure); if it wants a "
        "client certificate, check `client_certificate_file`"
    )
    assert isinstance(condition, Unreachable)
    assert not is_hopeless(condition)


@pytest.mark.parametrize(
    ("status", "is_lasting"), [("407 Who?", True), ("403 No", True), ("502 Bad", False)]
)
def test_a_proxy_that_says_no_is_not_asked_again(status: str, is_lasting: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    condition = told(httpx.ProxyError(status), a_course(at_proxy=True))

    assert "the proxy proxy.example:3128 " in str(condition)
    assert isinstance(condition, Unreachable)
    assert is_hopeless(condition) is is_lasting


@pytest.mark.parametrize(
    ("cause", "clause"),
    [
        (
            OSError(errno.EHOSTUNREACH, "No route to host"),
            f"no way to {HOST}:443 (No route to host); check `url` and the network of this machine",
        ),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
            f"{HOST}:443 refuses connections; check that it runs, and the port in `url`",
        ),
        (
            socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
            (
                f"the name of {HOST}:443 is not known (Name or service not known); check `url` and "
                "the name servers in use"
            ),
        ),
        (
            UnicodeError("label too long"),
            (
                f"the name of {HOST}:443 is not known (label too long); check `url` and the name "
                "servers in use"
            ),
        ),
    ],
)
def test_a_connection_that_is_not_made_names_who_and_why(cause: Exception, clause: str) -> None:
    error = httpx.ConnectError(str(cause))
    error.__cause__ = cause

    assert str(told(error, a_course(Stage.CONNECT))) == f"/x: {clause}"


def test_without_a_course_the_server_is_named_as_such() -> None:
    assert str(told(httpx.ConnectError("boom"))) == (
        "/x: no connection to the server (boom); check `url` and the network of this machine"
    )
    assert str(told(httpx.RemoteProtocolError("peer closed connection"))) == (
        "/x: the answer broke off (peer closed connection); check the network and what stands "
        "between"
    )


def test_a_connection_that_breaks_in_an_answer_points_at_the_network() -> None:
    course = a_course()
    course.heard = b"HTTP/1.1"

    assert str(told(httpx.ReadError("reset"), course)) == (
        f"/x: the connection to {HOST}:443 broke; check the network and what stands between"
    )
