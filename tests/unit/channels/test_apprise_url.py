import logging
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
import requests
from pydantic import SecretStr

import monitor.channels
from monitor.channels import Channel, ChannelType, make_channel, problem_with
from monitor.channels.apprise_url import CHANNEL, AppriseChannel, _fitting, _outcome, _service
from monitor.core.delivery import Delivered, Outcome, Permanent, Retryable
from monitor.core.message import What
from monitor.plugins import discover
from tests.message_builders import a_delivery, an_item

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/12315544"
TEAMS = "workflows://host.example.com/0123456789abcdef/signature0123"
SERVICES = (SLACK, DISCORD, TELEGRAM, TEAMS)


class Wire:
    """Takes the place of the network: remembers what was to be sent."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.sent: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        self.sent.append(request)
        response = requests.Response()
        response.status_code = self.status
        is_slack = "slack.com" in (request.url or "")
        response._content = b"ok" if is_slack else b'{"ok": true}'
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
    if status == 429:
        # apprise does not pass on how long the service asks to wait.
        assert isinstance(outcome, Retryable)
        assert outcome.retry_after_s is None
    else:
        assert isinstance(outcome, Retryable if status == 500 else Permanent)


@pytest.mark.parametrize("url", [DISCORD, "tgram://123456789:abcdefg_hijklmnop/12315544", SLACK])
def test_a_storm_fits_what_the_service_takes(wire: Wire, url: str) -> None:
    storm = a_delivery(*(an_item(f"BOT-{n:03}", alert_id=f"{n:010}") for n in range(200)))
    assert make_channel("ops", SecretStr(url)).send(storm) == Delivered()
    assert len(wire.sent) == 1
    service = _service(url)
    assert service is not None
    title, body = _fitting(service, storm)
    assert len(body) <= min(3000, service.body_maxlen)
    assert "more: " in body
    assert title


def test_a_service_of_few_letters_still_gets_the_incident() -> None:
    service = _service("voipms://password:user@example.com/16137448888/16134448888")
    assert service is not None
    assert service.body_maxlen <= 160
    title, body = _fitting(service, a_delivery())
    assert len(title) + 2 + len(body) <= service.body_maxlen
    assert "ABCDEFGHIJ" in body


# What apprise is kept from


@pytest.mark.parametrize("url", [*SERVICES, "json://localhost/?redirect=yes&retry=5&wait=9"])
def test_apprise_neither_waits_nor_retries_nor_follows(url: str) -> None:
    service = _service(url)
    assert service is not None
    assert service.request_rate_per_sec == 0
    assert service.retry == 0
    assert service.redirects is False
    assert service.asset._service_timeout == 0


def test_timeouts_are_bounded_and_those_of_the_url_are_kept() -> None:
    ours, theirs = _service("json://localhost"), _service("json://localhost?cto=1.5&rto=2.5")
    assert ours is not None
    assert theirs is not None
    assert ours.request_timeout == (5.0, 15.0)
    assert theirs.request_timeout == (1.5, 2.5)


def test_a_service_is_never_used_twice() -> None:
    assert _service(SLACK) is not _service(SLACK)


def test_libraries_that_print_addresses_are_quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    problem_with(SecretStr(SLACK))
    assert not logging.getLogger("urllib3").isEnabledFor(logging.INFO)
    assert not logging.getLogger("apprise").propagate


# What becomes of apprise's answers


def _result(status: str, *lines: tuple[str, str]) -> SimpleNamespace:
    entries = [SimpleNamespace(level=level, message=line) for level, line in lines]
    return SimpleNamespace(status=SimpleNamespace(name=status), logs=lambda: iter(entries))


@pytest.mark.parametrize(
    ("status", "lines", "expected"),
    [
        ("SUCCESS", [], Delivered()),
        ("NOMATCH", [], Permanent("apprise found no service for the channel's URL")),
        ("PARTIAL", [], Retryable("apprise says partial")),
        ("TIMEOUT", [("ERROR", "It did not finish.")], Retryable("It did not finish")),
        ("FAILURE", [], Retryable("apprise says failure")),
        ("FAILURE", [("WARNING", "Failed: error=404.")], Permanent("Failed: error=404")),
        (
            "FAILURE",
            [("WARNING", "First: error=404."), ("WARNING", "Second: error=503.")],
            Retryable("Second: error=503"),
        ),
        (
            "FAILURE",
            [("DEBUG", "x: [Errno 111] Connection refused"), ("WARNING", "One: error=404.")],
            Retryable("One: error=404: connection refused"),
        ),
        (
            "FAILURE",
            [("WARNING", "No mail"), ("DEBUG", "Socket Exception: (535, b'5.7.8 no')")],
            Permanent("No mail: the mail server answered 535"),
        ),
        (
            "FAILURE",
            [("WARNING", "No mail"), ("DEBUG", "Socket Exception: (421, b'later')")],
            Retryable("No mail: the mail server answered 421"),
        ),
    ],
)
def test_every_answer_of_apprise_means_something(
    status: str, lines: list[tuple[str, str]], expected: Outcome
) -> None:
    assert _outcome(_result(status, *lines), "json://localhost") == expected


def test_a_crash_within_a_service_is_retryable_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def crash(*_args: object, **_options: object) -> None:
        msg = "cannot post to /S3cret"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", crash)
    outcome = make_channel("ops", SecretStr("json://localhost/S3cret")).send(a_delivery())
    assert isinstance(outcome, Retryable)
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
