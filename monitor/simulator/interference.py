"""Faults that answer in place of the endpoint, or bend headers and error bodies."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.simulator import problems
from monitor.simulator.delivery import Reply
from monitor.simulator.faults import Fault
from monitor.simulator.problems import Refused
from monitor.simulator.wire import encode, http_date, pascal

Hits = Mapping[str, Fault]

_PAGE = "<!DOCTYPE html><html><head><title>UiPath</title></head><body>{}</body></html>"


def interfering(hits: Hits, now: datetime) -> Reply | None:
    """Return what a fault answers instead of the endpoint, None without one.

    Raises:
        Refused: where the fault is a refusal.
    """
    for fault in hits.values():
        _refuse(fault, now)
        reply = _instead(fault)
        if reply is not None:
            return reply
    return None


def _refuse(fault: Fault, now: datetime) -> None:
    match fault.kind:
        case "unauthorized":
            raise problems.not_authenticated()
        case "forbidden":
            raise problems.not_authorized()
        case "scope-missing":
            raise problems.scope_missing("OR.Jobs", ("OR.Simulated", "OR.Simulated.Read"))
        case "throttled":
            raise problems.throttled(_retry_after(fault, now))


def _instead(fault: Fault) -> Reply | None:
    match fault.kind:
        case "server-error":
            return _html(fault.status, "The service is unavailable.")
        case "html":
            return _html(200, "Loading…")
        case "empty-body":
            return Reply(status=200)
        case "redirect":
            return Reply(status=302, headers={"Location": fault.location})
        case "garbage":
            return Reply(status=200, body=encode({"value": {"unexpected": [1, "two", None]}}))
        case _:
            return None


def refusal_reply(refusal: Refused, hits: Hits) -> Reply:
    """Write a refusal; a text body comes from the gateway, not from Orchestrator."""
    headers = dict(refusal.headers)
    if isinstance(refusal.body, str):
        return Reply(
            status=refusal.status,
            body=refusal.body.encode(),
            content_type="text/plain; charset=utf-8",
            headers=headers,
        )
    body = pascal(refusal.body) if "pascal-errors" in hits else refusal.body
    return Reply(status=refusal.status, body=encode(body), headers=headers)


def skewed_date(now: datetime, hits: Hits) -> str | None:
    """Return the value of the `Date` header, None where there is to be none."""
    if "no-date" in hits:
        return None
    skew_s = hits["clock-skew"].skew_s if "clock-skew" in hits else 0.0
    return http_date(now + timedelta(seconds=skew_s))


def _retry_after(fault: Fault, now: datetime) -> str | None:
    if fault.retry_after < 0:
        return None
    if fault.as_date:
        return http_date(now + timedelta(seconds=fault.retry_after))
    return str(round(fault.retry_after))


def _html(status: int, text: str) -> Reply:
    return Reply(
        status=status, body=_PAGE.format(text).encode(), content_type="text/html; charset=utf-8"
    )
