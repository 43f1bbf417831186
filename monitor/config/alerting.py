"""`[channels]`, `[[routes]]`, `[[inhibitions]]`: who hears of what."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from monitor.config.secrets import Secret, SecretSource, checked
from monitor.config.table import Table
from monitor.config.values import (
    ChannelNames,
    LabelNames,
    Matchers,
    Several,
    WindowNames,
)
from monitor.core.matching import Where
from monitor.rules import Duration, Span

ROUTE_EXAMPLE = '{ rule = "host-offline" }'


def _not_nobody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("must name at least one channel")
    return value


def _url_mistake(text: str) -> str | None:
    """Say what is evidently wrong; what apprise thinks of it is asked by `check_channels`."""
    scheme, separator, rest = text.partition("://")
    if separator and rest and re.match(r"[A-Za-z][A-Za-z0-9+.-]*\Z", scheme):
        return None
    return 'must be an apprise URL such as "slack://…", "mailto://…" or "https://…"'


SomeChannels = Annotated[ChannelNames, AfterValidator(_not_nobody)]


class Channel(Table):
    """`[channels.NAME]`: one apprise URL."""

    url: Secret = Field(
        description="apprise URL of the service that gets the messages", examples=["OPS_SLACK_URL"]
    )

    @field_validator("url")
    @classmethod
    def _like_an_url(cls, value: SecretSource) -> SecretSource:
        return checked("url", value, _url_mistake)


class Escalation(Table):
    """An element of a route's `escalate`."""

    after: Span = Field(description="how long an alert is open and not acknowledged")
    channels: SomeChannels = Field(description="who hears of it then")


class Route(Table):
    """`[[routes]]`: the first that matches wins."""

    where: Matchers = Field(
        default=Where(),
        description="which alerts; default: all",
        examples=[{"severity": "critical"}],
    )
    channels: SomeChannels = Field(
        description="names of the channels that hear of them", examples=[["ops"]]
    )
    continue_: bool = Field(
        default=False, alias="continue", description="whether the routes below are tried as well"
    )
    send_resolved: bool = Field(default=True, description="whether recoveries are told")
    group_by: LabelNames = Field(
        default=("tenant", "rule"), description="labels whose alerts share a message"
    )
    group_wait: Duration = Field(
        default=timedelta(seconds=10), description="how long the first message waits for others"
    )
    group_interval: Duration = Field(
        default=timedelta(minutes=5), description="shortest time between messages of a group"
    )
    repeat_every: Span | None = Field(
        default=None, description="how often an open alert is told again", examples=["4h"]
    )
    mute_in: WindowNames = Field(default=(), description="maintenance windows that mute the route")
    active_in: WindowNames = Field(
        default=(), description="windows outside which the route is mute"
    )
    escalate: Several[Escalation] = Field(
        default=(), description="who hears later when nobody acknowledges"
    )
    digest: Span | None = Field(
        default=None, description="gather messages and send one in this time"
    )


class Inhibition(Table):
    """`[[inhibitions]]`: while a source is open, its targets are not told."""

    source: Matchers = Field(description="alerts that inhibit")
    target: Matchers = Field(description="alerts that are inhibited")
    equal: LabelNames = Field(
        default=(), description="labels that must be the same in source and target"
    )

    @model_validator(mode="after")
    def _not_everything(self) -> "Inhibition":
        if not self.source.matchers or not self.target.matchers:
            msg = f"`source` and `target` must say which alerts, for example {ROUTE_EXAMPLE}"
            raise ValueError(msg)
        return self
