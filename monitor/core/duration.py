"""Durations as people write them: `30s`, `2m`, `1h30m`, `7d`."""

import re
from datetime import timedelta

LONGEST = timedelta(days=3660)

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WELL_FORMED = re.compile(
    r"(?:(?P<d>[0-9]{1,9})d)?(?:(?P<h>[0-9]{1,9})h)?(?:(?P<m>[0-9]{1,9})m)?(?:(?P<s>[0-9]{1,9})s)?"
)
_BARE_NUMBER = re.compile(r"[0-9]{1,9}")


def parse_duration(text: str) -> timedelta:
    """Return the length of time that a text names: whole days, hours, minutes, seconds, so ordered.

    Raises:
        ValueError: it does not; the text says what would be right.
    """
    text = text.strip()
    match = _WELL_FORMED.fullmatch(text)
    if match is None or not text:
        if _BARE_NUMBER.fullmatch(text):
            msg = f'"{text}" has no unit: write "{text}s", "{text}m", "{text}h" or "{text}d"'
        else:
            msg = f'"{text[:40]}" is not a duration: write it like "30s", "2m", "1h30m" or "7d"'
        raise ValueError(msg)
    total = sum(
        int(number) * _SECONDS[unit] for unit, number in match.groupdict(default="0").items()
    )
    if total > LONGEST.total_seconds():
        msg = f'"{text}" is too long: at most "{LONGEST.days}d"'
        raise ValueError(msg)
    return timedelta(seconds=total)


def format_duration(duration: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads back, to whole seconds."""
    rest = int(duration.total_seconds())
    parts = []
    for unit, seconds in _SECONDS.items():
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
