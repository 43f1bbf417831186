"""Turns what went wrong on the wire into one of our conditions, in words that help."""

import re
from collections.abc import Iterable
from typing import Any

import httpx
import msgspec

from monitor.errors import (
    AccessDenied,
    AuthenticationFailed,
    EndpointMissing,
    FolderRequired,
    OrchestratorError,
    Throttled,
    UnexpectedResponse,
    Unreachable,
)
from monitor.orchestrator.answers import Answer
from monitor.orchestrator.course import Course
from monitor.orchestrator.text import LONGEST_QUOTE, quoted
from monitor.orchestrator.unreached import is_lasting, why_unreached

FOLDER_CODES = frozenset({1100, 1101})
_TOO_MANY = 429
_PROXY_SIGN_IN = 407
# What servers answer to plain http on a port that speaks TLS.
_PLAIN_TO_TLS = re.compile(r"HTTP request(?: was sent)? to (?:an )?HTTPS", re.IGNORECASE)

# Source: Orchestrator reference, permissions of each call.
_PERMISSIONS = {
    "GetMachineSessionRuntimes": "Machines.View",
    "GetMachineSessionRuntimesByFolderId": "Machines.View or Jobs.Create",
    "Sessions": "Robots.View",
    "GetGlobalSessions": "Users.View and Robots.View",
    "RetrieveQueuesProcessingStatus": "Queues.View",
    "Folders": "Units.View or SubFolders.View",
    "GetLicenseStats": "License.View",
}
_SCOPE = re.compile(r"OR\.[A-Z][A-Za-z]*(?:\.Read)?")


def from_exception(
    error: Exception,
    endpoint: str,
    timeout_s: float,
    hide: Iterable[str] = (),
    course: Course | None = None,
) -> OrchestratorError:
    """Return the condition for an exception of httpx or of a socket; `course` is how it came."""
    detail = quoted(str(error), hide).rstrip(".")
    key = "`url` (or `identity_url`)" if endpoint.startswith("sign-in") else "`url`"
    condition: type[OrchestratorError] = UnexpectedResponse
    match error:
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            reason = f"the address cannot be used ({detail}); check {key}"
        case httpx.LocalProtocolError():
            reason = "the request could not be written: a header is malformed; check `auth`"
        case httpx.TransportError() | OSError() | UnicodeError():
            condition = Unreachable
            reason = why_unreached(error, detail, timeout_s, course, key)
        case _:
            reason = (
                f"the exchange failed ({type(error).__name__}: {detail}); it is tried again at "
                "the next poll"
            )
    return condition(f"{endpoint}: {reason}", endpoint=endpoint)


def is_hopeless(error: Unreachable) -> bool:
    """Return whether repeating cannot help: somebody has to do something first."""
    return is_lasting(error)


def from_answer(answer: Answer, endpoint: str, hide: Iterable[str] = ()) -> OrchestratorError:
    """Return the condition for an answer that is not 2xx.

    Source: Orchestrator reference, what to do on each status. Whether a folder is the matter is
    told by the code, not by the status.
    """
    status = answer.status
    body = ErrorBody(answer.body, hide)
    says = f": {body.text}" if body.text else ""
    condition: type[OrchestratorError]
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's classes
        condition = UnexpectedResponse
        reason = (
            f"redirected ({status}) instead of answered; `url` is probably not an Orchestrator, "
            "or has the wrong organization or tenant"
        )
    elif status == 401:  # noqa: PLR2004
        condition, reason = AuthenticationFailed, f"not signed in (401){says}"
    elif body.code in FOLDER_CODES and status in {400, 403, 404}:
        condition = FolderRequired
        reason = f"wants a folder that this sign-in can see ({body.code}){says}"
    elif status == 403:  # noqa: PLR2004
        condition, reason = AccessDenied, f"not permitted (403){says}{_missing(body, endpoint)}"
    elif status in {404, 405}:
        condition, reason = _absent(status, body, says)
    elif status == _PROXY_SIGN_IN:
        condition = Unreachable
        reason = (
            f"the proxy wants a user and a password ({status}); check those in `proxy` (or "
            "HTTP_PROXY in the environment)"
        )
    elif status == 400 and _PLAIN_TO_TLS.search(body.raw):  # noqa: PLR2004
        condition = Unreachable
        reason = "the port speaks TLS; write https:// for http:// in `url`"
    elif status == _TOO_MANY:
        condition, reason = (
            Throttled,
            (
                f"too many requests for this tenant (429){says}; it is asked less often until that "
                "ends, and whatever else asks this tenant counts too"
            ),
        )
    elif status >= 500 or status == 408:  # noqa: PLR2004
        condition = Unreachable
        reason = (
            f"Orchestrator is failing or in maintenance ({status}){says}; it is asked again at "
            "every poll"
        )
    else:
        condition, reason = UnexpectedResponse, f"refused the request ({status}){says}"
    return condition(f"{endpoint}: {reason}", endpoint=endpoint, status=status)


def not_json(
    answer: Answer, endpoint: str, reason: str = "is not the expected JSON"
) -> UnexpectedResponse:
    """Return the condition for a 2xx whose body is not what was agreed."""
    if answer.body.lstrip()[:1] == b"<":
        # Addresses that do not exist are answered with a web page and 200.
        reason = (
            "is a web page, not data; `url` (or `identity_url`) probably has a wrong path, "
            "organization or tenant"
        )
    msg = f"{endpoint}: the answer {reason}"
    return UnexpectedResponse(msg, endpoint=endpoint, status=answer.status)


class ErrorBody:
    """What an error's body says: `text` is safe to show, `code` Orchestrator's own number.

    `is_known` tells an error of Orchestrator or of its sign-in from a gateway's page.
    Source: Orchestrator reference, error bodies.
    """

    def __init__(self, body: bytes, hide: Iterable[str] = ()) -> None:
        """Read a body of any shape; never raises."""
        fields = _fields(body)
        text = _message(fields)
        self.is_known = text is not None
        self.raw = body[: LONGEST_QUOTE * 4].decode(errors="replace")
        shown = quoted(text if text is not None else _without_markup(self.raw), hide)
        trace = fields.get("traceid")
        if shown and isinstance(trace, str) and trace:
            shown = f"{shown} (traceId {quoted(trace, hide)[:80]})"
        self.text = shown
        code = fields.get("errorcode")
        self.code = code if isinstance(code, int) and not isinstance(code, bool) else None
        self.error = fields.get("error") if isinstance(fields.get("error"), str) else None


def _fields(body: bytes) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    if not isinstance(decoded, dict):
        return {}
    return {str(key).lower(): value for key, value in decoded.items()}


def _message(fields: dict[str, Any]) -> str | None:
    inner = fields.get("error")
    nested = inner if isinstance(inner, dict) else {}
    for candidate in (
        fields.get("message"),
        fields.get("errormessage"),
        next((value for key, value in nested.items() if str(key).lower() == "message"), None),
        fields.get("error_description"),
        inner,
        fields.get("title"),
    ):
        if isinstance(candidate, str) and candidate.strip():
            return candidate
    return None


def _without_markup(text: str) -> str:
    return re.sub(r"<[^>]*>?", " ", text)


def _missing(body: ErrorBody, endpoint: str) -> str:
    """Return what to grant, as far as it is known."""
    function = re.split(r"[/.]", endpoint.split("(", 1)[0])[-1]
    permission = _PERMISSIONS.get(function)
    # What comes before are the scopes that the token has.
    wanted = body.text.rpartition("Expect to have")[2]
    scopes = sorted(set(_SCOPE.findall(wanted)), key=lambda scope: not scope.endswith(".Read"))
    if scopes:
        return f"; grant the application the scope {' or '.join(scopes)}"
    return f"; grant the permission {permission}" if permission else ""


def _absent(status: int, body: ErrorBody, says: str) -> tuple[type[OrchestratorError], str]:
    lowered = body.raw.lower()
    if body.code is None and "not found" in lowered and "tenant" in lowered:
        # The cloud's gateway speaks, not Orchestrator: nothing about the endpoint is learned.
        reason = f"there is no such organization or tenant; check `url`{says}"
        return UnexpectedResponse, reason
    hint = "" if body.is_known else "; if everything is missing, check `url`"
    return EndpointMissing, f"this Orchestrator does not have it ({status}){says}{hint}"
