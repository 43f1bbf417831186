"""Time zones, by their names."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator

from monitor.config.names import nearest


def _known(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if not known:
            raise ValueError("no time zones are installed here: install tzdata") from None
        meant = nearest(value, known)
        hint = f'; did you mean "{meant}"?' if meant else ""
        msg = f'must be a time zone such as "Europe/Bucharest"{hint}'
        raise ValueError(msg) from None
    return value


Zone = Annotated[str, AfterValidator(_known)]
"""The name of a time zone that is known here."""
