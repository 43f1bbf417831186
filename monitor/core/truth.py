"""The difference between what a channel was told of an alert and what is so now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.core.alert import Alert, Phase
from monitor.core.routing import Listener
from monitor.core.severity import Severity
from monitor.core.told import HEARD, Saying, Told


class News(StrEnum):
    """What a channel would learn of an alert."""

    OPENED = "opened"
    AGAIN = "opened, after a message that was given up"
    WORSE = "worse"
    FLAPS = "began to flap"
    CALMED = "calmed down, still open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something to tell one listener. `since` is when it became so, as far as it may be told.

    `is_urgent` waits for no company.
    """

    alert: Alert
    listener: Listener
    news: News
    since: datetime
    is_urgent: bool


def truth_of(alert: Alert) -> Saying:
    """Return what can be said of an alert now."""
    if alert.flapping_since is not None:
        return Saying.FLAPPING
    return Saying.OPEN if alert.phase is Phase.FIRING else Saying.ENDED


def difference(alert: Alert, listener: Listener) -> Difference | None:
    """Return what a listener who may be told has still to learn; None when it knows the truth."""
    told = alert.told.get(listener.channel)
    news = _news(alert, truth_of(alert), told)
    if news is None:
        return None
    since = _since(alert, news, told)
    is_urgent = news in (News.FLAPS, News.CALMED) or (
        news in (News.OPENED, News.WORSE) and alert.severity is Severity.CRITICAL
    )
    for late in (alert.unmuted_at, listener.since):
        if late is not None and late >= since:
            # What was kept back has waited long enough.
            since, is_urgent = late, news is not News.AGAIN
    return Difference(alert=alert, listener=listener, news=news, since=since, is_urgent=is_urgent)


def is_owed(alert: Alert) -> bool:
    """Tell whether somebody still believes in a problem that is over, or may yet hear of it."""
    return alert.flapping_since is not None or any(
        told.saying in HEARD for told in alert.told.values()
    )


def _news(alert: Alert, truth: Saying, told: Told | None) -> News | None:
    heard = None if told is None or told.saying is Saying.ENDED else told
    if truth is Saying.ENDED:
        return News.ENDED if heard is not None and heard.saying in HEARD else None
    if heard is None:
        return News.OPENED if truth is Saying.OPEN else News.FLAPS
    if alert.severity.rank > heard.severity.rank:
        return News.WORSE
    if heard.saying is Saying.UNHEARD:
        return News.AGAIN
    if heard.saying is truth:
        return None
    return News.FLAPS if truth is Saying.FLAPPING else News.CALMED


def _since(alert: Alert, news: News, told: Told | None) -> datetime:
    if news is News.ENDED:
        return alert.resolved_at or alert.updated_at
    if news is News.FLAPS:
        return alert.flapping_since or alert.updated_at
    if news is News.OPENED:
        return alert.opened_at or alert.updated_at
    if news is News.AGAIN and told is not None:
        return told.at
    return alert.updated_at
