"""A message on its way to one channel, and the decision what becomes of it after an attempt."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.message import Message

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
GIVE_UP_AFTER = timedelta(hours=24)


class DeliveryState(StrEnum):
    """Where a delivery stands: still to be made, accepted by the channel, or given up."""

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The channel accepted the message."""


@dataclass(frozen=True, slots=True)
class Retryable:
    """It did not work this time; `retry_after_s` when the service named a wait."""

    reason: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Permanent:
    """It will never work as it is: a wrong address, a refused token."""

    reason: str


Outcome = Delivered | Retryable | Permanent


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message for one channel: a row of the outbox.

    `id` is the idempotency key: a receiver that sees it twice saw one message twice. Deliveries of
    one channel that share an incident are made in the order of `created_at`.
    """

    id: str
    channel: str
    message: Message
    created_at: datetime
    next_at: datetime
    state: DeliveryState = DeliveryState.DUE
    attempts: int = 0
    last_error: str | None = None
    settled_at: datetime | None = None


def after_attempt(delivery: Delivery, outcome: Outcome, now: datetime, jitter: float) -> Delivery:
    """Decide what becomes of a delivery after one attempt.

    Waits double from 5 s to 15 min, measured from `now`, shortened by up to a tenth by `jitter`
    (0 <= jitter < 1) so that many channels do not retry in step; a service's own Retry-After wins
    when longer. After 24 h, or at a permanent failure, the delivery is dead.

    Raises:
        ValueError: the delivery is already settled.
    """
    if delivery.state is not DeliveryState.DUE:
        msg = f"delivery {delivery.id} is already {delivery.state}"
        raise ValueError(msg)
    tried = replace(delivery, attempts=delivery.attempts + 1)
    match outcome:
        case Delivered():
            return replace(tried, state=DeliveryState.SENT, last_error=None, settled_at=now)
        case Permanent(reason):
            return replace(tried, state=DeliveryState.DEAD, last_error=reason, settled_at=now)
        case Retryable(reason, retry_after_s):
            doubled = FIRST_WAIT * 2 ** min(delivery.attempts, 16)
            wait = min(doubled, LONGEST_WAIT) * (1 - jitter / 10)
            if retry_after_s is not None:
                wait = max(wait, timedelta(seconds=retry_after_s))
            if now + wait - delivery.created_at > GIVE_UP_AFTER:
                return replace(tried, state=DeliveryState.DEAD, last_error=reason, settled_at=now)
            return replace(tried, next_at=now + wait, last_error=reason)
