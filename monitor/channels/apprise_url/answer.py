"""What an attempt came to, from what apprise reports and from what was heard on the wire."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from monitor.channels.apprise_url.exchanges import Exchange
from monitor.core.delivery import Delivered, Outcome, Permanent, Retryable
from monitor.core.plain import clean, clipped
from monitor.core.refusal import cause_in, is_final_http, is_final_smtp, is_success_http
from monitor.core.url_secrets import without_secrets_of

_LONGEST_REASON = 300
_SMTP_REPLY = re.compile(r"\((\d{3}), b?['\"]")


def outcome_of(
    result: Any,  # noqa: ANN401 - apprise is untyped
    url: str,
    exchanges: Sequence[Exchange],
    *,
    some_reached: bool,
) -> Outcome:
    """Return the outcome of one attempt. `some_reached`: some receivers of the URL have it.

    What nobody can vouch for may have arrived: a request without an answer, an accepted one
    although the attempt failed, a service that speaks in a way nobody overhears.
    """
    status = result.status.name
    if status == "SUCCESS":
        return Delivered()
    if status == "NOMATCH":
        return Permanent("apprise found no service for the channel's URL")
    entries = [(entry.level, str(entry.message)) for entry in result.logs()]
    told = [line for level, line in entries if level in {"WARNING", "ERROR"}]
    statuses = [exchange.status for exchange in exchanges if exchange.status is not None]
    # What services answer is among the lines, too: read only what nobody could overhear.
    is_all_heard = bool(statuses) and len(statuses) == len(exchanges)
    lines = [] if is_all_heard else [line for _, line in entries]
    cause = cause_in(lines)
    found = [int(code) for line in lines for code in _SMTP_REPLY.findall(line)]
    replies = [] if cause or statuses else found
    reason = told_safely(told[-1] if told else f"apprise says {status.lower()}", url)
    refusals = [code for code in statuses if not is_success_http(code)]
    if cause:
        reason = f"{reason}: {cause}"
    elif replies:
        reason = f"{reason}: the mail server answered {replies[-1]}"
    elif refusals and str(refusals[-1]) not in reason:
        reason = f"{reason}: the service answered {refusals[-1]}"
    is_final = _is_final_http(statuses) if is_all_heard else _is_final_mail(replies)
    if status == "FAILURE" and is_final:
        return Permanent(reason)
    return Retryable(
        reason,
        retry_after_s=_longest(exchange.retry_after_s for exchange in exchanges),
        may_have_arrived=(
            some_reached
            or not exchanges
            or status != "FAILURE"
            or any(exchange.may_have_arrived for exchange in exchanges)
        ),
    )


def told_safely(text: str, url: str) -> str:
    """Return a text of apprise as a reason: one line, bounded, without the URL's secrets."""
    return clipped(clean(without_secrets_of(url, text)), _LONGEST_REASON).rstrip(". ")


def _is_final_http(statuses: Sequence[int]) -> bool:
    """Tell whether HTTP services refused for good.

    Several receivers of one URL may fail for several reasons: final only if all of them are. When
    the last request was accepted and yet the attempt failed, an earlier refusal was not the cause.
    """
    return not is_success_http(statuses[-1]) and all(
        is_success_http(status) or is_final_http(status) for status in statuses
    )


def _is_final_mail(replies: Sequence[int]) -> bool:
    return bool(replies) and all(map(is_final_smtp, replies))


def _longest(waits: Iterable[float | None]) -> float | None:
    return max((wait for wait in waits if wait is not None), default=None)
