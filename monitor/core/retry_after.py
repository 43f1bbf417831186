"""Reads how long a service asks to wait."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# The standard knows whole seconds; some chat services send fractions. Nine digits are 31 years.
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")


def asked_wait_s(retry_after: str | None, date: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for; None when it asks for nothing.

    It holds seconds or an HTTP date. A date counts from the answer's own Date header, so that our
    clock need not be right; without one from `now`. What is past already is 0.
    Source: RFC 9110, 10.2.3.
    """
    text = (retry_after or "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    return max(0.0, (until - (_http_date(date or "") or now)).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
