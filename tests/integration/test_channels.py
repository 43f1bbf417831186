"""The apprise channel against a real HTTP receiver on loopback."""

import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from monitor.channels import make_channel
from monitor.channels.apprise_url.channel import AppriseChannel
from monitor.core.delivery import Delivered, Permanent, Retryable
from monitor.core.message import What
from monitor.core.severity import Severity
from tests.integration.receivers import Receiver, serving
from tests.message_builders import a_delivery, an_item

TOKEN = "T0ken-9f8e7d6c"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as receiver:
        yield receiver


@pytest.fixture
def second_receiver() -> Iterator[Receiver]:
    with serving(Receiver()) as receiver:
        yield receiver


def test_a_json_receiver_gets_title_message_and_type(receiver: Receiver) -> None:
    outcome = make_channel("ops", receiver.url()).send(a_delivery())
    assert outcome == Delivered()
    (body,) = receiver.bodies
    assert body == {
        "version": "1.0",
        "title": "[CRITICAL] robot-unresponsive: BOT-07 (production)",
        "message": (
            "CRITICAL: BOT-07 has not answered for 3 min\n"
            "Where: tenant production, folder Finance/AP\n"
            "When: since 2026-01-05 08:57:00 UTC\n"
            "Incident: ABCDEFGHIJ (rule robot-unresponsive)"
        ),
        "attachments": [],
        "type": "failure",
    }


def test_a_json_receiver_can_tell_a_repeated_message_by_its_headers(receiver: Receiver) -> None:
    channel = make_channel("ops", receiver.url())
    channel.send(a_delivery(an_item(), an_item(alert_id="KLMNOPQRST")))
    channel.send(a_delivery(an_item(), an_item(alert_id="KLMNOPQRST")))
    first, second = (headers for _, headers, _ in receiver.requests)
    assert first["X-Delivery-Id"] == second["X-Delivery-Id"] == "delivery-1"
    assert first["X-Incident-Id"] == "ABCDEFGHIJ, KLMNOPQRST"


def test_headers_of_the_url_win_over_ours(receiver: Receiver) -> None:
    make_channel("ops", receiver.url(query="?+X-Delivery-Id=mine&+Authorization=Bearer%20x")).send(
        a_delivery()
    )
    headers = receiver.requests[0][1]
    assert headers["X-Delivery-Id"] == "mine"
    assert headers["Authorization"] == "Bearer x"


@pytest.mark.parametrize(
    ("what", "severity", "expected"),
    [
        (What.OPENED, Severity.CRITICAL, "failure"),
        (What.OPENED, Severity.WARNING, "warning"),
        (What.OPENED, Severity.INFO, "info"),
        (What.RESOLVED, Severity.CRITICAL, "success"),
        (What.GONE, Severity.CRITICAL, "info"),
    ],
)
def test_the_type_tells_how_bad_it_is(
    receiver: Receiver, what: What, severity: Severity, expected: str
) -> None:
    make_channel("ops", receiver.url()).send(a_delivery(an_item(what=what, severity=severity)))
    assert receiver.bodies[0]["type"] == expected


def test_a_storm_is_one_bounded_message(receiver: Receiver) -> None:
    items = (an_item(f"BOT-{number:03}", alert_id=f"{number:010}") for number in range(200))
    make_channel("ops", receiver.url()).send(a_delivery(*items))
    (body,) = receiver.bodies
    assert len(str(body["message"])) <= 3000
    assert "… and 180 more: 180 critical" in str(body["message"])


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_delivered(receiver: Receiver, status: int) -> None:
    receiver.status = status
    assert make_channel("ops", receiver.url()).send(a_delivery()) == Delivered()


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_a_passing_refusal_is_retryable_and_tried_once(receiver: Receiver, status: int) -> None:
    receiver.status = status
    outcome = make_channel("ops", receiver.url()).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert str(status) in outcome.reason
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_a_final_refusal_is_permanent(receiver: Receiver, status: int) -> None:
    receiver.status = status
    outcome = make_channel("ops", receiver.url()).send(a_delivery())
    assert isinstance(outcome, Permanent)
    assert str(status) in outcome.reason


@pytest.mark.parametrize("query", ["", "?redirect=yes"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_a_success(
    receiver: Receiver, second_receiver: Receiver, status: int, query: str
) -> None:
    receiver.status = status
    receiver.headers = {"Location": f"http://127.0.0.1:{second_receiver.port}/login"}
    outcome = make_channel("ops", receiver.url(query=query)).send(a_delivery())
    assert isinstance(outcome, Permanent)
    assert not second_receiver.requests


def test_retries_asked_for_in_the_url_are_not_made(receiver: Receiver) -> None:
    receiver.status = 503
    make_channel("ops", receiver.url(query="?retry=3&wait=0")).send(a_delivery())
    assert len(receiver.requests) == 1


def test_nobody_listening_is_retryable_and_says_so(receiver: Receiver) -> None:
    unused = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = unused.server_address[1]
    unused.server_close()
    outcome = make_channel("ops", SecretStr(f"json://127.0.0.1:{port}/{TOKEN}")).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "127.0.0.1" in outcome.reason
    assert "connection refused" in outcome.reason


def test_an_unknown_host_is_retryable_and_says_so() -> None:
    outcome = make_channel("ops", SecretStr("json://nowhere.invalid/hook")).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "nowhere.invalid" in outcome.reason


def test_a_receiver_without_tls_is_retryable(receiver: Receiver) -> None:
    url = SecretStr(receiver.url().get_secret_value().replace("json:", "jsons:"))
    assert isinstance(make_channel("ops", url).send(a_delivery()), Retryable)


@pytest.fixture
def tls_receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("PRIVATE_CA", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(Receiver(), context) as receiver:
        yield receiver


def test_a_private_authority_is_trusted_by_the_variable_of_requests(
    tls_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = tls_receiver.url().get_secret_value().replace("json:", "jsons:")
    channel = make_channel("ops", SecretStr(url))
    outcome = channel.send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "the certificate cannot be verified" in outcome.reason
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.environ["PRIVATE_CA"])
    assert channel.send(a_delivery()) == Delivered()
    assert len(tls_receiver.requests) == 1


def test_several_messages_in_a_row_do_not_sleep(receiver: Receiver) -> None:
    channel = make_channel("ops", receiver.url())
    channel.send(a_delivery())
    started = time.perf_counter()
    for _ in range(10):
        assert channel.send(a_delivery()) == Delivered()
    assert time.perf_counter() - started < 2


def test_a_receiver_that_never_answers_is_left_at_the_deadline(receiver: Receiver) -> None:
    receiver.hang = threading.Event()
    started = time.perf_counter()
    outcome = AppriseChannel("ops", receiver.url(), deadline_s=0.3).send(a_delivery())
    assert outcome == Retryable("no answer within 0.3 s", may_have_arrived=True)
    assert time.perf_counter() - started < 1.5


def test_a_receiver_that_drips_is_left_at_the_deadline(receiver: Receiver) -> None:
    receiver.drip = threading.Event()
    outcome = AppriseChannel("ops", receiver.url(), deadline_s=0.3).send(a_delivery())
    assert outcome == Retryable("no answer within 0.3 s", may_have_arrived=True)


def test_hanging_attempts_do_not_pile_up(receiver: Receiver) -> None:
    receiver.hang = threading.Event()
    channel = AppriseChannel("ops", receiver.url(), deadline_s=0.1)
    for _ in range(3):
        channel.send(a_delivery())
    assert channel.send(a_delivery()) == Retryable("3 earlier attempts still hang")
    assert len(receiver.requests) == 3


def test_a_channel_recovers_when_what_hung_has_ended(receiver: Receiver) -> None:
    receiver.hang = threading.Event()
    channel = AppriseChannel("ops", receiver.url(), deadline_s=0.1)
    for _ in range(3):
        channel.send(a_delivery())
    receiver.hang.set()
    _wait_until(lambda: not any(t.name == "send-ops" for t in threading.enumerate()))
    assert AppriseChannel.send(channel, a_delivery()) == Delivered()


def test_hanging_channels_do_not_delay_another(
    receiver: Receiver, second_receiver: Receiver
) -> None:
    receiver.hang = threading.Event()
    # More than the threads of apprise's own pool, which all its users share.
    hanging = [
        threading.Thread(
            target=AppriseChannel(f"dead-{n}", receiver.url(), deadline_s=5).send,
            args=(a_delivery(),),
        )
        for n in range(24)
    ]
    for thread in hanging:
        thread.start()
    _wait_until(lambda: len(receiver.requests) == len(hanging))
    started = time.perf_counter()
    assert make_channel("alive", second_receiver.url()).send(a_delivery()) == Delivered()
    assert time.perf_counter() - started < 1
    receiver.hang.set()
    for thread in hanging:
        thread.join()


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.01)


@pytest.mark.parametrize("status", [200, 302, 404, 503])
def test_no_part_of_the_address_gets_into_logs_or_reasons(
    receiver: Receiver,
    status: int,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.status = status
    url = SecretStr(
        f"json://user:{TOKEN}-pw@127.0.0.1:{receiver.port}/{TOKEN}-path?-key={TOKEN}-query"
    )
    channel = make_channel("ops", url)
    outcome = channel.send(a_delivery())
    assert receiver.requests
    assert TOKEN not in repr(outcome) + repr(channel) + caplog.text + "".join(capfd.readouterr())


def test_a_refused_connection_does_not_tell_the_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = make_channel("ops", SecretStr(f"json://127.0.0.1:1/{TOKEN}")).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert TOKEN not in outcome.reason + caplog.text
