"""What a real answer, or its absence, means for a message: wait how long, and may it be there."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import trustme
from pydantic import SecretStr

from monitor.channels import make_channel
from monitor.core.delivery import Delivered, Outcome, Permanent, Retryable
from tests.integration.receivers import Receiver, serving
from tests.message_builders import a_delivery

SERVER_DATE = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as receiver:
        yield receiver


def sent(url: SecretStr | str) -> Outcome:
    url = SecretStr(url) if isinstance(url, str) else url
    return make_channel("ops", url).send(a_delivery())


def retryable(outcome: Outcome) -> Retryable:
    assert isinstance(outcome, Retryable)
    return outcome


# How long the service asks to wait


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_wait_in_seconds_is_passed_on(receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.headers = {"Retry-After": "17"}
    outcome = retryable(sent(receiver.url()))
    assert outcome.retry_after_s == 17
    assert not outcome.may_have_arrived
    assert f"error={status}" in outcome.reason


def test_a_wait_until_a_date_counts_by_the_clock_of_the_service(receiver: Receiver) -> None:
    receiver.status = 429
    receiver.sends_date = False
    until = format_datetime(SERVER_DATE + timedelta(seconds=90), usegmt=True)
    receiver.headers = {"Date": format_datetime(SERVER_DATE, usegmt=True), "Retry-After": until}
    assert retryable(sent(receiver.url())).retry_after_s == 90


def test_a_wait_until_a_date_counts_by_our_clock_when_the_service_tells_no_time(
    receiver: Receiver,
) -> None:
    receiver.status = 503
    receiver.sends_date = False
    receiver.headers = {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}
    assert retryable(sent(receiver.url())).retry_after_s == 0


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}])
def test_no_wait_is_made_up(receiver: Receiver, headers: dict[str, str]) -> None:
    receiver.status = 503
    receiver.headers = headers
    outcome = retryable(sent(receiver.url()))
    assert outcome.retry_after_s is None
    assert not outcome.may_have_arrived


def test_a_service_that_asked_to_wait_is_not_sent_the_other_receivers_messages(
    receiver: Receiver,
) -> None:
    receiver.status = 429
    receiver.headers = {"Retry-After": "60"}
    outcome = retryable(sent(f"ntfy://127.0.0.1:{receiver.port}/first/second"))
    assert len(receiver.requests) == 1
    assert outcome.retry_after_s == 60
    assert "429" in outcome.reason
    assert not outcome.may_have_arrived


# Whether it may have arrived


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_refusal_was_not_taken(receiver: Receiver, status: int) -> None:
    receiver.status = status
    assert not retryable(sent(receiver.url())).may_have_arrived


def test_a_gateway_that_waited_in_vain_says_nothing_of_the_receiver(receiver: Receiver) -> None:
    receiver.status = 504
    assert retryable(sent(receiver.url())).may_have_arrived


def test_an_answer_that_does_not_come_in_time_is_doubtful(receiver: Receiver) -> None:
    receiver.hang = threading.Event()
    outcome = retryable(sent(receiver.url(query="?rto=0.2")))
    assert outcome.may_have_arrived
    assert "timed out" in outcome.reason
    assert len(receiver.requests) == 1


def test_an_accepted_message_whose_answer_is_cut_short_is_doubtful(receiver: Receiver) -> None:
    receiver.drip = threading.Event()
    receiver.drip.set()
    assert retryable(sent(receiver.url())).may_have_arrived


def test_a_connection_closed_instead_of_an_answer_is_doubtful(receiver: Receiver) -> None:
    receiver.cut = True
    assert retryable(sent(receiver.url())).may_have_arrived
    assert len(receiver.requests) == 1


def test_a_connection_reset_instead_of_an_answer_is_doubtful(receiver: Receiver) -> None:
    receiver.reset = True
    assert retryable(sent(receiver.url())).may_have_arrived


def test_a_refused_connection_brought_nothing() -> None:
    unused = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = unused.server_address[1]
    unused.server_close()
    outcome = retryable(sent(f"json://127.0.0.1:{port}/"))
    assert "connection refused" in outcome.reason
    assert not outcome.may_have_arrived


def test_an_unknown_host_got_nothing() -> None:
    assert not retryable(sent("json://nowhere.invalid/")).may_have_arrived


def test_a_receiver_that_speaks_no_tls_got_nothing(receiver: Receiver) -> None:
    assert not retryable(sent(f"jsons://127.0.0.1:{receiver.port}/")).may_have_arrived


def test_a_receiver_with_an_unknown_certificate_got_nothing() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(Receiver(), context) as receiver:
        outcome = retryable(sent(f"jsons://127.0.0.1:{receiver.port}/"))
    assert "the certificate cannot be verified" in outcome.reason
    assert not outcome.may_have_arrived


@pytest.mark.parametrize("rudely", [False, True])
def test_an_answer_lost_under_tls_is_doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, rudely: bool
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(Receiver(cut=not rudely, reset=rudely), context) as receiver:
        outcome = retryable(sent(f"jsons://127.0.0.1:{receiver.port}/"))
    assert outcome.may_have_arrived
    assert len(receiver.requests) == 1


@contextmanager
def a_listener_that_says_nothing_of_tls(*, resets: bool) -> Iterator[int]:
    """Take connections; answer a TLS greeting by closing, or not at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        taken: list[socket.socket] = []

        def take() -> None:
            connection, _ = listener.accept()
            taken.append(connection)
            if resets:
                connection.recv(5)
                connection.close()

        thread = threading.Thread(target=take)
        thread.start()
        yield port
        thread.join()
        for connection in taken:
            connection.close()


@pytest.mark.parametrize("resets", [True, False])
def test_a_handshake_that_comes_to_nothing_brought_nothing(*, resets: bool) -> None:
    with a_listener_that_says_nothing_of_tls(resets=resets) as port:
        outcome = retryable(sent(f"jsons://127.0.0.1:{port}/?cto=0.3&rto=0.3"))
    assert not outcome.may_have_arrived


def test_a_proxy_that_cannot_be_reached_passed_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert not retryable(sent("json://hooks.example.com/")).may_have_arrived


def test_a_proxy_that_refuses_passed_nothing_on(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{receiver.port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert not retryable(sent("jsons://hooks.example.com/")).may_have_arrived


def test_an_answer_lost_behind_a_proxy_is_doubtful(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.cut = True
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{receiver.port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert retryable(sent("json://hooks.example.com/")).may_have_arrived
    assert len(receiver.requests) == 1


# Several receivers of one URL


def test_what_one_of_two_receivers_has_may_have_arrived(receiver: Receiver) -> None:
    receiver.later = [503, 503]
    channel = make_channel("ops", SecretStr(f"ntfy://127.0.0.1:{receiver.port}/first/second"))
    assert retryable(channel.send(a_delivery())).may_have_arrived
    # Refused for certain this time; yet the first still has it.
    assert retryable(channel.send(a_delivery())).may_have_arrived
    receiver.later = [200]
    assert channel.send(a_delivery()) == Delivered()
    taken, *refused = (body["topic"] for body in receiver.bodies)
    assert len(refused) == 3
    assert taken not in refused


def test_refused_for_good_by_one_and_for_now_by_another_is_tried_again(receiver: Receiver) -> None:
    receiver.status = 404
    receiver.later = [503, 404, 200, 404]
    channel = make_channel("ops", SecretStr(f"ntfy://127.0.0.1:{receiver.port}/first/second"))
    assert not retryable(channel.send(a_delivery())).may_have_arrived
    assert retryable(channel.send(a_delivery())).may_have_arrived
    assert isinstance(channel.send(a_delivery()), Permanent)
    assert len(receiver.requests) == 5


# Other users of the same library


def test_requests_of_others_are_as_ever(receiver: Receiver) -> None:
    sent(receiver.url())
    with serving(Receiver(status=302)) as moved:
        moved.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
        answer = requests.post(f"http://127.0.0.1:{moved.port}/", data="{}", timeout=5)
    assert answer.status_code == 200
    assert receiver.requests[-1][0] == "/elsewhere"
