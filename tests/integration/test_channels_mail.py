"""The apprise channel against a real mail server on loopback, with STARTTLS and sign-in."""

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from monitor.channels import make_channel
from monitor.core.delivery import Delivered, Permanent, Retryable
from tests.message_builders import a_delivery, an_item

TOKEN = "T0ken-9f8e7d6c"


class Mailbox:
    """Keeps the mails of the server and knows one user."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuse: dict[str, str] = {}
        self.refuse_all = ""
        self.after_data = "250 OK"
        self.hangs_up = False

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.refuse_all or self.refuse.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if not self.after_data.startswith("250"):
            return self.after_data
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object
    ) -> AuthResult:
        assert isinstance(login, LoginPassword)
        return AuthResult(success=login == LoginPassword(b"robot", TOKEN.encode()), handled=False)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def mail_server(authority: trustme.CA) -> Iterator[tuple[Mailbox, int]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    mailbox = Mailbox()
    controller = Controller(
        mailbox,
        hostname="localhost",
        port=_free_port(),
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=mailbox.check,
    )
    controller.start()
    yield mailbox, controller.port
    controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """SMTP obeys SSL_CERT_FILE (HTTPS receivers obey REQUESTS_CA_BUNDLE)."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


def mail_url(port: int, *, password: str = TOKEN, to: str = "ops@example.com") -> SecretStr:
    return SecretStr(
        f"mailtos://robot:{password}@localhost:{port}"
        f"?mode=starttls&from=monitor@example.com&to={to}"
    )


@pytest.mark.usefixtures("trusted")
def test_a_mail_is_plain_text_with_the_incident_in_it(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    outcome = make_channel("mail", mail_url(port)).send(a_delivery())
    assert outcome == Delivered()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[CRITICAL] robot-unresponsive: BOT-07 (production)"
    assert mail["To"] == "ops@example.com"
    assert mail["X-Delivery-Id"] == "delivery-1"
    assert mail["X-Incident-Id"] == "ABCDEFGHIJ"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n").rstrip() == (
        "CRITICAL: BOT-07 has not answered for 3 min\n"
        "Where: tenant production, folder Finance/AP\n"
        "When: since 2026-01-05 08:57:00 UTC\n"
        "Incident: ABCDEFGHIJ (rule robot-unresponsive)"
    )


@pytest.mark.usefixtures("trusted")
def test_a_hostile_name_forges_no_header_and_no_markup(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    hostile = "BOT\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>"
    url = SecretStr(mail_url(port).get_secret_value() + "&format=html")
    assert make_channel("mail", url).send(a_delivery(an_item(hostile))) == Delivered()
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mailbox.recipients == ["ops@example.com"]
    assert mail.get_content_type() in {"text/html", "multipart/alternative"}
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert "&lt;" in html.get_content()


@pytest.mark.usefixtures("trusted")
def test_five_mails_take_no_five_pauses(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    channel = make_channel("mail", mail_url(port))
    started = time.perf_counter()
    for _ in range(5):
        assert channel.send(a_delivery()) == Delivered()
    assert time.perf_counter() - started < 5
    assert len(mailbox.mails) == 5


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_permanent_and_named_by_its_code(
    mail_server: tuple[Mailbox, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    _, port = mail_server
    outcome = make_channel("mail", mail_url(port, password=f"{TOKEN}-wrong")).send(a_delivery())
    assert isinstance(outcome, Permanent)
    assert "535" in outcome.reason
    assert TOKEN not in outcome.reason + caplog.text


def test_an_unknown_authority_is_retryable_and_nothing_is_sent(
    mail_server: tuple[Mailbox, int],
) -> None:
    mailbox, port = mail_server
    outcome = make_channel("mail", mail_url(port)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "certificate" in outcome.reason
    assert not outcome.may_have_arrived
    assert not mailbox.mails


@pytest.mark.usefixtures("trusted")
def test_a_refused_recipient_is_named(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    mailbox.refuse = {"ops@example.com": "451 greylisted"}
    outcome = make_channel("mail", mail_url(port)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "ops@example.com" in outcome.reason
    assert not outcome.may_have_arrived


@pytest.mark.usefixtures("trusted")
def test_a_refused_recipient_brings_the_others_no_second_mail(
    mail_server: tuple[Mailbox, int],
) -> None:
    mailbox, port = mail_server
    mailbox.refuse = {"full@example.com": "452 mailbox full"}
    channel = make_channel(
        "mail", mail_url(port, to="full@example.com,ops@example.com,boss@example.com")
    )
    for _ in range(3):
        assert isinstance(channel.send(a_delivery()), Retryable)
    assert sorted(mailbox.recipients) == ["boss@example.com", "ops@example.com"]
    mailbox.refuse = {}
    assert channel.send(a_delivery()) == Delivered()
    assert mailbox.recipients[2:] == ["full@example.com"]


@pytest.mark.usefixtures("trusted")
def test_the_next_message_goes_to_everybody_again(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    mailbox.refuse = {"full@example.com": "452 mailbox full"}
    channel = make_channel("mail", mail_url(port, to="full@example.com,ops@example.com"))
    channel.send(a_delivery(id="first"))
    channel.send(a_delivery(id="second"))
    assert mailbox.recipients == ["ops@example.com", "ops@example.com"]


@pytest.mark.usefixtures("trusted")
def test_no_password_is_sent_in_clear_to_a_server_that_wants_tls(
    mail_server: tuple[Mailbox, int],
) -> None:
    mailbox, port = mail_server
    url = mail_url(port).get_secret_value()
    clear = url.replace("mailtos:", "mailto:").replace("mode=starttls", "mode=insecure")
    outcome = make_channel("mail", SecretStr(clear)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "no sign-in" in outcome.reason
    assert not mailbox.mails


def test_no_mail_server_is_retryable() -> None:
    outcome = make_channel("mail", mail_url(_free_port())).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert "connection refused" in outcome.reason
    assert not outcome.may_have_arrived


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("refusal", ["452 no room", "554 looks like spam"])
def test_a_mail_refused_after_it_was_sent_has_not_arrived(
    mail_server: tuple[Mailbox, int], refusal: str
) -> None:
    mailbox, port = mail_server
    mailbox.after_data = refusal
    outcome = make_channel("mail", mail_url(port)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert not outcome.may_have_arrived


@pytest.mark.usefixtures("trusted")
def test_a_mail_whose_receipt_is_lost_may_have_arrived(mail_server: tuple[Mailbox, int]) -> None:
    mailbox, port = mail_server
    mailbox.hangs_up = True
    outcome = make_channel("mail", mail_url(port)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert outcome.may_have_arrived
    assert len(mailbox.mails) == 1


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "others", ["full@example.com,ops@example.com", "ops@example.com&cc=full@example.com"]
)
def test_a_mail_that_some_have_may_have_arrived(
    mail_server: tuple[Mailbox, int], others: str
) -> None:
    mailbox, port = mail_server
    mailbox.refuse = {"full@example.com": "452 mailbox full"}
    outcome = make_channel("mail", mail_url(port, to=others)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert outcome.may_have_arrived
    assert mailbox.recipients == ["ops@example.com"]
