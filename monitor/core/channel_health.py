"""How well each channel takes messages: the samples that `channel-failing` rules judge."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from monitor.core.delivery import DeliveryState
from monitor.core.kinds import CHANNEL
from monitor.core.sample import Collected, Sample, Subject


class Tried(Protocol):
    """What came of an attempt: a delivery after it, or what is recorded of one."""

    @property
    def channel(self) -> str:
        """Return the channel."""
        ...

    @property
    def state(self) -> DeliveryState:
        """Return what became of the delivery: sent, dead, or due again."""
        ...

    @property
    def last_error(self) -> str | None:
        """Return why it failed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """One channel: how many attempts failed in a row, since when, and why."""

    channel: str
    failed_attempts: int = 0
    given_up: int = 0
    failing_since: datetime | None = None
    reason: str = ""

    def after(self, attempt: "Tried", now: datetime) -> "ChannelHealth":
        """Return the health after an attempt."""
        if attempt.state is DeliveryState.SENT:
            return ChannelHealth(channel=self.channel)
        is_dead = attempt.state is DeliveryState.DEAD
        return replace(
            self,
            failed_attempts=self.failed_attempts + 1,
            given_up=self.given_up + is_dead,
            failing_since=self.failing_since or now,
            reason=attempt.last_error or "",
        )

    def collected(self, now: datetime) -> Collected:
        """Return the health as a poll: one sample that says nothing of other channels."""
        since = self.failing_since or now
        subject = Subject(
            tenant="",
            kind=CHANNEL.name,
            key=self.channel,
            name=self.channel,
            labels={"channel": self.channel, "reason": self.reason},
        )
        values = (
            float(self.failed_attempts),
            float(self.given_up),
            max(0.0, (now - since).total_seconds()),
        )
        return Collected(
            kinds=(CHANNEL.name,), samples=(Sample(subject, values),), observed_at=now, partial=True
        )


@dataclass(slots=True)
class Channels:
    """The health of all channels, by name."""

    by_name: dict[str, ChannelHealth] = field(default_factory=dict)

    def after(self, attempt: Tried, now: datetime) -> ChannelHealth:
        """Return the health of a channel after an attempt."""
        known = self.by_name.get(attempt.channel, ChannelHealth(channel=attempt.channel))
        return known.after(attempt, now)

    def learn(self, failures: Mapping[str, tuple[int, datetime, str]]) -> None:
        """Take over how the channels fared before the start."""
        for channel, (count, since, reason) in failures.items():
            self.by_name[channel] = ChannelHealth(
                channel=channel, failed_attempts=count, failing_since=since, reason=reason
            )
