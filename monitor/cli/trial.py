"""Sends the message by which a person tries out a channel, past the outbox."""

from datetime import datetime

from pydantic import SecretStr

from monitor.channels import make_channel
from monitor.clock import Clock
from monitor.core.delivery import Delivery, Outcome
from monitor.core.message import trial_message


def send_trial(name: str, address: SecretStr, clock: Clock) -> tuple[Outcome, float]:
    """Send one test message; return what came of it, and how many seconds it took."""
    started = clock.monotonic()
    outcome = make_channel(name, address).send(_trial(name, clock.now()))
    return outcome, clock.monotonic() - started


def _trial(name: str, now: datetime) -> Delivery:
    return Delivery(
        id=f"test-{name}-{now:%Y%m%dT%H%M%S%f}",
        channel=name,
        message=trial_message(name, now),
        created_at=now,
        next_at=now,
    )
