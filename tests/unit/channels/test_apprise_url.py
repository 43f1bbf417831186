import logging
import subprocess
import sys
import threading
import time
from dataclasses import replace
from typing import cast

import pytest
import requests
from pydantic import SecretStr

import monitor.channels
from monitor.channels import Channel, ChannelType, make_channel, problem_with
from monitor.channels.apprise_url import CHANNEL
from monitor.channels.apprise_url.channel import AppriseChannel
from monitor.channels.apprise_url.service import fitting, service_of
from monitor.core.delivery import Delivered, Permanent, Retryable
from monitor.core.message import What
from monitor.plugins import discover
from tests.message_builders import a_delivery, an_item

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"
TEAMS = "workflows://host.example.com/0123456789abcdef/signature0123"
MATRIX = "matrix://user:token@localhost/%23room?mode=matrix"
REVOLT = "revolt://abcdefg/0123456789"
SERVICES = (SLACK, DISCORD, TELEGRAM, TEAMS)


class Wire:
    """Takes the place of the network: remembers what was to be sent."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.headers: dict[str, str] = {}
        self.body = b""
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        self.sent.append(request)
        response = requests.Response()
        response.status_code = self.status
        is_slack = "slack.com" in (request.url or "")
        response._content = self.body or (b"ok" if is_slack else b'{"ok": true}')
        response.headers.update(self.headers)
        response.url = request.url or ""
        response.request = request
        return response

    @property
    def text(self) -> str:
        bodies = (request.body for request in self.sent)
        return "".join(
            body.decode() if isinstance(body, bytes) else str(body or "") for body in bodies
        )


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    # A bound method of another object: the adapter itself is not handed over.
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", wire.send)
    return wire


def test_the_plugin_is_found_by_its_constant() -> None:
    assert discover(monitor.channels, "CHANNEL", ChannelType) == {"apprise-url": CHANNEL}


def test_a_channel_is_made_from_a_url() -> None:
    channel: Channel = make_channel("ops", SecretStr(SLACK))
    assert repr(channel) == "AppriseChannel('ops')"


def test_apprise_is_loaded_at_first_use_only() -> None:
    program = (
        "import sys; from pydantic import SecretStr; from monitor.channels import make_channel;"
        "make_channel('ops', SecretStr('json://localhost'));"
        "sys.exit('apprise' in sys.modules or 'requests' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_two_threads_may_load_it_at_once() -> None:
    found: list[str | None] = []
    threads = [
        threading.Thread(target=lambda: found.append(problem_with(SecretStr(SLACK))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [None] * 4


# What is wrong with a URL


@pytest.mark.parametrize(
    "url",
    [
        *SERVICES,
        "json://127.0.0.1:8080/hook",
        "jsons://user:password@hooks.example.com/hook",
        "mailto://user:password@example.com",
        "mailtos://user:password@smtp.example.com:587?from=a@example.com&to=b@example.com,c@example.com",
        "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "  json://localhost/hook\n",
        "pagerduty://A1BRTD4JD@TIiajkdnlazkcOXrIdevi7FQ",
        "ntfy://topic",
    ],
)
def test_a_good_url_has_no_problem(url: str) -> None:
    assert problem_with(SecretStr(url)) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "is not an apprise URL"),
        ("S3cret-hook", "is not an apprise URL"),
        ("://S3cret", "is not an apprise URL"),
        ("sleck://S3cret/token", '"sleck://" is not a service that apprise knows'),
        ("slack://S3cret", 'is not a complete "slack://" URL; see https://'),
        ("https://example.com/S3cret", 'begin it with "jsons://"'),
        ("http://example.com/S3cret", 'begin it with "json://"'),
        ("json://", 'is not a complete "json://" URL'),
        ("dbus://", '"dbus://" needs a package that is not installed'),
        ("json://localhost/S3cret, json://localhost/b", "several URLs"),
    ],
)
def test_a_bad_url_is_explained_without_quoting_it(
    url: str, told: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    problem = problem_with(SecretStr(url))
    assert problem is not None
    assert told in problem
    assert "S3cret" not in problem + caplog.text + "".join(capfd.readouterr())


def test_a_url_that_apprise_does_not_take_is_a_permanent_failure() -> None:
    outcome = make_channel("ops", SecretStr("slack://S3cret")).send(a_delivery())
    assert isinstance(outcome, Permanent)
    assert "S3cret" not in outcome.reason


# What services are sent


@pytest.mark.parametrize("url", SERVICES)
def test_services_get_the_message(wire: Wire, url: str) -> None:
    assert make_channel("ops", SecretStr(url)).send(a_delivery()) == Delivered()
    assert len(wire.sent) == 1
    assert "ABCDEFGHIJ" in wire.text


@pytest.mark.parametrize("url", SERVICES)
def test_a_hostile_name_mentions_nobody_and_links_nowhere(wire: Wire, url: str) -> None:
    hostile = "<!channel> <@U024BE7LH> @everyone [pay](https://evil.example) <script>x</script>"
    make_channel("ops", SecretStr(url)).send(a_delivery(an_item(hostile)))
    text = wire.text.encode().decode("unicode_escape")
    for meaning in ("<!channel>", "<@U024", "@everyone", "](https", "<script"):
        assert meaning not in text


def test_slack_is_sent_no_picture_and_no_advertisement(wire: Wire) -> None:
    make_channel("ops", SecretStr(SLACK)).send(a_delivery())
    assert "github" not in wire.text
    assert "apprise" not in wire.text.lower()


def test_a_picture_is_sent_when_the_url_asks_for_it(wire: Wire) -> None:
    make_channel("ops", SecretStr(SLACK + "?image=yes")).send(a_delivery())
    assert "image_url" in wire.text or "footer_icon" in wire.text or "github" in wire.text


@pytest.mark.parametrize("url", SERVICES)
@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_services_that_refuse_are_judged_by_their_status(wire: Wire, url: str, status: int) -> None:
    wire.status = status
    outcome = make_channel("ops", SecretStr(url)).send(a_delivery())
    assert isinstance(outcome, Retryable if status in {429, 500} else Permanent)
    assert str(status) in outcome.reason


@pytest.mark.parametrize("url", [*SERVICES, MATRIX, REVOLT])
def test_a_service_that_asks_to_wait_is_asked_once_and_not_slept_for(wire: Wire, url: str) -> None:
    wire.status = 429
    wire.headers = {"Retry-After": "120", "X-RateLimit-Remaining": "0"}
    outcome = AppriseChannel("ops", SecretStr(url), deadline_s=5).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert outcome.retry_after_s == 120
    assert "429" in outcome.reason
    assert not outcome.may_have_arrived
    assert len(wire.sent) == 1


@pytest.mark.parametrize("url", [*SERVICES, MATRIX, REVOLT])
def test_an_answer_that_apprise_cannot_make_sense_of_is_doubtful(wire: Wire, url: str) -> None:
    wire.body = b"<html>sign in to the network</html>"
    wire.status = 206
    outcome = make_channel("ops", SecretStr(url)).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert outcome.may_have_arrived


@pytest.mark.parametrize("url", [DISCORD, "tgram://123456789:abcdefg_hijklmnop/12315544", SLACK])
def test_a_storm_fits_what_the_service_takes(wire: Wire, url: str) -> None:
    storm = a_delivery(*(an_item(f"BOT-{n:03}", alert_id=f"{n:010}") for n in range(200)))
    assert make_channel("ops", SecretStr(url)).send(storm) == Delivered()
    assert len(wire.sent) == 1
    service = service_of(url)
    assert service is not None
    title, body = fitting(service, storm)
    assert len(body) <= min(3000, service.body_maxlen)
    assert "more: " in body
    assert title


def test_a_service_of_few_letters_still_gets_the_incident() -> None:
    service = service_of("voipms://password:user@example.com/16137448888/16134448888")
    assert service is not None
    assert service.body_maxlen <= 160
    title, body = fitting(service, a_delivery())
    assert len(title) + 2 + len(body) <= service.body_maxlen
    assert "ABCDEFGHIJ" in body


# What apprise is kept from


@pytest.mark.parametrize("url", [*SERVICES, "json://localhost/?redirect=yes&retry=5&wait=9"])
def test_apprise_neither_waits_nor_retries(url: str) -> None:
    service = service_of(url)
    assert service is not None
    started = time.perf_counter()
    for _ in range(3):
        service.throttle()
        service.throttle(wait=60)
    assert time.perf_counter() - started < 1
    assert service.retry == 0
    assert service.asset._service_timeout == 0


def test_timeouts_are_bounded_and_those_of_the_url_are_kept() -> None:
    ours, theirs = service_of("json://localhost"), service_of("json://localhost?cto=1.5&rto=2.5")
    assert ours is not None
    assert theirs is not None
    assert ours.request_timeout == (5.0, 15.0)
    assert theirs.request_timeout == (1.5, 2.5)


def test_a_service_is_never_used_twice() -> None:
    assert service_of(SLACK) is not service_of(SLACK)


def test_libraries_that_print_addresses_are_quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    problem_with(SecretStr(SLACK))
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)
    assert not logging.getLogger("apprise").propagate


# What goes wrong


def test_a_crash_within_a_service_is_retryable_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(*_args: object, **_options: object) -> None:
        msg = "cannot post to /S3cret"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", crash)
    outcome = make_channel("ops", SecretStr("json://localhost/S3cret")).send(a_delivery())
    assert isinstance(outcome, Retryable)
    assert outcome.may_have_arrived
    assert "S3cret" not in outcome.reason


def test_a_message_that_cannot_be_written_is_retryable() -> None:
    broken = replace(an_item(), summary=cast("str", None))
    outcome = make_channel("ops", SecretStr("json://localhost/S3cret")).send(a_delivery(broken))
    assert isinstance(outcome, Retryable)
    assert "S3cret" not in outcome.reason


def test_what_is_remembered_of_receivers_is_bounded(wire: Wire) -> None:
    wire.status = 500
    channel = AppriseChannel("ops", SecretStr(SLACK))
    for number in range(130):
        channel.send(a_delivery(an_item(what=What.RESOLVED), id=str(number)))
    assert len(channel._reached) == 100
