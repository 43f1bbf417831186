"""A message on its way to one channel, and the decision what becomes of it after an attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from monitor.core.message import Message
from monitor.core.told import Told

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_ASKED_WAIT = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
FEWEST_ATTEMPTS = 5


class DeliveryState(StrEnum):
    """Where a delivery stands: still to be made, accepted by the channel, or given up.

    `WITHDRAWN`: taken back before it was sent, because what it said was no longer the truth or is
    said by a newer one.
    """

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Delivered:
    """The channel accepted the message."""


@dataclass(frozen=True, slots=True)
class Retryable:
    """It did not work this time; `retry_after_s` when the service named a wait.

    `may_have_arrived`: the receiver may have got it all the same (a time-out after the request was
    sent, a connection lost while waiting for the answer): then it must be sent again as it is, and
    must not be taken back.
    """

    reason: str
    retry_after_s: float | None = None
    may_have_arrived: bool = False


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

    `about` are the ids of all alerts it speaks of, `before` what the channel had been told of them
    until then (an alert that is not in it: nothing). `may_have_arrived`: an attempt ended without
    a clear answer, so it must be made again as it is.
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
    about: tuple[str, ...] = ()
    before: Mapping[str, Told] = field(default_factory=dict)
    may_have_arrived: bool = False


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
            in_doubt = delivery.may_have_arrived or outcome.may_have_arrived
            return replace(tried, next_at=next_at, last_error=reason, may_have_arrived=in_doubt)
        case _:
            assert_never(outcome)


def _wait(earlier_attempts: int, asked_s: float | None, jitter: float) -> timedelta:
    # Doubling stops where it no longer matters, long before a timedelta overflows.
    wait = min(FIRST_WAIT * (1 << min(earlier_attempts, 16)), LONGEST_WAIT) * (1 - jitter / 10)
    if asked_s is None or not asked_s > 0:
        return wait
    return max(wait, timedelta(seconds=min(asked_s, LONGEST_ASKED_WAIT.total_seconds())))
