"""Sends a message to any service that apprise has a URL for; the only importer of apprise.

What is known of apprise 2.2, from its source and from trying it, and closed here:

- Given a time limit it works in a small pool shared by the whole process, where a few hanging
  services delay all. Here it has no limit and runs in a thread of the channel's own, abandoned at
  the deadline.
- One URL may name several receivers. Who took a message is remembered until all have it, so that
  one full mailbox does not bring the others the same mail all day.
- It retries blindly, sleeps between messages (5.5 s for mail) and takes a redirect that lost the
  message for a success. All three are switched off; when to try again is the outbox's decision.
- Its log lines may hold secrets of the URL. Each service gets a logger of its own, connected to
  nothing, from which the reason of a failure is read; apprise's own logger is cut off.
- Text bodies are escaped for the services that take markup; markdown ones are not. So: text.
"""

import functools
import logging
import re
import threading
import warnings
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from monitor.channels import ChannelType
from monitor.core import wording
from monitor.core.delivery import Delivered, Delivery, Outcome, Permanent, Retryable
from monitor.core.plain import clean, clipped
from monitor.core.refusal import cause_in, is_final_http, is_final_smtp
from monitor.core.url_secrets import without_secrets_of

DEADLINE_S = 30.0
CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0
MOST_HUNG = 3

_APP = "orchestrator-monitor"
_MOST_INCIDENTS_IN_HEADER = 20
_MOST_REMEMBERED = 100
_LONGEST_REASON = 300
_SHORTEST_BODY = 40

_HTTP_STATUS = re.compile(r"\berror=(\d{3})\b")
_SMTP_REPLY = re.compile(r"\((\d{3}), b?['\"]")
_SCHEME = re.compile(r"([a-z][a-z0-9]{1,24})://", re.IGNORECASE)


class AppriseChannel:
    """One apprise URL. `send` makes one attempt and takes at most `deadline_s` seconds."""

    def __init__(self, name: str, url: SecretStr, *, deadline_s: float = DEADLINE_S) -> None:
        """Remember where to; nothing is loaded or contacted before the first `send`."""
        self.name = name
        self._url = url
        self._deadline_s = deadline_s
        self._hung: list[threading.Thread] = []
        self._reached: dict[str, set[object]] = {}

    def __repr__(self) -> str:
        """Name the channel, not its URL."""
        return f"AppriseChannel({self.name!r})"

    def send(self, delivery: Delivery) -> Outcome:
        """Send in a thread of its own, left to itself at the deadline.

        What was left may still arrive: the message says which incident it is about.
        """
        self._hung = [thread for thread in self._hung if thread.is_alive()]
        if len(self._hung) >= MOST_HUNG:
            return Retryable(f"{len(self._hung)} earlier attempts still hang")
        outcomes: list[Outcome] = []
        reached = self._reached.pop(delivery.id, set())
        thread = threading.Thread(
            target=lambda: outcomes.append(self._attempt(delivery, reached)),
            name=f"send-{self.name}",
            daemon=True,
        )
        thread.start()
        thread.join(self._deadline_s)
        if not outcomes:
            self._hung.append(thread)
            outcomes.append(Retryable(f"no answer within {self._deadline_s:g} s"))
        if isinstance(outcomes[0], Retryable):
            self._remember(delivery.id, reached)
        return outcomes[0]

    def _remember(self, delivery_id: str, reached: set[object]) -> None:
        self._reached[delivery_id] = reached
        if len(self._reached) > _MOST_REMEMBERED:
            del self._reached[next(iter(self._reached))]

    def _attempt(self, delivery: Delivery, reached: set[object]) -> Outcome:
        url = self._url.get_secret_value().strip()
        try:
            return _send(url, delivery, reached)
        except Exception as error:  # noqa: BLE001 - one of a hundred plugins; told as the outcome
            return Retryable(_reason(f"{type(error).__name__}: {error}", url))


def problem_with(url: SecretStr) -> str | None:
    """Return what is wrong with a URL and what would be right, without quoting it."""
    text = url.get_secret_value().strip()
    scheme = _SCHEME.match(text)
    if scheme is None:
        return 'is not an apprise URL; one looks like "slack://…", "mailtos://…" or "jsons://…"'
    if len(_library().utils.parse.parse_urls(text)) > 1:
        return "holds several URLs; give each a channel of its own"
    return None if _service(text) else _why_not(scheme[1].lower())


def _why_not(scheme: str) -> str:
    plugins = _library().plugins.N_MGR
    if scheme in {"http", "https"}:
        return (
            "is not the address of a service that apprise knows; for a receiver of JSON begin it "
            f'with "json{scheme[4:]}://"'
        )
    if scheme not in plugins:
        return f'"{scheme}://" is not a service that apprise knows'
    plugin = plugins[scheme]
    if not plugin.enabled:
        return f'"{scheme}://" needs a package that is not installed; see {plugin.setup_url}'
    return f'is not a complete "{scheme}://" URL; see {plugin.setup_url}'


CHANNEL = ChannelType(
    make=AppriseChannel,
    problem_with=problem_with,
    help="any of the services of apprise, by URL: chat, mail, pagers, SMS, JSON web hooks",
    example='[channels.ops]\nurl_env = "OPS_URL"\n',
)


def _send(url: str, delivery: Delivery, reached: set[object]) -> Outcome:
    apprise = _library()
    service = _service(url, delivery)
    if service is None:
        return Permanent("the channel's URL is not one that apprise takes")
    _skip_reached(service, reached)
    title, body = _fitting(service, delivery)
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    result = sender.notify(
        title=title,
        body=body,
        notify_type=wording.apprise_type(delivery.message),
        body_format=apprise.NotifyFormat.TEXT,
        log_level=logging.DEBUG,
    )
    return _outcome(result, url)


def _service(url: str, delivery: Delivery | None = None) -> Any | None:  # noqa: ANN401 - untyped
    """Return a service of apprise for a URL, None when it takes no such URL.

    A new one each time: it remembers when it last sent, and sleeps.
    """
    apprise = _library()
    asset = apprise.AppriseAsset(
        app_id=_APP,
        app_desc=_APP,
        service_timeout=0,
        http_redirects=False,
        interpret_emojis=False,
        secure_logging=True,
        pgp_autogen=False,
        pem_autogen=False,
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        return None
    asked = {name.lower() for name, _ in parse_qsl(urlsplit(url).query)}
    # Known to nobody else: what it hears, secrets and all, ends with it.
    service.logger = logging.Logger("apprise.service", logging.DEBUG)  # noqa: LOG001 - as above
    service.request_rate_per_sec = 0
    service.retry = 0
    service.redirects = False
    if "cto" not in asked:
        service.socket_connect_timeout = max(service.socket_connect_timeout, CONNECT_TIMEOUT_S)
    if "rto" not in asked:
        service.socket_read_timeout = max(service.socket_read_timeout, READ_TIMEOUT_S)
    for option in ("image", "footer"):
        if option not in asked and hasattr(service, f"include_{option}"):
            # A picture would be fetched from a public address by whoever reads the message.
            setattr(service, f"include_{option}", False)
    if delivery is not None and isinstance(getattr(service, "headers", None), dict):
        automatic = {"Auto-Submitted": "auto-generated"} if "mailto" in service.schema else {}
        service.headers = {**automatic, **_headers(delivery), **service.headers}
    return service


def _skip_reached(service: Any, reached: set[object]) -> None:  # noqa: ANN401 - untyped
    """Let a service skip the receivers in `reached`, and add to it those that take the message.

    It does so by itself, but only for the retries of one call.
    """
    slot = service._slot  # noqa: SLF001 - which receiver of which piece of the message

    def is_delivered(key: object, per_message: bool = False) -> bool:  # noqa: FBT001, FBT002 - as overridden
        return slot(key, per_message) in reached

    def mark_delivered(key: object, per_message: bool = False) -> None:  # noqa: FBT001, FBT002 - as overridden
        reached.add(slot(key, per_message))

    service.is_delivered = is_delivered
    service.mark_delivered = mark_delivered


def _headers(delivery: Delivery) -> dict[str, str]:
    """Return what lets a receiver (JSON, XML, form, mail) know a repeated message."""
    incidents = [item.alert_id for item in delivery.message.items]
    return {
        "X-Delivery-Id": delivery.id,
        "X-Incident-Id": ", ".join(incidents[:_MOST_INCIDENTS_IN_HEADER]),
    }


def _fitting(service: Any, delivery: Delivery) -> tuple[str, str]:  # noqa: ANN401 - untyped
    """Return title and body within what the service takes, so that it has nothing to cut."""
    message = delivery.message
    title = wording.title(
        message, limit=min(wording.LONGEST_TITLE, service.title_maxlen or wording.LONGEST_TITLE)
    )
    room = min(wording.LONGEST_BODY, service.body_maxlen)
    if service.title_maxlen <= 0 or service.overflow_amalgamate_title:
        room -= len(title) + 2
    return title, wording.body(message, limit=max(_SHORTEST_BODY, room))


def _outcome(result: Any, url: str) -> Outcome:  # noqa: ANN401 - untyped
    status = result.status.name
    if status == "SUCCESS":
        return Delivered()
    if status == "NOMATCH":
        return Permanent("apprise found no service for the channel's URL")
    entries = [(entry.level, str(entry.message)) for entry in result.logs()]
    told = [line for level, line in entries if level in {"WARNING", "ERROR"}]
    reason = _reason(told[-1] if told else f"apprise says {status.lower()}", url)
    lines = [line for _, line in entries]
    cause = cause_in(lines)
    http = [int(code) for line in lines for code in _HTTP_STATUS.findall(line)]
    smtp = [int(code) for line in lines for code in _SMTP_REPLY.findall(line)]
    if smtp and not cause:
        reason = f"{reason}: the mail server answered {smtp[-1]}"
    elif cause:
        reason = f"{reason}: {cause}"
    # Several receivers of one URL may fail for several reasons: final only if all of them are.
    is_final = bool(http or smtp) and not cause and status == "FAILURE"
    if is_final and all(map(is_final_http, http)) and all(map(is_final_smtp, smtp)):
        return Permanent(reason)
    return Retryable(reason)


def _reason(text: str, url: str) -> str:
    return clipped(clean(without_secrets_of(url, text)), _LONGEST_REASON).rstrip(". ")


_loading = threading.Lock()


@functools.cache
def _library() -> ModuleType:
    """Load apprise with all its services: 0.4 s and 25 MB that many commands do without."""
    with _loading, warnings.catch_warnings():
        _hush()
        # One of its modules imports a deprecated one of the standard library.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415 - see above

        apprise.Apprise.instantiate("json://localhost")
    return apprise


def _hush() -> None:
    # While it reads a URL apprise prints parts of it, tokens too; what matters we tell ourselves.
    apprise = logging.getLogger("apprise")
    apprise.propagate = False
    apprise.setLevel(logging.CRITICAL + 1)
    for name in ("urllib3", "requests_oauthlib", "oauthlib"):
        # Below WARNING they print whole addresses.
        quiet = logging.getLogger(name)
        quiet.setLevel(max(quiet.level, logging.WARNING))
