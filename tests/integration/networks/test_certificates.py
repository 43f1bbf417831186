"""TLS as companies have it: private authorities, client certificates, and what goes wrong."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from monitor.clock import SystemClock
from monitor.orchestrator.client import ClientOptions
from monitor.orchestrator.tls import tls_context
from monitor.simulator.server import RunningServer
from tests.integration.networks.callers import (
    calling,
    names,
    names_without_network,
    sentence,
)
from tests.integration.networks.certificates import (
    DAY,
    HERE,
    ca_file_of,
    client_file,
    file_of,
    self_signed,
    server_context,
)
from tests.integration.networks.links import Listener, listening, relay_to, say
from tests.wires import pat

PLAIN = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def secured(orchestrator: RunningServer, context: ssl.SSLContext) -> Iterator[Listener]:
    """The simulated tenant behind TLS."""
    with listening(relay_to(orchestrator.port), tls=context) as front:
        yield front


def trusting(
    ca_file: Path | None = None, client_certificate_file: Path | None = None
) -> ClientOptions:
    tls = tls_context(ca_file=ca_file, client_certificate_file=client_certificate_file)
    return ClientOptions(timeout_s=3, attempts=4, tls=tls)


def told(orchestrator: RunningServer, front: Listener, options: ClientOptions) -> str:
    """What a person reads of a poll that fails, after the endpoint."""
    with calling(orchestrator, f"https://{HERE}:{front.port}", options=options) as client:
        text = sentence(client)
    here = f"{HERE}:{front.port}"
    assert text.startswith(f"sign-in at {here}: ")
    return text.removeprefix(f"sign-in at {here}: ").replace(here, "HERE")


def test_with_the_private_authority_named_the_tenant_is_polled(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    with (
        secured(orchestrator, server_context(authority)) as front,
        calling(orchestrator, f"https://{HERE}:{front.port}", options=options) as client,
    ):
        assert names(client) == names_without_network(orchestrator)


def test_without_it_the_cure_is_to_name_it_and_nothing_is_repeated(
    orchestrator: RunningServer, authority: trustme.CA
) -> None:
    with secured(orchestrator, server_context(authority)) as front:
        assert told(orchestrator, front, trusting()) == (
            "the certificate of HERE comes from an authority that is not known here "
            "(unable to get local issuer certificate); put the authority's certificate into "
            "`ca_file`"
        )
        assert front.connections == 1


def test_an_expired_certificate_is_to_be_renewed(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    now = SystemClock().now()
    context = server_context(authority, not_before=now - 2 * DAY, not_after=now - DAY)
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    with secured(orchestrator, context) as front:
        assert told(orchestrator, front, options) == (
            "the certificate of HERE has expired; renew it on the server, or check the clock of "
            "this machine"
        )


def test_a_certificate_of_tomorrow_points_at_our_clock(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    context = server_context(authority, not_before=SystemClock().now() + DAY)
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    with secured(orchestrator, context) as front:
        assert told(orchestrator, front, options) == (
            "the certificate of HERE is not valid yet; check the clock of this machine"
        )


@pytest.mark.parametrize(
    ("issued_for", "origin", "why"),
    [
        ("10.0.0.1", HERE, "IP address mismatch, certificate is not valid for '127.0.0.1'"),
        (
            "orchestrator.example",
            "localhost",
            "Hostname mismatch, certificate is not valid for 'localhost'",
        ),
    ],
)
def test_a_certificate_for_another_name_asks_for_that_name(
    orchestrator: RunningServer,
    authority: trustme.CA,
    tmp_path: Path,
    issued_for: str,
    origin: str,
    why: str,
) -> None:
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    with (
        secured(orchestrator, server_context(authority, issued_for)) as front,
        calling(orchestrator, f"https://{origin}:{front.port}", options=options) as client,
    ):
        here = f"{origin}:{front.port}"
        assert sentence(client) == (
            f"sign-in at {here}: the certificate of {here} is for another name ({why}); use that "
            "name in `url` (or `identity_url`)"
        )


def test_a_self_signed_certificate_is_told_as_such_and_can_be_trusted_itself(
    orchestrator: RunningServer, tmp_path: Path
) -> None:
    context, public = self_signed(tmp_path)
    with secured(orchestrator, context) as front:
        assert told(orchestrator, front, trusting()) == (
            "the certificate of HERE is self-signed; put it into `ca_file` if it is the right one"
        )
        origin = f"https://{HERE}:{front.port}"
        with calling(orchestrator, origin, options=trusting(ca_file=public)) as client:
            assert names(client) == names_without_network(orchestrator)


def test_an_authority_in_between_is_enough(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    between = authority.create_child_ca()
    options = trusting(ca_file=file_of(tmp_path, "between.pem", between.cert_pem))
    with (
        secured(orchestrator, server_context(between)) as front,
        calling(orchestrator, f"https://{HERE}:{front.port}", options=options) as client,
    ):
        assert names(client) == names_without_network(orchestrator)


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_certificate_opens_the_way(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path, most: ssl.TLSVersion
) -> None:
    options = trusting(
        ca_file=ca_file_of(authority, tmp_path),
        client_certificate_file=client_file(authority, tmp_path),
    )
    context = server_context(authority, clients_of=authority, most=most)
    with (
        secured(orchestrator, context) as front,
        calling(orchestrator, f"https://{HERE}:{front.port}", options=options) as client,
    ):
        assert names(client) == names_without_network(orchestrator)


def test_a_missing_client_certificate_is_asked_for(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    with secured(orchestrator, server_context(authority, clients_of=authority)) as front:
        assert told(orchestrator, front, options) == (
            "HERE wants a client certificate; set `client_certificate_file`"
        )
        assert front.connections == 1


def test_a_missing_client_certificate_is_supposed_by_a_server_of_tls_1_2(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    context = server_context(authority, clients_of=authority, most=ssl.TLSVersion.TLSv1_2)
    with secured(orchestrator, context) as front:
        assert told(orchestrator, front, options).endswith(
            "; if it wants a client certificate, check `client_certificate_file`"
        )


def test_a_server_that_just_hangs_up_may_want_a_client_certificate(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path
) -> None:
    """Some close at once, so that the reason is lost on the way."""
    options = trusting(ca_file=ca_file_of(authority, tmp_path))
    with listening(lambda _: None, tls=server_context(authority)) as front:
        assert told(orchestrator, front, options) == (
            "HERE closed the connection without an answer; if it wants a client certificate, "
            "check `client_certificate_file`"
        )


@pytest.mark.parametrize("flaw", ["other authority", "expired"])
def test_a_client_certificate_that_is_not_accepted_is_named(
    orchestrator: RunningServer, authority: trustme.CA, tmp_path: Path, flaw: str
) -> None:
    expired = SystemClock().now() - DAY if flaw == "expired" else None
    issuer = authority if flaw == "expired" else trustme.CA()
    options = trusting(
        ca_file=ca_file_of(authority, tmp_path),
        client_certificate_file=client_file(issuer, tmp_path, not_after=expired),
    )
    why = {
        "expired": "sslv3 alert certificate expired",
        "other authority": "tlsv1 alert unknown ca",
    }
    with secured(orchestrator, server_context(authority, clients_of=authority)) as front:
        assert told(orchestrator, front, options) == (
            f"HERE does not accept the client certificate ({why[flaw]}); check that the one in "
            "`client_certificate_file` is valid and from an authority that the server trusts"
        )


def test_tls_to_a_port_without_it_is_told(orchestrator: RunningServer) -> None:
    with listening(say(PLAIN)) as front:
        assert told(orchestrator, front, trusting()) == (
            "HERE does not speak TLS; write http:// for https:// in `url` (or `identity_url`), or "
            "correct its port"
        )


def test_a_port_that_hangs_up_on_a_handshake_is_told(orchestrator: RunningServer) -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(65536)

    with listening(hang_up) as front:
        assert told(orchestrator, front, trusting()) == (
            "HERE broke off the TLS handshake; check that the port in `url` (or `identity_url`) "
            "speaks TLS and that no firewall forbids it"
        )


def test_a_handshake_that_never_ends_is_told(orchestrator: RunningServer) -> None:
    def say_nothing(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    options = ClientOptions(timeout_s=0.2, attempts=1, tls=tls_context())
    with listening(say_nothing) as front:
        assert told(orchestrator, front, options) == (
            "HERE did not finish the TLS handshake in time; check that the port in `url` (or "
            "`identity_url`) speaks TLS"
        )


def told_plainly(orchestrator: RunningServer, front: Listener) -> str:
    origin = f"http://{HERE}:{front.port}"
    with calling(orchestrator, origin, credentials=pat()) as client:
        text = sentence(client)
    return text.replace(f"{HERE}:{front.port}", "HERE")


@pytest.mark.parametrize(
    ("answer", "clause"),
    [
        (
            b"\x15\x03\x01\x00\x02\x02\x16",
            "HERE speaks TLS; write https:// for http:// in `url`",
        ),
        (
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
            "the port speaks TLS; write https:// for http:// in `url`",
        ),
        (
            b"HTTP/1.0 400 Bad Request\r\n\r\nThe plain HTTP request was sent to HTTPS port",
            "the port speaks TLS; write https:// for http:// in `url`",
        ),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            "HERE does not speak HTTP (it says 'SSH-2.0-'); check host and port in `url`",
        ),
    ],
    ids=["alert", "Go", "nginx", "SSH"],
)
def test_plain_http_to_another_kind_of_port_is_told(
    orchestrator: RunningServer, answer: bytes, clause: str
) -> None:
    def once(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with listening(once) as front:
        assert told_plainly(orchestrator, front) == f"/odata/Folders: {clause}"


def test_plain_http_to_a_port_with_tls_that_says_nothing_is_supposed(
    orchestrator: RunningServer, authority: trustme.CA
) -> None:
    with secured(orchestrator, server_context(authority)) as front:
        assert told_plainly(orchestrator, front) == (
            "/odata/Folders: HERE closed the connection without an answer; check whether `url` "
            "needs https://"
        )


def test_a_renewed_certificate_in_the_same_file_is_taken(
    authority: trustme.CA, tmp_path: Path
) -> None:
    file = ca_file_of(authority, tmp_path)
    before = tls_context(ca_file=file)
    ca_file_of(trustme.CA(), tmp_path)

    assert tls_context(ca_file=file) is not before
