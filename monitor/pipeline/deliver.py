"""The third stage: what is due on one channel is sent, and what came of it is recorded.

At least once: a message stays due until its outcome is recorded. A crash in between sends it
again, under the same id.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Protocol

import structlog

from monitor.channels import Channel
from monitor.clock import Clock
from monitor.core.delivery import (
    Delivered,
    Delivery,
    DeliveryState,
    Outcome,
    Retryable,
    after_attempt,
)
from monitor.pipeline.distress import Distress

log = structlog.get_logger(__name__)


class Outbox(Protocol):
    """What delivering needs of the store. May raise StoreError."""

    def due(self, channel: str, now: datetime) -> Sequence[Delivery]:
        """Return what is due on a channel, oldest first, an incident's next after its first."""
        ...


class Ledger(Protocol):
    """Who keeps account of attempts. Each method may raise StoreError."""

    def begin_attempt(self, delivery: Delivery, now: datetime) -> bool:
        """Leave evidence that an attempt begins; False: do not send, it is no longer wanted."""
        ...

    def end_attempt(self, delivery: Delivery, now: datetime) -> object:
        """Record what came of an attempt."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How many messages were sent, will be tried again, were given up."""

    sent: int = 0
    retried: int = 0
    dead: int = 0


def deliver_due(
    outbox: Outbox,
    ledger: Ledger,
    channel_name: str,
    channel: Channel,
    *,
    clock: Clock,
    jitter: Callable[[], float],
    stopping: Callable[[], bool] = lambda: False,
) -> DeliveryReport:
    """Send what is due on one channel as of now, until nothing is left or it is time to stop.

    Every message gets one attempt. Whatever a channel raises is a failure of that attempt, so no
    message holds up another. `jitter` returns numbers from 0 up to 1.

    Raises:
        StoreError: the outbox cannot be read or written; what was sent but not recorded is sent
            again.
    """
    started_at = clock.now()
    states: list[DeliveryState] = []
    attempted: set[str] = set()
    while batch := [d for d in outbox.due(channel_name, started_at) if d.id not in attempted]:
        for delivery in batch:
            if stopping():
                return _report(states)
            attempted.add(delivery.id)
            if not ledger.begin_attempt(delivery, clock.now()):
                continue
            outcome = _send(channel, delivery)
            settled = after_attempt(delivery, outcome, clock.now(), jitter())
            ledger.end_attempt(settled, clock.now())
            _tell(settled)
            states.append(settled.state)
    return _report(states)


def tell_distress(distress: Distress, channel_name: str, channel: Channel, *, clock: Clock) -> None:
    """Tell a channel that nothing can be recorded, or that all is well again, where that is due.

    This one message passes by the outbox, which is what cannot be written.
    """
    now = clock.now()
    message = distress.message(channel_name, now, clock.monotonic())
    if message is None:
        return
    delivery = Delivery(
        id=token_hex(16), channel=channel_name, message=message, created_at=now, next_at=now
    )
    outcome = _send(channel, delivery)
    distress.tried(channel_name, message, outcome, clock.monotonic())
    what = message.items[0].what.value
    if isinstance(outcome, Delivered):
        log.info("distress.told", channel=channel_name, what=what)
    else:
        log.warning("distress.untold", channel=channel_name, what=what, error=outcome.reason)


def _send(channel: Channel, delivery: Delivery) -> Outcome:
    try:
        return channel.send(delivery)
    except Exception as error:  # noqa: BLE001 - the one place where a channel's faults end
        # Only the type: the text may quote the channel's address.
        return Retryable(f"the channel failed: {type(error).__name__}", may_have_arrived=True)


def _tell(settled: Delivery) -> None:
    facts = {
        "delivery": settled.id,
        "channel": settled.channel,
        "attempts": settled.attempts,
        "alerts": len(settled.message.items),
    }
    match settled.state:
        case DeliveryState.SENT:
            log.info("delivery.sent", **facts)
        case DeliveryState.DUE:
            retry_at = settled.next_at.isoformat(timespec="seconds")
            # Told on the edge; the repeats of a channel that stays down are for debugging.
            level = log.warning if settled.attempts == 1 else log.debug
            level("delivery.retried", **facts, error=settled.last_error, retry_at=retry_at)
        case DeliveryState.DEAD:
            log.error("delivery.dead", **facts, error=settled.last_error)


def _report(states: Sequence[DeliveryState]) -> DeliveryReport:
    return DeliveryReport(
        sent=states.count(DeliveryState.SENT),
        retried=states.count(DeliveryState.DUE),
        dead=states.count(DeliveryState.DEAD),
    )
