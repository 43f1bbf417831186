"""Makes the message that tells one channel of some groups, and notes what it is told by it."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.alert import Alert, AlertKey
from monitor.core.delivery import Delivery
from monitor.core.evolve import evolve
from monitor.core.group import Group
from monitor.core.message import Message, MessageItem, What, ending_of, item_of, precedence
from monitor.core.rule import Rule
from monitor.core.told import HEARD, Told
from monitor.core.truth import Difference, News, truth_of

MOST_ITEMS = 50
"""So many alerts are in a message one by one; the rest is counted."""

_WHATS = {
    News.OPENED: What.OPENED,
    News.AGAIN: What.OPENED,
    News.WORSE: What.WORSE,
    News.FLAPS: What.FLAPPING,
    News.CALMED: What.OPEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is to be told of one group now: differences, or, as a reminder, all that is open."""

    group: Group
    differences: Sequence[Difference]
    is_reminder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message for a channel, and the alerts as they are once it is told."""

    delivery: Delivery
    alerts: Sequence[Alert]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a message may need beside the alerts: the rules, and whom an alert explains."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    affected: Mapping[AlertKey, Sequence[str]] = field(default_factory=dict)


def write(
    channel: str,
    parcels: Sequence[Parcel],
    facts: Facts,
    now: datetime,
    instead_of: Sequence[Delivery] = (),
) -> Written:
    """Return one message for all the parcels.

    `instead_of` are deliveries that were taken back for it: it goes on with their attempts. What
    is new since then is tried at once.
    """
    spoken = [entry for parcel in parcels for entry in _spoken(parcel)]
    spoken.sort(key=_rank)
    listed, rest = spoken[:MOST_ITEMS], spoken[MOST_ITEMS:]
    message = Message(
        at=now,
        items=tuple(_item(entry, facts) for entry in listed),
        rest=dict(Counter(entry.what for entry in rest)),
        is_digest=len(parcels) > 1,
    )
    # Who is only listed for company counts as told too: the group's next message waits for this.
    told = [*listed, *(entry for entry in rest if entry.is_news or entry.parcel.is_reminder)]
    identity = _identity(channel, told, now)
    delivery = _in_place_of(
        Delivery(
            id=identity,
            channel=channel,
            message=message,
            created_at=now,
            next_at=now,
            about=tuple(entry.alert.id for entry in told),
            before={e.alert.id: e.alert.told[channel] for e in told if channel in e.alert.told},
        ),
        instead_of,
        [one for parcel in parcels for one in parcel.differences],
    )
    return Written(
        delivery=delivery, alerts=[_told(entry, channel, identity, now) for entry in told]
    )


@dataclass(frozen=True, slots=True)
class _Spoken:
    """An alert that a message speaks of."""

    alert: Alert
    what: What
    parcel: Parcel
    is_news: bool


def _spoken(parcel: Parcel) -> Iterator[_Spoken]:
    news = {one.alert.id for one in parcel.differences}
    for one in parcel.differences:
        what = _WHATS[one.news] if one.news in _WHATS else ending_of(one.alert)
        yield _Spoken(one.alert, what, parcel, is_news=True)
    for alert in parcel.group.known():
        if alert.id not in news:
            yield _Spoken(alert, What.OPEN, parcel, is_news=False)


def _told(entry: _Spoken, channel: str, delivery: str, now: datetime) -> Alert:
    alert = entry.alert
    before = alert.told.get(channel)
    known = before if before is not None and before.saying in HEARD else None
    reminders = 0 if known is None or entry.is_news else known.reminders
    told = Told(
        saying=truth_of(alert),
        severity=alert.severity,
        at=now,
        first_at=now if known is None else known.first_at,
        delivery=delivery,
        route=entry.parcel.group.route.name,
        reminders=reminders + (entry.parcel.is_reminder and not entry.is_news),
    )
    return evolve(alert, told={**alert.told, channel: told})


def _item(entry: _Spoken, facts: Facts) -> MessageItem:
    rule = facts.rules.get(entry.alert.rule)
    return item_of(
        entry.alert,
        entry.what,
        runbook_url=None if rule is None else rule.runbook_url,
        affected=facts.affected.get(entry.alert.key, ()),
    )


def _rank(entry: _Spoken) -> tuple[int, int, int, datetime, str, str]:
    alert = entry.alert
    order = precedence(entry.what, alert.severity)
    return (*order, alert.started_at, alert.subject.name, alert.id)


def _in_place_of(
    delivery: Delivery, withdrawn: Sequence[Delivery], differences: Sequence[Difference]
) -> Delivery:
    """Return a delivery that goes on with the attempts of others.

    What is new is tried at once and has its own day until it is given up.
    """
    if not withdrawn:
        return delivery
    goes_on = replace(
        delivery,
        attempts=max(one.attempts for one in withdrawn),
        last_error=withdrawn[-1].last_error,
    )
    made_at = max(one.created_at for one in withdrawn)
    if any(one.since > made_at for one in differences):
        return goes_on
    return replace(
        goes_on,
        created_at=min(one.created_at for one in withdrawn),
        next_at=min(one.next_at for one in withdrawn),
    )


def _identity(channel: str, spoken: Sequence[_Spoken], now: datetime) -> str:
    facts = sorted(f"{entry.alert.id} {entry.what}" for entry in spoken)
    text = "\n".join((channel, now.isoformat(), *facts))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
