"""The services of apprise: loaded late, made from a URL, and kept from what they would do."""

import functools
import logging
import re
import sys
import threading
import warnings
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import SecretStr

from monitor.channels.apprise_url.exchanges import overhear
from monitor.core import wording
from monitor.core.delivery import Delivery

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 15.0

_APP = "orchestrator-monitor"
_MOST_INCIDENTS_IN_HEADER = 20
_SHORTEST_BODY = 40

_SCHEME = re.compile(r"([a-z][a-z0-9]{1,24})://", re.IGNORECASE)


def problem_with(url: SecretStr) -> str | None:
    """Return what is wrong with a URL and what would be right, without quoting it."""
    text = url.get_secret_value().strip()
    scheme = _SCHEME.match(text)
    if scheme is None:
        return 'is not an apprise URL; one looks like "slack://…", "mailtos://…" or "jsons://…"'
    if len(library().utils.parse.parse_urls(text)) > 1:
        return "holds several URLs; give each a channel of its own"
    return None if service_of(text) else _why_not(scheme[1].lower())


def _why_not(scheme: str) -> str:
    plugins = library().plugins.N_MGR
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


def service_of(url: str, delivery: Delivery | None = None) -> Any | None:  # noqa: ANN401 - untyped
    """Return a service of apprise for a URL, None when it takes no such URL.

    A new one each time: it remembers when it last sent, and sleeps.
    """
    apprise = library()
    asset = apprise.AppriseAsset(
        app_id=_APP,
        app_desc=_APP,
        service_timeout=0,
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
    # Between messages, and when the service asks to wait: the next attempt is the outbox's matter.
    service.throttle = _no_pause
    service.retry = 0
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


def _no_pause(*_args: object, **_options: object) -> None:
    """Stand in for apprise's sleeping."""


def skip_reached(service: Any, reached: set[object]) -> None:  # noqa: ANN401 - untyped
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


def fitting(service: Any, delivery: Delivery) -> tuple[str, str]:  # noqa: ANN401 - untyped
    """Return title and body within what the service takes, so that it has nothing to cut."""
    message = delivery.message
    title = wording.title(
        message, limit=min(wording.LONGEST_TITLE, service.title_maxlen or wording.LONGEST_TITLE)
    )
    room = min(wording.LONGEST_BODY, service.body_maxlen)
    if service.title_maxlen <= 0 or service.overflow_amalgamate_title:
        room -= len(title) + 2
    return title, wording.body(message, limit=max(_SHORTEST_BODY, room))


_loading = threading.Lock()


def library() -> ModuleType:
    """Load apprise with all its services: 0.4 s and 25 MB that many commands do without."""
    # Every time: whoever sets up logging afterwards also sets the levels of these loggers.
    _hush()
    with _loading:
        return _loaded()


@functools.cache
def _loaded() -> ModuleType:
    with warnings.catch_warnings():
        # One of its modules imports a deprecated one of the standard library.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise  # noqa: PLC0415 - see above

        apprise.Apprise.instantiate("json://localhost")
        # What apprise itself speaks through: no dependencies of ours.
        overhear(sys.modules["requests"], sys.modules["urllib3"])
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
