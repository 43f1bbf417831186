"""Whether an answer is to be believed: what would be a catastrophe is a doubt about us at first.

A server that shows nothing any more has hardly lost all it had; more likely it was restored, or a
permission was taken away. And robots cannot report to a server that is down: when it is back, all
of them look silent until they have.
"""

from datetime import datetime, timedelta

from monitor.core.health import LONG, Health
from monitor.core.kinds import SESSION
from monitor.core.sample import Collected

MANY = 5
"""Fewer may well be lost, or fall silent, together."""

NOTHING_IS_BELIEVED_AFTER = timedelta(days=1)
CALM = timedelta(minutes=5)
"""So long after an episode a silent estate is not believed: ten heartbeats, and the next poll."""

_SILENT = SESSION.index("is_unresponsive")


def doubt(before: Health, collected: Collected, now: datetime) -> str:
    """Return why a good poll is not believed yet, "" where it is.

    `before` is the collector's health before this poll.
    """
    since = before.doubted_since or now
    if not collected.samples:
        if before.samples >= MANY and now < since + NOTHING_IS_BELIEVED_AFTER:
            return (
                f"the answer is empty, though there were {before.samples} before; "
                "look whether a permission or a folder was taken away"
            )
        return ""
    blind_since = before.blind_since
    if blind_since is None or since - (before.last_success_at or blind_since) < LONG:
        return ""
    if now < since + CALM and _is_silent(collected):
        return (
            "most robots seem silent right after a time in which nothing could be seen; believed "
            f"from {since + CALM:%H:%M:%S} UTC on, when they have had time to report"
        )
    return ""


def _is_silent(collected: Collected) -> bool:
    """Tell whether at least half of the sessions that owe heartbeats are unresponsive."""
    owed = [
        value
        for sample in collected.samples
        if sample.subject.kind == SESSION.name and (value := sample.values[_SILENT]) is not None
    ]
    silent = sum(value > 0 for value in owed)
    return silent >= MANY and silent * 2 >= len(owed)
