"""A message on its way to one channel, and the decision what becomes of it after an attempt."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.message import Message

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_ASKED_WAIT = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
FEWEST_ATTEMPTS = 5


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
    (0 <= jitter < 1) so that many channels do not retry in step. A service's own Retry-After wins
    when longer, up to an hour. At a permanent failure, or when the next attempt would come more
    than 24 h after the message was made, the delivery is dead. Before its fifth attempt age alone
    kills none: the monitor may have been off all that time.

    Raises:
        ValueError: the delivery is already settled, or `jitter` is out of range.
    """
    if delivery.state is not DeliveryState.DUE:
        msg = f"delivery {delivery.id} is already {delivery.state}"
        raise ValueError(msg)
    if not 0 <= jitter < 1:
        msg = f"jitter must be at least 0 and less than 1, not {jitter}"
        raise ValueError(msg)
    tried = replace(delivery, attempts=delivery.attempts + 1)
    match outcome:
        case Delivered():
            return replace(tried, state=DeliveryState.SENT, last_error=None, settled_at=now)
        case Permanent(reason):
            return replace(tried, state=DeliveryState.DEAD, last_error=reason, settled_at=now)
        case Retryable(reason, retry_after_s):
            next_at = now + _wait(delivery.attempts, retry_after_s, jitter)
            is_old = next_at - delivery.created_at > GIVE_UP_AFTER
            if is_old and tried.attempts >= FEWEST_ATTEMPTS:
                return replace(tried, state=DeliveryState.DEAD, last_error=reason, settled_at=now)
            return replace(tried, next_at=next_at, last_error=reason)


def _wait(earlier_attempts: int, asked_s: float | None, jitter: float) -> timedelta:
    # Doubling stops where it no longer matters, long before a timedelta overflows.
    wait = min(FIRST_WAIT * (1 << min(earlier_attempts, 16)), LONGEST_WAIT) * (1 - jitter / 10)
    if asked_s is None or not asked_s > 0:
        return wait
    return max(wait, timedelta(seconds=min(asked_s, LONGEST_ASKED_WAIT.total_seconds())))
