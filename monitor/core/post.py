"""What is on its way: messages that were made and not yet accepted by their channel."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.alert import Alert, Phase
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.told import HEARD, Saying, Told
from monitor.core.truth import is_owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The state of the outbox, as far as new messages depend on it.

    `undelivered` are by id, in the order in which they were made; `in_flight` the ids of those
    that are being sent at this moment. `spent_until` is each channel's state of `Pace`.
    """

    undelivered: Mapping[str, Delivery] = field(default_factory=dict)
    in_flight: Collection[str] = ()
    spent_until: Mapping[str, datetime] = field(default_factory=dict)

    def can_be_withdrawn(self, delivery: Delivery) -> bool:
        """Tell whether it is certain that the channel has not got it and does not get it now."""
        return not delivery.may_have_arrived and delivery.id not in self.in_flight


def taken_back(alert: Alert, delivery: Delivery) -> Alert:
    """Return an alert as if a delivery about it had never been made."""
    # Not looked up in `about`: after a storm that is long, and asked for each of its alerts.
    current = alert.told.get(delivery.channel)
    if current is None or current.delivery != delivery.id:
        return alert
    told = dict(alert.told)
    del told[delivery.channel]
    if alert.id in delivery.before:
        told[delivery.channel] = delivery.before[alert.id]
    return replace(alert, told=told)


def given_up(alert: Alert, delivery: Delivery, now: datetime) -> Alert:
    """Return an alert after a delivery about it has been given up.

    The channel has heard nothing. It is tried again at the next reminder, not at once: what was
    refused today would be refused again.
    """
    current = alert.told.get(delivery.channel)
    if current is None or current.delivery != delivery.id:
        return alert
    if current.saying is Saying.ENDED:
        return alert
    before = delivery.before.get(alert.id)
    known = (
        replace(current, saying=Saying.UNHEARD, at=now)
        if before is None or before.saying not in HEARD
        else replace(before, at=now)
    )
    return replace(alert, told={**alert.told, delivery.channel: known})


def heard_after_all(alert: Alert, delivery: Delivery, now: datetime) -> Alert:
    """Return an alert after a delivery that had been given up was made all the same."""
    current = alert.told.get(delivery.channel)
    if current is None or current.delivery != delivery.id or current.saying is not Saying.UNHEARD:
        return alert
    known = replace(current, saying=Saying.OPEN, at=now)
    return replace(alert, told={**alert.told, delivery.channel: known})


def is_settled(alert: Alert, on_the_way: Collection[str], channels: Collection[str]) -> bool:
    """Tell whether an alert is over for everybody, so that nothing need be remembered of it.

    `on_the_way` are the ids of the alerts that undelivered messages speak of. What a channel that
    exists no longer was told does not count.
    """
    if alert.phase is not Phase.RESOLVED or alert.id in on_the_way:
        return False
    known: dict[str, Told] = {c: told for c, told in alert.told.items() if c in channels}
    return not is_owed(replace(alert, told=known))


def is_failing(delivery: Delivery) -> bool:
    """Tell whether a delivery was tried in vain."""
    return delivery.attempts > 0 and delivery.state is DeliveryState.DUE
